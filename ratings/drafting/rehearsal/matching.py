"""What a rehearsal had to assume, collected so that nothing is assumed in silence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from ratings.criteria.spec import BoundItem, SchemeSpec
from ratings.rules import to_text
from ratings.scoring import Entry, Sheet
from schools.metrics import COMPUTED, METRICS, figures
from schools.models import MetricValue, School


@dataclass(frozen=True)
class Assumption:
    """One thing the earlier year does not tell, how it was counted instead, and for how many schools."""

    where: str
    text: str
    counted: str
    schools: int | None = None


@dataclass
class Assumptions:
    """Notes while the schools are gone through; the same note of many schools becomes one line with their
    number.
    """

    whole: list[Assumption] = field(default_factory=list)
    by_school: dict[tuple[str, str, str], set[str]] = field(default_factory=lambda: defaultdict(set))

    def note(self, where: str, text: str, counted: str, *, school: str | None = None) -> None:
        """Of the whole rehearsal, or of one school."""
        if school is None:
            self.whole.append(Assumption(where, text, counted))
        else:
            self.by_school[where, text, counted].add(school)

    def lines(self) -> tuple[Assumption, ...]:
        """What holds for all schools first, the rest in the order it came up."""
        single = [Assumption(*note, len(schools)) for note, schools in self.by_school.items()]
        return (*self.whole, *single)


@dataclass(frozen=True)
class Pair:
    """A draft's item beside the item it continues; `then` is None for a new one."""

    now: BoundItem
    then: BoundItem | None

    @property
    def new_names(self) -> tuple[str, ...]:
        """Names the draft asks for that were not asked, or were asked for another kind of answer."""
        asked = {(one.name, one.kind) for one in self.then.asked} if self.then else set()
        return tuple(one.name for one in self.now.asked if (one.name, one.kind) not in asked)

    @property
    def same_system(self) -> bool:
        """Whether the computed parts are the same, so that a 核定 of them still stands."""
        return self.then is not None and self._texts("system_parts")

    @property
    def same_asked(self) -> bool:
        """Whether the asked parts are the same, so that points typed for them still stand."""
        return self.then is not None and self._texts("asked_parts")

    def _texts(self, parts: str) -> bool:
        """An unstated 满分 or 上限 is the item's 分值, so this must be the same as well."""
        if self.now.item.points != self.then.item.points:
            return False
        texts = (
            [to_text(bound.item.rule.parts[index]) for index in getattr(bound, parts)]
            for bound in (self.now, self.then)
        )
        return next(texts) == next(texts)


def paired(draft: SchemeSpec, base: SchemeSpec, origins: Mapping[str, str]) -> dict[str, Pair]:
    """Items of the draft by code. `origins` says which item a copied one came from; others are matched by
    code.
    """
    taken = {code for code in origins.values() if code in base.bound}
    found = {}
    for code, bound in draft.bound.items():
        old = origins.get(code) or (code if code not in taken else None)
        then = base.bound.get(old) if old else None
        found[code] = Pair(bound, then if then is None or then.item.bonus == bound.item.bonus else None)
    return found


def carried(pairs: Mapping[str, Pair], entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """What of one sheet can be used: answers by item and name, or points typed for parts that are still the
    same.
    """
    found = {}
    for code, pair in pairs.items():
        entry = entries.get(pair.then.item.code) if pair.then else None
        kept = _carried(pair, entry) if entry is not None else None
        if kept is not None:
            found[code] = kept
    return found


def _carried(pair: Pair, entry: Entry) -> Entry | None:
    if entry.not_applicable:
        return entry if pair.now.item.may_be_na else None
    if entry.answers is None:
        return entry if pair.same_asked else None
    if pair.new_names:
        return None
    names = {one.name for one in pair.now.asked}
    return Entry(answers={name: value for name, value in entry.answers.items() if name in names})


def carried_sheets(pairs: Mapping[str, Pair], sheets: tuple[Sheet, ...]) -> tuple[Sheet, ...]:
    """The same for every judge."""
    return tuple(Sheet(sheet.judge, carried(pairs, sheet.entries)) for sheet in sheets)


Figures = dict[int, dict[str, Fraction | None]]


def figures_then(
    draft: SchemeSpec,
    base: SchemeSpec,
    known: Mapping[int, Mapping[str, Fraction | None]],
    *,
    recording: Collection[int],
) -> Figures:
    """Every figure `draft` reads by school id; None where the earlier year has none. `known` are that year's
    snapshots, `recording` the schools that registered classes here in its period.

    The number of queries depends on which tables the new figures read, never on the number of schools.
    """
    found: Figures = {
        school: {name: values.get(name) for name in draft.references} for school, values in known.items()
    }
    missing = draft.references - base.references
    own = {metric.label for metric in draft.custom_metrics}
    schools = School.objects.filter(pk__in=list(known))
    if missing & own:
        rows = MetricValue.objects.filter(school__in=list(known), year=base.year, reference__in=missing & own)
        for school, reference, value in rows.values_list("school_id", "reference", "value"):
            found[school][reference] = Fraction(value)
    registry = sorted(missing - own)
    if registry:
        _compute(found, registry, schools, base, recording)
    return found


def _compute(
    found: Figures, registry: list[str], schools, base: SchemeSpec, recording: Collection[int]
) -> None:
    """From the records of the earlier period. A school that registered no class then kept no records here:
    only what
    stands in its profile is known of it, and counting the rest would make silent zeros."""
    period = (base.period_start, base.period_end)
    computed = figures(
        registry, schools=schools, year=base.year, start=period[0], end=period[1], as_of=base.period_end
    )
    for school, values in computed.items():
        for reference, figure in values.items():
            standing = not METRICS[reference.split("[")[0]].sources
            if school in recording or standing or figure.source != COMPUTED:
                found[school][reference] = figure.value
