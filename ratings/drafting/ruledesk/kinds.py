"""The small forms, once: for each kind of part its boxes, how they are read, and how the line is put together
from them.

What a box holds is read by the grammar of the rule language and spelled as the language prints it; the pieces
of a kind join the boxes to the text of the part, and the same boxes show the part again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from ratings.rules import Condition, Question, Reference, RuleError, parse_rule, to_text
from ratings.rules.characters import folded, name_text
from ratings.rules.parsing import parse_condition, parse_operand
from ratings.rules.syntax import (
    JUDGED_NAME,
    Add,
    Checklist,
    Deduct,
    Judged,
    Levels,
    Number,
    Operand,
    Per,
    Ratio,
    Term,
)

#: The kinds that are more than a table of boxes: the metrics of a 档, and a part that is kept word for word.
GRADED, TEXT = "graded", "text"
COMPARISONS = ("≥", ">", "≤", "<", "=", "≠")
RANGE = "—"
NO_SIGN = "请选一种比较"
#: Conditions on records offered for a metric, beside those already written.
LIMITS = 2
#: Beyond this many subjects a 档 is no longer readable as a table.
MOST_SUBJECTS = 6
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?\s*%?")
#: Signs by which a box shows that the line's own writing is meant: arguments, quotes, 问.
_WRITTEN = re.compile(r"[\[\]［］【】〔〕“”\"＂「」]|^问\s")
_KEYS = re.compile(r"\{(\w+)\}")


class Unreadable(ValueError):
    """A box that cannot be read; the text is the sentence beside it."""


# -- what boxes hold, each read from what was typed


def read_operand(text: str) -> Operand:
    """A metric with or without arguments, 问 名称, or a name for people: quotes are the machine's
    business.
    """
    text = text.strip()
    try:
        return parse_operand(text if _WRITTEN.search(text) else name_text(text))
    except RuleError as error:
        raise Unreadable(f"名称读不懂：{error.message}") from None


def read_reference(text: str) -> Reference:
    """A metric or a name for people, but no typed number."""
    operand = read_operand(text)
    if isinstance(operand, Question):
        raise Unreadable("这里不能写“问”")
    return operand


def read_name(text: str) -> str:
    """A name without arguments."""
    operand = read_operand(text)
    if operand != Reference(operand.name):
        raise Unreadable("这里只写名称，不带“问”和方括号")
    return operand.name


def read_number(text: str, *, percent: bool = True) -> Number:
    """An exact number as the language takes it; `percent` tells whether 85% may stand here."""
    clean = folded(text)
    if not _NUMBER.fullmatch(clean):
        raise Unreadable("应写数字，如 2、1.5 或 60%" if percent else "应写分数，如 2 或 1.5")
    if clean.endswith("%") and not percent:
        raise Unreadable("这里是分数，不能写百分数")
    try:
        return parse_condition(f"数≥{clean}").comparisons[0].value
    except RuleError as error:
        raise Unreadable(error.message) from None


def read_points(text: str) -> Number:
    """A number that is no rate."""
    return read_number(text, percent=False)


def read_per(text: str) -> Per:
    """项, 月, 10人, 1个百分点, with or without the 每 in front."""
    unit = folded(text).removeprefix("每").strip()
    try:
        match parse_rule(f"加(名称 每{unit} 1)").parts:
            case (Add(terms=(Term(per=Per() as per),)),):
                return per
    except RuleError:
        pass
    raise Unreadable("应写单位，如 项、次、月、10人 或 1个百分点")


def read_sign(text: str) -> str:
    """One of the comparisons, or that a range is meant."""
    if text not in (*COMPARISONS, RANGE):
        raise Unreadable(NO_SIGN)
    return text


def shown(value: Any) -> str:
    """A value as its box shows it: a name bare where nothing can be mistaken, a unit without its 每."""
    if isinstance(value, Reference) and value == Reference(value.name) and not _WRITTEN.search(value.name):
        return value.name
    if value is None or isinstance(value, str):
        return value or ""
    return to_text(value).removeprefix("每")


# -- the table


@dataclass(frozen=True)
class Box:
    """One field: `of` takes its value from the node it shows, by default the attribute of its name."""

    key: str
    label: str
    read: Callable[[str], Any]
    hint: str = ""
    width: str = "number"
    owed: bool = True
    suggests: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    default: str = ""
    of: Callable[[Any], Any] | None = None

    def shown(self, node: Any) -> str:
        """What it shows of a node."""
        return shown((self.of or attrgetter(self.key))(node))

    def spelled(self, value: Any) -> str:
        """What it holds as the line says it."""
        if self.read is read_name:
            return name_text(value)
        return value if isinstance(value, str) else to_text(value)


@dataclass(frozen=True)
class PartKind:
    """One way of giving points: `lines` is the attribute of the node with its rows, `pieces` and `row` spell
    the part.

    A piece with a box that is empty falls out. `blame` says at which box a refusal of the grammar stands: the
    first whose word is in the sentence.
    """

    word: str
    purpose: str
    pieces: tuple[str, ...]
    node: type | None = None
    before: tuple[Box, ...] = ()
    rows: tuple[Box, ...] = ()
    after: tuple[Box, ...] = ()
    lines: str = ""
    row: tuple[str, ...] = ()
    blame: tuple[tuple[str, str], ...] = ()
    usual: tuple[tuple[str, str], ...] = ()
    usual_rows: tuple[tuple[tuple[str, str], ...], ...] = ()


def joined(pieces: tuple[str, ...], texts: dict[str, str]) -> str:
    """The pieces whose boxes say something."""
    return "".join(
        piece.format(**texts) for piece in pieces if all(texts.get(key) for key in _KEYS.findall(piece))
    )


SIGNS = tuple((sign, sign) for sign in COMPARISONS)
RANGED = (*SIGNS, (RANGE, "介于（含两头）"))
_POINTS = Box("points", "得几分", read_points)
_THREE = ((), (), ())


def limiting(place: int) -> tuple[Box, ...]:
    """One condition on the records that a metric counts."""
    return (
        Box(f"lname{place}", "只计", read_name, "如 学时", "short"),
        _sign(f"lop{place}", "比较", SIGNS[:5]),
        Box(f"lvalue{place}", "数", read_points),
    )


def comparing(place: int, of: str = "", *, ranged: bool = False) -> tuple[Box, ...]:
    """What a line of a 档 asks of a metric; `of` stands before the labels."""
    boxes = (
        _sign(f"op{place}", f"{of}比较", RANGED if ranged else SIGNS),
        Box(f"value{place}", f"{of}数", read_number),
    )
    return (*boxes, Box(f"high{place}", "到（选“介于”时填）", read_number)) if ranged else boxes


def _sign(key: str, label: str, choices: tuple[tuple[str, str], ...]) -> Box:
    return Box(key, label, read_sign, width="sign", choices=choices, default=COMPARISONS[0])


def _compared(term: Term) -> Any:
    return term.subject.comparisons[0] if isinstance(term.subject, Condition) else None


def _terms(verb: str) -> dict[str, Any]:
    """Lines of reasons: a name or a comparison, how often it counts, and its points."""
    boxes = (
        Box(
            "name",
            f"为什么{verb}",
            read_reference,
            width="wide",
            suggests=True,
            of=lambda term: compared.left if (compared := _compared(term)) else term.subject,
        ),
        Box(
            "op",
            "比较",
            read_sign,
            owed=False,
            width="sign",
            choices=(("", "不比较"), *SIGNS),
            of=lambda term: getattr(_compared(term), "op", ""),
        ),
        Box("value", "数", read_number, owed=False, of=lambda term: getattr(_compared(term), "value", "")),
        Box("per", "每", read_per, owed=False, width="short", hint="项、次、1个百分点"),
        Box("points", f"{verb}几分", read_points),
    )
    row = ("{name}", "{op}{value}", " {per}", " {points}")
    return {"lines": "terms", "rows": boxes, "row": row, "blame": (("每", "per"),), "usual_rows": _THREE}


#: In the order in which people look for them.
KINDS = {
    "checklist": PartKind(
        "清单",
        "具备一样，得一样的分",
        ("清单({rows})",),
        Checklist,
        rows=(
            Box("name", "具备什么", read_reference, width="wide", suggests=True, of=attrgetter("subject")),
            _POINTS,
        ),
        lines="ticks",
        row=("{name}={points}",),
        usual_rows=_THREE,
    ),
    GRADED: PartKind(
        "档",
        "按数字分档给分",
        ("档(", "{subject}: ", "{rows}", "; 其他→{other}", ")"),
        rows=(_POINTS,),
        row=("{test}", "→{points}"),
        after=(Box("other", "其他情况得几分", read_points, owed=False, hint="一般是 0"),),
        blame=(("范围", "high0"),),
        usual=(("other", "0"),),
        usual_rows=_THREE,
    ),
    "ratio": PartKind(
        "比",
        "按完成比例给分",
        ("比({over}", "/{under}", " ÷ {target}", ")×{points}"),
        Ratio,
        before=(
            Box(
                "over",
                "分子",
                read_operand,
                "指标；由人填的写“问 名称”",
                "wide",
                suggests=True,
                of=attrgetter("numerator"),
            ),
            Box(
                "under",
                "分母",
                read_operand,
                "可不填",
                "wide",
                owed=False,
                suggests=True,
                of=attrgetter("denominator"),
            ),
            Box("target", "目标", read_number, "如 85%，不填就是 100%", owed=False),
            Box("points", "达到目标得几分", read_points),
        ),
        blame=(("目标不能", "target"), ("", "under")),
    ),
    "deduct": PartKind(
        "扣",
        "从满分往下扣",
        ("扣(", "满分 {full}; ", "{rows}", "; 下限 {floor}", ")"),
        Deduct,
        before=(Box("full", "满分", read_points, "不填就从小项分值扣起；几部分相加时必须填", owed=False),),
        after=(Box("floor", "最少留几分", read_points, "不填就是 0", owed=False),),
        usual=(("floor", "0"),),
        **_terms("扣"),
    ),
    "add": PartKind(
        "加",
        "从零往上加，有上限",
        ("加(", "{rows}", "; 上限 {cap}", ")"),
        Add,
        after=(
            Box("cap", "最多加几分", read_points, "不填就以小项分值为上限；几部分相加时必须填", owed=False),
        ),
        **_terms("加"),
    ),
    "levels": PartKind(
        "评",
        "由人评定等次",
        ("评({name}: {rows})",),
        Levels,
        before=(Box("name", "评什么", read_name, "如 抽听课", "wide"),),
        rows=(Box("word", "等次", read_name, width="short"), _POINTS),
        lines="levels",
        row=("{word}={points}",),
        usual_rows=tuple((("word", word),) for word in "ABCD"),
    ),
    "judged": PartKind(
        "分",
        "由人在范围内给分",
        ("分(", "{name}: ", "{low}—{high}", "; 步长 {step}", ")"),
        Judged,
        before=(
            Box(
                "name",
                "名称",
                read_name,
                "可不填",
                "wide",
                owed=False,
                of=lambda part: "" if part.name == JUDGED_NAME else part.name,
            ),
            Box("low", "最低几分", read_points),
            Box("high", "最高几分", read_points),
            Box("step", "每几分一级", read_points, "可不填", owed=False),
        ),
        blame=(("步长", "step"), ("", "high")),
    ),
}
