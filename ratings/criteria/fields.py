"""Every field of the criteria, once: 方案, 大项, 小项, 星级标准, 限制性情形, 自定义指标.

Each line below is a field of the immutable scheme and says everything else there is to say of it: its column
in the workbook and in the table, its kind, what a change of it is called, how it is explained to who types
it, and whether a correction may change it. The rows, the frozen JSON, both ways of the workbook, the forms,
the comparison of two years and the errata read it from here: a new field is a line here, a column of the
model and a migration.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from operator import attrgetter
from typing import Any

from ratings.enums import Aggregation, Confirmation, FilledBy, Star, Trigger
from ratings.rules import Condition, Effect, Rule, parse_condition, parse_effect, parse_rule
from ratings.rules.parsing import MAX_LENGTH
from schools.metrics.catalogue import DIRECTIONS

from .field import (
    BONUS,
    DAYS,
    NAMES,
    POINTS,
    PROCEDURE,
    RULE,
    SCORING,
    WORDING,
    Field,
    entry,
    fields_of,
    unless_none,
)
from .kinds import CODE_HINT, Amount, Caps, Choice, Code, Count, Day, Kind, Line, Linked, Names, Share, YesNo

_POINTS = Amount(unit="分", highest=1000, places=2, shown="{} 分", none="不设上限")


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """方案: how the year runs. Every one is a line of the sheet of that name, except 分组加分上限, which may
    be several.
    """

    name: str = entry(
        "名称",
        Kind(longest=120),
        label="方案名称",
        asked="名称",
        part=NAMES,
        help="写在通知、通报和各种表格上的方案名称。",
    )
    year: int = entry(
        "年度",
        Count(lowest=2000, highest=2100, units=("年", "年度")),
        change=None,
        part=NAMES,
        help="评定哪一年的工作；一市一年只有一个方案。",
    )
    organiser: str = entry(
        "主办单位",
        Kind(longest=120),
        part=NAMES,
        help="通知和通报里的主办单位，如：中共示例市委组织部、中共示例市委党校。",
    )
    city: str = entry("所属市", Linked(by="name", longest=120), change=None, asked=None, default="")
    has_county_stage: bool = entry(
        "县级初评",
        YesNo(yes="有", no="无", radio=True),
        default=True,
        part=PROCEDURE,
        help="有：学校提交后先由县（区）初评，再报市评审。无：学校提交后直接由市评审。",
    )
    county_weight: Fraction = entry(
        "县初评权重",
        Share(),
        default=Fraction(0),
        part=SCORING,
        help="县初评在小项得分中占的比重。以市评审为准、县初评只作参考的，填 0%。",
    )
    city_weight: Fraction = entry(
        "评审权重",
        Share(),
        default=Fraction(1),
        part=SCORING,
        help="市评审占的比重。两个权重合计 100%，填一个，另一个自动补足。",
    )
    aggregation: str = entry(
        "评委汇总",
        Choice(labels=dict(Aggregation.choices)),
        default=Aggregation.TRIMMED.value,
        part=SCORING,
        help="一所学校有多位评委打分时，每个小项怎样合成一个分。"
        "去一高一低平均：5 人以上去掉一个最高分和一个最低分；3 至 4 人直接平均。合议：评委组商定，"
        "由组长填一份。",
    )
    bonus_cap: Fraction | None = entry(
        "加分上限", _POINTS, default=None, part=BONUS, help="全部加分合计最多算几分，不填就不另设上限。"
    )
    bonus_floor: Fraction = entry(
        "加分起算分",
        _POINTS,
        default=Fraction(0),
        part=BONUS,
        help="基础分达到几分才计加分。不填或填 0，就不设门槛。",
    )
    bonus_group_caps: tuple[tuple[str, Fraction], ...] = entry(
        "",
        Caps(cap=_POINTS),
        default=(),
        label="分组加分上限",
        part=BONUS,
        help="某一组加分项合计最多算几分，写成 分组=分值，多组用分号隔开，如：示范课=3；课题=2。",
    )
    five_star_share: Fraction | None = entry(
        "五星比例上限",
        Share(none="不限"),
        default=None,
        part=BONUS,
        help="五星最多占参评党校的比例，如 30%。超出的只作提示，由评委会决定；不填就不限。",
    )
    confirmation: str = entry(
        "确认方式",
        Choice(labels=dict(Confirmation.choices)),
        default=Confirmation.SYSTEM.value,
        part=PROCEDURE,
        help="系统确认：负责人在网上点提交。签字盖章页：打印一页申报确认页，签字盖章后扫描上传。",
    )
    return_limit: int = entry(
        "退回次数",
        Count(highest=9, units=("次",), shown="{} 次"),
        default=1,
        part=PROCEDURE,
        help="初评、评审各自最多可以把一所学校退回补正几次。",
    )
    period_start: date = entry(
        "统计起始日",
        Day(),
        default=None,
        part=DAYS,
        help="从这一天起的办班、走访等记录计入本年度。可以写 2026-1-1、2026.1.1、1月1日。",
    )
    period_end: date = entry(
        "统计截止日",
        Day(),
        default=None,
        part=DAYS,
        help="到这一天为止的记录计入本年度。学校提交后，统计期内的记录即锁定。",
    )
    notice_days: int = entry(
        "公示工作日",
        Count(highest=30, units=("日", "天", "个工作日"), shown="{} 个工作日", zero="不公示"),
        default=5,
        # Without a part, and no change from year to year: workbooks keep it, and nothing comes of it yet.
        change=None,
    )


@dataclass(frozen=True, kw_only=True)
class Deadlines:
    """Days that are typed beside the parameters and move on with the year, but are no criteria: no version
    holds them.
    """

    self_due: date = entry(
        "自评截止日", Day(), part=DAYS, help="学校提交自评的最后一天，到当天 24 时，遇休息日顺延。"
    )
    county_due: date = entry("初评截止日", Day(), part=DAYS, help="县（区）报送初评的最后一天。")
    city_due: date = entry("评审截止日", Day(), part=DAYS, help="市评审交齐评分表的最后一天。")


@dataclass(frozen=True)
class CategorySpec:
    """大项; in the sheet it stands in the rows of its items."""

    code: str = entry("大项编码", Code(longest=20), label="编码", asked="大项编码", help=f"{CODE_HINT}。")
    name: str = entry("大项名称", Kind(longest=60), label="名称", asked="大项名称", change=WORDING)


@dataclass(frozen=True)
class ItemSpec:
    """小项, 加分项: one line of the rating table. `verified` names what only reviewers answer, or
    holds 全部.
    """

    code: str = entry("小项编码", Code(longest=40), label="编码", width=10, place=4, help=f"{CODE_HINT}。")
    name: str = entry(
        "小项名称", Kind(longest=60), label="名称", change=WORDING, width=24, place=6, erratum=True
    )
    points: Fraction = entry(
        "分值",
        Amount(unit="分", highest=1000, places=2, positive=True, blank=Fraction(0)),
        change=POINTS,
        width=8,
        place=8,
        erratum=True,
        summary="{} 分",
        help="本小项的满分，最多两位小数。",
    )
    rule_text: str = entry(
        "计分规则",
        Line(rule=parse_rule, longest=MAX_LENGTH, area=True),
        column="rule",
        change=RULE,
        width=60,
        place=10,
        erratum=True,
        summary="{}",
    )
    standard: str = entry(
        "标准", Kind(longest=1000, area=True), default="", change=WORDING, width=50, place=9, erratum=True
    )
    evidence: str = entry(
        "佐证要求",
        Kind(longest=200),
        default="",
        change=WORDING,
        width=24,
        place=11,
        erratum=True,
        help="要学校附什么，如：开班通知、签到册。系统里已有的记录不必再交。",
    )
    category: str | None = entry(
        "大项编码", Linked(by="code", longest=20), default=None, label="大项", width=10, place=1
    )
    group: str = entry(
        "分组名称",
        Kind(longest=60),
        default="",
        label="分组",
        width=16,
        place=3,
        help="同一大项里要归在一起的小项写同样的分组，不分组就空着。",
    )
    bonus: bool = entry(
        "类型",
        YesNo(yes="加分项", no="小项", stored=("bonus", "base")),
        default=False,
        column="kind",
        width=8,
        place=7,
        help="加分项不计入 100 分，可以不选大项。",
    )
    verified: tuple[str, ...] = entry(
        "核定要素",
        Names(longest=200),
        default=(),
        width=20,
        place=12,
        help="只由初评、评审核定、不问学校的要素，用顿号分隔；全部都由评审方核定的写“全部”。",
    )
    onsite: bool = entry(
        "现场",
        YesNo(),
        default=False,
        width=8,
        place=13,
        help="须到现场查看，登记走访以后市级才能评分；没有走访的学校沿用初评得分，不设初评的一直不能评。",
    )
    may_be_na: bool = entry(
        "可不适用",
        YesNo(),
        default=False,
        width=10,
        place=14,
        help="学校确无此项工作时可以填“不适用”，本大项按其余小项折算。",
    )
    label: str = entry("原编码", Kind(longest=40), default="", change=None, asked=None, width=12, place=5)

    @cached_property
    def rule(self) -> Rule:
        return parse_rule(self.rule_text)


@dataclass(frozen=True)
class BandSpec:
    """星级标准: the condition of one star."""

    star: int = entry(
        "星级",
        Choice(labels={star.value: star.label for star in Star if star}, aliases={Star.NONE.label: 0}),
        change=None,
    )
    condition_text: str = entry(
        "条件",
        Line(rule=parse_condition, longest=300),
        column="condition",
        change=RULE,
        width=60,
        erratum=True,
        summary="{}",
        help="如：总分≥90 且 最低大项得分率≥70%。可以写 总分、基础分、加分、最低大项得分率、"
        "大项和小项的编码、系统取数指标。",
    )

    @cached_property
    def condition(self) -> Condition:
        return parse_condition(self.condition_text)


@dataclass(frozen=True)
class RestrictionSpec:
    """限制性情形: a proven fact that limits the star. How it is found and on what condition stand in one
    column.
    """

    code: str = entry("编码", Code(longest=20), help=f"{CODE_HINT}。")
    name: str = entry("情形", Kind(longest=200), change=WORDING, width=40, erratum=True)
    trigger: str = entry(
        "触发",
        Choice(labels=dict(Trigger.choices), other=Trigger.CONDITION.value),
        default=Trigger.MANUAL.value,
        change=RULE,
        asked="怎样认定",
        width=30,
        help="人工：凭依据由市评委会办公室认定；未提交自评：到期没有提交的；条件：系统按下面的条件提出，"
        "经认定后适用。",
    )
    condition_text: str = entry(
        "触发",
        Line(rule=parse_condition, longest=300, words=(Trigger.MANUAL.label, Trigger.NO_SUBMISSION.label)),
        default="",
        column="condition",
        change=RULE,
        asked="触发条件",
        erratum=True,
        help="只在“条件”时填写，如：数据不实处数≥1。",
    )
    effect_text: str = entry(
        "后果",
        Line(rule=parse_effect, longest=20),
        kw_only=True,
        column="effect",
        change=RULE,
        width=12,
        erratum=True,
        summary="{}",
        help="不授星，或如：最高三星。",
    )
    basis: str = entry(
        "依据", Kind(longest=200), default="", change=WORDING, width=40, erratum=True, help="写明依据的文件。"
    )

    @cached_property
    def condition(self) -> Condition | None:
        return parse_condition(self.condition_text) if self.trigger == Trigger.CONDITION else None

    @cached_property
    def effect(self) -> Effect:
        return parse_effect(self.effect_text)


@dataclass(frozen=True)
class CustomMetricSpec:
    """自定义指标: a figure that only this scheme knows; satisfies what the rule language wants to know about
    a metric.
    """

    #: Facts of the registry's metrics that a scheme's own never vary.
    accepts = frozenset()
    accepts_words = None

    label: str = entry(
        "名称",
        Kind(longest=40),
        column="name",
        change=None,
        width=24,
        help="在计分规则里就用这个名称，如：党员群众满意度。与系统取数指标不能同名。",
    )
    unit: str = entry("单位", Kind(longest=10), default="", help="如：人、期、%；没有就不填。")
    direction: str = entry(
        "方向",
        Choice(
            labels=DIRECTIONS,
            aliases={"上": "up", "下": "down", "无": "none", "up": "up", "down": "down", "none": "none"},
        ),
        default="up",
        width=12,
    )
    upper: Fraction | None = entry(
        "上限",
        Amount(unit_in="单位"),
        default=None,
        help="不能超过的数，没有就不填；比率的上限填 100%。",
    )
    filled_by: str = entry(
        "填报",
        Choice(labels=dict(FilledBy.choices)),
        default=FilledBy.SCHOOL.value,
        asked="由谁填报",
        help="学校：本校填报人和负责人；县：本县初评人；市：市评委会办公室。",
    )


@dataclass(frozen=True)
class Section:
    """A kind of row: `key` names it in notes and errata, `title` is that of its sheet, `rows` the attribute
    that holds them.

    `identity` is the field by which a row is known, `rule` the one at which the remarks of the check point.
    """

    key: str
    title: str
    rows: str
    table: type
    model: str
    identity: str = "code"
    rule: str = ""

    @property
    def fields(self) -> tuple[Field, ...]:
        """What a row of it says."""
        return fields_of(self.table)

    @property
    def correctable(self) -> dict[str, Field]:
        """What an erratum may change."""
        return {field.name: field for field in self.fields if field.erratum}

    def field(self, name: str) -> Field:
        """One field by its name."""
        return next(field for field in self.fields if field.name == name)

    def columns(self) -> list[Field]:
        """The fields that have a column in the sheet, in the order of the columns; the first of those that
        share one.
        """
        first: dict[str, Field] = {}
        for field in self.fields:
            first.setdefault(field.heading, field)
        return sorted(first.values(), key=attrgetter("place"))

    def called(self, row: Any) -> str:
        """How a row is called in lists and headings: K1 办班总量, 五星, 群众满意度."""
        known = self.field(self.identity).text(row)
        return f"{known} {row.name}" if self.is_named else known

    @property
    def is_named(self) -> bool:
        """Whether rows have a name beside their identity, by which they are matched where their code has
        changed.
        """
        return self.identity == "code"

    def summary(self, row: Any) -> str:
        """What a row that came or went is worth."""
        return "；".join(field.summary.format(field.text(row)) for field in self.fields if field.summary)


CATEGORY = Section("category", "大项", "categories", CategorySpec, "Category")
ITEM = Section("item", "小项", "items", ItemSpec, "Item", rule="rule_text")
BAND = Section("band", "星级标准", "bands", BandSpec, "StarBand", "star", "condition_text")
RESTRICTION = Section(
    "restriction", "限制性情形", "restrictions", RestrictionSpec, "Restriction", rule="trigger"
)
METRIC = Section("metric", "自定义指标", "custom_metrics", CustomMetricSpec, "CustomMetric", "label", "label")
#: In the order of a comparison.
SECTIONS = (CATEGORY, ITEM, BAND, RESTRICTION, METRIC)
#: What may be corrected once a scheme is open.
CORRECTABLE = {section.key: section for section in SECTIONS if section.correctable}


def frozen(fields: Iterable[Field], row: Any) -> dict[str, Any]:
    """One row as JSON."""
    return {
        field.name: unless_none(field.kind.freeze, getattr(row, field.name))
        for field in fields
        if not (field.late and getattr(row, field.name) == field.default)
    }


def thawed(fields: Iterable[Field], content: dict[str, Any]) -> dict[str, Any]:
    """The values that `content` says of a row; raises KeyError where it says what no field knows."""
    known = {field.name: field.kind for field in fields}
    return {name: unless_none(known[name].thaw, value) for name, value in content.items()}


def stored(fields: Iterable[Field], row: Any) -> dict[str, Any]:
    """One immutable row as the columns of its table keep it."""
    return {field.column: unless_none(field.kind.store, getattr(row, field.name)) for field in fields}


def loaded(fields: Iterable[Field], row: Any) -> dict[str, Any]:
    """The values of an immutable row from the row of its table."""
    return {field.name: unless_none(field.kind.load, getattr(row, field.column)) for field in fields}
