"""SchemeSpec → scheme.xlsx: the layout that `ratings.criteria.workbook` reads, so that what goes out comes in unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Any

from ratings.enums import Aggregation, Confirmation, FilledBy, ItemKind, Star, Trigger
from schools.metrics import METRICS
from schools.metrics.wording import DIRECTIONS
from schools.workbooks import CellOut, ColumnOut, SheetOut

from .parameters import GROUP_CAP, PARAMETERS
from .spec import CategorySpec, ItemSpec, RestrictionSpec, SchemeSpec
from .workbook import NOTHING

SHARES = ("county_weight", "city_weight", "five_star_share")
CHOICES = {"aggregation": Aggregation, "confirmation": Confirmation}
PARAMETER_COLUMNS = [ColumnOut("项目", width=20), ColumnOut("内容", width=60)]
ITEM_COLUMNS = [
    ColumnOut("大项编码", width=10),
    ColumnOut("大项名称", width=16),
    ColumnOut("分组名称", width=16),
    ColumnOut("小项编码", width=10),
    ColumnOut("小项名称", width=24),
    ColumnOut("类型", width=8),
    ColumnOut("分值", "decimal", 8),
    ColumnOut("标准", width=50),
    ColumnOut("计分规则", width=60),
    ColumnOut("佐证要求", width=24),
    ColumnOut("核定要素", width=20),
    ColumnOut("现场", width=8),
    ColumnOut("可不适用", width=10),
]
METRIC_COLUMNS = [ColumnOut("名称", width=24), "单位", ColumnOut("方向", width=12), ColumnOut("上限", "decimal"), "填报"]
BAND_COLUMNS = ["星级", ColumnOut("条件", width=60)]
RESTRICTION_COLUMNS = [
    "编码",
    ColumnOut("情形", width=40),
    ColumnOut("触发", width=30),
    ColumnOut("后果", width=12),
    ColumnOut("依据", width=40),
]
#: What the 说明 sheet of the empty workbook tells of each column: (sheet, column, owed, sentence).
EXPLAINED = (
    ("方案", "项目 / 内容", "必填", "一行一项。“名称”“年度”“主办单位”必须填写，其余留空即取默认值。百分比写 30% 即可。"),
    ("方案", "加分上限（分组名称）", "", "可以另加一行，给一组加分项单独设上限，如：加分上限（理论研究）。"),
    ("指标项", "大项编码、大项名称", "必填", "编码以大写字母开头，如 A、K1-2。同一大项只写第一行，下面留空或合并单元格都可以。"),
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
    ("星级标准", "星级、条件", "必填", "从高到低，如：五星　总分≥90 且 最低大项得分率≥70%。都达不到即不授星。"),
    ("限制性情形", "触发、后果", "", "触发：人工、未提交自评，或一个条件。后果：不授星、最高三星 等。没有就空着整张表。"),
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
    return [
        SheetOut("方案", PARAMETER_COLUMNS, list(_parameters(spec))),
        SheetOut("指标项", _item_columns(spec), list(_items(spec))),
        SheetOut("自定义指标", METRIC_COLUMNS, [_metric(metric) for metric in spec.custom_metrics]),
        SheetOut("星级标准", BAND_COLUMNS, [[Star(band.star).label, band.condition_text] for band in spec.bands]),
        SheetOut("限制性情形", RESTRICTION_COLUMNS, [_restriction(entry) for entry in spec.restrictions]),
    ]


def template_sheets(*, year: int, city: str) -> list[SheetOut]:
    """An empty workbook with its explanation, examples of every kind of rule, and the figures the system can count."""
    known = {"年度": CellOut(year, "int"), "所属市": city, "县级初评": "有", "评审权重": CellOut(1, "percent")}
    known |= {"评委汇总": Aggregation.TRIMMED.label, "退回次数": CellOut(1, "int"), "确认方式": Confirmation.SYSTEM.label}
    known |= {"统计起始日": CellOut(date(year, 1, 1), "date"), "统计截止日": CellOut(date(year, 11, 30), "date")}
    known |= {"县初评权重": CellOut(0, "percent"), "公示工作日": CellOut(5, "int")}
    figures = [[metric.label, metric.unit, metric.definition] for metric in METRICS.values()]
    explained = [ColumnOut("工作表", width=12), ColumnOut("列", width=24), "必填", ColumnOut("怎样填", width=90)]
    return [
        SheetOut("方案", PARAMETER_COLUMNS, [[name, known.get(name)] for name in PARAMETERS]),
        SheetOut("指标项", ITEM_COLUMNS, []),
        SheetOut("自定义指标", METRIC_COLUMNS, []),
        SheetOut("星级标准", BAND_COLUMNS, []),
        SheetOut("限制性情形", RESTRICTION_COLUMNS, []),
        SheetOut("填写说明", explained, EXPLAINED),
        SheetOut("计分规则示例", ["种类", ColumnOut("写法", width=60)], EXAMPLES),
        SheetOut("系统取数指标一览", [ColumnOut("指标", width=24), "单位", ColumnOut("定义", width=90)], figures),
    ]


def _parameters(spec: SchemeSpec) -> Iterator[list[Any]]:
    for name, (field, _) in PARAMETERS.items():
        if field == "county_weight" and not spec.has_county_stage:
            continue
        yield [name, _parameter(field, getattr(spec, field))]
    yield from ([f"{GROUP_CAP}{group}）", CellOut(cap, "decimal")] for group, cap in spec.bonus_group_caps)


def _parameter(field: str, value: Any) -> Any:
    """The cell a person would type: percent for shares, a date for a day, the label of a choice."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "有" if value else "无"
    if isinstance(value, date):
        return CellOut(value, "date")
    if field in CHOICES:
        return CHOICES[field](value).label
    if isinstance(value, Fraction):
        return CellOut(value, "percent" if field in SHARES else "decimal")
    return CellOut(value, "int") if isinstance(value, int) else value


