"""试算: one line on the figures of one school, read only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from ratings.criteria.shifting import moved
from ratings.criteria.spec import BoundItem, ItemSpec, SchemeSpec, bind_item
from ratings.models import Scheme
from ratings.rules import Answer, Rule, Unresolved, evaluate_part, maximum, part_is_computed, to_text
from ratings.rules.figures import figure_text
from ratings.workflow.snapshots import city_figures
from schools.metrics import IMPORTED, METRICS
from schools.models import School

#: How many years back a school may be looked at.
YEARS_BACK = 3


@dataclass(frozen=True)
class FigureTried:
    label: str
    text: str
    imported: bool
    section: str


@dataclass(frozen=True)
class PartTried:
    """One part: its points with the steps that made them, or why there are none yet."""

    text: str
    points: Fraction | None
    maximum: Fraction
    steps: tuple[str, ...]
    problem: str
    computed: bool


@dataclass(frozen=True)
class Trial:
    school: School
    year: int
    start: date
    end: date
    figures: tuple[FigureTried, ...]
    parts: tuple[PartTried, ...]
    points: Fraction

    @property
    def total(self) -> Fraction | None:
        """Points of the item, as far as every part has some; never more than it is worth."""
        if any(part.points is None for part in self.parts):
            return None
        return min(max(sum((part.points for part in self.parts), Fraction(0)), Fraction(0)), self.points)


def years_of(scheme: Scheme) -> list[int]:
    """Last year first, for that is what a draft is compared with."""
    return [scheme.year - 1, scheme.year, *range(scheme.year - 2, scheme.year - YEARS_BACK - 1, -1)]


def schools_of(scheme: Scheme):
    """The schools of the city that the line may be tried on."""
    return School.objects.filter(city_id=scheme.city_id).select_related("county")


def period_of(scheme: Scheme, year: int) -> tuple[date, date]:
    """The period of that year's scheme; where there was none, this scheme's days in that year."""
    stored = Scheme.objects.filter(city_id=scheme.city_id, year=year).values_list("period_start", "period_end").first()
    return stored or (moved(scheme.period_start, year - scheme.year), moved(scheme.period_end, year - scheme.year))


def bound_line(spec: SchemeSpec, rule: Rule, *, points: Fraction, verified: tuple[str, ...] = (), **item) -> tuple[SchemeSpec, BoundItem]:
    """The line as the only item of a scheme, so that figures and answers are read as they will be."""
    code = item.pop("code", "") or "本项"
    only = ItemSpec(code=code, points=points, rule_text=to_text(rule), verified=verified, **{"name": "", **item})
    return replace(spec, items=(only,), categories=(), bands=()), bind_item(only, spec.vocabulary)


def try_line(
    scheme: Scheme, spec: SchemeSpec, rule: Rule, school: School, year: int, answers: Mapping[str, Answer], *, points: Fraction
) -> Trial:
    """What the line gives at a school: the figures of that year, every part, and what is still missing."""
    start, end = period_of(scheme, year)
    alone, bound = bound_line(spec, rule, points=points)
    alone = replace(alone, year=year, period_start=start, period_end=end)
    found = city_figures(alone, School.objects.filter(pk=school.pk))[school.pk]
    values = {reference: found[reference].value for reference in bound.references}
    shown = tuple(_figure(spec, reference, found[reference]) for reference in sorted(bound.references))
    parts = tuple(_part(spec, part, values, answers, points) for part in rule.parts)
    return Trial(school, year, start, end, shown, parts, points)


def _figure(spec: SchemeSpec, reference: str, figure) -> FigureTried:
    label = reference.partition("[")[0]
    metric = spec.metrics[label]
    text = "没有数据" if figure.value is None else figure_text(figure.value, metric)
    registered = METRICS.get(label)
    return FigureTried(reference, text, figure.source == IMPORTED, registered.section if registered else "")


def _part(spec: SchemeSpec, part, values, answers: Mapping[str, Answer], points: Fraction) -> PartTried:
    told = {"text": to_text(part), "maximum": maximum(part, item_points=points), "computed": part_is_computed(part, spec.vocabulary)}
    try:
        result = evaluate_part(part, spec.vocabulary, values, answers, item_points=points)
    except Unresolved as gap:
        return PartTried(points=None, steps=(), problem="；".join(gap.problems), **told)
    return PartTried(points=result.points, steps=tuple(step.text for step in result.steps), problem="", **told)
