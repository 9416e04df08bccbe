"""对标自查: where a school stands with today's records, item by item and towards each star, and what it sets
itself; every graded rule as a ladder, here and on the items of the self-assessment.

Only the school's own people read it. Nothing here is scored, handed on, or shown to anybody who reviews the
school.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from django.db import transaction
from django.utils import timezone

from ratings.enums import PUBLIC_PHASES, Trigger
from ratings.models import Assessment, Goal, Item
from ratings.rules import Unresolved, comparisons, names, next_changes, reference_key, to_text
from ratings.rules.rounding import plain, round2
from ratings.rules.syntax import Graded
from ratings.scoring import Blocked, most_of
from ratings.scoring.advice import STANDING_SECTIONS
from ratings.scoring.stage import within
from ratings.scoring.totals import add_up
from ratings.sheets import FigureLine, Line, SchoolSheet, own_sheet
from ratings.sheets.answering import LIVE
from ratings.workflow import hold_assessment
from schools.metrics import METRICS
from schools.models import User
from schools.saving import Refused, save_versioned

#: Before anybody answered it is that of the category which people fill, and says nothing.
LOWEST_RATE = "最低大项得分率"
REACHED, NEAR, FAR = "reached", "near", "far"
TAGS = {REACHED: ("记录已够", "ok"), NEAR: ("还看填写和评分", "info"), FAR: ("记录还不够", "warn")}
NOTHING = Fraction(0)


@dataclass(frozen=True)
class Standing:
    """One item today: what figures give, and the most that people may still give."""

    line: Line
    goal: Goal | None

    @property
    def system(self) -> Fraction | None:
        return self.line.system

    @property
    def most(self) -> Fraction:
        """The most that figures can give."""
        return self.line.system_full

    @cached_property
    def judged(self) -> Fraction:
        return most_of(self.line.bound, self.line.bound.asked_parts)

    @property
    def missing(self) -> Fraction:
        """Points of the computed part not reached yet."""
        return self.most if self.system is None else max(self.most - self.system, NOTHING)

    @property
    def further(self) -> tuple[str, ...]:
        """Single changes that would bring points, in words."""
        return tuple(change.text for change in _changes(self.line))


@dataclass(frozen=True)
class Way:
    """The way to one star: `state` tells whether records suffice, `gaps` what is missing, in words."""

    star: int
    state: str
    gaps: tuple[str, ...] = ()

    @property
    def tag(self) -> tuple[str, str]:
        return TAGS[self.state]


@dataclass(frozen=True)
class SelfCheck:
    """Everything the page shows; `groups` are (heading, standings)."""

    sheet: SchoolSheet
    groups: tuple[tuple[str, tuple[Standing, ...]], ...]

    @property
    def standings(self) -> list[Standing]:
        return [one for _, standings in self.groups for one in standings]

    @property
    def base(self) -> list[Standing]:
        """All but the bonus items."""
        return [one for one in self.standings if not one.line.item.bonus]

    @property
    def total(self) -> Fraction:
        """Points of the base items that today's records give by themselves."""
        return sum((one.system or NOTHING for one in self.base), NOTHING)

    @property
    def most(self) -> Fraction:
        """The most that records alone can give at base items."""
        return sum((one.most for one in self.base), NOTHING)

    @property
    def judged(self) -> Fraction:
        """The most that people can give at base items."""
        return sum((one.judged for one in self.base), NOTHING)

    @property
    def goals(self) -> list[Goal]:
        return [one.goal for one in self.standings if one.goal]

    @cached_property
    def figures(self) -> dict[str, Fraction]:
        """Those that are known."""
        return {name: value for name, value in self.sheet.metrics.items() if value is not None}

    @cached_property
    def ways(self) -> list[Way]:
        """Every star from the highest: against what is certain today, and against the best that people may
        add. Bonus points that people would have to grant are nothing to plan with.
        """
        certain = {one.line.code: one.system or NOTHING for one in self.standings}
        granted = {one.line.code: one.judged for one in self.base}
        best = {code: points + granted.get(code, NOTHING) for code, points in certain.items()}
        today, at_best = self._values(certain), self._values(best)
        bands = self.sheet.spec.bands if today and at_best else ()
        return [_way(band, today, at_best) for band in bands]

    def _values(self, points: Mapping[str, Fraction]) -> dict[str, Fraction] | None:
        spec = self.sheet.spec
        reached = {code: round2(within(got, spec.bound[code])) for code, got in points.items()}
        try:
            return {**self.figures, **add_up(spec, reached).values(reached)}
        except Blocked:
            return None

    @property
    def warnings(self) -> list[str]:
        """Restrictions whose condition rests on figures alone and holds today."""
        found = []
        for entry in self.sheet.spec.restrictions:
            if entry.trigger == Trigger.CONDITION and names(entry.condition) <= self.figures.keys():
                gates = comparisons(entry.condition, self.figures)
                if all(gate.holds for gate in gates):
                    reached = "，".join(gate.text for gate in gates)
                    found.append(f"{entry.name}（{reached}），如经认定：{entry.effect_text}")
        return found


