"""Form fields of the criteria: percentages, dates, caps, codes and rule lines as people type them."""

from __future__ import annotations

import datetime as dt
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django import forms

from ratings.rules import RuleError, to_text
from schools.workbooks.cells import CellError, cell_date, cell_decimal

#: What a code must look like to stand in a condition.
CODE = re.compile(r"[A-Z][A-Za-z0-9]*([-.][0-9A-Za-z]+)*")
CODE_HINT = "以大写字母开头，后接字母、数字，可用 - 或 . 分段，如 K1-2。"
#: Written in 核定要素 when every asked name of the item is for reviewers only.
EVERYTHING = "全部"
_SEPARATORS = re.compile(r"[、，,；;\n]+")
_CAP = re.compile(r"(.+?)[=＝:：](.+)")


class TypedField(forms.CharField, ABC):
    """Text that is read as the workbooks read it; `read` turns what was typed into the value."""

    def __init__(self, **kwargs) -> None:
        kwargs.setdefault("max_length", 40)
        super().__init__(**kwargs)

    @abstractmethod
    def read(self, text: str) -> Any:
        """The value of a text that is not blank; raises CellError with the sentence."""

    def clean(self, value: Any) -> Any:
        """The value, None for a blank; errors are the sentences of the workbooks."""
        text = super().clean(value)
        if text in self.empty_values:
            return None
        try:
            return self.read(text)
        except CellError as error:
            raise forms.ValidationError(f"{error}。") from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.prepare_value(initial) != self.prepare_value(data)


class PercentField(TypedField):
    """30%, 30 or 0.3: between 0 and 100 %; a number above 1 is read as percent."""

    def read(self, text: str) -> Decimal:
        value = cell_decimal(text, lowest=0)
        if value > 1 and "%" not in text and "％" not in text:
            value = value / 100
        if value > 1:
            raise CellError("不能超过 100%")
        if value != round(value, 6):
            raise CellError("百分比最多保留 4 位小数，如 33.3333%")
        return value

    def prepare_value(self, value: Any) -> Any:
        return show_rate_exactly(value) if isinstance(value, Decimal) else value


class DayField(TypedField):
    """2026-03-05, 2026.3.5, 2026年3月5日, 20260305; 3月5日 where the year is known."""

    year: int | None = None

    def __init__(self, **kwargs) -> None:
        super().__init__(**kwargs)
        self.widget.attrs |= {"inputmode": "numeric", "placeholder": "如 2026-11-15"}

    def read(self, text: str) -> dt.date:
        return cell_date(text, year=self.year)

    def prepare_value(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, dt.date) else value


class AmountField(TypedField):
    """Points or another figure: 6.5 or 6.5分."""

    def __init__(
        self, *, unit: str = "分", lowest=0, highest: int | None = 1000, places: int = 2, positive: bool = False, **kwargs
    ) -> None:
        self.unit, self.lowest, self.highest, self.places, self.positive = unit, lowest, highest, places, positive
        super().__init__(**kwargs)

    def read(self, text: str) -> Decimal:
        value = cell_decimal(text, unit=self.unit, lowest=self.lowest, highest=self.highest, places=self.places)
        if self.positive and not value:
            raise CellError(f"{self.label}应大于 0")
        return value

    def prepare_value(self, value: Any) -> Any:
        return plain(value) if isinstance(value, Decimal) else value


class CapsField(TypedField):
    """Caps per group, 示范课=3；课题=2, kept as the dictionary of the column."""

    def __init__(self, **kwargs) -> None:
        super().__init__(max_length=500, **kwargs)

    def clean(self, value: Any) -> dict[str, str]:
        return super().clean(value) or {}

    def read(self, text: str) -> dict[str, str]:
        caps: dict[str, str] = {}
        for part in (one.strip() for one in re.split(r"[；;\n]", text)):
            if not part:
                continue
            found = _CAP.fullmatch(part)
            if found is None:
                raise CellError(f"“{part[:40]}”应写成 分组=分值，多组用分号隔开")
            name, cap = found[1].strip(), cell_decimal(found[2].strip(), unit="分", lowest=0, highest=1000, places=2)
            if name in caps:
                raise CellError(f"分组“{name}”写了两次")
            caps[name] = plain(cap)
        return caps

    def prepare_value(self, value: Any) -> Any:
        return "；".join(f"{name}={plain(Decimal(cap))}" for name, cap in value.items()) if isinstance(value, Mapping) else value


class TextField(forms.CharField):
    """Line ends as they are stored, so that a text nobody touched is no change."""

    def to_python(self, value: Any) -> str:
        return super().to_python(value).replace("\r\n", "\n")


class CodeField(forms.CharField):
    """A code that conditions may name."""

    def clean(self, value: Any) -> str:
        code = super().clean(value)
        if code and not CODE.fullmatch(code):
            raise forms.ValidationError(f"“{code}”不能作编码：应{CODE_HINT}")
        return code


class LineField(forms.CharField):
    """A line of the rule language, kept as the language prints it; an unreadable one is refused with its place."""

    def __init__(self, *, parse: Callable[[str], Any], **kwargs) -> None:
        super().__init__(**kwargs)
        self.parse = parse

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return text
        try:
            line = to_text(self.parse(text))
        except RuleError as error:
            raise forms.ValidationError(f"{error}。") from None
        if len(line) > self.max_length:
            raise forms.ValidationError(f"规范写法共 {len(line)} 字，最多 {self.max_length} 字，请写短一些。")
        return line


class NamesField(forms.CharField):
    """Names apart by 顿号, without quotation marks; 全部 stands alone."""

    def clean(self, value: Any) -> str:
        return "、".join(names_in(super().clean(value)))


def names_in(text: str) -> tuple[str, ...]:
    """The names of a list however it is separated."""
    names = tuple(name.strip().strip("“”\"'") for name in _SEPARATORS.split(text))
    return (EVERYTHING,) if EVERYTHING in names else tuple(name for name in names if name)


def plain(value: Decimal) -> str:
    """15, 6.5: without trailing zeros or an exponent."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def show_rate_exactly(value: Decimal) -> str:
    """33.3333%: no digit is lost between reading and writing."""
    return f"{plain(value * 100)}%"
