"""方案的工作簿, both ways: what `scheme_sheets` writes, `read_scheme_workbook` reads back unchanged.

方案 is one parameter a row, everything that is not written takes its default; 指标项 holds the 大项 in the
rows of their items; every other section has a sheet of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from fractions import Fraction
from operator import attrgetter
from pathlib import Path
from typing import IO, Any

from schools.metrics import METRICS
from schools.workbooks import (
    CellOut,
    Column,
    ColumnOut,
    Problem,
    Row,
    Sheet,
    SheetOut,
    Table,
    Workbook,
    WorkbookError,
    read_workbook,
)
from schools.workbooks.text import heading_key, narrow

from .fields import BAND, CATEGORY, ITEM, METRIC, RESTRICTION, Parameters, Section, fields_of
from .kinds import CODE, CODE_HINT
from .spec import CategorySpec, ItemSpec, SchemeSpec

#: Lines of 方案 by what stands in their first cell, and by what such a heading may be spelt like.
PARAMETERS = {field.heading: field for field in fields_of(Parameters) if field.heading}
SPELT = {heading_key(heading): heading for heading in PARAMETERS}
#: A line of its own for every group of bonus items that has a cap.
GROUP_CAP = "加分上限（"
#: Read once the year is known, which completes 3月5日.
PERIOD = ("统计起始日", "统计截止日")
#: The sections with a sheet of their own, in the order of the workbook.
OTHERS = (METRIC, BAND, RESTRICTION)
#: Written where a blank cell would take over the 大项 or 分组 of the row above: this item has none.
NOTHING = "—"
#: Read row after row, because a blank means what the row above says, or because a generated code may stand
#: for it.
FROM_ABOVE = ("category", "group", "bonus", "code", "label")
#: A row with nothing but these is a heading line: it holds for the rows below it.
HEADING_CELLS = {"大项编码", "大项名称", "分组名称", "类型"}
CATEGORY_CODE, CATEGORY_NAME = (field.heading for field in CATEGORY.fields)
GROUP, LABEL = (ITEM.field(name).heading for name in ("group", "label"))


def usual_period(year: int) -> dict[str, date]:
    """统计期 where nobody says otherwise."""
    return {"period_start": date(year, 1, 1), "period_end": date(year, 11, 30)}


# Reading


@dataclass
class SchemeSource:
    """A scheme as read, what was ignored, and where each code, star and metric stands in the workbook."""

    name: str
    warnings: list[str] = field(default_factory=list)
    places: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    spec: SchemeSpec | None = None

    def problem(self, where: str, text: str) -> Problem:
        """A remark about a code, star or metric, placed where a person can mend it."""
        return Problem(self.name, *self.places.get(where, ("指标项", None, "分值")), text)


def read_scheme_workbook(source: Path | bytes | IO[bytes], *, name: str = "scheme.xlsx") -> SchemeSource:
    """Read a scheme with the places of its rows.

    Raises WorkbookError with every problem of every sheet. The rule lines are parsed here; whether they make
    sense together is the business of `check_scheme`.
    """
    workbook = read_workbook(source, name=name)
    scheme = SchemeSource(workbook.name)
    values = _sheet(lambda: _read_parameters(workbook.sheet("方案"), scheme.warnings), {})
    values["categories"], values["items"] = _sheet(
        lambda: _read_items(workbook.sheet("指标项"), scheme), ((), ())
    )
    for section in (BAND, METRIC, RESTRICTION):
        values[section.rows] = _sheet(lambda section=section: _read_rows(workbook, section, scheme), ())
    workbook.problems.raise_if_any()
    scheme.warnings.extend(map(str, workbook.left_out()))
    values.setdefault("city", values["organiser"])
    values["bands"] = tuple(sorted(values["bands"], key=attrgetter("star"), reverse=True))
    scheme.spec = SchemeSpec(**values)
    return scheme


def _sheet(read: Any, otherwise: Any) -> Any:
    """What `read` gives; a sheet that is missing or has no headings is noted, and the others are
    still read.
    """
    try:
        return read()
    except WorkbookError:
        return otherwise


def _read_parameters(sheet: Sheet, warnings: list[str]) -> dict[str, Any]:
    """The fields of SchemeSpec that the 方案 sheet sets; what is wrong goes to the sheet's problems."""
    rows, group_caps = _lines(sheet, warnings)
    values = {
        PARAMETERS[heading].name: _content(row, heading)
        for heading, row in rows.items()
        if heading not in PERIOD
    }
    for heading, parameter in PARAMETERS.items():
        if parameter.owed and heading not in rows:
            sheet.problems.add(None, "项目", f"缺少“{heading}”一行")
    _period(values, rows)
    _weights(values, rows, sheet)
    values["bonus_group_caps"] = tuple(group_caps.items())
    return {name: value for name, value in values.items() if value is not None}


