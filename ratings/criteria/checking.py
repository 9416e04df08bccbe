"""What is refused before a scheme opens: rules that do not add up, stars nobody can reach, names nobody
knows.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from ratings.enums import Star, Trigger
from ratings.rules import Condition, RuleError, check_condition, check_rule
from ratings.rules.rounding import show
from schools.metrics import METRICS

from .spec import EVERYTHING, BandSpec, ItemSpec, SchemeSpec

#: 分值 of all base items together.
FULL_SCORE = Fraction(100)
RISING = ("≥", ">")


@dataclass(frozen=True)
class Finding:
    """One remark: an error stops opening, a warning must be acknowledged; `where` is a code or a star."""

    level: str
    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}：{self.text}" if self.where else self.text


def check_scheme(spec: SchemeSpec) -> list[Finding]:
    """Everything wrong or doubtful about a scheme, errors first."""
    findings = [
        *_codes(spec),
        *_points(spec),
        *_items(spec),
        *_bands(spec),
        *_restrictions(spec),
        *_bonus(spec),
    ]
    return sorted(findings, key=lambda finding: finding.level != "error")


def errors(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level == "error"]


def _error(where: str, text: str) -> Finding:
    return Finding("error", where, text)


def _warning(where: str, text: str) -> Finding:
    return Finding("warning", where, text)


def _codes(spec: SchemeSpec) -> Iterator[Finding]:
    codes = Counter(row.code for row in (*spec.categories, *spec.items, *spec.restrictions))
    yield from (_error(code, "编码重复") for code, count in codes.items() if count > 1)
    yield from (
        _error(metric.label, "与系统取数指标同名，请换一个名称")
        for metric in spec.custom_metrics
        if metric.label in METRICS
    )


def _points(spec: SchemeSpec) -> Iterator[Finding]:
    if spec.full_points != FULL_SCORE:
        yield _error("", f"各小项分值合计 {show(spec.full_points)} 分，应为 100 分")


def _items(spec: SchemeSpec) -> Iterator[Finding]:
    for item in spec.items:
        try:
            findings = check_rule(item.rule, spec.vocabulary, item_points=item.points, bonus=item.bonus)
        except RuleError as error:
            yield _error(item.code, str(error))
            continue
        yield from (Finding(finding.level, item.code, finding.message) for finding in findings)
        if not errors(findings):
            yield from _verified(spec, item)


def _verified(spec: SchemeSpec, item: ItemSpec) -> Iterator[Finding]:
    names = {question.name for question in spec.bound[item.code].asked}
    for name in item.verified:
        if name != EVERYTHING and name not in names:
            yield _error(item.code, f"核定要素“{name}”不是本小项要人填写的内容")
    if item.verified and not names:
        yield _warning(item.code, "本小项全部由系统取数，核定要素不起作用")


def _bands(spec: SchemeSpec) -> Iterator[Finding]:
    for band in spec.bands:
        star = Star(band.star).label
        yield from _condition(spec, star, band.condition)
        for compared in band.condition.comparisons:
            if compared.op not in RISING:
                yield _error(star, f"“{compared.left.name}”只能用 ≥ 或 >，否则分数提高反而降星")
        yield from _reachable(spec, band)
    for higher, lower in product(spec.bands, repeat=2):
        if higher.star > lower.star and _implies(lower.condition, higher.condition):
            yield _error(
                Star(lower.star).label, f"达到本级条件就已达到{Star(higher.star).label}，本级不会出现"
            )


def _condition(spec: SchemeSpec, where: str, condition: Condition) -> Iterator[Finding]:
    yield from (
        Finding(finding.level, where, finding.message)
        for finding in check_condition(condition, spec.vocabulary)
    )
    optional = {item.code for item in spec.items if item.may_be_na}
    for compared in condition.comparisons:
        if compared.left.name in optional:
            yield _error(where, f"小项 {compared.left.name} 可不适用，不能写进条件")


def _reachable(spec: SchemeSpec, band: BandSpec) -> Iterator[Finding]:
    """A bound above what a school can have at most means a star that nobody can reach."""
    most = _most(spec)
    for compared in band.condition.comparisons:
        name, bound = compared.left.name, compared.value.value
        if name in most and (bound > most[name] or (bound == most[name] and compared.op == ">")):
            yield _error(Star(band.star).label, f"“{name}”最高只有 {show(most[name])}，没有学校能达到")


def _most(spec: SchemeSpec) -> dict[str, Fraction]:
    bonus, base = _most_bonus(spec), spec.full_points
    named = {"总分": base + bonus, "基础分": base, "加分": bonus, "最低大项得分率": Fraction(1)}
    return {**{item.code: item.points for item in spec.items}, **spec.category_points, **named}


def _most_bonus(spec: SchemeSpec) -> Fraction:
    caps, groups = dict(spec.bonus_group_caps), Counter()
    for item in spec.bonus_items:
        groups[item.group] += item.points
    total = sum((min(points, caps.get(group, points)) for group, points in groups.items()), Fraction(0))
    return total if spec.bonus_cap is None else min(total, spec.bonus_cap)


def _implies(strong: Condition, weak: Condition) -> bool:
    """Whether every school that meets `strong` meets `weak` too, for conditions made of lower bounds."""
    return all(any(_covers(have, need) for have in strong.comparisons) for need in weak.comparisons)


def _covers(have, need) -> bool:
    higher = have.value.value > need.value.value
    as_strict = have.value.value == need.value.value and have.op in (need.op, ">")
    return have.left == need.left and (higher or as_strict)


def _restrictions(spec: SchemeSpec) -> Iterator[Finding]:
    levels = {band.star for band in spec.bands}
    top = max(levels, default=0)
    for restriction in spec.restrictions:
        if restriction.trigger == Trigger.CONDITION:
            yield from _condition(spec, restriction.code, restriction.condition)
        if restriction.effect.star not in {0, *levels}:
            yield _error(restriction.code, f"后果“{restriction.effect_text}”在本方案没有对应的星级")
        if restriction.effect.star >= top:
            yield _warning(restriction.code, f"后果“{restriction.effect_text}”不低于最高星级，不起作用")
    if sum(restriction.trigger == Trigger.NO_SUBMISSION for restriction in spec.restrictions) > 1:
        yield _warning("", "有多条“未提交自评”的限制性情形，取后果最重的一条")


def _bonus(spec: SchemeSpec) -> Iterator[Finding]:
    if spec.bonus_cap is not None and not spec.bonus_items:
        yield _warning("", "设了加分上限，但没有加分项")
    groups = {item.group for item in spec.bonus_items}
    yield from (
        _error("", f"加分上限写了分组“{group}”，但没有这一组加分项")
        for group, _ in spec.bonus_group_caps
        if group not in groups
    )
