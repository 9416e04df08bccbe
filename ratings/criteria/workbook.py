"""The 方案 sheet: one parameter a row, everything that is not written takes its default."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

from schools.workbooks import Column, Problem, Row, Sheet, Table, Workbook, WorkbookError, read_workbook
from schools.workbooks.text import heading_key, narrow

from .fields import BAND, CATEGORY, ITEM, METRIC, RESTRICTION, Field, Parameters, Section, fields_of
from .kinds import CODE, CODE_HINT
from .spec import CategorySpec, ItemSpec, SchemeSpec

GROUP_CAP = "加分上限（"


#: Lines of the sheet by what stands in their first cell.
PARAMETERS = {field.heading: field for field in fields_of(Parameters) if field.heading}
#: Read once the year is known, which completes 3月5日.
PERIOD = ("统计起始日", "统计截止日")
OWED = tuple(heading for heading, field in PARAMETERS.items() if field.owed)


def read_parameters(sheet: Sheet, warnings: list[str]) -> dict[str, Any]:
    """The fields of SchemeSpec that the 方案 sheet sets, defaults filled in; what is wrong goes to the
    sheet's problems.
    """
    table = sheet.table(["项目", "内容"])
    rows: dict[str, Row] = {}
    group_caps: dict[str, Fraction] = {}
    for row in table:
        label = row.text("项目", required=True)
        known = next((name for name in PARAMETERS if heading_key(name) == heading_key(label)), None)
        if known is None and heading_key(label).startswith(heading_key(GROUP_CAP)):
            group_caps[_group_name(label)] = _value(PARAMETERS["加分上限"], row)
        elif known is None:
            _unknown(row, label, warnings)
        elif known in rows:
            row.problem("项目", f"“{known}”重复，已在第 {rows[known].number} 行写过")
        elif row.get("内容") is not None or known in OWED:
            rows[known] = row
    values = {
        PARAMETERS[name].name: _value(PARAMETERS[name], row)
        for name, row in rows.items()
        if name not in PERIOD
    }
    for name in OWED:
        if name not in rows:
            sheet.problems.add(None, "项目", f"缺少“{name}”一行")
    _period(values, rows)
    _weights(values, rows, sheet)
    values["bonus_group_caps"] = tuple(group_caps.items())
    return {name: value for name, value in values.items() if value is not None or name == "bonus_cap"}


def _value(field: Field, row: Row) -> Any:
    return field.kind.read(row, "内容", owed=True)


def _group_name(label: str) -> str:
    return label.replace("(", "（").replace(")", "）").removeprefix(GROUP_CAP).removesuffix("）").strip()


def _unknown(row: Row, label: str, warnings: list[str]) -> None:
    """A misspelt parameter would silently take its default, so a near miss is refused; a stranger is only
    named.
    """
    near = get_close_matches(label, PARAMETERS, n=1, cutoff=0.6)
    if near:
        row.problem("项目", f"没有“{label}”这一项，是否为“{near[0]}”")
    else:
        warnings.append(f"方案表第 {row.number} 行“{label}”不认识，已忽略")


def usual_period(year: int) -> dict[str, date]:
    """统计期 where nobody says otherwise."""
    return {"period_start": date(year, 1, 1), "period_end": date(year, 11, 30)}


def _period(values: dict[str, Any], rows: dict[str, Row]) -> None:
    """统计起始日 and 统计截止日, by default 1 January to 30 November of the year."""
    year = values.get("year")
    if not year:
        return
    for heading, (name, default) in zip(PERIOD, usual_period(year).items(), strict=True):
        values[name] = rows[heading].date("内容", year=year) if heading in rows else default
    start, end = values["period_start"], values["period_end"]
    if start and end and start > end:
        (rows.get("统计截止日") or rows["统计起始日"]).problem("内容", "统计截止日早于统计起始日")


def _weights(values: dict[str, Any], rows: dict[str, Row], sheet: Sheet) -> None:
    """Both weights make 100 %; one given sets the other; without a county stage the judges count alone."""
    county, city = values.get("county_weight"), values.get("city_weight")
    if not values.get("has_county_stage", True):
        if county:
            rows["县初评权重"].problem("内容", "县级初评为“无”，县初评权重应为 0 或不填")
        county, city = Fraction(0), Fraction(1) if city is None else city
    elif county is None:
        county = Fraction(0) if city is None else 1 - city
    city = 1 - county if city is None else city
    if county + city != 1:
        sheet.problems.add(
            rows["评审权重"].number if "评审权重" in rows else None,
            "内容",
            "县初评权重与评审权重之和应为 100%",
        )
    values["county_weight"], values["city_weight"] = county, city


#: Written where a blank cell would take over the 大项 or 分组 of the row above: this item has none.
NOTHING = "—"
#: Read row after row, because a blank means what the row above says, or because a generated code may stand
#: for it.
FROM_ABOVE = ("category", "group", "bonus", "code", "label")
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

    Raises WorkbookError with every problem of every sheet. The rule lines are parsed here; whether they make
    sense together is the business of `check_scheme`.
    """
    workbook = read_workbook(source, name=name)
    found = SchemeSource(workbook.name)
    values = _sheet(lambda: read_parameters(workbook.sheet("方案"), found.warnings), {})
    values["categories"], values["items"] = _sheet(lambda: _items(workbook.sheet("指标项"), found), ((), ()))
    for section in (BAND, METRIC, RESTRICTION):
        values[section.rows] = _sheet(lambda section=section: _rows(workbook, section, found), ())
    workbook.problems.raise_if_any()
    values.setdefault("city", values["organiser"])
    found.spec = SchemeSpec(**values)
    return found


