"""scheme.xlsx → SchemeSpec: every wrong row named at once, nothing guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

from ratings.enums import FilledBy, ItemKind, Star, Trigger
from ratings.rules import RuleError, parse_condition, parse_effect, parse_rule, to_text
from schools.metrics.wording import DIRECTIONS
from schools.workbooks import Column, Problem, Row, Sheet, Workbook, WorkbookError, read_workbook
from schools.workbooks.text import narrow

from .parameters import read_parameters
from .spec import BandSpec, CategorySpec, CustomMetricSpec, ItemSpec, RestrictionSpec, SchemeSpec

#: Written where a blank cell would take over the 大项 or 分组 of the row above: this item has none.
NOTHING = "—"
#: What a code must look like to stand in a condition; anything else is kept as label beside a generated code.
CODE = re.compile(r"[A-Z][A-Za-z0-9]*([-.][0-9A-Za-z]+)*")
STARS = {star.label: star.value for star in Star if star}
ITEM_COLUMNS = [
    Column("大项编码"),
    Column("大项名称"),
    Column("分组名称", required=False),
    Column("小项编码"),
    Column("原编码", required=False),
    Column("小项名称"),
    Column("类型", required=False),
    Column("分值"),
    Column("标准", required=False),
    Column("计分规则"),
    Column("佐证要求", required=False),
    Column("核定要素", required=False),
    Column("现场", required=False),
    Column("可不适用", required=False),
]
#: A row with nothing but these is a heading line: it holds for the rows below it.
HEADING_CELLS = ("大项编码", "大项名称", "分组名称", "类型")


@dataclass
class SchemeSource:
    """A scheme as read, what was ignored, and where each code, star and metric stands in the workbook."""

    name: str
    warnings: list[str] = field(default_factory=list)
    places: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    spec: SchemeSpec | None = None

    def put(self, where: str, sheet: str, row: Row, column: str) -> None:
        self.places.setdefault(where, (sheet, row.number, column))

    def problem(self, where: str, text: str) -> Problem:
        """A remark about a code, star or metric, placed where a person can mend it."""
        sheet, row, column = self.places.get(where, ("指标项", None, "分值"))
        return Problem(self.name, sheet, row, column, text)


def read_scheme_workbook(source: Path | bytes | IO[bytes], *, name: str = "scheme.xlsx") -> SchemeSource:
    """Read a scheme with the places of its rows.

    Raises WorkbookError with every problem of every sheet. The rule lines are parsed here; whether they make sense
    together is the business of `check_scheme`.
    """
    workbook = read_workbook(source, name=name)
    found = SchemeSource(workbook.name)
    values = _sheet(lambda: read_parameters(workbook.sheet("方案"), found.warnings), {})
    values["categories"], values["items"] = _sheet(lambda: _items(workbook.sheet("指标项"), found), ((), ()))
    values["bands"] = _sheet(lambda: _bands(workbook.sheet("星级标准"), found), ())
    values["custom_metrics"] = _sheet(lambda: _custom_metrics(workbook, found), ())
    values["restrictions"] = _sheet(lambda: _restrictions(workbook, found), ())
    workbook.problems.raise_if_any()
    values.setdefault("city", values["organiser"])
    found.spec = SchemeSpec(**values)
    return found


def _sheet(read: Any, otherwise: Any) -> Any:
    """What `read` gives; a sheet that is missing or has no headings is noted, and the others are still read."""
    try:
        return read()
    except WorkbookError:
        return otherwise


def _items(sheet: Sheet, found: SchemeSource) -> tuple[tuple[CategorySpec, ...], tuple[ItemSpec, ...]]:
    """Rows in order; a merged 大项 or 分组 cell holds for the rows below it, per kind of item."""
    table = sheet.table(ITEM_COLUMNS)
    found.warnings.extend(str(warning) for warning in table.warnings)
    categories: dict[str, CategorySpec] = {}
    items: list[ItemSpec] = []
    above: dict[bool, tuple[str, str, str]] = {}
    seen: dict[str, int] = {}
    if not len(table):
        sheet.problems.add(None, None, "没有任何小项")
    for row in table:
        bonus = row.choice("类型", {ItemKind.BASE.label: False, ItemKind.BONUS.label: True}) or False
        category, group = _category(row, bonus, above, categories)
        if row.get("大项编码") is not None and all(value is None or name in HEADING_CELLS for name, value in row.values.items()):
            continue
        label = row.text("小项编码", required=True, longest=40)
        code = _code(label, "N", seen)
        if label and code in seen:
            row.problem("小项编码", f"编码“{label}”重复，已在第 {seen[code]} 行用过")
        seen[code] = row.number
        if code in categories:
            row.problem("小项编码", f"编码“{label}”已是大项编码，请换一个")
        found.put(code, sheet.name, row, "计分规则")
        items.append(_item(row, code, label, category, group, bonus))
    return tuple(categories.values()), tuple(items)


def _category(
    row: Row, bonus: bool, above: dict[bool, tuple[str, str, str]], categories: dict[str, CategorySpec]
) -> tuple[str | None, str]:
    code, name, group = narrow(row.text("大项编码", longest=20)), row.text("大项名称", longest=60), row.text("分组名称", longest=60)
    if bonus and (code == NOTHING or (not code and bonus not in above)):
        above.pop(bonus, None)
        return None, group.removeprefix(NOTHING)
    if not code and bonus not in above:
        row.problem("大项编码", "不能为空")
        return None, group
    if not code:
        code, name, last_group = above[bonus]
        group = group or last_group
    elif above.get(bonus, ("",))[0] == code:
        group = group or above[bonus][2]
    if not CODE.fullmatch(code):
        row.problem("大项编码", f"“{code}”不能作编码：应以大写字母开头，后接字母、数字，可用 - 或 . 分段，如 K1-2")
        return None, group
    known = categories.get(code)
    if known is not None and name and known.name != name:
        row.problem("大项名称", f"大项 {code} 有两个名称：“{known.name}”和“{name}”")
    if known is None:
        if not name:
            row.problem("大项名称", "不能为空")
        categories[code] = CategorySpec(code, name)
    group = group.removeprefix(NOTHING)
    above[bonus] = (code, name or (known.name if known else ""), group)
    return code, group


def _code(label: str, letter: str, seen: dict[str, int]) -> str:
    """The code as typed where it can stand in a condition, else a generated one."""
    code = "".join(narrow(label).split())
    return code if CODE.fullmatch(code) else f"{letter}{len(seen) + 1}"


def _item(row: Row, code: str, label: str, category: str | None, group: str, bonus: bool) -> ItemSpec:
    points = row.decimal("分值", required=True, unit="分", lowest=0, highest=1000, places=2)
    if points == 0:
        row.problem("分值", "应大于 0")
    verified = re.split(r"[、，,；;]", row.text("核定要素", longest=200))
    return ItemSpec(
        code=code,
        name=row.text("小项名称", required=True, longest=60),
        points=Fraction(points or 0),
        rule_text=_canonical(row, "计分规则", parse_rule),
        category=category,
        group=group,
        bonus=bonus,
        label=row.text("原编码", longest=40) or ("" if narrow(label) == code else label),
        standard=row.text("标准", longest=1000),
        evidence=row.text("佐证要求", longest=200),
        verified=tuple(name.strip().strip('“”"') for name in verified if name.strip()),
        onsite=bool(row.boolean("现场")),
        may_be_na=bool(row.boolean("可不适用")),
    )


def _canonical(row: Row, heading: str, parse: Any) -> str:
    """The cell as the rule language prints it; an unreadable line becomes a problem with its position."""
    text = row.text(heading, required=True)
    if not text:
        return ""
    try:
        return to_text(parse(text))
    except RuleError as error:
        row.problem(heading, str(error))
        return ""


def _bands(sheet: Sheet, found: SchemeSource) -> tuple[BandSpec, ...]:
    table = sheet.table(["星级", "条件"])
    found.warnings.extend(str(warning) for warning in table.warnings)
    bands: dict[int, BandSpec] = {}
    for row in table:
        star = row.choice("星级", {**STARS, Star.NONE.label: 0}, required=True)
        if star == 0:
            found.warnings.append(f"星级标准第 {row.number} 行：“不授星”不必写条件，达不到任何星级即不授星，已忽略")
            continue
        condition = _canonical(row, "条件", parse_condition)
        found.put(Star(star).label if star else "", sheet.name, row, "条件")
        if star in bands:
            row.problem("星级", f"{Star(star).label}重复")
        elif star:
            bands[star] = BandSpec(star, condition)
    if not len(table):
        sheet.problems.add(None, None, "没有任何星级标准")
    return tuple(bands[star] for star in sorted(bands, reverse=True))


def _custom_metrics(workbook: Workbook, found: SchemeSource) -> tuple[CustomMetricSpec, ...]:
    sheet = workbook.sheet("自定义指标", optional=True)
    if sheet is None or sheet.is_blank:
        return ()
    table = sheet.table(["名称", *(Column(heading, required=False) for heading in ("单位", "方向", "上限", "填报"))])
    found.warnings.extend(str(warning) for warning in table.warnings)
    directions = {word: direction for direction, word in DIRECTIONS.items()}
    fillers = {label: value for value, label in FilledBy.choices}
    metrics: dict[str, CustomMetricSpec] = {}
    for row in table:
        label, unit = row.text("名称", required=True, longest=40), row.text("单位", longest=10)
        if label in metrics:
            row.problem("名称", f"“{label}”重复")
        upper = row.decimal("上限", unit=unit)
        found.put(label, sheet.name, row, "名称")
        metrics[label] = CustomMetricSpec(
            label=label,
            unit=unit,
            direction=row.choice("方向", directions) or "up",
            upper=None if upper is None else Fraction(upper),
            filled_by=row.choice("填报", fillers) or FilledBy.SCHOOL.value,
        )
    return tuple(metrics.values())


def _restrictions(workbook: Workbook, found: SchemeSource) -> tuple[RestrictionSpec, ...]:
    sheet = workbook.sheet("限制性情形", optional=True)
    if sheet is None or sheet.is_blank:
        return ()
    table = sheet.table(["编码", "情形", Column("触发", required=False), "后果", Column("依据", required=False)])
    found.warnings.extend(str(warning) for warning in table.warnings)
    restrictions: dict[str, RestrictionSpec] = {}
    for row in table:
        code = narrow(row.text("编码", required=True, longest=20))
        if code in restrictions:
            row.problem("编码", f"编码“{code}”重复")
        found.put(code, sheet.name, row, "触发")
        trigger, condition = _trigger(row)
        restrictions[code] = RestrictionSpec(
            code=code,
            name=row.text("情形", required=True, longest=200),
            trigger=trigger,
            effect_text=_canonical(row, "后果", parse_effect),
            condition_text=condition,
            basis=row.text("依据", longest=200),
        )
    return tuple(restrictions.values())


def _trigger(row: Row) -> tuple[str, str]:
    """人工 (also when left blank), 未提交自评, or a condition in the rule language."""
    text = row.text("触发", longest=300)
    if text in ("", Trigger.MANUAL.label):
        return Trigger.MANUAL.value, ""
    if text == Trigger.NO_SUBMISSION.label:
        return Trigger.NO_SUBMISSION.value, ""
    return Trigger.CONDITION.value, _canonical(row, "触发", parse_condition)
