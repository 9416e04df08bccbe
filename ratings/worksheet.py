"""The self-assessment arranged for filling in and reading: items by category, figures with their records, points so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from django.urls import reverse

from ratings.answering import LIVE
from ratings.criteria.spec import BoundItem, ItemSpec, SchemeSpec
from ratings.enums import FilledBy, Stage, Status
from ratings.models import Assessment, Evidence, Score
from ratings.rules import in_words, missing_answers
from ratings.rules.figures import figure_text
from ratings.scoring import Blocked, Entry, asked_part, entry_from_json, system_part
from ratings.workflow import live_figures, returned_items, scheme_spec
from schools.metrics import COMPUTED, IMPORTED, METRICS, Figure, worded
from schools.registry.overview import address

#: Status of an item and how it is tinted; 已完成 has no tint, so that what is left stands out.
UNTOUCHED, PARTLY, DONE, SYSTEM, RETURNED = "尚未开始", "填写中", "已完成", "由系统取数", "需补正"
TINTS = {UNTOUCHED: "warn", PARTLY: "warn", SYSTEM: "info", RETURNED: "bad", DONE: ""}


@dataclass(frozen=True)
class FigureLine:
    """One system figure as people read it, with the place where its records stand."""

    reference: str
    label: str
    text: str
    url: str
    imported: bool
    note: str
    #: The page on which the school itself keeps what the figure counts, so that it can be checked before signing.
    registry: str = ""


@dataclass(frozen=True)
class Line:
    """One item of one school. `system` and `asked` are None while a figure or an answer is missing."""

    item: ItemSpec
    bound: BoundItem
    score: Score | None
    words: tuple[str, ...]
    figures: tuple[FigureLine, ...]
    system: Fraction | None
    steps: tuple[str, ...]
    gap: str
    asked: Fraction | None
    owed: tuple[str, ...]
    not_applicable: bool
    evidence: tuple[Evidence, ...]
    request: str
    judged_at: str

    @property
    def status(self) -> str:
        """One of few words: what this item still wants from the school."""
        if self.request:
            return RETURNED
        if self.score is None:
            return f"由{self.judged_at}核定" if self.bound.asked else SYSTEM
        if self.score.answers is None:
            return UNTOUCHED
        return PARTLY if self.owed else DONE

    @property
    def tint(self) -> str:
        return TINTS.get(self.status, "plain")

    @property
    def is_open(self) -> bool:
        """Whether the school still owes an answer here."""
        return self.score is not None and (self.score.answers is None or bool(self.owed))

    @property
    def points(self) -> Fraction | None:
        """What the school's own answers and figures give so far; never more than the item holds."""
        if self.not_applicable or self.system is None or (self.bound.asked and self.asked is None):
            return None
        return min(max(self.system + (self.asked or Fraction(0)), Fraction(0)), self.item.points)

    @property
    def hint(self) -> str:
        """What is to be filled in, or which figures count."""
        asked = [one.name for one in self.bound.asked if one.name not in self.bound.not_for_school]
        figures = "；".join(f"{one.label} {one.text}" for one in self.figures[:3])
        return "；".join(part for part in (f"需填写：{'、'.join(asked)}" if asked else "", figures) if part)


@dataclass(frozen=True)
class Group:
    """A category, or the bonus items."""

    code: str
    name: str
    full: Fraction | None
    lines: tuple[Line, ...]

    @property
    def points(self) -> Fraction:
        """Sum of what is known so far."""
        return sum((line.points or Fraction(0) for line in self.lines), Fraction(0))


@dataclass(frozen=True)
class Worksheet:
    """One school's self-assessment as it stands."""

    assessment: Assessment
    spec: SchemeSpec
    groups: tuple[Group, ...]
    figures: Mapping[str, Figure] = field(repr=False)

    @property
    def lines(self) -> list[Line]:
        return [line for group in self.groups for line in group.lines]

    @property
    def typed_figures(self) -> tuple[tuple[str, Figure | None], ...]:
        """自定义指标 whose values the school types, with what was typed so far."""
        return tuple((one.label, self.figures.get(one.label)) for one in self.spec.custom_metrics if one.filled_by == FilledBy.SCHOOL)

    @property
    def owed(self) -> list[Line]:
        """Items the school answers."""
        return [line for line in self.lines if line.score is not None]

    @property
    def done(self) -> int:
        return sum(not line.is_open for line in self.owed)

    @property
    def total(self) -> Fraction:
        """Points so far, the bonus as written; what reviewers alone judge is not in it."""
        return sum((group.points for group in self.groups), Fraction(0))

    def line(self, code: str) -> Line | None:
        return next((line for line in self.lines if line.item.code == code), None)


def beside(spec: SchemeSpec, code: str, *, among: Collection[str] = ()) -> tuple[ItemSpec | None, ItemSpec | None]:
    """The items before and after, in the order of the table; only of those `among` where some are named."""
    items = [item for item in spec.items if not among or item.code in among]
    place = next(index for index, item in enumerate(items) if item.code == code)
    return items[place - 1] if place else None, items[place + 1] if place + 1 < len(items) else None


