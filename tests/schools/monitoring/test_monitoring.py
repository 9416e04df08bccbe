"""监测: the sums of a year, what is odd about it in words, and nothing that ranks."""

from datetime import date
from decimal import Decimal

import pytest

from schools.metrics import compute
from schools.models import School
from schools.monitoring import overview
from schools.monitoring.anomalies import anomalies_of, peers_of
from schools.monitoring.standing import Standing, Sums, View, standings
from tests.factories import (
    AnnualPlanFactory,
    BudgetFactory,
    LessonFactory,
    MonthlyReportFactory,
    PlannedClassFactory,
    SchoolFactory,
    TrainingClassFactory,
    UserFactory,
    moment,
)

VIEW = View(2026, date(2026, 11, 21))


def bare(**extra) -> Standing:
    """A school without a single oddity: trained every month, reported, filed, spent."""
    values = {
        "pk": 1,
        "name": "东溪镇委党校",
        "code": "A",
        "county_id": None,
        "county": "",
        "seats": 100,
        "opened_on": None,
        "closed_on": None,
        "months": (1,) * 11 + (0,),
        "total": Sums(11, 660, Decimal(11000)),
        "compared": Sums(10, 600, Decimal(10000)),
        "before": Sums(10, 600, Decimal(10000)),
        "filed_on": date(2026, 3, 1),
        "planned": 10,
        "done": 9,
    }
    return Standing(**{**values, **extra})


def confirmed(school: School, month: int, day: date, **extra) -> None:
    MonthlyReportFactory(
        school=school, month=month, confirmed_at=moment(day), confirmed_by=UserFactory(), **extra
    )


def said(one: Standing, view: View = VIEW, peers=()) -> list[str]:
    return [anomaly.text for anomaly in anomalies_of(one, view, peers)]


def test_an_ordinary_year_has_no_oddity():
    assert said(bare()) == []


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"unreported": (8, 9)}, "8月、9月月报已过应报日期，还没有确认"),
        ({"unreported": tuple(range(1, 11))}, "1—10月月报已过应报日期，还没有确认"),
        ({"filed_on": None}, "2026年度培训计划应于3月31日前备案，计划已填 10 期，没有备案"),
        (
            {"filed_on": None, "planned": 0, "done": 0},
            "2026年度培训计划应于3月31日前备案，计划还没有填，没有备案",
        ),
        ({"months": (1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0)}, "2月、3月连续 2 个月没有培训记录"),
        ({"months": (1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0)}, "5—9月连续 5 个月没有培训记录"),
        ({"done": 4}, "全年计划 10 期，到10月底完成 4 期（40%），7月底就应过半"),
        ({"total": Sums(11, 660, Decimal(0))}, "已登记 11 期培训，经费支出合计为 0 元，请核对是否漏填"),
        ({"largest": 301}, "单期最多登记 301 人次，超过主教室 100 个座位的 3 倍（300），请核对人次或座位数"),
        ({"compared": Sums(10, 240, Decimal(10000))}, "1—10月参训 240 人次，去年同期 600 人次，减少 60%"),
        (
            {"compared": Sums(10, 1500, Decimal(10000))},
            "1—10月参训 1,500 人次，去年同期 600 人次，是去年的 2.5 倍",
        ),
    ],
)
def test_each_oddity_says_its_reason_in_words_and_numbers(changed, sentence):
    assert said(bare(**changed)) == [sentence]


@pytest.mark.parametrize(
    "changed",
    [
        {"months": (1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 0, 0)},
        {"months": (1,) * 10 + (0, 0)},
        {"done": 5},
        {"largest": 300},
        {"largest": 9999, "seats": None},
        {"compared": Sums(10, 241, Decimal(10000))},
        {"before": Sums(3, 99, Decimal(4999)), "compared": Sums(10, 600, Decimal(10000))},
    ],
)
def test_what_stays_on_this_side_of_a_limit_is_not_odd(changed):
    assert said(bare(**changed)) == []


def test_spending_without_a_class_and_money_left_alone_are_told():
    idle = {"months": (0,) * 12, "compared": Sums(), "before": Sums()}

    spent = said(bare(**idle, total=Sums(0, 0, Decimal("1234.5"))))
    left = said(bare(**idle, total=Sums(), arrived=Decimal(50000)))

    assert "没有培训记录，却登记了 1,234.50 元支出" in spent
    assert "到位经费 50,000.00 元，到10月底没有一期培训、没有支出" in left


def test_a_gap_that_was_closed_is_shown_but_nobody_is_reminded_of_it():
    closed, running = (
        anomalies_of(bare(months=months), VIEW, ())[0].matters
        for months in ((1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0), (1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0))
    )

    assert closed == ()
    assert running == (("idle:2026-09", "9月、10月没有培训"),)


def test_progress_is_asked_for_from_the_end_of_july():
    slow = bare(done=4, months=(1,) * 7 + (0,) * 5, compared=Sums(), before=Sums())

    assert said(slow, View(2026, date(2026, 7, 30))) == []
    assert said(slow, View(2026, date(2026, 7, 31))) == [
        "全年计划 10 期，到7月底完成 4 期（40%），7月底就应过半"
    ]


