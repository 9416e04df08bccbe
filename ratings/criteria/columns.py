"""The columns of a scheme as two years are compared by them: each field's label, what kind of change it is, its text."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from ratings.enums import Aggregation, Confirmation, FilledBy, Star, Trigger
from ratings.rounding import plain, show_rate
from ratings.rules import RuleError, parse_condition, to_text
from schools.dates import chinese_date
from schools.metrics.wording import DIRECTIONS

from .spec import CustomMetricSpec, ItemSpec, RestrictionSpec, SchemeSpec

#: What a changed field means to a reader, in the words of the page.
POINTS, RULE, WORDING, SETTING = "分值", "计分规则", "文字", "设置"
Field = tuple[str, str, Callable[[Any], str]]


def code_of(row: Any) -> str:
    return row.code


def label_of(row: CustomMetricSpec) -> str:
    return row.label


CATEGORY: tuple[Field, ...] = (("编码", SETTING, code_of), ("名称", WORDING, lambda row: row.name))


def item_fields(old: SchemeSpec, new: SchemeSpec) -> tuple:
    names = tuple({one.code: one.name for one in spec.categories} for spec in (old, new))
    place = tuple(lambda item, known=known: known.get(item.category, "") for known in names)
    return (
        ("编码", SETTING, code_of),
        ("名称", WORDING, lambda item: item.name),
        ("分值", POINTS, lambda item: plain(item.points)),
        ("计分规则", RULE, rule_text),
        ("标准", WORDING, lambda item: item.standard),
        ("佐证要求", WORDING, lambda item: item.evidence),
        ("大项", SETTING, place),
        ("分组", SETTING, lambda item: item.group),
        ("类型", SETTING, lambda item: "加分项" if item.bonus else "小项"),
        ("核定要素", SETTING, lambda item: "、".join(item.verified)),
        ("现场", SETTING, lambda item: _yes(item.onsite)),
        ("可不适用", SETTING, lambda item: _yes(item.may_be_na)),
    )


def item_detail(item: ItemSpec) -> str:
    return f"{plain(item.points)} 分；{rule_text(item)}"


def rule_text(item: ItemSpec) -> str:
    """The canonical line; a draft may hold one that cannot be read yet."""
    try:
        return to_text(item.rule)
    except RuleError:
        return item.rule_text


def _condition(text: str) -> str:
    try:
        return to_text(parse_condition(text)) if text else ""
    except RuleError:
        return text


def _yes(value: bool) -> str:
    return "是" if value else "否"


BAND: tuple[Field, ...] = (("条件", RULE, lambda band: _condition(band.condition_text)),)


def band_title(band) -> str:
    return Star(band.star).label


def band_detail(band) -> str:
    return _condition(band.condition_text)


def _trigger(row: RestrictionSpec) -> str:
    return _condition(row.condition_text) if row.trigger == Trigger.CONDITION else Trigger(row.trigger).label


RESTRICTION: tuple[Field, ...] = (
    ("编码", SETTING, code_of),
    ("情形", WORDING, lambda row: row.name),
    ("触发", RULE, _trigger),
    ("后果", RULE, lambda row: row.effect_text),
    ("依据", WORDING, lambda row: row.basis),
)
METRIC: tuple[Field, ...] = (
    ("单位", SETTING, lambda row: row.unit),
    ("方向", SETTING, lambda row: DIRECTIONS.get(row.direction, row.direction)),
    ("上限", SETTING, lambda row: "" if row.upper is None else plain(row.upper)),
    ("填报", SETTING, lambda row: FilledBy(row.filled_by).label),
)


def _share(value: Fraction | None) -> str:
    return "不限" if value is None else show_rate(value)


PARAMETERS: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
    ("name", "方案名称", str),
    ("organiser", "主办单位", str),
    ("has_county_stage", "县级初评", lambda value: "有" if value else "无"),
    ("county_weight", "县初评权重", show_rate),
    ("city_weight", "评审权重", show_rate),
    ("aggregation", "评委汇总", lambda value: Aggregation(value).label),
    ("bonus_cap", "加分上限", lambda value: "不设上限" if value is None else f"{plain(value)} 分"),
    ("bonus_floor", "加分起算分", lambda value: f"{plain(value)} 分"),
    ("bonus_group_caps", "分组加分上限", lambda value: "；".join(f"{group} {plain(cap)} 分" for group, cap in value)),
    ("five_star_share", "五星比例上限", _share),
    ("return_limit", "退回次数", lambda value: f"{value} 次"),
    ("confirmation", "确认方式", lambda value: Confirmation(value).label),
    ("period_start", "统计起始日", chinese_date),
    ("period_end", "统计截止日", chinese_date),
    ("notice_days", "公示工作日", lambda value: f"{value} 个工作日" if value else "不公示"),
)
