"""A year under review: schools with the city, a panel of three judges with accounts, nothing scored yet."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ratings.enums import Aggregation, Phase, Stage, Status
from ratings.judging.panels import assign, choose_leader, create_panel, seat_judge
from ratings.judging.visits import Trip, register_visit
from ratings.models import Assessment, JudgeSheet, MetricSnapshot, Panel, Scheme, Score
from ratings.workflow import open_county_rows, scheme_spec
from ratings.workflow.snapshots import take_snapshot
from schools.models import School, User
from schools.saving import Refused
from tests.factories import AppointmentFactory, SchoolFactory, UserFactory

from .opened_year import answer_everything, know_figures, open_year

#: Full marks of every item that reviewers are asked about.
FULL = {
    "K2": {"音响": True, "桌椅": True},
    "L1": {"听课": "A"},
    "L2": {"无专人": False, "数据不符": 0},
    "L3": {"质量": "A", "调研次数": "2"},
    "M1": {"成果": 2},
}
NOTHING = {
    "K2": {"音响": False, "桌椅": False},
    "L1": {"听课": "C"},
    "L2": {"无专人": True, "数据不符": 9},
    "L3": {"质量": "C", "调研次数": "0"},
    "M1": {"成果": 0},
}
OPINION = "县级初评意见全文"


@dataclass
class Judged:
    """The year with its people at hand; `judges` are users in the order of their seats."""

    scheme: Scheme
    panel: Panel
    judges: list[User]
    assessments: list[Assessment]
    office: User

    @property
    def assessment(self) -> Assessment:
        return self.assessments[0]

    def sheet(self, user: User | None, assessment: Assessment | None = None) -> JudgeSheet:
        """A judge's sheet; without a user the agreed one."""
        return JudgeSheet.objects.get(assessment=assessment or self.assessment, judge__user=user)

    def row(self, user: User | None, code: str, assessment: Assessment | None = None) -> Score:
        return Score.objects.get(
            assessment=assessment or self.assessment, stage=Stage.CITY, judge__user=user, item__code=code
        )

    def score(
        self, user: User | None, answers=FULL, *, assessment: Assessment | None = None, remark: str = ""
    ) -> None:
        """Fill every row of a sheet as if typed."""
        rows = Score.objects.filter(
            assessment=assessment or self.assessment, stage=Stage.CITY, judge__user=user
        )
        for row in rows.select_related("item"):
            row.answers, row.points, row.remark, row.version = {"答": answers[row.item.code]}, 1, remark, 1
            row.save(update_fields=["answers", "points", "remark", "version"])

    def hand_in(self, user: User, *, assessment: Assessment | None = None) -> None:
        """Submitted at a fixed moment, so that pages do not differ by the clock."""
        moment = timezone.make_aware(dt.datetime(2026, 11, 1, 9))
        self.score(user, assessment=assessment)
        JudgeSheet.objects.filter(pk=self.sheet(user, assessment).pk).update(
            submitted_at=moment, submitted_by=user
        )


def refused(act, *args, **kwargs) -> list[str]:
    """The reasons of a refusal."""
    with pytest.raises(Refused) as caught:
        act(*args, **kwargs)
    return caught.value.reasons


def signed(user: User) -> Client:
    """A client of one's own for each person."""
    client = Client()
    client.force_login(user)
    return client


def judge_account(city, number: int) -> User:
    """An account that may sit in the city's panels."""
    user = UserFactory(username=f"judge{number}", name=f"评委{number}")
    AppointmentFactory(user=user, role="judge", city=city)
    return user


def bring_to_city(assessment: Assessment) -> None:
    """Through self-assessment and 初评 without the clicks; where there is no county stage, without 初评."""
    spec = scheme_spec(assessment.scheme)
    answer_everything(assessment)
    take_snapshot(assessment, MetricSnapshot.Moment.FINAL, spec)
    if spec.has_county_stage:
        open_county_rows(assessment, spec)
        for row in assessment.scores.filter(stage=Stage.COUNTY).select_related("item"):
            row.answers = {"答": FULL[row.item.code]}
            row.save(update_fields=["answers"])
        assessment.suggested_star, assessment.county_opinion = 5, OPINION
    assessment.status = Status.CITY
    assessment.save(update_fields=["status", "suggested_star", "county_opinion"])


def judge_year(
    year, city, county, school: School, office: User, *, schools: int = 2, seats: int = 3, **parameters
) -> Judged:
    """Opens the year, brings `schools` schools to the city and gives them to one panel of `seats` judges; all
    are visited.
    """
    others = SchoolFactory.create_batch(schools - 1, city=city, county=county)
    for one in (school, *others):
        know_figures(one, office)
    scheme = open_year(year, city, office, **parameters)
    assessments = sorted(
        scheme.assessments.select_related("scheme"), key=lambda one: (one.school_id != school.pk, one.pk)
    )
    for one in assessments:
        bring_to_city(one)
    Scheme.objects.filter(pk=scheme.pk).update(phase=Phase.SCORING)
    scheme.refresh_from_db()
    panel = create_panel(scheme, "第一组", by=office)
    judges = [judge_account(city, number) for number in range(1, seats + 1)]
    for user in judges:
        seat_judge(panel, label="", user=user, by=office)
    if scheme.aggregation == Aggregation.JOINT:
        choose_leader(panel, panel.judges.first(), by=office)
        panel.refresh_from_db()
    assign(panel, assessments, by=office)
    visited(scheme, [one.pk for one in assessments], by=office)
    for one in assessments:
        one.refresh_from_db()
    return Judged(scheme, panel, judges, assessments, office)


def visited(scheme: Scheme, keys: list[int], *, by: User) -> None:
    """Their visit is registered: today, by people who are no judges."""
    register_visit(scheme, keys, Trip(timezone.localdate(), ("走访人员",)), by=by)


def desk_pages(judged) -> list[str]:
    """Every page a judge can open."""
    pages = [
        reverse("schools:desk"),
        reverse("ratings:judging"),
        reverse("ratings:judging") + "?show=all",
        reverse("ratings:judging_grid"),
    ]
    for assessment in judged.assessments:
        pages += [
            reverse(f"ratings:judging_{name}", args=[assessment.pk]) for name in ("school", "submit", "panel")
        ]
        pages += [reverse("ratings:judging_item", args=[assessment.pk, code]) for code in FULL]
    return pages


def close(judged) -> None:
    """Every sheet of every school handed in."""
    sheets = JudgeSheet.objects.filter(assessment__panel=judged.panel)
    sheets.update(submitted_at="2026-11-01T00:00Z", submitted_by=judged.office)


@pytest.fixture
def judged(year, city, county, school, office) -> Judged:
    """Two visited schools with a county stage."""
    return judge_year(year, city, county, school, office)


@pytest.fixture
def joint(year, city, county, school, office) -> Judged:
    """合议 without a county stage."""
    return judge_year(
        year,
        city,
        county,
        school,
        office,
        **{"评委汇总": "合议", "县级初评": "无", "县初评权重": "0%", "评审权重": "100%"},
    )