def _lines(sheet: Sheet, warnings: list[str]) -> tuple[dict[str, Row], dict[str, Fraction]]:
    """The lines of 方案 that say something, by their heading, and the caps of groups of bonus items."""
    rows, group_caps = {}, {}
    table = sheet.table(["项目", "内容"])
    warnings.extend(map(str, table.warnings))
    for row in table:
        label = row.text("项目", required=True)
        heading = SPELT.get(heading_key(label))
        if heading in rows:
            row.problem("项目", f"“{heading}”重复，已在第 {rows[heading].number} 行写过")
        elif heading:
            if PARAMETERS[heading].owed or row.get("内容") is not None:
                rows[heading] = row
        elif heading_key(label).startswith(heading_key(GROUP_CAP)):
            group_caps[_group_name(label)] = _content(row, "加分上限")
        else:
            _unknown(row, label, warnings)
    return rows, group_caps


def _content(row: Row, heading: str) -> Any:
    return PARAMETERS[heading].kind.read(row, "内容", owed=True)


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


def _period(values: dict[str, Any], rows: dict[str, Row]) -> None:
    """统计起始日 and 统计截止日, by default 1 January to 30 November of the year."""
    year = values.get("year")
    if not year:
        return
    period = usual_period(year)
    written = {name: rows[heading] for name, heading in zip(period, PERIOD, strict=True) if heading in rows}
    period |= {name: row.date("内容", year=year) for name, row in written.items()}
    values |= period
    if all(period.values()) and period["period_start"] > period["period_end"]:
        list(written.values())[-1].problem("内容", "统计截止日早于统计起始日")


def _weights(values: dict[str, Any], rows: dict[str, Row], sheet: Sheet) -> None:
    """Both weights make 100 %; one given sets the other; without a county stage the judges count alone."""
    county, city = values.get("county_weight"), values.get("city_weight")
    if not values.get("has_county_stage", True):
        if county:
            rows["县初评权重"].problem("内容", "县级初评为“无”，县初评权重应为 0 或不填")
        county = Fraction(0)
    elif county is None:
        county = Fraction(0) if city is None else 1 - city
    city = 1 - county if city is None else city
    if county + city != 1:
        written = rows.get("评审权重")
        sheet.problems.add(written and written.number, "内容", "县初评权重与评审权重之和应为 100%")
    values["county_weight"], values["city_weight"] = county, city


def _table(sheet: Sheet, *sections: Section, scheme: SchemeSource, owed: str = "") -> Table:
    """The rows of a sheet that holds these sections; `owed` is what it must have at least one of."""
    columns = {
        field.heading: Column(field.heading, required=field.owed)
        for section in reversed(sections)
        for field in section.columns()
    }
    table = sheet.table(list(columns.values()))
    scheme.warnings.extend(map(str, table.warnings))
    if owed and not len(table):
        sheet.problems.add(None, None, f"没有任何{owed}")
    return table


