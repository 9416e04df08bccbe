"""锁定: which records a school has signed, and how far a change reaches."""

from datetime import date

import pytest

from ratings.workflow.snapshots import signed_periods
from schools.models import (
    AnnualPlan,
    Budget,
    Leader,
    MonthlyReport,
    PlannedClass,
    Regulation,
    School,
    Teacher,
    TrainingClass,
)
from schools.records import locks
from schools.records.changes import snapshot
from schools.records.locks import Lock, among, lock_for
from tests.factories import SchoolFactory
from tests.rating_factories import open_year

pytestmark = [pytest.mark.engine, pytest.mark.django_db]

SIGNED = Lock("2026年度自评", 2026, date(2026, 1, 1), date(2026, 10, 31), locks.COUNTY)
PUBLIC = Lock("2025年度自评", 2025, date(2025, 1, 1), date(2025, 10, 31), locks.OFFICE, is_open=False)


@pytest.fixture
def assessment(city, school):
    return open_year(city, [school], year=2026).assessments.get()


@pytest.mark.parametrize(
    ("status", "approver"),
    [
        ("draft", None),
        ("confirming", None),
        ("returned", None),
        ("lapsed", None),
        ("county", "county"),
        ("city", "office"),
        ("settled", "office"),
    ],
)
def test_only_what_was_submitted_and_not_handed_back_is_locked(assessment, school, status, approver):
    fields = {"status": status}
    if status == "returned":
        fields |= {"return_due": date(2026, 12, 1), "returned_to": "county"}
    type(assessment).objects.filter(pk=assessment.pk).update(**fields)

    lock = locks.lock_of(school, assessment.scheme.period_start)

    assert (lock.approver if lock else None) == approver


@pytest.mark.parametrize(
    ("over", "is_open"),
    [({"phase": "notice"}, True), ({"phase": "published", "published_at": "2026-12-30T00:00Z"}, False)],
)
def test_a_period_is_open_until_its_results_are_public(assessment, school, over, is_open):
    type(assessment.scheme).objects.update(**over)

    assert [lock.is_open for lock in signed_periods([school.pk])[school.pk]] == [is_open]


def test_the_period_is_inclusive_and_other_days_are_free(assessment, school):
    type(assessment).objects.update(status="city")
    start, end = assessment.scheme.period_start, assessment.scheme.period_end

    assert locks.lock_of(school, start) and locks.lock_of(school, end)
    assert locks.lock_of(school, date(start.year - 1, 12, 31)) is None
    signed = locks.signed_by(school)
    assert among(signed, year=2026) and among(signed, year=2027) is None


def test_another_school_is_not_locked_and_many_schools_cost_one_query(
    assessment, school, django_assert_num_queries
):
    type(assessment).objects.update(status="city")
    others = [SchoolFactory().pk for _ in range(3)]

    with django_assert_num_queries(1):
        found = signed_periods([school.pk, *others])

    assert set(found) == {school.pk}


def test_the_sentence_names_period_and_approver():
    assert str(SIGNED) == (
        "2026年度自评已提交，2026年1月1日至2026年10月31日的记录已锁定；如需更改，请提交数据更正，"
        "经县（市、区）同意后生效。"
    )


def test_of_several_signed_periods_the_stricter_applies_whatever_their_order():
    """What is not public yet before what is, the newest year before older ones."""
    earlier = Lock("2024年度自评", 2024, date(2024, 6, 1), date(2026, 3, 31), locks.OFFICE)
    public = Lock("2027年度自评", 2027, date(2026, 3, 1), date(2027, 10, 31), locks.OFFICE, is_open=False)
    day = date(2026, 3, 15)

    for known in ([earlier, SIGNED, public], [public, SIGNED, earlier], [SIGNED, earlier, public]):
        assert among(known, since=day) is SIGNED
        assert among(known, since=day, standing=True) is SIGNED
    for known in ([earlier, public], [public, earlier]):
        assert among(known, since=day) is earlier


@pytest.mark.parametrize(("end", "locked"), [(date(2026, 10, 1), True), (date(2026, 9, 30), False)])
def test_a_month_counts_from_its_first_day(end, locked, school):
    plan = AnnualPlan.objects.create(school=school, year=2026)
    signed = [Lock("2026年度自评", 2026, date(2026, 1, 1), end, locks.COUNTY)]

    for model, values in (
        (PlannedClass, {"plan": plan.pk, "month": 10}),
        (MonthlyReport, {"year": 2026, "month": 10}),
    ):
        found = lock_for(school, model, {}, values, signed=signed)
        assert bool(found) is locked, model
        assert found is None or found[1].since == date(2026, 10, 1)


def test_a_standing_fact_is_free_once_results_are_public_or_when_it_takes_effect_later():
    assert among([SIGNED], standing=True) is SIGNED
    assert among([SIGNED], since=date(2026, 10, 31), standing=True) is SIGNED
    assert among([SIGNED], since=date(2026, 11, 1), standing=True) is None
    assert among([PUBLIC], standing=True) is None
    assert among([PUBLIC], since=date(2025, 3, 1)) is PUBLIC


@pytest.mark.parametrize(
    ("model", "old", "new", "locked"),
    [
        (TrainingClass, {"starts_on": "2026-03-05"}, {"starts_on": "2026-11-05"}, True),
        (TrainingClass, {}, {"starts_on": "2026-11-05"}, False),
        (Budget, {"year": 2026, "arrived": "1"}, {"year": 2026, "arrived": "2"}, True),
        (Budget, {}, {"year": 2027}, False),
        (Teacher, {}, {"since": "2026-11-01"}, False),
        (Teacher, {}, {"since": None}, True),
        (
            Teacher,
            {"since": "2020-01-01", "until": None},
            {"since": "2020-01-01", "until": "2026-10-31"},
            False,
        ),
        (
            Teacher,
            {"since": "2020-01-01", "until": None},
            {"since": "2020-01-01", "until": "2026-10-30"},
            True,
        ),
        (Teacher, {"since": "2020-01-01", "topics": ""}, {"since": "2020-01-01", "topics": "党史"}, True),
        (
            Regulation,
            {"issued_on": "2020-01-01", "abolished_on": None},
            {"issued_on": "2020-01-01", "abolished_on": "2026-10-31"},
            True,
        ),
        (
            Regulation,
            {"issued_on": "2020-01-01", "abolished_on": None},
            {"issued_on": "2020-01-01", "abolished_on": "2026-11-01"},
            False,
        ),
        (School, {"seats": 80, "operator": "甲"}, {"seats": 80, "operator": "乙"}, False),
        (School, {"seats": 80}, {"seats": 90}, True),
        (Leader, {"name": "甲"}, {"name": "乙"}, False),
        (Teacher, {"since": None}, {"since": None}, False),
    ],
)
def test_a_change_is_locked_only_where_a_signed_figure_could_move(school, model, old, new, locked):
    assert bool(lock_for(school, model, old, new, [SIGNED])) is locked


def test_the_snapshot_of_a_school_holds_the_fields_the_reach_reads(school):
    assert {"seats", "staff_count", "has_plaque"} <= set(snapshot(school))