def worksheet_of(assessment: Assessment, *, only: str = "", live: bool = False) -> Worksheet:
    """The whole sheet, or with `only` the one item of that code and nothing that other items need.

    Figures are live while the school may still change its records, then those it submitted; with `live` they are today's.
    """
    spec = scheme_spec(assessment.scheme)
    wanted = replace(spec, items=tuple(item for item in spec.items if item.code == only), bands=(), restrictions=()) if only else spec
    figures = live_figures(assessment, wanted) if live else _figures(assessment, wanted)
    scores = {score.item.code: score for score in _scores(assessment)}
    held = _evidence(assessment)
    requests = _requests(assessment)
    lines = {
        code: _line(spec, bound, assessment, figures, scores.get(code), held[code], requests.get(code, ""))
        for code, bound in wanted.bound.items()
    }
    groups = [
        Group(one.code, one.name, spec.category_points[one.code], _lines_of(lines, one.code, bonus=False))
        for one in wanted.scored_categories
    ]
    if wanted.bonus_items:
        groups.append(Group("", "加分项", spec.bonus_cap, _lines_of(lines, None, bonus=True)))
    return Worksheet(assessment, spec, tuple(groups), figures)


def _evidence(assessment: Assessment) -> Mapping[str, tuple[Evidence, ...]]:
    """What is attached, by item code."""
    found: dict[str, tuple[Evidence, ...]] = defaultdict(tuple)
    for one in Evidence.objects.filter(assessment=assessment, item__isnull=False).kept().select_related("item", "by"):
        found[one.item.code] += (one,)
    return found


def _lines_of(lines: Mapping[str, Line], category: str | None, *, bonus: bool) -> tuple[Line, ...]:
    return tuple(line for line in lines.values() if line.item.bonus == bonus and (bonus or line.item.category == category))


def _scores(assessment: Assessment):
    scores = assessment.scores.filter(stage=Stage.SELF).select_related("item", "updated_by")
    for score in scores:
        score.assessment = assessment
    return scores


def _requests(assessment: Assessment) -> dict[str, str]:
    """What a return asks for, by item code."""
    if assessment.status != Status.RETURNED:
        return {}
    return returned_items(assessment, "item__code")


def _figures(assessment: Assessment, spec: SchemeSpec) -> dict[str, Figure]:
    snapshot = None if assessment.status in LIVE else assessment.snapshots.order_by("taken_at").last()
    if snapshot is None:
        return live_figures(assessment, spec)
    return {
        name: Figure(None if text is None else Fraction(text), IMPORTED if name in snapshot.sources else COMPUTED)
        for name, text in snapshot.values.items()
    }


def _line(
    spec: SchemeSpec,
    bound: BoundItem,
    assessment: Assessment,
    figures: Mapping[str, Figure],
    score: Score | None,
    evidence: tuple[Evidence, ...],
    request: str,
) -> Line:
    values = {name: figure.value for name, figure in figures.items()}
    system, steps, gap = _system(spec, bound, values)
    entry = entry_from_json(score.answers) if score is not None and score.answers is not None else None
    return Line(
        item=bound.item,
        bound=bound,
        score=score,
        words=in_words(bound.item.rule, spec.vocabulary, item_points=bound.item.points),
        figures=tuple(_figure_line(name, figures[name], spec, assessment) for name in sorted(bound.references)),
        system=system,
        steps=steps,
        gap=gap,
        asked=_asked(spec, bound, values, score, entry),
        owed=_owed(spec, bound, entry),
        not_applicable=entry is not None and entry.not_applicable,
        evidence=evidence,
        request=request,
        judged_at=(Stage.COUNTY if spec.has_county_stage else Stage.CITY).label,
    )


def _asked(
    spec: SchemeSpec, bound: BoundItem, values: Mapping[str, Fraction | None], score: Score | None, entry: Entry | None
) -> Fraction | None:
    """Points of the asked parts; where only reviewers answer, what the figures in them give before anybody did."""
    if score is None and bound.references:
        entry = Entry(answers={})
    if entry is None or entry.not_applicable:
        return None
    try:
        return asked_part(spec, bound, values, entry, Stage.SELF)
    except Blocked:
        return None


def _owed(spec: SchemeSpec, bound: BoundItem, entry: Entry | None) -> tuple[str, ...]:
    """Names a saved row still lacks."""
    if entry is None or entry.answers is None:
        return ()
    return tuple(missing_answers(bound.item.rule, spec.vocabulary, entry.answers, excluded=bound.excluded(Stage.SELF)))


def _system(spec: SchemeSpec, bound: BoundItem, values: Mapping[str, Fraction | None]) -> tuple[Fraction | None, tuple[str, ...], str]:
    try:
        points, steps = system_part(spec, bound, values)
    except Blocked as blocked:
        return None, (), "；".join(problem.text.removeprefix(f"{bound.item.code} ") for problem in blocked.problems)
    return points, steps, ""


def _figure_line(name: str, figure: Figure, spec: SchemeSpec, assessment: Assessment) -> FigureLine:
    label = name.partition("[")[0]
    metric = spec.metrics[label]
    registered = METRICS.get(label)
    own = reverse("ratings:scheme_figures", args=[assessment.scheme_id])
    url = f"{reverse('schools:school', args=[assessment.school_id])}?year={spec.year}#{registered.section}" if registered else own
    return FigureLine(
        reference=name,
        label=worded(name),
        text="尚无数据" if figure.value is None else figure_text(figure.value, metric),
        url=url,
        imported=figure.source == IMPORTED and registered is not None,
        note=figure.note,
        registry=address(assessment.school_id, registered.section, spec.year) if registered else "",
    )
