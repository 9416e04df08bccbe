"""对标自查: where a school stands with today's records, item by item and towards each star, and what it sets
itself.

Only the school's own people read it. Nothing here is scored, handed on, or shown to anybody who reviews the
school.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from django.db import transaction
from django.utils import timezone

from ratings.criteria.spec import SchemeSpec
from ratings.enums import PUBLIC_PHASES, Trigger
from ratings.models import Assessment, Goal, Item
from ratings.rules import Unresolved, comparisons, names, next_changes
from ratings.rules.rounding import round2
from ratings.scoring import Blocked, most_of
from ratings.scoring.stage import within
from ratings.scoring.totals import add_up
from ratings.sheets import Line, SchoolSheet, own_sheet
from schools.models import User
from schools.saving import Refused, save_versioned

#: Before anybody answered it is that of the category which people fill, and says nothing.
LOWEST_RATE = "最低大项得分率"
REACHED, NEAR, FAR = "reached", "near", "far"
TAGS = {REACHED: ("记录已够", "ok"), NEAR: ("还看填写和评分", "info"), FAR: ("记录还不够", "warn")}


@dataclass(frozen=True)
class Standing:
    """One item today. `system` of `most` comes from figures, `judged` is the most that people may
    still give.
    """

    line: Line
    most: Fraction
    judged: Fraction
    further: tuple[str, ...]
    goal: Goal | None

    @property
    def system(self) -> Fraction | None:
        return self.line.system

    @property
    def missing(self) -> Fraction:
        """Points of the computed part not reached yet."""
        return self.most if self.line.system is None else max(self.most - self.line.system, Fraction(0))


@dataclass(frozen=True)
class Way:
    """The way to one star: `state` tells whether records suffice, `gaps` what is missing, in words."""

    star: int
    state: str
    gaps: tuple[str, ...]

    @property
    def tag(self) -> tuple[str, str]:
        return TAGS[self.state]


@dataclass(frozen=True)
class SelfCheck:
    """Everything the page shows; `groups` are (heading, standings)."""

    sheet: SchoolSheet
    groups: tuple[tuple[str, tuple[Standing, ...]], ...]
    ways: tuple[Way, ...]
    warnings: tuple[str, ...]

    @property
    def standings(self) -> list[Standing]:
        return [one for _, standings in self.groups for one in standings]

    @property
    def total(self) -> Fraction:
        """Points of the base items that today's records give by themselves."""
        return sum(
            (one.system or Fraction(0) for one in self.standings if not one.line.item.bonus), Fraction(0)
        )

    @property
    def most(self) -> Fraction:
        """The most that records alone can give at base items."""
        return sum((one.most for one in self.standings if not one.line.item.bonus), Fraction(0))

    @property
    def judged(self) -> Fraction:
        """The most that people can give at base items."""
        return sum((one.judged for one in self.standings if not one.line.item.bonus), Fraction(0))

    @property
    def goals(self) -> list[Goal]:
        return [one.goal for one in self.standings if one.goal]


def is_open(assessment: Assessment) -> bool:
    """Goals are noted from the opening until the results are out."""
    return assessment.scheme.phase not in PUBLIC_PHASES


def self_check(assessment: Assessment, user: User) -> SelfCheck:
    """The whole page for one school, with today's figures whatever the status of its assessment."""
    sheet = own_sheet(assessment, live=True)
    goals = goals_of(assessment, user)
    groups = tuple(
        (f"{group.code} {group.name}".strip(), tuple(_standing(sheet, line, goals) for line in group.lines))
        for group in sheet.groups
    )
    standings = {one.line.item.code: one for _, found in groups for one in found}
    values = {name: figure.value for name, figure in sheet.figures.items() if figure.value is not None}
    return SelfCheck(sheet, groups, _ways(sheet.spec, standings, values), _warnings(sheet.spec, values))


