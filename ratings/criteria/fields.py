"""Every field of the criteria, once: 方案, 大项, 小项, 星级标准, 限制性情形, 自定义指标.

Each line below is a field of the immutable scheme and says everything else there is to say of it: its column in the
workbook and in the table, its kind, what a change of it is called, how it is explained to who types it, and whether a
correction may change it. The spec, the rows, the frozen JSON, both ways of the workbook, the forms, the comparison of
two years and the errata read it from here, so that a new field is a line here, a column of the model and a migration.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Any

from ratings.enums import Aggregation, Confirmation, FilledBy, Star, Trigger
from ratings.rules import parse_condition, parse_effect, parse_rule
from ratings.rules.parsing import MAX_LENGTH
from schools.workbooks import Row

from .kinds import Amount, Caps, Choice, Code, ConditionOfTrigger, Count, Day, FoundBy, Kind, Line, Lines, Linked, Names, Share, YesNo
from .typed import CODE_HINT

#: What a changed field means to a reader, in the words of the page.
POINTS, RULE, WORDING, SETTING = "分值", "计分规则", "文字", "设置"
_NAMED_DAYS = {"highest": 30, "units": ("日", "天", "个工作日"), "shown": "{} 个工作日", "zero": "不公示"}
_POINTS = {"unit": "分", "bounds": {"lowest": 0, "highest": 1000, "places": 2}}


@dataclass(frozen=True)
class Field:
    """What is to be known of one field. `name` is that of the immutable row, `column` that of the model.

    `heading` is its column in the sheet, or its line in 方案; "" where the sheet does not have it. Two fields may share
    a heading: whichever says something is written there. `label` names it in a comparison, `asked` in a form. `change`
    is what a change of it is called; without one two years are not compared by it. `part` is the heading in the form.
    `place` is where its column stands in the sheet, `late` marks a field that came when years had been frozen already:
    at its default it is left out of the JSON, so that their digests stay.
    """

    name: str
    kind: Kind
    heading: str
    column: str
    label: str
    change: str | None
    asked: str | None
    help: str
    width: int | None
    place: int
    part: str
    erratum: bool
    late: bool
    default: Any

    @property
    def owed(self) -> bool:
        """Whether the workbook must say it."""
        return self.default is MISSING

    @property
    def otherwise(self) -> Any:
        """What a blank means; for a field that is owed, what lets the reading go on."""
        return self.kind.empty if self.owed else self.default

    def read(self, row: Row, **options: Any) -> Any:
        """The value in a row of its sheet."""
        value = self.kind.read(row, self.heading, owed=self.owed, **options)
        return self.otherwise if value is None else value

    def text(self, row: Any) -> str:
        """The value of an immutable row as people read it."""
        return self.kind.text(getattr(row, self.name))


def entry(
    heading: str,
    kind: Kind,
    *,
    default: Any = MISSING,
    kw_only: bool = False,
    column: str = "",
    label: str | None = None,
    change: str | None = SETTING,
    asked: str | None = "",
    help: str = "",
    width: int | None = None,
    place: int = 0,
    part: str = "",
    erratum: bool = False,
    late: bool = False,
) -> Any:
    """A line of a table: a dataclass field that carries its Field; see there for what is said."""
    known = {
        "kind": kind,
        "heading": heading,
        "column": column,
        "label": heading if label is None else label,
        "change": change,
        "asked": asked if asked is None else asked or label or heading,
        "help": help,
        "width": width,
        "place": place,
        "part": part,
        "erratum": erratum,
        "late": late,
        "default": default,
    }
    return dataclasses.field(default=default, kw_only=kw_only, metadata={"field": known})


@cache
def fields_of(table: type) -> tuple[Field, ...]:
    """The fields of a table in their order."""
    found = ((one.name, one.metadata["field"]) for one in dataclasses.fields(table) if "field" in one.metadata)
    return tuple(Field(**{**known, "name": name, "column": known["column"] or name}) for name, known in found)


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """方案: how the year runs. Every one is a line of the sheet of that name, except 分组加分上限, which may be several."""

    name: str = entry(
        "名称", Kind(longest=120), label="方案名称", asked="名称", part="名称和年度", help="写在通知、通报和各种表格上的方案名称。"
    )
    year: int = entry(
        "年度",
        Count(lowest=2000, highest=2100, units=("年", "年度")),
        change=None,
        part="名称和年度",
        help="评定哪一年的工作；一市一年只有一个方案。",
    )
    organiser: str = entry(
        "主办单位", Kind(longest=120), part="名称和年度", help="通知和通报里的主办单位，如：中共示例市委组织部、中共示例市委党校。"
    )
    city: str = entry("所属市", Linked(by="name", longest=120), change=None, asked=None, default="")
    has_county_stage: bool = entry(
        "县级初评",
        YesNo(yes="有", no="无", in_words=True),
        default=True,
        part="程序",
        help="有：学校提交后先由县（区）初评，再报市评审。无：学校提交后直接由市评审。",
    )
    county_weight: Fraction = entry(
        "县初评权重",
        Share(),
        default=Fraction(0),
        part="计分",
        help="县初评在小项得分中占的比重。以市评审为准、县初评只作参考的，填 0%。",
    )
    city_weight: Fraction = entry(
        "评审权重", Share(), default=Fraction(1), part="计分", help="市评审占的比重。两个权重合计 100%，填一个，另一个自动补足。"
    )
    aggregation: str = entry(
        "评委汇总",
        Choice(labels=dict(Aggregation.choices)),
        default=Aggregation.TRIMMED.value,
        part="计分",
        help="一所学校有多位评委打分时，每个小项怎样合成一个分。"
        "去一高一低平均：5 人以上去掉一个最高分和一个最低分；3 至 4 人直接平均。合议：评委组商定，由组长填一份。",
    )
    bonus_cap: Fraction | None = entry(
        "加分上限",
        Amount(none="不设上限", shown="{} 分", **_POINTS),
        default=None,
        part="加分和五星比例",
        help="全部加分合计最多算几分，不填就不另设上限。",
    )
    bonus_floor: Fraction = entry(
        "加分起算分",
        Amount(shown="{} 分", **_POINTS),
        default=Fraction(0),
        part="加分和五星比例",
        help="基础分达到几分才计加分。不填或填 0，就不设门槛。",
    )
    bonus_group_caps: tuple[tuple[str, Fraction], ...] = entry(
        "",
        Caps(),
        default=(),
        label="分组加分上限",
        part="加分和五星比例",
        help="某一组加分项合计最多算几分，写成 分组=分值，多组用分号隔开，如：示范课=3；课题=2。",
    )
    five_star_share: Fraction | None = entry(
        "五星比例上限",
        Share(none="不限"),
        default=None,
        part="加分和五星比例",
        help="五星最多占参评党校的比例，如 30%。超出的只作提示，由评委会决定；不填就不限。",
    )
    confirmation: str = entry(
        "确认方式",
        Choice(labels=dict(Confirmation.choices)),
        default=Confirmation.SYSTEM.value,
        part="程序",
        help="系统确认：负责人在网上点提交。签字盖章页：打印一页申报确认页，签字盖章后扫描上传。",
    )
    return_limit: int = entry(
        "退回次数",
        Count(highest=9, units=("次",), shown="{} 次"),
        default=1,
        part="程序",
        help="初评、评审各自最多可以把一所学校退回补正几次。",
    )
    period_start: date = entry(
        "统计起始日",
        Day(),
        default=None,
        part="日期",
        help="从这一天起的办班、走访等记录计入本年度。可以写 2026-1-1、2026.1.1、1月1日。",
    )
    period_end: date = entry(
        "统计截止日", Day(), default=None, part="日期", help="到这一天为止的记录计入本年度。学校提交后，统计期内的记录即锁定。"
    )
    notice_days: int = entry("公示工作日", Count(**_NAMED_DAYS), default=5, part="程序", help="审定以后公示几个工作日再通报；0 为不公示。")


@dataclass(frozen=True, kw_only=True)
class Deadlines:
    """Days that are typed beside the parameters and move on with the year, but are no criteria: no version holds them."""

    self_due: date = entry("自评截止日", Day(), default=None, part="日期", help="学校提交自评的最后一天，到当天 24 时，遇休息日顺延。")
    county_due: date = entry("初评截止日", Day(), default=None, part="日期", help="县（区）报送初评的最后一天。")
    city_due: date = entry("评审截止日", Day(), default=None, part="日期", help="市评审交齐评分表的最后一天。")


@dataclass(frozen=True)
class CategorySpec:
    """大项; in the sheet it stands in the rows of its items."""

    code: str = entry("大项编码", Code(longest=20), label="编码", asked="大项编码", help=CODE_HINT)
    name: str = entry("大项名称", Kind(longest=60), label="名称", asked="大项名称", change=WORDING)


@dataclass(frozen=True)
class ItemFields:
    """小项, 加分项. `verified` names what only reviewers answer, or holds 全部."""

    code: str = entry("小项编码", Code(longest=40), label="编码", width=10, place=4, help=CODE_HINT)
    name: str = entry("小项名称", Kind(longest=60), label="名称", change=WORDING, width=24, place=6, erratum=True)
    points: Fraction = entry(
        "分值", Amount(positive=True, **_POINTS), change=POINTS, width=8, place=8, erratum=True, help="本小项的满分，最多两位小数。"
    )
    rule_text: str = entry(
        "计分规则",
        Line(parse=parse_rule, longest=MAX_LENGTH, area=True),
        column="rule",
        change=RULE,
        width=60,
        place=10,
        erratum=True,
    )
    standard: str = entry("标准", Lines(longest=1000), default="", change=WORDING, width=50, place=9, erratum=True)
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
    category: str | None = entry("大项编码", Linked(by="code", longest=20), default=None, label="大项", width=10, place=1)
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
    onsite: bool = entry("现场", YesNo(blank=True), default=False, width=8, place=13, help="须到现场查看；市级没有走访的学校沿用初评得分。")
    may_be_na: bool = entry(
        "可不适用",
        YesNo(blank=True),
        default=False,
        width=10,
        place=14,
        help="学校确无此项工作时可以填“不适用”，本大项按其余小项折算。",
    )
    label: str = entry("原编码", Kind(longest=40), default="", change=None, asked=None, width=12, place=5)


@dataclass(frozen=True)
class BandFields:
    """星级标准: the condition of one star."""

    star: int = entry(
        "星级",
        Choice(labels={star.value: star.label for star in Star if star}, aliases={Star.NONE.label: 0}),
        change=None,
    )
    condition_text: str = entry(
        "条件",
        Line(parse=parse_condition),
        column="condition",
        change=RULE,
        width=60,
        erratum=True,
        help="如：总分≥90 且 最低大项得分率≥70%。可以写 总分、基础分、加分、最低大项得分率、大项和小项的编码、系统取数指标。",
    )


@dataclass(frozen=True)
class RestrictionFields:
    """限制性情形: a proven fact that limits the star. How it is found and on what condition stand in one column."""

    code: str = entry("编码", Code(longest=20), help=CODE_HINT)
    name: str = entry("情形", Kind(longest=200), change=WORDING, width=40, erratum=True)
    trigger: str = entry(
        "触发",
        FoundBy(labels=dict(Trigger.choices), otherwise=Trigger.CONDITION.value, blank=Trigger.MANUAL.value),
        default=Trigger.MANUAL.value,
        change=RULE,
        asked="怎样认定",
        width=30,
        help="人工：凭依据由市评委会办公室认定；未提交自评：到期没有提交的；条件：系统按下面的条件提出，经认定后适用。",
    )
    condition_text: str = entry(
        "触发",
        ConditionOfTrigger(parse=parse_condition, longest=300, words=(Trigger.MANUAL.label, Trigger.NO_SUBMISSION.label)),
        default="",
        column="condition",
        change=RULE,
        asked="触发条件",
        erratum=True,
        help="只在“条件”时填写，如：数据不实处数≥1。",
    )
    effect_text: str = entry(
        "后果",
        Line(parse=parse_effect),
        kw_only=True,
        column="effect",
        change=RULE,
        width=12,
        erratum=True,
        help="不授星，或如：最高三星。",
    )
    basis: str = entry("依据", Kind(longest=200), default="", change=WORDING, width=40, erratum=True, help="写明依据的文件。")


@dataclass(frozen=True)
class MetricFields:
    """自定义指标: a figure that only this scheme knows."""

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
            labels={"up": "越高越好", "down": "越低越好", "none": "无方向"},
            aliases={"上": "up", "下": "down", "无": "none", "up": "up", "down": "down", "none": "none"},
        ),
        default="up",
        width=12,
    )
    upper: Fraction | None = entry("上限", Amount(unit_in="单位"), default=None, help="不能超过的数，没有就不填；比率的上限填 100%。")
    filled_by: str = entry(
        "填报",
        Choice(labels=dict(FilledBy.choices)),
        default=FilledBy.SCHOOL.value,
        asked="由谁填报",
        help="学校：本校填报人和负责人；县：本县初评人；市：市评委会办公室。",
    )


@dataclass(frozen=True)
class Section:
    """A kind of row: where it stands in the spec, the tables and the workbook, and how one of its rows is called.

    `key` names it in notes and errata, `identity` is the field by which a row is known, `rule` the one that the remarks
    of the check point at. `detail` says what a row that came or went is worth.
    """

    key: str
    title: str
    rows: str
    table: type
    model: str
    identity: str
    rule: str
    named: bool
    called: Callable[[Any], str]
    detail: Callable[[Any], str]

    @property
    def fields(self) -> tuple[Field, ...]:
        """What a row of it says."""
        return fields_of(self.table)

    @property
    def correctable(self) -> dict[str, Field]:
        """What an erratum may change."""
        return {one.name: one for one in self.fields if one.erratum}

    def field(self, name: str) -> Field:
        """One field by its name."""
        return next(one for one in self.fields if one.name == name)

    def identity_of(self, row: Any) -> str:
        """The code, star or name of an immutable row."""
        return str(getattr(row, self.identity))

    def columns(self) -> list[Field]:
        """The fields that have a column in the sheet, in the order of the columns."""
        found = {one.heading: one for one in reversed(self.fields)}
        return sorted((one for one in self.fields if found[one.heading] is one), key=lambda one: one.place)


def code_and_name(row: Any) -> str:
    """K1 办班总量."""
    return f"{row.code} {row.name}"


def _worth(item: Any) -> str:
    points, rule = fields_of(ItemFields)[2:4]
    return f"{points.text(item)} 分；{rule.text(item)}"


CATEGORY = Section("category", "大项", "categories", CategorySpec, "Category", "code", "name", True, code_and_name, lambda row: "")
ITEM = Section("item", "小项", "items", ItemFields, "Item", "code", "rule_text", True, code_and_name, _worth)
BAND = Section(
    "band",
    "星级标准",
    "bands",
    BandFields,
    "StarBand",
    "star",
    "condition_text",
    False,
    lambda row: Star(row.star).label,
    lambda row: fields_of(BandFields)[1].text(row),
)
RESTRICTION = Section(
    "restriction",
    "限制性情形",
    "restrictions",
    RestrictionFields,
    "Restriction",
    "code",
    "trigger",
    True,
    code_and_name,
    lambda row: row.effect_text,
)
METRIC = Section(
    "metric", "自定义指标", "custom_metrics", MetricFields, "CustomMetric", "label", "label", False, lambda row: row.label, lambda row: ""
)
#: In the order of a comparison.
SECTIONS = (CATEGORY, ITEM, BAND, RESTRICTION, METRIC)
#: What may be corrected once a scheme is open.
CORRECTABLE = {section.key: section for section in SECTIONS if section.correctable}