def _sheet(read: Any, otherwise: Any) -> Any:
    """What `read` gives; a sheet that is missing or has no headings is noted, and the others are
    still read.
    """
    try:
        return read()
    except WorkbookError:
        return otherwise


def _table(sheet: Sheet, *sections: Section, found: SchemeSource) -> Table:
    """The rows of a sheet that holds these sections."""
    columns = {
        field.heading: Column(field.heading, required=field.owed)
        for section in reversed(sections)
        for field in section.columns()
    }
    table = sheet.table(list(columns.values()))
    found.warnings.extend(str(warning) for warning in table.warnings)
    return table


def _rows(workbook: Workbook, section: Section, found: SchemeSource) -> tuple:
    """The rows of a sheet of its own. Only 星级标准 must be there; its rows may stand in any order."""
    owed = section is BAND
    sheet = workbook.sheet(section.title, optional=not owed)
    if sheet is None or (sheet.is_blank and not owed):
        return ()
    table = _table(sheet, section, found=found)
    rows: dict[str, Any] = {}
    for row in table:
        values = {field.name: field.read(row) for field in section.fields}
        if owed and values["star"] == 0:
            found.warnings.append(
                f"星级标准第 {row.number} 行：“不授星”不必写条件，达不到任何星级即不授星，已忽略"
            )
            continue
        made = section.table(**values)
        shown = section.field(section.identity).text(made)
        found.put(shown, sheet.name, row, section.field(section.rule).heading)
        if shown and shown in rows:
            row.problem(section.field(section.identity).heading, f"{shown}重复" if owed else f"“{shown}”重复")
        rows.setdefault(shown, made)
    if owed and not len(table):
        sheet.problems.add(None, None, "没有任何星级标准")
    return tuple(
        sorted(rows.values(), key=lambda row: row.star or 0, reverse=True) if owed else rows.values()
    )


def _items(sheet: Sheet, found: SchemeSource) -> tuple[tuple[CategorySpec, ...], tuple[ItemSpec, ...]]:
    """Rows in order; a merged 大项 or 分组 cell holds for the rows below it, per kind of item."""
    table = _table(sheet, CATEGORY, ITEM, found=found)
    categories: dict[str, CategorySpec] = {}
    items: list[ItemSpec] = []
    above: dict[bool, tuple[str, str, str]] = {}
    seen: dict[str, int] = {}
    if not len(table):
        sheet.problems.add(None, None, "没有任何小项")
    for row in table:
        bonus = ITEM.field("bonus").read(row)
        category, group = _category(row, bonus, above, categories)
        if row.get("大项编码") is not None and all(
            value is None or name in HEADING_CELLS for name, value in row.values.items()
        ):
            continue
        label = row.text("小项编码", required=True, longest=40)
        code = _code(label, "N", seen)
        if label and code in seen:
            row.problem("小项编码", f"编码“{label}”重复，已在第 {seen[code]} 行用过")
        seen[code] = row.number
        if code in categories:
            row.problem("小项编码", f"编码“{label}”已是大项编码，请换一个")
        found.put(code, sheet.name, row, ITEM.field(ITEM.rule).heading)
        values = {field.name: field.read(row) for field in ITEM.fields if field.name not in FROM_ABOVE}
        kept = ITEM.field("label").read(row) or ("" if narrow(label) == code else label)
        items.append(ItemSpec(code=code, label=kept, category=category, group=group, bonus=bonus, **values))
    return tuple(categories.values()), tuple(items)


def _category(
    row: Row, bonus: bool, above: dict[bool, tuple[str, str, str]], categories: dict[str, CategorySpec]
) -> tuple[str | None, str]:
    code, name = (field.kind.read(row, field.heading) or "" for field in CATEGORY.fields)
    group = ITEM.field("group").read(row)
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
        row.problem("大项编码", f"“{code}”不能作编码：应{CODE_HINT}")
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
