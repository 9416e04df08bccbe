"""A running year of an enlarged city: opened, half of the schools before their county, half before the judges."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from ratings.criteria.shifting import shifted
from ratings.criteria.storing import create_scheme, read_scheme
from ratings.enums import Phase, Stage, Status
from ratings.models import Assessment, Item, Judge, JudgeSheet, MetricSnapshot, Move, Panel, Scheme, Score
from ratings.scoring import owed_codes
from ratings.workflow import open_scheme, scheme_spec
from schools.bulk import insert_many
from schools.models import User


@transaction.atomic
def running_year(settled: Scheme, judge: User) -> Scheme:
    """The year after `settled` with the same criteria and figures; `judge` sits on the one panel. The first school still fills in."""
    spec = read_scheme(settled)
    scheme = create_scheme(shifted(spec, spec.year + 1), city=settled.city)
    open_scheme(scheme, by=None)
    _, *submitted = scheme.assessments.order_by("pk")
    half = len(submitted) // 2
    _figures(settled, submitted)
    _moves(submitted[:half], Status.COUNTY)
    _moves(submitted[half:], Status.CITY)
    panel = _panel(scheme, judge)
    Assessment.objects.filter(scheme=scheme, status=Status.CITY).update(panel=panel, visited=True)
    _rows(scheme, submitted[:half], submitted[half:], list(panel.judges.all()))
    Scheme.objects.filter(pk=scheme.pk).update(phase=Phase.SCORING)
    scheme.refresh_from_db()
    return scheme


def _figures(settled: Scheme, assessments: list[Assessment]) -> None:
    values = dict(MetricSnapshot.objects.filter(assessment__scheme=settled).values_list("assessment__school", "values"))
    at, moment = timezone.now(), MetricSnapshot.Moment.SUBMIT
    insert_many([MetricSnapshot(assessment=one, moment=moment, values=values[one.school_id], taken_at=at) for one in assessments])


def _moves(assessments: list[Assessment], status: str) -> None:
    at = timezone.now()
    insert_many([Move(assessment=one, step="submit", from_status=Status.DRAFT, to_status=status, at=at) for one in assessments])
    moved = Move.objects.filter(to_status=status, at=at)
    Assessment.objects.filter(pk__in=moved.values("assessment")).update(status=status)


def _panel(scheme: Scheme, user: User) -> Panel:
    judges = [Judge.objects.create(scheme=scheme, label=f"评委{number}", user=user if number == 1 else None) for number in range(1, 6)]
    panel = Panel.objects.create(scheme=scheme, name="第一评审组", leader=judges[0])
    panel.judges.set(judges)
    return panel


def _rows(scheme: Scheme, county: list[Assessment], city: list[Assessment], judges: list[Judge]) -> None:
    spec, items = scheme_spec(scheme), dict(Item.objects.filter(scheme=scheme).values_list("code", "pk"))
    codes = owed_codes(spec, Stage.COUNTY)
    insert_many([Score(assessment=one, item_id=items[code], stage=Stage.COUNTY) for one in [*county, *city] for code in codes])
    insert_many(
        [
            Score(assessment=one, item_id=items[code], stage=Stage.CITY, judge=judge)
            for one in city
            for judge in judges
            for code in owed_codes(spec, Stage.CITY)
        ]
    )
    insert_many([JudgeSheet(assessment=one, judge=judge) for one in city for judge in judges])
