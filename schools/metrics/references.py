"""A metric with its arguments as text: 办班期数[学时≥2, 人次≥15]."""

import operator
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

OPERATORS: dict[str, Callable[[object, object], bool]] = {
    "≥": operator.ge,
    "≤": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
_COMPARISON = re.compile(r"([^≥≤<>=]+?)([≥≤<>=])([0-9]{1,9}(?:\.[0-9]{1,6})?)")
_REFERENCE = re.compile(r"([^\[\]]+)(?:\[([^\[\]]*)\])?")
_LONGEST = 200
_SPELLINGS = (
    ("［", "["),
    ("］", "]"),
    ("【", "["),
    ("】", "]"),
    (">=", "≥"),
    ("<=", "≤"),
    ("≧", "≥"),
    ("≦", "≤"),
)


class MetricError(ValueError):
    """A text that names no metric; str() is a Chinese sentence."""


@dataclass(frozen=True)
class Comparison:
    """A condition on single records: only those that meet it are counted."""

    name: str
    operator: str
    value: Decimal

    def holds(self, value: object) -> bool:
        """Whether a record's own value meets the condition."""
        return OPERATORS[self.operator](value, self.value)

    def __str__(self) -> str:
        return f"{self.name}{self.operator}{_plain(self.value)}"


@dataclass(frozen=True)
class Reference:
    """A metric's label with conditions on records, or with the words to look for."""

    label: str
    comparisons: tuple[Comparison, ...] = ()
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        arguments = ", ".join([*map(str, self.comparisons), *(["、".join(self.words)] if self.words else [])])
        return f"{self.label}[{arguments}]" if arguments else self.label


def worded(reference: str) -> str:
    """For readers who write no rules: 办班期数（学时≥2、人次≥15）."""
    return reference.replace("[", "（").replace("]", "）").replace(", ", "、")


def parse_reference(text: str) -> Reference:
    """Read a reference as people type it, widths and blanks aside; whether the metric exists is not asked
    here.
    """
    if len(text) > _LONGEST:
        raise MetricError(f"指标写法超过 {_LONGEST} 个字。")
    match = _REFERENCE.fullmatch(_normal(text))
    if match is None:
        raise MetricError(f"“{text}”不是指标的写法，应如：办班期数[学时≥2, 人次≥15]。")
    label, arguments = match[1], match[2]
    if arguments is None:
        return Reference(label)
    comparisons: list[Comparison] = []
    words: list[str] = []
    for argument in re.split("[,;]", arguments):
        if any(sign in argument for sign in OPERATORS):
            comparisons.append(_comparison(argument))
        else:
            words += argument.split("、")
    if not all(words) or not (comparisons or words):
        raise MetricError(f"“{text}”的方括号内有空缺。")
    return Reference(label, tuple(comparisons), tuple(words))


def _comparison(text: str) -> Comparison:
    match = _COMPARISON.fullmatch(text)
    if match is None:
        raise MetricError(f"“{text}”不是口径的写法，应如：学时≥2。")
    return Comparison(match[1], match[2], Decimal(match[3]))


def _normal(text: str) -> str:
    for typed, meant in _SPELLINGS:
        text = text.replace(typed, meant)
    text = "".join(unicodedata.normalize("NFKC", text).split())
    for typed, meant in _SPELLINGS:
        text = text.replace(typed, meant)
    return text


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
