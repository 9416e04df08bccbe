"""程序: the steps of the year that really took place, each with its days, as a bulletin may name them.

A step that nobody took is not named; of a year read from workbooks the days are not known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Max, Min
from django.utils import timezone

from ratings.enums import Aggregation, Stage, Status
from ratings.models import Assessment, Feedback, JudgeSheet, Move, Scheme, Score, SiteVisit
from schools.numbers import days_between

Days = tuple[dt.date, dt.date] | None


@dataclass(frozen=True)
class Taken:
    """One step that took place: its name, the first and the last day if they are known, and what was done on
    them.
    """

    name: str
    days: Days = None
    deed: str = ""


def in_words(steps: Iterable[Taken]) -> tuple[str, ...]:
    """学校自评（2026年11月2日至20日提交）; the year stands where it is not that of the step before."""
    said, year = [], 0
    for step in steps:
        if step.days:
            said.append(f"{step.name}（{days_between(*step.days, year=year)}{step.deed}）")
            year = step.days[1].year
        else:
            said.append(step.name)
    return tuple(said)


def steps_taken(scheme: Scheme) -> tuple[Taken, ...]:
    """In the order of the regulation."""
    known = _imported if scheme.imported else _recorded
    return tuple(known(scheme))


def _imported(scheme: Scheme) -> Iterator[Taken]:
    answered = Score.objects.filter(assessment__scheme=scheme, answers__isnull=False)
    stages = set(answered.order_by().values_list("stage", flat=True).distinct())
    yield from (
        Taken(name)
        for stage, name in ((Stage.SELF, "学校自评"), (Stage.COUNTY, "县级初评"))
        if stage in stages
    )
    yield from _visits(scheme)
    yield from (Taken(_judging(scheme)) for stage in (Stage.CITY,) if stage in stages)
    yield Taken("审定")


def _recorded(scheme: Scheme) -> Iterator[Taken]:
    moves = _days_of_moves(scheme)
    for step, name, deed in (("submit", "学校自评", "提交"), ("recommend", "县级初评", "确认")):
        if step in moves:
            yield Taken(name, moves[step], deed)
    yield from _visits(scheme)
    sheets = JudgeSheet.objects.filter(assessment__scheme=scheme).exclude(assessment__status=Status.LAPSED)
    span = sheets.aggregate(first=Min("submitted_at"), last=Max("submitted_at"))
    if span["last"]:
        yield Taken(_judging(scheme), (_day(span["first"]), _day(span["last"])))
    if "settle" in moves:
        last = moves["settle"][1]
        yield Taken("审定", (last, last))


def _judging(scheme: Scheme) -> str:
    return "市级评审（合议）" if scheme.aggregation == Aggregation.JOINT else "市级评审"


def _days_of_moves(scheme: Scheme) -> dict[str, tuple[dt.date, dt.date]]:
    """By step, the first and the last day on which a school took it."""
    moves = Move.objects.filter(assessment__scheme=scheme, step__in=("submit", "recommend", "settle"))
    spans = moves.order_by().values("step").annotate(first=Min("at"), last=Max("at"))
    return {one["step"]: (_day(one["first"]), _day(one["last"])) for one in spans}


def _visits(scheme: Scheme) -> Iterator[Taken]:
    """How many schools were visited and when; a day may stand with the visit or with the note from it."""
    went = dict(SiteVisit.objects.filter(assessment__scheme=scheme).values_list("assessment", "on"))
    notes = Feedback.objects.filter(assessment__scheme=scheme, visited_on__isnull=False)
    went = dict(notes.values_list("assessment", "visited_on")) | went
    marked = Assessment.objects.filter(scheme=scheme, visited=True).values_list("pk", flat=True)
    if schools := went.keys() | set(marked):
        days = (min(went.values()), max(went.values())) if went else None
        yield Taken(f"实地走访{len(schools)}所", days)


def _day(moment: dt.datetime) -> dt.date:
    return timezone.localdate(moment)
