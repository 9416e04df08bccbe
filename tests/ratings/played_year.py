"""A year with everybody in it, for tests that play it: schools of one county, their people, a panel of three
judges.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from ratings.enums import Stage
from ratings.judging.panels import assign, create_panel, seat_judge
from ratings.models import Assessment, Scheme, Score
from schools.models import MonthlyReport, Region, User
from tests.factories import AppointmentFactory, SchoolFactory, UserFactory
from tests.rating_factories import meet

from .judged_year import visited
from .opened_year import open_year
from .year_folder import YearFolder

#: What a form posts for full marks, item by item.
POSTED = {
    "K2": {"音响": "是", "桌椅": "是"},
    "L1": {"听课": "A"},
    "L2": {},
    "L3": {"质量": "A", "调研次数": "2"},
    "M1": {"成果": "1"},
}
#: The same as it is stored.
FULL = {
    "K2": {"音响": True, "桌椅": True},
    "L1": {"听课": "A"},
    "L2": {"无专人": False, "数据不符": 0},
    "L3": {"质量": "A", "调研次数": "2"},
    "M1": {"成果": 1},
}
#: Items the school itself answers.
OWN = ("K2", "L2", "L3", "M1")


@dataclass
class PlayedYear:
    """`people` go by role; filler and head belong to one school and go by (role, school id)."""

    scheme: Scheme
    people: dict[object, User]
    judges: list[User]

    @property
    def assessments(self) -> list[Assessment]:
        return list(
            Assessment.objects.filter(scheme=self.scheme).select_related("scheme", "school").order_by("pk")
        )

    def person(self, role: str, assessment: Assessment) -> User:
        """Who acts in this role for this school."""
        return self.people.get((role, assessment.school_id)) or self.people[role]

    def fill(self, assessments: list[Assessment], stage: str) -> None:
        """Full marks in every row of a stage, without the clicks."""
        rows = list(Score.objects.filter(assessment__in=assessments, stage=stage).select_related("item"))
        for row in rows:
            row.answers, row.points = {"答": FULL[row.item.code]}, 1
        Score.objects.bulk_update(rows, ["answers", "points"], batch_size=200)


def play_year(folder, *, schools: int) -> PlayedYear:
    """Opens the small scheme in a city of its own; every figure is known, every school has its panel and is
    visited.
    """
    city = Region.objects.create(code="P1", name="示例市", kind=Region.Kind.CITY)
    county = Region.objects.create(code="P1-1", name="甲区", kind=Region.Kind.COUNTY, city=city)
    people: dict[object, User] = {role: _appointed(role, city=city) for role in ("office", "chair")}
    people |= {role: _appointed(role, county=county) for role in ("county", "county_lead")}
    known = SchoolFactory.create_batch(schools, city=city, county=county, seats=120)
    for school in known:
        people |= {(role, school.pk): _appointed(role, school=school) for role in ("filler", "head")}
    year_ago = timezone.now() - dt.timedelta(days=365)
    office = people["office"]
    month = {"year": timezone.localdate().year, "month": 1, "confirmed_at": year_ago, "confirmed_by": office}
    MonthlyReport.objects.bulk_create(MonthlyReport(school=one, **month) for one in known)
    scheme = open_year(YearFolder(folder), city, office)
    meet(scheme)
    panel = create_panel(scheme, "第一组", by=office)
    judges = [_appointed("judge", city=city) for _ in range(3)]
    for judge in judges:
        seat_judge(panel, label="", user=judge, by=office)
    year = PlayedYear(scheme, people, judges)
    assign(panel, year.assessments, by=office)
    visited(scheme, [one.pk for one in year.assessments], by=office)
    return year


def _appointed(role: str, **scope) -> User:
    user = UserFactory()
    AppointmentFactory(user=user, role=role, **scope)
    return user


def rows_of(assessment: Assessment, stage: str, judge: User | None = None):
    """The rows one person writes at a stage, in the order of the criteria."""
    rows = assessment.scores.filter(stage=stage).select_related("item").order_by("item__order")
    return rows.filter(judge__user=judge) if stage == Stage.CITY else rows
