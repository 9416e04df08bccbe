"""方法说明: how a year's stars come about, from the frozen criteria, for everybody who is rated by them."""

from __future__ import annotations

from itertools import pairwise, starmap
from typing import Any

from ratings.criteria.changes import compare
from ratings.criteria.spec import SchemeSpec
from ratings.criteria.standards import condition_text, groups, parameters, restriction_lines
from ratings.criteria.versions import spec_of
from ratings.criteria.years import notes_of, year_changes
from ratings.models import Scheme
from ratings.rules.rounding import plain
from ratings.scoring.items import LEAST_SHEETS, TRIM_FROM


def methodology_of(scheme: Scheme) -> dict[str, Any]:
    """Everything the page tells; the scheme has at least one version. `versions` come with the rows that each
    changed against the one before, `steps` are (heading, sentences), `changes` (what, kind, why).
    """
    versions = list(scheme.versions.select_related("by").order_by("number"))
    specs = [spec_of(version) for version in versions]
    spec = specs[-1]
    changes, notes = year_changes(scheme), notes_of(scheme)
    return {
        "versions": list(zip(versions, [(), *starmap(_changed, pairwise(specs))], strict=True)),
        "parameters": parameters(spec),
        "steps": evaluation_order(spec),
        "groups": groups(spec),
        "bands": [(band.star, condition_text(spec, band.condition)) for band in spec.bands],
        "restrictions": restriction_lines(spec),
        "changes": [
            (row.title, row.label, notes.get(row.key, "")) for row in (changes.rows if changes else ())
        ],
    }


def _changed(before: SchemeSpec, after: SchemeSpec) -> list[str]:
    return [f"{row.title}：{row.label}" for row in compare(before, after).rows]


def evaluation_order(spec: SchemeSpec) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The printed order of evaluation, each step with the thresholds, caps and roundings of this scheme."""
    return (
        ("评分有效", (_validity(spec), "应评未评不按零分计，缺一项就不能审定。")),
        ("小项得分", tuple(_items(spec))),
        ("大项得分", tuple(_categories(spec))),
        ("基础分", ("各大项得分相加，不再舍入。",)),
        ("加分", tuple(_bonus(spec))),
        ("总分", ("基础分加加分，不再舍入；显示两位小数。",)),
        (
            "星级标准",
            (
                (
                    "从高到低逐级对照，符合哪一级的全部条件就是哪一级，都不符合的不授星；得分率用精确值比较，"
                    "不先舍入。"
                ),
            ),
        ),
        ("限制性情形", ("凡适用的取其中最低的限制；由条件触发的，经人认定后才适用。",)),
        ("五星比例上限", (_share(spec),)),
        ("审定", ("评委会按计算星级审定；审定与计算不同的，须写明理由，计算结果照样保留。",)),
    )


def _validity(spec: SchemeSpec) -> str:
    if spec.aggregation == "joint":
        return "评审组合议，一份评分表，列明参加的评委。"
    return f"每所党校至少有 {LEAST_SHEETS} 份完整的评委评分表。"


def _items(spec: SchemeSpec):
    later = "，市级核定优先于县级核定" if spec.has_county_stage else ""
    yield f"系统取数部分按取数快照和计分规则计算，各阶段相同；经核定的，以核定为准{later}。"
    yield "人评部分按作答和计分规则计算；系统部分与人评部分相加，不低于 0 分，不高于分值。"
    yield {
        "trimmed": (
            f"评委汇总：{TRIM_FROM} 份及以上的，去掉一个最高分、一个最低分后平均；不足 {TRIM_FROM} "
            "份的直接平均。"
        ),
        "mean": "评委汇总：取各评委的平均分。",
        "median": "评委汇总：取各评委的中位数；份数为偶数的，取中间两份的平均。",
        "joint": "评委汇总：以合议的评分表为准。",
    }[spec.aggregation]
    if spec.has_county_stage:
        county, city = (f"{plain(weight * 100)}%" for weight in (spec.county_weight, spec.city_weight))
        yield f"初评得分乘 {county}，评审得分乘 {city}，相加。"
        if any(item.onsite for item in spec.items):
            yield "现场小项在市级没有走访的党校沿用初评得分。"
    yield "小项最后得分四舍五入到两位小数。这是第一处舍入，此前全部用精确分数。"


def _categories(spec: SchemeSpec):
    yield "各小项得分相加。"
    if any(item.may_be_na for item in spec.items):
        yield (
            "有不适用小项的，按“适用小项得分 × 大项分值 ÷ 适用小项分值”折算，四舍五入到两位小数。"
            "这是第二处、也是最后一处舍入。"
        )


def _bonus(spec: SchemeSpec):
    if not spec.bonus_items:
        yield "本方案不设加分。"
        return
    yield "每个加分项不超过其分值。"
    for group, cap in spec.bonus_group_caps:
        yield f"“{group}”合计不超过 {plain(cap)} 分。"
    if spec.bonus_cap is not None:
        yield f"加分合计不超过 {plain(spec.bonus_cap)} 分。"
    if spec.bonus_floor:
        yield f"基础分低于 {plain(spec.bonus_floor)} 分的，加分不计。"


def _share(spec: SchemeSpec) -> str:
    if spec.five_star_share is None or spec.five_star_share >= 1:
        return "本方案不设比例。"
    share = plain(spec.five_star_share * 100)
    return (
        f"五星不超过参评党校的 {share}%（只舍不入）；超出的按总分从高到低取，末位同分的一并不取，改授四星。"
    )
