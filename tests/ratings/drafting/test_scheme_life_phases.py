"""The phase of a year follows its schools to the end: when nobody can hand in any more, and when several are
taken back.
"""

import datetime as dt

import pytest

from ratings.committee.settling import settle_scheme
from ratings.enums import Phase, Status
from ratings.models import Scheme
from ratings.workflow import take_step
from tests.factories import SchoolFactory
from tests.rating_factories import settled_year

pytestmark = pytest.mark.django_db


def late(scheme) -> None:
    Scheme.objects.filter(pk=scheme.pk).update(self_due=dt.date(2020, 1, 6))


def lapse(scheme, school, office) -> None:
    take_step(scheme.assessments.get(school=school), "lapse", by=office, comment="逾期未提交")
    scheme.refresh_from_db()


def test_a_year_in_which_every_school_lapsed_can_be_settled(scheme, school, office):
    neighbour = SchoolFactory(city=school.city, county=school.county)
    scheme.assessments.create(school=neighbour)
    late(scheme)

    lapse(scheme, school, office)
    assert scheme.phase == Phase.OPEN
    lapse(scheme, neighbour, office)
    assert scheme.phase == Phase.SCORING

    settle_scheme(scheme, by=office)
    assert scheme.phase == Phase.SETTLED and set(scheme.results.values_list("star", flat=True)) == {0}


def test_the_chair_takes_back_a_second_school_before_settling_anew(city, school, appoint):
    neighbour = SchoolFactory(city=city, county=school.county)
    scheme, chair = settled_year(city, [school, neighbour]), appoint("chair")

    for one in (school, neighbour):
        take_step(scheme.assessments.get(school=one), "reopen", by=chair, comment="核算有误")

    assert set(scheme.assessments.values_list("status", flat=True)) == {Status.CITY}
    assert Scheme.objects.get(pk=scheme.pk).phase == Phase.SCORING
