"""Whose assessments a reviewer works on, of which year, where they stand, and which figures changed since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from operator import attrgetter
from typing import Any, NamedTuple

from django.db.models import Count, OuterRef, Q, QuerySet

from ratings.criteria.spec import SchemeSpec
from ratings.criteria.standards import Division, spans_of
from ratings.enums import UNFINISHED, Stage, Star, Status
from ratings.models import Assessment, MetricSnapshot, Scheme
from ratings.rules.rounding import plain, with_unit
from ratings.scoring import StageSheet
from ratings.sheets import SchoolSheet, load_sheets
from ratings.workflow import city_figures, due, scheme_spec, tie
from schools.metrics import METRICS, Figure, compute
from schools.models import School, User
from schools.site.years import nearest

from .confirming import scored_elsewhere


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


def sheets_of(scheme: Scheme, rows: Iterable[Assessment], user: User) -> tuple[SchemeSpec, list[SchoolSheet]]:
    """The criteria and the sheets of these schools, as far as this reviewer may know them."""
    spec = scheme_spec(scheme)
    return spec, load_sheets(spec, rows, elsewhere=scored_elsewhere(scheme, spec, user))


def current_scheme(user: User, year: str = "") -> Scheme | None:
    """The scheme of the wanted year, else that of the current one or the nearest to it."""
    schemes = list(Scheme.objects.visible_to(user).out().filter(has_county_stage=True))
    wanted = [scheme for scheme in schemes if str(scheme.year) == year]
    return nearest(user, wanted or schemes, attrgetter("year"))


#: What the list can be narrowed to, and whose deadline counts there; the first is what a reviewer came for.
VIEWS = {
    "waiting": ("待判断", Stage.COUNTY),
    "judged": ("已评完待报送", Stage.COUNTY),
    "returned": ("退回补正", Stage.SELF),
    "school": ("学校未提交", Stage.SELF),
    "sent": ("已报送", None),
    "all": ("全部", None),
}


class Row(NamedTuple):
    """One school of the overview; deadlines are those of whoever has to act now."""

    sheet: SchoolSheet
    view: str
    due: datetime | None


def overview(spec: SchemeSpec, sheets: Sequence[SchoolSheet], view: str, word: str) -> dict[str, Any]:
    """The county's schools by where they stand, narrowed to names or codes with `word`; reads nothing beyond
    the sheets. Counts, spread and means are of all schools, whatever the list is narrowed to.
    """
    rows = [_row(sheet) for sheet in sheets]
    own = list(filter(None, (sheet.own_sheet for sheet in sheets)))
    county = list(filter(None, (sheet.county_sheet for sheet in sheets)))
    counts = Counter(row.view for row in rows)
    counts["all"] = len(rows)
    return {
        "rows": [row for row in rows if _is_wanted(row, view, word)],
        "counts": counts,
        "views": [(name, label, counts[name]) for name, (label, _) in VIEWS.items()],
        "spread": _spread(spec, own, county),
        "own_mean": _mean(own),
        "county_mean": _mean(county),
    }


def _row(sheet: SchoolSheet) -> Row:
    assessment, view = sheet.assessment, view_of(sheet)
    _, stage = VIEWS[view]
    owed = stage and assessment.status != Status.LAPSED
    return Row(sheet, view, due(assessment, stage) if owed else None)


def view_of(sheet: SchoolSheet) -> str:
    """Which part of the list a school belongs to."""
    status = sheet.assessment.status
    if status == Status.COUNTY:
        return "waiting" if sheet.is_waiting else "judged"
    if status == Status.RETURNED and sheet.assessment.returned_to == Status.COUNTY:
        return "returned"
    return "school" if status in (*UNFINISHED, Status.LAPSED) else "sent"


def _is_wanted(row: Row, view: str, word: str) -> bool:
    school = row.sheet.assessment.school
    named = any(word in text for text in (school.name, school.short_name, school.code))
    return named and view in ("all", row.view)


def _spread(spec: SchemeSpec, own: list[StageSheet], county: list[StageSheet]) -> list[tuple[str, int, int]]:
    """How many schools reach which star by 自评 and by 初评, every star of the scheme and 不授星."""
    by_own, by_county = (Counter(sheet.star for sheet in sheets if sheet.totals) for sheets in (own, county))
    stars = [*(band.star for band in spec.bands), Star.NONE.value]
    return [(Star(star).label, by_own[star], by_county[star]) for star in stars]


def _mean(sheets: list[StageSheet]) -> Fraction | None:
    totals = [sheet.total for sheet in sheets if sheet.total is not None]
    return sum(totals, Fraction(0)) / len(totals) if totals else None


def grid_of(spec: SchemeSpec, sheets: Sequence[SchoolSheet], division: Division) -> dict[str, Any]:
    """School × item, for the schools that submitted; reads nothing beyond the sheets.

    A column is (code, name, 分值, whether reviewers are asked anything), a cell its state and the points of
    初评; `spans` are the 分组 over the columns, where there are any.
    """
    shown = [bound for code, bound in spec.bound.items() if division.shows(code)]
    items = [bound.item for bound in shown]
    return {
        "columns": [
            (bound.item.code, bound.item.name, plain(bound.item.points), bound.owed_by_reviewers)
            for bound in shown
        ],
        "rows": [(sheet, [_cell(sheet, item.code) for item in items]) for sheet in sheets],
        "spans": spans_of(items),
    }


def _cell(sheet: SchoolSheet, code: str) -> tuple[str, Fraction | None]:
    """State and points of one item; no points are 不适用 or not scored yet, told apart by the state."""
    points = sheet.county_sheet.points.get(code)
    if code in sheet.county_sheet.missing:
        return "waiting", points
    if points is None:
        return "na", points
    if code in sheet.adjustments[Stage.COUNTY]:
        return "adjusted", points
    return "differs" if sheet.differences.get(code) else "same", points


# 数据变化和补录: figures that a school signed against what its records say now, and how much was registered
# late.

LATE = "补录占比"


class Change(NamedTuple):
    """One figure then and now, with the items that read it."""

    reference: str
    then: str
    now: str
    items: list[str]


def changes_of(spec: SchemeSpec, assessments: Iterable[Assessment]) -> list[tuple[Assessment, list[Change]]]:
    """Schools of the county's stage whose figures differ from what was submitted; the queries do not grow
    with the schools.
    """
    reviewed = {row.pk: row for row in assessments if row.status in (Status.COUNTY, Status.RETURNED)}
    snapshots = MetricSnapshot.objects.filter(assessment__in=reviewed, moment=MetricSnapshot.Moment.SUBMIT)
    signed = dict(snapshots.values_list("assessment_id", "values"))
    if not signed:
        return []
    now = city_figures(spec, School.objects.filter(pk__in=[reviewed[pk].school_id for pk in signed]))
    compared = [
        (row, differences_of(spec, signed[pk], now.get(row.school_id, {})))
        for pk, row in reviewed.items()
        if pk in signed
    ]
    return [(row, differences) for row, differences in compared if differences]


def differences_of(
    spec: SchemeSpec, signed: Mapping[str, str | None], now: Mapping[str, Figure]
) -> list[Change]:
    """The figures that are no longer those that were signed."""
    changes = []
    for reference in sorted(now):
        before, after = signed.get(reference), now[reference].value
        if before == (None if after is None else str(after)):
            continue
        unit = spec.metrics[reference.partition("[")[0]].unit
        then = None if before is None else Fraction(before)
        items = [code for code, bound in spec.bound.items() if reference in bound.references]
        changes.append(Change(reference, with_unit(then, unit), with_unit(after, unit), items))
    return changes


def late_shares(spec: SchemeSpec, assessments: Sequence[Assessment]) -> list[tuple[Assessment, str]]:
    """Schools with classes registered more than 15 days after they were held, and the share of
    such classes.
    """
    schools = School.objects.filter(pk__in=[row.school_id for row in assessments])
    figures = compute([LATE], schools=schools, start=spec.period_start, end=spec.period_end)
    shares = [(row, figures[row.school_id][LATE]) for row in assessments]
    return [(row, with_unit(share, METRICS[LATE].unit)) for row, share in shares if share]
