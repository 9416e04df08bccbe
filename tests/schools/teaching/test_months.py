"""月报: derived, confirmed by one press, late by working day, corrected without losing what was
said before.
"""

import re
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from schools.metrics import compute
from schools.models import MonthlyReport, ReportCorrection, School, TrainingClass
from schools.records import locks
from schools.teaching import months
from schools.teaching.months import figures_of_year
from tests import clock
from tests.factories import LessonFactory, MonthlyReportFactory, SchoolFactory, TrainingClassFactory, moment

pytestmark = pytest.mark.django_db

MAY = (2026, 5)


@pytest.fixture
def filler(appoint):
    return appoint("filler")


@pytest.fixture
def desk(filler, signed_client):
    return signed_client(filler)


@pytest.fixture
def may(school):
    """May 2026: two classes of its own and one it joined."""
    hosted = TrainingClassFactory(
        school=school, starts_on=date(2026, 5, 6), category="main", hours=8, attendance=40, cost=900
    )
    LessonFactory(training_class=hosted, lecturer_kind="secretary", hours=2)
    LessonFactory(training_class=hosted, lecturer_kind="expert", hours=6)
    TrainingClassFactory(
        school=school, starts_on=date(2026, 5, 20), category="onsite", hours="2.5", attendance=20
    )
    TrainingClassFactory(
        school=school, starts_on=date(2026, 5, 30), part="participant", hours=4, attendance=7
    )
    TrainingClassFactory(school=school, starts_on=date(2026, 6, 1), attendance=1000)
    return hosted


def confirm(client, year, month, **data):
    return client.post(reverse("schools:month_confirm", args=[year, month]), data)


def test_report_counts_as_the_metrics_count(school, may):
    figures = months.month_of(school, *MAY).figures
    wanted = ["办班期数", "主体班次", "现场教学次数", "参训人次", "培训学时", "书记授课"]

    metrics = compute(
        wanted, schools=School.objects.filter(pk=school.pk), start=date(2026, 5, 1), end=date(2026, 5, 31)
    )[school.pk]

    stated = [
        figures["classes"],
        figures["main"],
        figures["onsite"],
        figures["attendance"],
        Decimal(figures["hours"]),
        figures["by_secretary"],
    ]
    assert stated == [metrics[name] for name in wanted]
    assert (figures["joined"], figures["leading_hours"], figures["cost"]) == (1, "2.0", "900.00")


def test_voided_classes_are_in_no_report(school, may, filler):
    may.void(by=filler, reason="重复登记")

    figures = months.month_of(school, *MAY).figures

    assert (figures["classes"], figures["attendance"], figures["by_secretary"]) == (1, 27, 0)


def test_one_press_confirms_and_keeps_the_figures(desk, filler, school, may):
    response = confirm(desk, *MAY, next="/")

    report = MonthlyReport.objects.get()
    assert response.url == "/"
    assert (report.confirmed_by, report.is_zero, report.figures["attendance"]) == (filler, False, 67)


def test_month_without_a_class_is_a_zero_report(desk, school):
    confirm(desk, *MAY)

    report = MonthlyReport.objects.get()
    assert report.is_zero
    assert report.figures["classes"] == 0


@pytest.mark.parametrize(("year", "month"), [(2099, 1), (2027, 13), (1999, 1)])
def test_months_that_are_none_do_not_exist(desk, school, year, month):
    assert confirm(desk, year, month).status_code == 404


def test_month_that_has_not_ended_is_not_confirmed(desk, school):
    from django.utils import timezone

    today = timezone.localdate()
    confirm(desk, today.year, today.month)

    assert not MonthlyReport.objects.exists()


def test_months_before_the_school_opened_are_not_owed(desk, school):
    School.objects.update(opened_on=date(2026, 6, 10))
    school.refresh_from_db()

    confirm(desk, *MAY)

    assert not MonthlyReport.objects.exists()
    assert months.month_of(school, *MAY).state == months.UNUSED


