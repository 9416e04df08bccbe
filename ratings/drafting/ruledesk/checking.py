"""One line while it is being typed: its canonical form, what it means, what it is worth, what is wrong with
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from ratings.criteria.spec import EVERYTHING, BoundItem, ItemSpec, SchemeSpec, bind_item, moved
from ratings.models import Scheme
from ratings.rules import (
    Answer,
    Rule,
    RuleError,
    Unresolved,
    Vocabulary,
    asked,
    check_rule,
    evaluate_part,
    in_words,
    maximum,
    parse_rule,
    part_is_computed,
    to_text,
)
from ratings.rules.rounding import with_unit
from ratings.workflow.snapshots import city_figures
from schools.metrics import IMPORTED, METRICS
from schools.models import School

#: Characters shown on either side of the marked one.
AROUND = 12


@dataclass(frozen=True)
class Marked:
    """A remark with the place in the text as typed; without a place it is about the whole line."""

    level: str
    message: str
    position: int | None = None
    before: str = ""
    at: str = ""
    after: str = ""

    @property
    def number(self) -> int | None:
        """Which character, as people count."""
        return None if self.position is None else self.position + 1


@dataclass(frozen=True)
class Checked:
    """What is known of a line. `rule` is None where it cannot be read; `maximum` where the line leaves it
    open.
    """

    text: str
    rule: Rule | None = None
    canonical: str = ""
    words: tuple[str, ...] = ()
    maximum: Fraction | None = None
    points: Fraction | None = None
    findings: tuple[Marked, ...] = ()
    asked: tuple[str, ...] = ()
    verified: tuple[str, ...] = ()
    computed: bool = False

    @property
    def errors(self) -> tuple[Marked, ...]:
        return tuple(one for one in self.findings if one.level == "error")

    @property
    def warnings(self) -> tuple[Marked, ...]:
        return tuple(one for one in self.findings if one.level == "warning")

    @property
    def is_sound(self) -> bool:
        """Nothing that a scheme would be refused for."""
        return self.rule is not None and not self.errors


def check_line(
    text: str,
    vocabulary: Vocabulary,
    *,
    points: Fraction | None,
    bonus: bool = False,
    verified: tuple[str, ...] = (),
) -> Checked:
    """Read and check a line; `points` is the 分值 as far as it was typed, `verified` the 核定要素."""
    if not text.strip():
        return Checked(text)
    try:
        rule = parse_rule(text)
    except RuleError as error:
        return Checked(text, findings=(_marked(text, "error", error.message, error.position),))
    worth = (
        points
        if points is not None
        else sum((maximum(part, item_points=Fraction(0)) for part in rule.parts), Fraction(0))
    )
    names = tuple(dict.fromkeys(one.name for one in asked(rule, vocabulary)))
    findings = [
        _marked(text, one.level, one.message, one.position)
        for one in check_rule(rule, vocabulary, item_points=worth, bonus=bonus)
    ]
    if not any(one.level == "error" for one in findings):
        findings += _verified(names, verified)
    return Checked(
        text=text,
        rule=rule,
        canonical=to_text(rule),
        words=in_words(rule, vocabulary, item_points=worth),
        maximum=sum((maximum(part, item_points=worth) for part in rule.parts), Fraction(0)),
        points=points,
        findings=tuple(sorted(findings, key=lambda one: one.level != "error")),
        asked=names,
        verified=names if EVERYTHING in verified else tuple(name for name in names if name in verified),
        computed=all(part_is_computed(part, vocabulary) for part in rule.parts),
    )


def _marked(text: str, level: str, message: str, position: int | None) -> Marked:
    if position is None:
        return Marked(level, message)
    place = min(max(position, 0), len(text))
    before = text[max(place - AROUND, 0) : place]
    return Marked(
        level, message, place, before, text[place : place + 1] or " ", text[place + 1 : place + 1 + AROUND]
    )


def _verified(names: tuple[str, ...], verified: tuple[str, ...]) -> list[Marked]:
    """The same remarks that the check of the whole scheme makes on 核定要素."""
    unknown = [name for name in verified if name != EVERYTHING and name not in names]
    found = [Marked("error", f"核定要素“{name}”不是本小项要人填写的内容") for name in unknown]
    if verified and not names:
        found.append(Marked("warning", "本小项全部由系统取数，核定要素不起作用"))
    return found


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
    stored = (
        Scheme.objects.filter(city_id=scheme.city_id, year=year)
        .values_list("period_start", "period_end")
        .first()
    )
    return stored or (
        moved(scheme.period_start, year - scheme.year),
        moved(scheme.period_end, year - scheme.year),
    )


def bound_line(
    spec: SchemeSpec, rule: Rule, *, points: Fraction, verified: tuple[str, ...] = (), **item
) -> tuple[SchemeSpec, BoundItem]:
    """The line as the only item of a scheme, so that figures and answers are read as they will be."""
    code = item.pop("code", "") or "本项"
    only = ItemSpec(
        code=code, points=points, rule_text=to_text(rule), verified=verified, **{"name": "", **item}
    )
    return replace(spec, items=(only,), categories=(), bands=()), bind_item(only, spec.vocabulary)


def try_line(
    scheme: Scheme,
    spec: SchemeSpec,
    rule: Rule,
    school: School,
    year: int,
    answers: Mapping[str, Answer],
    *,
    points: Fraction,
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
    registered = METRICS.get(label)
    text = with_unit(figure.value, spec.metrics[label].unit)
    return FigureTried(reference, text, figure.source == IMPORTED, registered.section if registered else "")


def _part(spec: SchemeSpec, part, values, answers: Mapping[str, Answer], points: Fraction) -> PartTried:
    told = {
        "text": to_text(part),
        "maximum": maximum(part, item_points=points),
        "computed": part_is_computed(part, spec.vocabulary),
    }
    try:
        result = evaluate_part(part, spec.vocabulary, values, answers, item_points=points)
    except Unresolved as gap:
        return PartTried(points=None, steps=(), problem="；".join(gap.problems), **told)
    return PartTried(
        points=result.points, steps=tuple(step.text for step in result.steps), problem="", **told
    )