def standing_of(assessment: Assessment, code: str, user: User) -> tuple[SchoolSheet, Standing | None]:
    """One item alone."""
    sheet = own_sheet(assessment, only=code, live=True)
    line = sheet.line(code)
    return sheet, _standing(sheet, line, goals_of(assessment, user)) if line else None


def goals_of(assessment: Assessment, user: User) -> dict[str, Goal]:
    """Goals that are set, by item code."""
    rows = (
        Goal.objects.visible_to(user)
        .filter(assessment=assessment)
        .exclude(text="")
        .select_related("item", "updated_by")
    )
    return {row.item.code: row for row in rows}


def set_goal(
    assessment: Assessment, item: Item, values: Mapping[str, object], *, version: int, by: User
) -> Goal:
    """Note what the school sets itself; raises Stale if a colleague saved since `version`,
    changing nothing.
    """
    with transaction.atomic():
        held = (
            Assessment.objects.select_for_update(of=("self",)).select_related("scheme").get(pk=assessment.pk)
        )
        if not is_open(held):
            raise Refused("结果已经通报，对标自查不再修改。")
        first = {"updated_by": by, "updated_at": timezone.now()}
        goal, _ = Goal.objects.get_or_create(assessment=assessment, item=item, defaults=first)
        return save_versioned(goal, values, version=version, by=by)


def _standing(sheet: SchoolSheet, line: Line, goals: Mapping[str, Goal]) -> Standing:
    changes = next_changes(line.item.rule, sheet.spec.vocabulary, sheet.metrics, item_points=line.item.points)
    system, judged = most_of(line.bound, line.bound.system_parts), most_of(line.bound, line.bound.asked_parts)
    return Standing(line, system, judged, tuple(change.text for change in changes), goals.get(line.item.code))


def _ways(
    spec: SchemeSpec, standings: Mapping[str, Standing], values: Mapping[str, Fraction]
) -> tuple[Way, ...]:
    """Every star from the highest: against what is certain today, and against the best that people
    may add.
    """
    certain = _values(spec, {code: one.line.system or Fraction(0) for code, one in standings.items()}, values)
    best = _values(spec, {code: _best(one) for code, one in standings.items()}, values)
    return tuple(_way(band, certain, best) for band in spec.bands) if certain and best else ()


def _best(one: Standing) -> Fraction:
    """Bonus points that people would have to grant are nothing to plan with."""
    return (one.line.system or Fraction(0)) + (Fraction(0) if one.line.item.bonus else one.judged)


def _values(
    spec: SchemeSpec, points: Mapping[str, Fraction], values: Mapping[str, Fraction]
) -> dict[str, Fraction] | None:
    reached = {code: round2(within(got, spec.bound[code])) for code, got in points.items()}
    try:
        return {**values, **add_up(spec, reached).values(reached)}
    except Blocked:
        return None


def _way(band, certain: Mapping[str, Fraction], best: Mapping[str, Fraction]) -> Way:
    try:
        now = [gate for gate in comparisons(band.condition, certain) if not gate.holds]
        then = [gate for gate in comparisons(band.condition, best) if not gate.holds]
    except Unresolved as gap:
        return Way(band.star, FAR, (str(gap),))
    if not now:
        return Way(band.star, REACHED, ())
    if not then:
        return Way(
            band.star,
            NEAR,
            tuple(gate.gap_text for gate in now if gate.name != LOWEST_RATE) or (now[0].gap_text,),
        )
    return Way(band.star, FAR, tuple(f"自评填写和上级评分的部分都得满分时，{gate.gap_text}" for gate in then))


def _warnings(spec: SchemeSpec, values: Mapping[str, Fraction]) -> tuple[str, ...]:
    """Restrictions whose condition rests on figures alone and holds today."""
    found = []
    for entry in spec.restrictions:
        if entry.trigger == Trigger.CONDITION and names(entry.condition) <= values.keys():
            gates = comparisons(entry.condition, values)
            if all(gate.holds for gate in gates):
                found.append(
                    f"{entry.name}（{'，'.join(gate.text for gate in gates)}），如经认定：{entry.effect_text}"
                )
    return tuple(found)