def _read_rows(workbook: Workbook, section: Section, scheme: SchemeSource) -> tuple:
    """The rows of a sheet of its own. Only 星级标准 must be there; its rows may stand in any order."""
    owed = section is BAND
    sheet = workbook.sheet(section.title, optional=not owed)
    if not owed and (sheet is None or sheet.is_blank):
        return ()
    identity, rule = section.field(section.identity), section.field(section.rule)
    entries: dict[str, Any] = {}
    for row in _table(sheet, section, scheme=scheme, owed=section.title if owed else ""):
        entry = section.table(**{field.name: field.read(row) for field in section.fields})
        if owed and entry.star == 0:
            scheme.warnings.append(
                f"星级标准第 {row.number} 行：“不授星”不必写条件，达不到任何星级即不授星，已忽略"
            )
            continue
        known = identity.text(entry)
        scheme.places.setdefault(known, (sheet.name, row.number, rule.heading))
        if known and known in entries:
            row.problem(identity.heading, f"{known}重复" if owed else f"“{known}”重复")
        entries.setdefault(known, entry)
    return tuple(entries.values())


def _read_items(sheet: Sheet, scheme: SchemeSource) -> tuple[tuple[CategorySpec, ...], tuple[ItemSpec, ...]]:
    """Rows in order; a merged 大项 or 分组 cell holds for the rows below it, per kind of item."""
    categories, items, above, seen = {}, [], {}, {}
    for row in _table(sheet, CATEGORY, ITEM, scheme=scheme, owed=ITEM.title):
        bonus = ITEM.field("bonus").read(row)
        category, group = _category(row, bonus, above, categories)
        if _is_heading(row):
            continue
        label = row.text("小项编码", required=True, longest=40)
        code = _code(label, len(seen) + 1)
        if label and code in seen:
            row.problem("小项编码", f"编码“{label}”重复，已在第 {seen[code]} 行用过")
        seen[code] = row.number
        if code in categories:
            row.problem("小项编码", f"编码“{label}”已是大项编码，请换一个")
        scheme.places.setdefault(code, (sheet.name, row.number, ITEM.field(ITEM.rule).heading))
        values = {field.name: field.read(row) for field in ITEM.fields if field.name not in FROM_ABOVE}
        original = ITEM.field("label").read(row) or ("" if narrow(label) == code else label)
        items.append(
            ItemSpec(code=code, label=original, category=category, group=group, bonus=bonus, **values)
        )
    return tuple(categories.values()), tuple(items)


def _is_heading(row: Row) -> bool:
    written = {heading for heading, value in row.values.items() if value is not None}
    return "大项编码" in written and written <= HEADING_CELLS


def _code(label: str, number: int) -> str:
    """The code as typed where it can stand in a condition, else a generated one."""
    code = "".join(narrow(label).split())
    return code if CODE.fullmatch(code) else f"N{number}"


def _category(
    row: Row, bonus: bool, above: dict[bool, tuple[str, str, str]], categories: dict[str, CategorySpec]
) -> tuple[str | None, str]:
    """The code of the 大项 and the 分组 of a row, which a blank takes from the row `above` of its kind."""
    code, name = (field.kind.read(row, field.heading) or "" for field in CATEGORY.fields)
    group = ITEM.field("group").read(row)
    if (bonus and code == NOTHING) or not (code or bonus in above):
        if not bonus:
            row.problem("大项编码", "不能为空")
        above.pop(bonus, None)
        return None, group.removeprefix(NOTHING)
    lent_code, lent_name, lent_group = above.get(bonus, ("", "", ""))
    if not code:
        code, name = lent_code, lent_name
    if code == lent_code:
        group = group or lent_group
    if not CODE.fullmatch(code):
        row.problem("大项编码", f"“{code}”不能作编码：应{CODE_HINT}")
        return None, group
    group = group.removeprefix(NOTHING)
    above[bonus] = (code, _category_name(row, code, name, categories), group)
    return code, group