def test_distance_from_the_peers_is_measured_by_the_median_and_explained():
    others = [bare(pk=number, compared=Sums(10, 600 + number * 10, Decimal(10000))) for number in range(8)]
    giant = bare(pk=99, compared=Sums(10, 2000, Decimal(10000)), before=Sums())
    peers = peers_of([*others, giant], VIEW)

    sentences = said(giant, VIEW, peers)

    assert sentences == [
        (
            "1—10月参训 2,000 人次，同市 9 所的中位数是 640 人次，各校与它的差距一般在 20 人次左右，"
            "本校高出 1,360 人次，是一般差距的 68.0 倍"
        )
    ]
    assert all(said(one, VIEW, peers) == [] for one in others)


def test_few_peers_and_new_schools_are_not_compared():
    few = [bare(pk=number, compared=Sums(10, 600 + number, Decimal(10000))) for number in range(7)]
    many = [bare(pk=number, compared=Sums(10, 600 + number, Decimal(10000))) for number in range(9)]
    young = bare(opened_on=date(2026, 6, 1), compared=Sums(5, 20000, Decimal(5000)))

    assert peers_of(few, VIEW) == []
    assert said(young, VIEW, peers_of(many, VIEW)) == []


@pytest.mark.parametrize(
    ("today", "ended", "reported"),
    [
        (date(2026, 1, 31), 1, []),
        (date(2026, 2, 1), 1, []),
        (date(2026, 11, 6), 10, list(range(1, 10))),
        (date(2026, 11, 7), 10, list(range(1, 11))),
        (date(2027, 1, 20), 12, list(range(1, 13))),
        (date(2025, 12, 31), 0, []),
    ],
)
def test_a_month_counts_once_it_is_over_and_its_report_once_it_is_due(today, ended, reported):
    view = View(2026, today)

    assert (view.ended, view.reported) == (ended, reported)


@pytest.mark.django_db
def test_sums_come_from_the_records_and_follow_a_change(school):
    filed = AnnualPlanFactory(school=school)
    planned = [PlannedClassFactory(plan=filed, month=month) for month in (3, 5)]
    held = TrainingClassFactory(
        school=school, starts_on=date(2026, 3, 5), attendance=60, cost=800, planned=planned[0]
    )
    TrainingClassFactory(
        school=school,
        starts_on=date(2026, 3, 9),
        attendance=30,
        cost=200,
        part="participant",
        planned=planned[0],
    )
    TrainingClassFactory(school=school, starts_on=date(2026, 11, 3), attendance=10)
    TrainingClassFactory(school=school, starts_on=date(2025, 10, 31), attendance=50)
    TrainingClassFactory(school=school, starts_on=date(2025, 11, 1), attendance=999)
    LessonFactory(training_class=held, lecturer_kind="secretary")
    BudgetFactory(school=school, arrived=Decimal(30000))
    confirmed(school, 3, date(2026, 4, 3))
    MonthlyReportFactory(school=school, month=4, due=date(2026, 12, 1))

    one = standings(School.objects.filter(pk=school.pk), VIEW)[0]
    held.void(by=UserFactory(), reason="重复登记")
    after = standings(School.objects.filter(pk=school.pk), VIEW)[0]

    assert one.months == (0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0)
    assert one.total == Sums(2, 100, Decimal(1000))
    assert one.compared == Sums(1, 90, Decimal(1000))
    assert one.before == Sums(1, 50, Decimal(0))
    assert (one.planned, one.done, one.largest, one.arrived) == (2, 1, 60, Decimal(30000))
    assert one.unreported == (1, 2, 5, 6, 7, 8, 9, 10)
    assert after.total == Sums(1, 40, Decimal(200))


@pytest.mark.django_db
def test_months_before_opening_and_after_closing_owe_nothing(city, county):
    SchoolFactory(county=county, opened_on=date(2026, 5, 20), closed_on=date(2026, 9, 10))
    SchoolFactory(county=county, closed_on=date(2025, 9, 10))

    found = standings(School.objects.filter(city=city), VIEW)

    assert [one.unreported for one in found] == [(5, 6, 7, 8)]


@pytest.mark.django_db
def test_cells_tell_confirmed_zero_late_and_missing_apart(school):
    confirmed(school, 1, date(2026, 2, 3))
    confirmed(school, 2, date(2026, 3, 3), is_zero=True)
    confirmed(school, 3, date(2026, 4, 29))
    School.objects.filter(pk=school.pk).update(opened_on=date(2026, 1, 1))

    seen = overview.city_on(school.city_id, VIEW)
    cells = overview.cells_of(seen, VIEW)[school.pk]

    assert "".join(cell.mark or "＿" for cell in cells) == "报零迟缺缺缺缺缺缺缺＿＿"
    assert [cell.number for cell in cells[9:]] == ["0", "0", ""]


@pytest.mark.django_db
def test_the_metric_and_the_grid_agree_on_late_months(school):
    confirmed(school, 1, date(2026, 2, 3))
    confirmed(school, 3, date(2026, 4, 29))
    TrainingClassFactory(school=school, part="participant")
    TrainingClassFactory(school=school)
    found = compute(
        ["月报逾期", "办班期数", "计划完成率"],
        schools=School.objects.filter(pk=school.pk),
        start=date(2026, 1, 1),
        end=date(2026, 12, 31),
        as_of=VIEW.today,
    )[school.pk]

    seen = overview.city_on(school.city_id, VIEW)
    cells = overview.cells_of(seen, VIEW)[school.pk]

    assert found["月报逾期"] == sum(cell.state in ("late", "missing") for cell in cells) == 9
    assert found["办班期数"] == seen[0].total.classes
