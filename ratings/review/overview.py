"""Whose assessments a reviewer works on, and of which year."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from django.db.models import Count, OuterRef, Q, QuerySet

from ratings.criteria.spec import SchemeSpec
from ratings.criteria.standards import WHOLE, Division, spans_of
from ratings.enums import Phase, Stage, Star, Status
from ratings.models import Assessment, Scheme
from ratings.rules.rounding import plain
from ratings.scoring import StageSheet
from ratings.sheets import WITH_SCHOOL, SchoolSheet
from ratings.workflow import due, tie
from schools.models import User


def reviewable(user: User) -> QuerySet[Assessment]:
    """Assessments in reach whose scheme has a county stage, without schools that take no part; `tie` is why
    the reviewer must recuse.
    """
    returns = Count("moves", filter=Q(moves__step="return_", moves__from_status=Status.COUNTY))
    rows = (
        Assessment.objects.visible_to(user)
        .filter(scheme__has_county_stage=True)
        .exclude(status=Status.DECLINED)
    )
    rows = rows.select_related("school__county", "scheme__city").prefetch_related("extensions")
    return rows.annotate(returns=returns, tie=tie(user, OuterRef("school")))


def current_scheme(user: User, year: str = "") -> Scheme | None:
    """The scheme of the wanted year; else the newest still being scored, else the newest of all."""
    schemes = list(
        Scheme.objects.visible_to(user)
        .filter(has_county_stage=True)
        .exclude(phase=Phase.DRAFTING)
        .order_by("-year")
    )
    wanted = [one for one in schemes if str(one.year) == year]
    running = [one for one in schemes if one.phase in (Phase.OPEN, Phase.SCORING)]
    return next(iter([*wanted, *running, *schemes]), None)


#: What the list can be narrowed to; the first is what a reviewer came for.
VIEWS = {
    "waiting": "待判断",
    "judged": "已评完待报送",
    "returned": "退回补正",
    "school": "学校未提交",
    "sent": "已报送",
    "all": "全部",
}
#: Whose deadline counts for each part of the list.
STAGE_OF_VIEW = {
    "waiting": Stage.COUNTY,
    "judged": Stage.COUNTY,
    "returned": Stage.SELF,
    "school": Stage.SELF,
}


@dataclass(frozen=True)
class Row:
    """One school of the overview; deadlines are those of whoever has to act now."""

    sheet: SchoolSheet
    view: str
    due: datetime | None

    @property
    def assessment(self):
        return self.sheet.assessment


@dataclass(frozen=True)
class Overview:
    """`counts` and `spread` are of all schools, whatever the list is narrowed to."""

    rows: tuple[Row, ...]
    counts: dict[str, int]
    size: int
    spread: tuple[tuple[str, int, int], ...]
    own_mean: Fraction | None
    county_mean: Fraction | None


def overview(spec: SchemeSpec, sheets: Sequence[SchoolSheet], view: str, word: str = "") -> Overview:
    """The county's schools by where they stand, narrowed to names or codes with `word`; reads nothing beyond
    the sheets.
    """
    rows = [_row(one) for one in sheets]
    own = [one.own_sheet for one in sheets if one.own_sheet]
    county = [one.county_sheet for one in sheets if one.county_sheet]
    counted = Counter(row.view for row in rows)
    return Overview(
        rows=tuple(row for row in rows if view in ("all", row.view) and _named(row, word)),
        counts={name: counted[name] if name != "all" else len(rows) for name in VIEWS},
        size=len(rows),
        spread=_spread(spec, own, county),
        own_mean=_mean(own),
        county_mean=_mean(county),
    )


def view_of(sheet: SchoolSheet) -> str:
    """Which part of the list a school belongs to."""
    status = sheet.assessment.status
    if status == Status.COUNTY:
        return "waiting" if sheet.is_waiting else "judged"
    if status == Status.RETURNED and sheet.assessment.returned_to == Status.COUNTY:
        return "returned"
    return "school" if status in (*WITH_SCHOOL, Status.LAPSED) else "sent"


def _named(row: Row, word: str) -> bool:
    school = row.assessment.school
    return any(word in text for text in (school.name, school.short_name, school.code))


def _row(sheet: SchoolSheet) -> Row:
    view = view_of(sheet)
    stage = None if sheet.assessment.status == Status.LAPSED else STAGE_OF_VIEW.get(view)
    return Row(sheet, view, due(sheet.assessment, stage) if stage else None)


def _spread(
    spec: SchemeSpec, own: list[StageSheet], county: list[StageSheet]
) -> tuple[tuple[str, int, int], ...]:
    """How many schools reach which star by 自评 and by 初评, every star of the scheme and 不授星."""
    by_own, by_county = (Counter(sheet.star for sheet in sheets if sheet.totals) for sheets in (own, county))
    stars = [*(band.star for band in spec.bands), Star.NONE.value]
    return tuple((Star(star).label, by_own[star], by_county[star]) for star in stars)


def _mean(sheets: list[StageSheet]) -> Fraction | None:
    totals = [sheet.total for sheet in sheets if sheet.total is not None]
    return sum(totals, Fraction(0)) / len(totals) if totals else None


@dataclass(frozen=True)
class Cell:
    """`points` are those of 初评 (None: 不适用 or not scored yet, told apart by `state`)."""

    code: str
    points: Fraction | None
    own: Fraction | None
    state: str

    @property
    def differs(self) -> bool:
        return self.state == "differs"


@dataclass(frozen=True)
class GridRow:
    sheet: SchoolSheet
    cells: tuple[Cell, ...]
    open: bool


@dataclass(frozen=True)
class Grid:
    """`columns` are (code, name, 分值, whether reviewers are asked anything); `spans` the 分组 over them,
    where there are any.
    """

    columns: tuple[tuple[str, str, str, bool], ...]
    rows: tuple[GridRow, ...]
    spans: tuple[tuple[str, int], ...] = ()


def grid_of(spec: SchemeSpec, sheets: Sequence[SchoolSheet], division: Division = WHOLE) -> Grid:
    """One row for each school that submitted; reads nothing beyond the sheets."""
    shown = {code: bound for code, bound in spec.bound.items() if division.shows(code)}
    columns = tuple(
        (code, bound.item.name, plain(bound.item.points), bound.owed_by_reviewers)
        for code, bound in shown.items()
    )
    spans = spans_of([bound.item for bound in shown.values()])
    return Grid(columns, tuple(_grid_row(shown, one) for one in sheets), spans)


def _grid_row(codes: Iterable[str], sheet: SchoolSheet) -> GridRow:
    cells = tuple(
        Cell(code, sheet.county_sheet.points.get(code), sheet.own_sheet.points.get(code), _state(sheet, code))
        for code in codes
    )
    return GridRow(sheet, cells, sheet.assessment.status == Status.COUNTY)


def _state(sheet: SchoolSheet, code: str) -> str:
    if code in sheet.county_sheet.missing:
        return "waiting"
    if sheet.county_sheet.points[code] is None:
        return "na"
    if code in sheet.adjustments[Stage.COUNTY]:
        return "adjusted"
    return "differs" if sheet.differences.get(code) else "same"