def _category_name(row: Row, code: str, name: str, categories: dict[str, CategorySpec]) -> str:
    """What the row calls its 大项, or what it is called already; its first row must name it."""
    if code not in categories:
        if not name:
            row.problem("大项名称", "不能为空")
        categories[code] = CategorySpec(code, name)
    known = categories[code].name
    if name and name != known:
        row.problem("大项名称", f"大项 {code} 有两个名称：“{known}”和“{name}”")
    return name or known


# Writing

PARAMETER_COLUMNS = [ColumnOut("项目", width=20), ColumnOut("内容", width=60)]
#: What the 说明 sheet of the empty workbook tells of each column: (sheet, column, owed, sentence).
EXPLAINED = (
    (
        "方案",
        "项目 / 内容",
        "必填",
        "一行一项。“名称”“年度”“主办单位”必须填写，其余留空即取默认值。百分比写 30% 即可。",
    ),
    ("方案", "加分上限（分组名称）", "", "可以另加一行，给一组加分项单独设上限，如：加分上限（理论研究）。"),
    ("方案", "公示工作日", "", "随方案保存，供本市自己安排公示；系统不办理公示，也不写进通知和通报。"),
    (
        "指标项",
        "大项编码、大项名称",
        "必填",
        "编码以大写字母开头，如 A、K1-2。同一大项只写第一行，下面留空或合并单元格都可以。",
    ),
    ("指标项", "分组名称", "", "没有分组可以不填。同一大项内空着即沿用上一行的分组，不沿用写 —。"),
    ("指标项", "小项编码", "必填", "不能作编码的写法（如“一（二）”）可以照写，系统另编新码，原编码保留。"),
    ("指标项", "类型", "", "小项 或 加分项，空着即小项。"),
    ("指标项", "分值", "必填", "各小项合计应为 100 分，加分项另计；最多两位小数。"),
    ("指标项", "标准", "", "给人看的评定标准原文。"),
    ("指标项", "计分规则", "必填", "一行计分规则，写法见帮助中的“计分规则”。全角半角都可以。"),
    ("指标项", "核定要素", "", "只由初评、评审核定、不问学校的内容，用顿号分隔，或写“全部”。"),
    ("指标项", "现场、可不适用", "", "是 或 否，空着即否。现场项在市级登记走访以后才能评分。"),
    (
        "自定义指标",
        "名称",
        "",
        "本方案自己的指标，没有就空着整张表。方向：越高越好、越低越好、无方向。填报：学校、县、市。",
    ),
    (
        "星级标准",
        "星级、条件",
        "必填",
        "从高到低，如：五星　总分≥90 且 最低大项得分率≥70%。都达不到即不授星。",
    ),
    (
        "限制性情形",
        "触发、后果",
        "",
        "触发：人工、未提交自评，或一个条件。后果：不授星、最高三星 等。没有就空着整张表。",
    ),
)
#: The rule line each kind of part is shown with in the empty workbook.
EXAMPLES = (
    ("清单", "清单(书记任校长=2; 副职齐备=1)"),
    ("档", "档(主教室座位: ≥100→8; ≥60→5; 其他→0)"),
    ("比", "比(参训党员/党员总数 ÷ 85%)×4"),
    ("扣", "扣(满分 5; 无专人 1; 月报逾期 每月 0.5; 下限 0)"),
    ("加", "加(采纳成果 每项 1.5; 上限 3)"),
    ("评", "评(课堂质量: A=5; B=3; C=1; D=0)"),
    ("分", "分(0—6; 步长 0.5)"),
)


def scheme_sheets(spec: SchemeSpec) -> list[SheetOut]:
    """The five sheets of a scheme with typed cells."""
    columns = columns_of(ITEM, labels=any(item.label for item in spec.items))
    return [
        SheetOut("方案", PARAMETER_COLUMNS, list(_parameters(spec))),
        SheetOut("指标项", columns, list(_items(spec, [column.heading for column in columns]))),
        *(
            SheetOut(
                section.title,
                columns_of(section),
                [list(cells_of(section, row).values()) for row in getattr(spec, section.rows)],
            )
            for section in OTHERS
        ),
    ]


