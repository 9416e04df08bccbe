"""SchemeSpec → scheme.xlsx: the layout that `ratings.criteria.workbook` reads, so that what goes out comes in
unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from schools.metrics import METRICS
from schools.workbooks import CellOut, ColumnOut, SheetOut

from .fields import BAND, CATEGORY, ITEM, METRIC, RESTRICTION, Section
from .spec import CategorySpec, SchemeSpec
from .workbook import GROUP_CAP, NOTHING, PARAMETERS, usual_period

PARAMETER_COLUMNS = [ColumnOut("项目", width=20), ColumnOut("内容", width=60)]
#: 大项名称 stands beside the code of the 大项, 原编码 only in schemes that keep codes of an original table.
CATEGORY_NAME = CATEGORY.field("name").heading
LABEL = ITEM.field("label").heading
#: What the 说明 sheet of the empty workbook tells of each column: (sheet, column, owed, sentence).
EXPLAINED = (
    (
        "方案",
        "项目 / 内容",
        "必填",
        "一行一项。“名称”“年度”“主办单位”必须填写，其余留空即取默认值。百分比写 30% 即可。",
    ),
    ("方案", "加分上限（分组名称）", "", "可以另加一行，给一组加分项单独设上限，如：加分上限（理论研究）。"),
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
    ("指标项", "现场、可不适用", "", "是 或 否，空着即否。"),
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
    others = [
        SheetOut(
            section.title, columns_of(section), [_row(section, row) for row in getattr(spec, section.rows)]
        )
        for section in (METRIC, BAND, RESTRICTION)
    ]
    columns = columns_of(ITEM, labels=any(item.label for item in spec.items))
    return [
        SheetOut("方案", PARAMETER_COLUMNS, list(_parameters(spec))),
        SheetOut("指标项", columns, list(_items(spec, [column.heading for column in columns]))),
        *others,
    ]


def columns_of(section: Section, *, labels: bool = False) -> list[ColumnOut]:
    """The columns of a sheet; in 指标项 those of the 大项 stand with those of the item."""
    columns = [ColumnOut(field.heading, field.kind.cells, field.width) for field in section.columns()]
    if section is not ITEM:
        return columns
    columns.insert(1, ColumnOut(CATEGORY_NAME, width=16))
    return [column for column in columns if labels or column.heading != LABEL]


def _row(section: Section, row: Any) -> list[Any]:
    return list(cells_of(section, row).values())


def cells_of(section: Section, row: Any) -> dict[str, Any]:
    """The cells of a row by heading; of two fields that share one, what either says."""
    cells: dict[str, Any] = {field.heading: None for field in section.columns()}
    for field in section.fields:
        cells[field.heading] = cells[field.heading] or field.cell(row)
    return cells


def template_sheets(*, year: int, city: str) -> list[SheetOut]:
    """An empty workbook with its explanation, examples of every kind of rule, and the figures the system can
    count.
    """
    usual = {field.name: field.default for field in PARAMETERS.values()}
    empty = SimpleNamespace(
        **usual | {"name": None, "organiser": None, "year": year, "city": city} | usual_period(year)
    )
    parameters = [[heading, field.cell(empty)] for heading, field in PARAMETERS.items()]
    figures = [[metric.label, metric.unit, metric.definition] for metric in METRICS.values()]
    explained = [
        ColumnOut("工作表", width=12),
        ColumnOut("列", width=24),
        "必填",
        ColumnOut("怎样填", width=90),
    ]
    return [
        SheetOut("方案", PARAMETER_COLUMNS, parameters),
        SheetOut("指标项", columns_of(ITEM), []),
        *(SheetOut(section.title, columns_of(section), []) for section in (METRIC, BAND, RESTRICTION)),
        SheetOut("填写说明", explained, EXPLAINED),
        SheetOut("计分规则示例", ["种类", ColumnOut("写法", width=60)], EXAMPLES),
        SheetOut(
            "系统取数指标一览", [ColumnOut("指标", width=24), "单位", ColumnOut("定义", width=90)], figures
        ),
    ]


def _parameters(spec: SchemeSpec) -> Iterator[list[Any]]:
    for heading, field in PARAMETERS.items():
        if field.name != "county_weight" or spec.has_county_stage:
            yield [heading, field.cell(spec)]
    yield from ([f"{GROUP_CAP}{group}）", CellOut(cap, "decimal")] for group, cap in spec.bonus_group_caps)


def _items(spec: SchemeSpec, headings: list[str]) -> Iterator[list[Any]]:
    """Every row says its 大项 and 分组 in full, and — where the row above would otherwise lend it one."""
    code, group = ITEM.field("category").heading, ITEM.field("group").heading
    names = {category.code: category.name for category in spec.categories}
    for category in _announced(spec):
        yield [{code: category.code, CATEGORY_NAME: category.name}.get(heading) for heading in headings]
    above: dict[bool, tuple[str | None, str]] = {}
    for item in spec.items:
        cells = cells_of(ITEM, item) | {CATEGORY_NAME: names.get(item.category)}
        lent = above.get(item.bonus, (None, ""))
        if not item.category and item.bonus and lent[0]:
            cells[code] = NOTHING
        if not item.group and item.category and lent[0] == item.category and lent[1]:
            cells[group] = NOTHING
        above[item.bonus] = (item.category, item.group)
        yield [cells[heading] for heading in headings]


def _announced(spec: SchemeSpec) -> tuple[CategorySpec, ...]:
    """Categories to be named in lines of their own: all, where one has no item or their order is not that of
    the items.
    """
    used = tuple(dict.fromkeys(item.category for item in spec.items if item.category))
    return () if used == tuple(category.code for category in spec.categories) else spec.categories
