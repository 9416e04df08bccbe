"""One item of one school as a reviewer reads it: figures with their records, evidence, 自评 and 初评 beside each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from django.urls import reverse

from ratings.criteria.spec import BoundItem, ItemSpec, SchemeSpec
from ratings.models import Adjustment, Evidence, Score
from ratings.rounding import plain
from ratings.scoring import Blocked, system_part
from schools.metrics import METRICS, parse_reference, worded
from schools.profile import shown

from .adjusting import system_full
from .dossiers import Dossier


@dataclass(frozen=True)
class FigureLine:
    """A figure as signed; `url` leads to the records it was counted from."""

    label: str
    text: str
    url: str
    imported: bool


@dataclass(frozen=True)
class Line:
    """`system` is None while a figure is missing or where nothing is computed."""

    bound: BoundItem
    full: str
    words: tuple[str, ...]
    figures: tuple[FigureLine, ...]
    system: Fraction | None
    system_full: Fraction
    own: Score | None
    own_points: Fraction | None
    county: Score | None
    county_points: Fraction | None
    adjustment: Adjustment | None
    recheck: bool
    gap: Fraction | None
    owes_reason: bool
    waiting: bool
    elsewhere: bool
    evidence: tuple[Evidence, ...] = ()
    asked_back: str = ""

    @property
    def item(self) -> ItemSpec:
        return self.bound.item

    @property
    def gap_size(self) -> Fraction:
        """The difference without its sign."""
        return abs(self.gap or Fraction(0))

    @property
    def computed(self) -> bool:
        """Nothing is asked of anybody: the system alone gives the points."""
        return not self.bound.asked


def lines_of(dossier: Dossier, evidence: Iterable[Evidence] = (), asked_back: dict[str, str] | None = None) -> list[Line]:
    """Every item of the school, in the order of the scheme."""
    by_item: dict[str, list[Evidence]] = {}
    for one in evidence:
        by_item.setdefault(one.item.code if one.item else "", []).append(one)
    return [_line(dossier, code, tuple(by_item.get(code, ())), (asked_back or {}).get(code, "")) for code in dossier.spec.bound]


def line_of(dossier: Dossier, code: str) -> Line:
    """The same for one item, where many schools stand below each other."""
    return _line(dossier, code, (), "")


def _line(dossier: Dossier, code: str, evidence: tuple[Evidence, ...], asked_back: str) -> Line:
    spec, bound = dossier.spec, dossier.spec.bound[code]
    return Line(
        bound=bound,
        full=plain(bound.item.points),
        words=spec.words[code],
        figures=figure_lines(dossier, bound),
        system=_system(spec, bound, dossier),
        system_full=system_full(bound) if bound.system_parts else Fraction(0),
        own=dossier.own.get(code),
        own_points=dossier.own_sheet.points.get(code) if dossier.own_sheet else None,
        county=dossier.county.get(code),
        county_points=dossier.county_sheet.points.get(code) if dossier.county_sheet else None,
        adjustment=dossier.adjustments.get(code),
        recheck=code in dossier.to_recheck,
        gap=dossier.gaps.get(code),
        owes_reason=dossier.owes_reason(code),
        waiting=code in dossier.waiting,
        elsewhere=code in dossier.elsewhere,
        evidence=evidence,
        asked_back=asked_back,
    )


def figure_lines(dossier: Dossier, bound: BoundItem) -> tuple[FigureLine, ...]:
    """The figures an item reads, as the snapshot holds them."""
    page = reverse("schools:school", args=[dossier.assessment.school_id])
    sources = dossier.snapshot.sources if dossier.snapshot else {}
    found = []
    for reference in sorted(bound.references):
        unit, section = unit_and_section(dossier.spec, reference)
        url = f"{page}?year={dossier.spec.year}#{section}" if section else ""
        found.append(FigureLine(worded(reference), shown(dossier.metrics.get(reference), unit), url, reference in sources))
    return tuple(found)


def unit_and_section(spec: SchemeSpec, reference: str) -> tuple[str, str]:
    """The unit of a figure and the section of the school's page it is counted from; a scheme's own metric has none."""
    own = next((one for one in spec.custom_metrics if one.label == reference), None)
    if own is not None:
        return own.unit, ""
    metric = METRICS[parse_reference(reference).label]
    return metric.unit, metric.section


def _system(spec: SchemeSpec, bound: BoundItem, dossier: Dossier) -> Fraction | None:
    if not bound.system_parts or not dossier.submitted:
        return None
    try:
        return system_part(spec, bound, dossier.metrics)[0]
    except Blocked:
        return None