def template_sheets(*, year: int, city: str) -> list[SheetOut]:
    """An empty workbook with its explanation, examples of every kind of rule, and the figures the system can
    count.
    """
    empty = SchemeSpec(
        name="",
        organiser="",
        year=year,
        city=city,
        categories=(),
        items=(),
        bands=(),
        **usual_period(year),
    )
    explained = [
        ColumnOut("工作表", width=12),
        ColumnOut("列", width=24),
        "必填",
        ColumnOut("怎样填", width=90),
    ]
    figures = [ColumnOut("指标", width=24), "单位", ColumnOut("定义", width=90)]
    return [
        *scheme_sheets(empty),
        SheetOut("填写说明", explained, EXPLAINED),
        SheetOut("计分规则示例", ["种类", ColumnOut("写法", width=60)], EXAMPLES),
        SheetOut(
            "系统取数指标一览",
            figures,
            [[metric.label, metric.unit, metric.definition] for metric in METRICS.values()],
        ),
    ]


def columns_of(section: Section, *, labels: bool = False) -> list[ColumnOut]:
    """The columns of a sheet; in 指标项 大项名称 stands beside the code of the 大项, and 原编码 only where
    a scheme keeps codes of an original table (`labels`).
    """
    columns = [ColumnOut(field.heading, field.kind.cells, field.width) for field in section.columns()]
    if section is not ITEM:
        return columns
    columns.insert(1, ColumnOut(CATEGORY_NAME, width=16))
    return [column for column in columns if labels or column.heading != LABEL]


def cells_of(section: Section, row: Any) -> dict[str, Any]:
    """The cells of a row by heading; of two fields that share one, what either says."""
    cells: dict[str, Any] = {field.heading: None for field in section.columns()}
    for known in section.fields:
        cells[known.heading] = cells[known.heading] or known.cell(row)
    return cells


def _parameters(spec: SchemeSpec) -> Iterator[list[Any]]:
    for heading, parameter in PARAMETERS.items():
        if parameter.name != "county_weight" or spec.has_county_stage:
            yield [heading, parameter.cell(spec)]
    yield from ([f"{GROUP_CAP}{group}）", CellOut(cap, "decimal")] for group, cap in spec.bonus_group_caps)


def _items(spec: SchemeSpec, headings: list[str]) -> Iterator[list[Any]]:
    """Every row says its 大项 and 分组 in full, and — where the row above would otherwise lend it one."""
    names = {category.code: category.name for category in spec.categories}
    rows = [{CATEGORY_CODE: code, CATEGORY_NAME: names[code]} for code in _announced(spec)]
    above = {}
    for item in spec.items:
        own = cells_of(ITEM, item) | {CATEGORY_NAME: names.get(item.category)}
        rows.append(own | _dashes(item, *above.get(item.bonus, (None, ""))))
        above[item.bonus] = (item.category, item.group if item.category else "")
    return ([cells.get(heading) for heading in headings] for cells in rows)


def _dashes(item: ItemSpec, lent_category: str | None, lent_group: str) -> dict[str, str]:
    dashes = {}
    if lent_category and item.bonus and not item.category:
        dashes[CATEGORY_CODE] = NOTHING
    if lent_group and not item.group and item.category == lent_category:
        dashes[GROUP] = NOTHING
    return dashes


def _announced(spec: SchemeSpec) -> list[str]:
    """Codes of categories to be named in lines of their own: all, where one has no item or their order is not
    that of the items.
    """
    codes = [category.code for category in spec.categories]
    used = list(dict.fromkeys(item.category for item in spec.items if item.category))
    return [] if used == codes else codes