def _item_columns(spec: SchemeSpec) -> list[ColumnOut]:
    """原编码 stands only in schemes that keep codes of an original table."""
    if not any(item.label for item in spec.items):
        return ITEM_COLUMNS
    return [*ITEM_COLUMNS[:4], ColumnOut("原编码", width=12), *ITEM_COLUMNS[4:]]


def _items(spec: SchemeSpec) -> Iterator[list[Any]]:
    columns = [column.heading for column in _item_columns(spec)]
    names = {category.code: category.name for category in spec.categories}
    for category in _announced(spec):
        yield [{"大项编码": category.code, "大项名称": category.name}.get(heading) for heading in columns]
    above: dict[bool, tuple[str | None, str]] = {}
    for item in spec.items:
        cells = _item(item, names, above.get(item.bonus))
        above[item.bonus] = (item.category, item.group)
        yield [cells.get(heading) for heading in columns]


def _announced(spec: SchemeSpec) -> tuple[CategorySpec, ...]:
    """Categories to be named in lines of their own: all, where one has no item or their order is not that of the items."""
    used = tuple(dict.fromkeys(item.category for item in spec.items if item.category))
    return () if used == tuple(category.code for category in spec.categories) else spec.categories


def _item(item: ItemSpec, names: dict[str, str], above: tuple[str | None, str] | None) -> dict[str, Any]:
    """Every row says its 大项 and 分组 in full, and — where the row above would otherwise lend it one."""
    group = item.group
    if not group and above and above[1] and above[0] == item.category and item.category:
        group = NOTHING
    return {
        "大项编码": item.category or (NOTHING if item.bonus and above and above[0] else None),
        "大项名称": names.get(item.category),
        "分组名称": group,
        "小项编码": item.code,
        "原编码": item.label,
        "小项名称": item.name,
        "类型": ItemKind.BONUS.label if item.bonus else ItemKind.BASE.label,
        "分值": item.points,
        "标准": item.standard,
        "计分规则": item.rule_text,
        "佐证要求": item.evidence,
        "核定要素": "、".join(item.verified),
        "现场": "是" if item.onsite else None,
        "可不适用": "是" if item.may_be_na else None,
    }


def _metric(metric) -> list[Any]:
    return [metric.label, metric.unit, DIRECTIONS[metric.direction], metric.upper, FilledBy(metric.filled_by).label]


def _restriction(entry: RestrictionSpec) -> list[Any]:
    trigger = entry.condition_text if entry.trigger == Trigger.CONDITION else Trigger(entry.trigger).label
    return [entry.code, entry.name, trigger, entry.effect_text, entry.basis]