def _way(band, certain: Mapping[str, Fraction], best: Mapping[str, Fraction]) -> Way:
    try:
        now, then = (_unmet(band.condition, values) for values in (certain, best))
    except Unresolved as gap:
        return Way(band.star, FAR, (str(gap),))
    if not now:
        return Way(band.star, REACHED)
    if then:
        return Way(
            band.star, FAR, tuple(f"自评填写和上级评分的部分都得满分时，{gate.gap_text}" for gate in then)
        )
    telling = [gate for gate in now if gate.name != LOWEST_RATE] or now[:1]
    return Way(band.star, NEAR, tuple(gate.gap_text for gate in telling))


def _unmet(condition, values: Mapping[str, Fraction]) -> list:
    return [gate for gate in comparisons(condition, values) if not gate.holds]


def is_open(assessment: Assessment) -> bool:
    """Goals are noted from the opening until the results are out."""
    return assessment.scheme.phase not in PUBLIC_PHASES


def self_check(assessment: Assessment, user: User) -> SelfCheck:
    """The whole page for one school, with today's figures whatever the status of its assessment."""
    sheet = own_sheet(assessment, live=True)
    goals = _goals(assessment, user)
    groups = (
        (group.title, tuple(Standing(line, goals.get(line.code)) for line in group.lines))
        for group in sheet.groups
    )
    return SelfCheck(sheet, tuple(groups))


def standing_of(assessment: Assessment, code: str, user: User) -> Standing | None:
    """One item alone."""
    line = own_sheet(assessment, only=code, live=True).line(code)
    return Standing(line, _goals(assessment, user).get(code)) if line else None


def _goals(assessment: Assessment, user: User) -> dict[str, Goal]:
    """Goals that are set, by item code."""
    rows = Goal.objects.visible_to(user).filter(assessment=assessment).exclude(text="")
    return {row.item.code: row for row in rows.select_related("item", "updated_by")}


def set_goal(
    assessment: Assessment, item: Item, values: Mapping[str, object], *, version: int, by: User
) -> Goal:
    """Note what the school sets itself; raises Stale if a colleague saved since `version`,
    changing nothing.
    """
    with transaction.atomic():
        if not is_open(hold_assessment(assessment.pk)):
            raise Refused("结果已经通报，对标自查不再修改。")
        first = {"updated_by": by, "updated_at": timezone.now()}
        goal, _ = Goal.objects.get_or_create(assessment=assessment, item=item, defaults=first)
        return save_versioned(goal, values, version=version, by=by)


@dataclass(frozen=True)
class Rung:
    """One step of a 档; `here` is where the school stands."""

    text: str
    points: str
    here: bool


def ladders_of(line: Line) -> list[tuple[FigureLine, list[Rung]]]:
    """Every figure of the item with the ladder it is read on; without steps where the rule has
    another form.
    """
    graded = {reference_key(part.subject): part for part in _system_parts(line) if isinstance(part, Graded)}
    return [
        (figure, _rungs(graded[figure.reference], line.sheet) if figure.reference in graded else [])
        for figure in line.figures
    ]


def tells_all(line: Line) -> bool:
    """Whether ladders alone show how every system part came about."""
    return all(isinstance(part, Graded) for part in _system_parts(line))


def _system_parts(line: Line) -> list:
    return [line.item.rule.parts[index] for index in line.bound.system_parts]


def _rungs(part: Graded, sheet: SchoolSheet) -> list[Rung]:
    value, metric = sheet.metrics[reference_key(part.subject)], sheet.spec.metrics[part.subject.name]
    unit = "" if metric.unit in ("%", "是否") else f" {metric.unit}"
    standing = next((band for band in part.bands if value is not None and band.fits(value)), None)
    return [
        Rung(
            f"{to_text(band.test)}{unit}" if band.test else "其他", plain(band.points.value), band is standing
        )
        for band in part.bands
    ]


def further_steps(line: Line) -> list[str]:
    """Single changes of recorded activity that would bring points, in words; none once the period is over.

    Never seats, staff or money, and never what people judge.
    """
    over = timezone.localdate() > line.sheet.spec.period_end
    if over or line.sheet.assessment.status not in LIVE:
        return []
    return [change.text for change in _changes(line) if _is_activity(change.label)]


def _changes(line: Line) -> list:
    """Every single change of a record that would bring points."""
    sheet, item = line.sheet, line.item
    return next_changes(item.rule, sheet.spec.vocabulary, sheet.metrics, item_points=item.points)


def _is_activity(label: str) -> bool:
    metric = METRICS.get(label)
    return metric is not None and metric.section not in STANDING_SECTIONS
