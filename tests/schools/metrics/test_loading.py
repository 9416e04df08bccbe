"""How the records behind the figures are read: one query whatever is wanted, and every value as it
is kept.
"""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from schools.metrics import METRICS, compute, explain, figures
from schools.metrics.loading import ClassRow, Period, load
from schools.models import Lesson, School, TrainingClass
from tests import factories as make

pytestmark = [pytest.mark.engine, pytest.mark.django_db]
PERIOD = {"start": date(2026, 1, 1), "end": date(2026, 11, 30)}


@pytest.fixture
def school():
    return make.SchoolFactory()


def fill(school):
    """One record of everything."""
    point, plan = make.TeachingPointFactory(school=school), make.AnnualPlanFactory(school=school)
    one = make.TrainingClassFactory(
        school=school,
        starts_on=date(2026, 3, 5),
        teaching_point=point,
        planned=make.PlannedClassFactory(plan=plan),
        cost=Decimal(10),
        category="main",
    )
    for kind in Lesson.LecturerKind:
        make.LessonFactory(training_class=one, lecturer_kind=kind)
    make.TeacherFactory(school=school)
    make.RegulationFactory(school=school)
    make.BudgetFactory(school=school)
    make.YearFiguresFactory(school=school)
    make.VisitFactory(school=school)
    make.MonthlyReportFactory(school=school)


@pytest.mark.parametrize("filled", [False, True])
def test_explain_every_metric_with_and_without_records(school, filled):
    if filled:
        fill(school)

    for label in METRICS:
        records = explain(label, school=school, **PERIOD)
        assert all(record.label and record.url for record in records)


def test_compute_costs_the_same_queries_for_1_3_and_30_schools():
    references, counts = [*METRICS, "办班期数[学时≥2, 人次≥15]"], []
    for wanted in (1, 3, 30):
        while School.objects.count() < wanted:
            fill(make.SchoolFactory())
        with CaptureQueriesContext(connection) as queries:
            found = figures(references, schools=School.objects.all(), year=2026, **PERIOD)
        counts.append(len(queries))
        assert len(found) == wanted

    assert counts == [2, 2, 2]


def test_compute_reads_only_the_tables_it_needs(school, django_assert_num_queries):
    with django_assert_num_queries(1) as queries:
        compute(["办班期数", "参训人次"], schools=School.objects.all(), **PERIOD)

    sent = queries.captured_queries[0]["sql"]
    assert "schools_trainingclass" in sent
    assert [
        table for table in ("schools_lesson", "schools_teacher", "schools_monthlyreport") if table in sent
    ] == []


@pytest.mark.parametrize(("schools", "found"), [(School.objects.none(), 0), (School.objects.all(), 1)])
def test_figures_without_records_of_their_own_need_no_other_table(schools, found, school):
    computed = compute(["主教室座位"], schools=schools, **PERIOD)

    assert len(computed) == found
    assert compute([], schools=schools, **PERIOD) == {key: {} for key in computed}


def test_a_period_over_new_year_counts_planned_classes_of_its_months_and_heads_of_its_last_year(school):
    for year, months in ((2025, (10, 11, 12)), (2026, (1, 2, 3))):
        make.YearFiguresFactory(school=school, year=year, party_members=year)
        plan = make.AnnualPlanFactory(school=school, year=year)
        for month in months:
            make.PlannedClassFactory(plan=plan, month=month)

    period = {"start": date(2025, 11, 15), "end": date(2026, 2, 1)}
    found = compute(["计划班次数", "党员总数"], schools=School.objects.all(), **period)

    assert found[school.pk] == {"计划班次数": 4, "党员总数": 2026}


def test_records_are_read_back_exactly_as_they_are_kept(school):
    """Whatever the database makes of a number or a moment on its way through JSON."""
    cents = [Decimal("1200.37"), Decimal("9999999999.99"), Decimal("0.01"), Decimal("100000.00")]
    for number, cost in enumerate(cents):
        make.TrainingClassFactory(
            school=school, name=f"“班”\\{number}", cost=cost, hours=Decimal("7.5"), starts_on=date(2026, 3, 1)
        )
    stored = list(TrainingClass.objects.order_by("pk").values_list(*ClassRow._fields))

    loaded = load(
        School.objects.all(), Period(date(2026, 1, 1), date(2026, 12, 31), date(2026, 12, 31)), ["classes"]
    )

    assert loaded[school.pk].classes == [ClassRow(*values) for values in stored]
    assert [row.cost for row in loaded[school.pk].classes] == cents


def test_compute_respects_the_given_schools(school):
    other = make.SchoolFactory()

    assert set(compute(["办班期数"], schools=School.objects.filter(pk=other.pk), **PERIOD)) == {other.pk}