def test_confirming_a_month_the_school_has_signed_changes_no_figure(school, filler, monkeypatch):
    today = timezone.localdate()
    start, end = date(today.year - 1, 1, 1), today
    lock = locks.Lock("年度自评", today.year, start, end, locks.COUNTY)
    monkeypatch.setattr(
        "ratings.desk.CONTRIBUTIONS.signed_periods", [lambda keys: {pk: [lock] for pk in keys}]
    )

    def late() -> Fraction:
        return compute(["月报逾期"], schools=School.objects.filter(pk=school.pk), start=start, end=end)[
            school.pk
        ]["月报逾期"]

    before = late()
    for month in months.year_of(school, today.year - 1):
        months.confirm(school, month.year, month.month, by=filler)

    assert before >= 11
    assert late() == before
    assert MonthlyReport.objects.filter(confirmed_by=filler).count() == 12


def test_reports_are_late_by_working_day(school, filler):
    """The fifth working day of June 2026 is Friday the 5th, that of October, after the holidays, the 14th."""
    in_time = MonthlyReportFactory(
        school=school, month=5, confirmed_at=moment(date(2026, 6, 5)), confirmed_by=filler
    )
    late = MonthlyReportFactory(
        school=school, month=9, confirmed_at=moment(date(2026, 10, 15)), confirmed_by=filler
    )

    year = months.year_of(school, 2026, today=date(2026, 11, 21))

    assert (year[4].due, year[4].is_late) == (date(2026, 6, 5), False), in_time
    assert year[8].is_late and year[8].due < date(2026, 10, 15), late
    assert (year[9].state, year[9].is_late) == (months.OWED, True)
    assert (year[10].state, year[11].state) == (months.RUNNING, months.FUTURE)


def test_change_after_confirmation_is_shown_and_kept_with_its_reason(desk, filler, school, may):
    confirm(desk, *MAY)
    first = MonthlyReport.objects.get().confirmed_at
    TrainingClass.objects.filter(pk=may.pk).update(attendance=45)
    page = desk.get(reverse("schools:month", args=[school.pk, *MAY])).content.decode()

    without = confirm(desk, *MAY, reason="").content.decode()
    untouched = MonthlyReport.objects.get().figures["attendance"]
    confirm(desk, *MAY, reason="更正签到人数")

    report, correction = MonthlyReport.objects.get(), ReportCorrection.objects.get()
    assert "67 → 72 人次" in page
    assert "填写有误" in without
    assert untouched == 67
    assert (report.figures["attendance"], report.confirmed_at) == (72, first)
    assert (correction.before["attendance"], correction.after["attendance"]) == (67, 72)
    assert (correction.by, correction.reason) == (filler, "更正签到人数")


def test_unchanged_report_is_not_confirmed_twice(desk, school, filler, may):
    confirm(desk, *MAY)

    with pytest.raises(ValidationError, match="不需要再次确认"):
        months.confirm(school, *MAY, by=filler)


@clock.at(date(2026, 11, 25))
def test_workbench_confirms_and_leads_back(desk, school, may):
    for month in (1, 2, 3, 4):
        confirm(desk, 2026, month)
    page = desk.get("/").content.decode()

    press = re.search(r'action="(/teaching/months/2026/5/confirm/)"', page)
    desk.post(press.group(1), {"next": "/"})

    assert "办班 2 期，参加联合办班 1 期，67 人次" in page
    assert months.month_of(school, *MAY).state == months.CONFIRMED


@pytest.mark.parametrize("address", ["https://example.org/", "abc"])
def test_return_address_stays_on_this_site(address, desk, school):
    assert confirm(desk, *MAY, next=address).url.startswith("/teaching/")


def test_calendar_shows_the_classes_and_the_rest_days(desk, school, may):
    page = desk.get(reverse("schools:month", args=[school.pk, *MAY])).content.decode()

    assert re.search(r'<td class="rest"><span class="day">1</span></td>', page), "1 May is a holiday"
    assert re.search(rf'<span class="day">6</span><a href="{reverse("schools:class", args=[may.pk])}">', page)


def test_figures_of_many_schools_cost_two_queries(school, django_assert_num_queries):
    for size in (1, 6):
        for one in SchoolFactory.create_batch(size):
            LessonFactory(training_class=TrainingClassFactory(school=one))
        with django_assert_num_queries(2):
            figures_of_year(School.objects.all(), 2026)


def test_imported_confirmation_gets_the_figures_of_its_records(school, may, filler):
    MonthlyReportFactory(school=school, month=5, confirmed_at=moment(date(2026, 6, 3)), confirmed_by=filler)

    months.fill_figures(School.objects.all(), 2026)

    assert MonthlyReport.objects.get().figures["attendance"] == 67
    assert months.month_of(school, *MAY).state == months.CONFIRMED
