"""Each figure against records laid by hand."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from schools.metrics import METRICS, MetricError, canonical, compute, explain, figures
from schools.metrics.standing import STANDING
from schools.metrics.teaching import TEACHING
from schools.models import Budget, Lesson, Regulation, School, Teacher, TrainingClass, Visit
from schools.models.teaching import ClassCategory
from tests import factories as make
from tests.factories import moment

pytestmark = [pytest.mark.engine, pytest.mark.django_db]
PERIOD = {"start": date(2026, 1, 1), "end": date(2026, 11, 30)}
HOST, JOINED = TrainingClass.Part.HOST, TrainingClass.Part.PARTICIPANT


@pytest.fixture
def school():
    return make.SchoolFactory()


def measure(school, reference, *, as_of=date(2026, 12, 10), **period):
    found = compute(
        [reference], schools=School.objects.filter(pk=school.pk), as_of=as_of, **{**PERIOD, **period}
    )
    return found[school.pk][reference]


def held(school, month, day=5, **fields):
    return make.TrainingClassFactory(school=school, starts_on=date(2026, month, day), **fields)


def test_every_metric_is_described():
    for label, metric in METRICS.items():
        assert metric.label == label
        assert metric.definition.endswith("。")
        assert metric.direction in {"up", "down", "none"}
    assert len((*STANDING, *TEACHING)) == len(METRICS) >= 40, "two metrics of one name would hide each other"


@pytest.mark.parametrize(("column", "label"), [("seats", "主教室座位"), ("staff_count", "工作人员数")])
def test_registry_number_is_unknown_until_recorded(school, column, label):
    assert measure(school, label) is None

    School.objects.filter(pk=school.pk).update(**{column: 0})
    assert measure(school, label) == 0

    School.objects.filter(pk=school.pk).update(**{column: 120})
    assert measure(school, label) == 120


def test_teachers_count_by_kind_at_the_end_of_the_period(school):
    kinds = Teacher.Kind
    for kind in (kinds.LEADER, kinds.MODEL, kinds.MODEL, kinds.EXPERT, kinds.LECTURER):
        make.TeacherFactory(school=school, kind=kind)
    make.TeacherFactory(school=school, kind=kinds.LEADER, until=date(2026, 11, 29))
    make.TeacherFactory(school=school, kind=kinds.LEADER, since=date(2026, 11, 30), until=date(2026, 11, 30))
    make.TeacherFactory(school=school, kind=kinds.LEADER, since=date(2026, 12, 1))

    assert [measure(school, label) for label in ("师资人数", "领导型师资", "榜样型师资", "专家型师资")] == [
        6,
        2,
        2,
        2,
    ]


def test_points_count_hosted_and_shared_and_used_ones_once(school):
    own = make.TeachingPointFactory(school=school)
    make.TeachingPointFactory(school=school, until=date(2026, 6, 30))
    shared = make.TeachingPointFactory()
    shared.shared_with.add(school, shared.school)
    held(school, 3, teaching_point=own)
    held(school, 4, teaching_point=own)
    held(school, 5, teaching_point=shared, part=JOINED)
    held(school, 6, teaching_point=make.TeachingPointFactory())  # no longer shared with the school

    assert measure(school, "现场教学点数") == 2
    assert measure(school, "使用过的教学点数") == 2
    assert measure(shared.school, "现场教学点数") == 1
    assert measure(shared.school, "使用过的教学点数") == 0


def test_classes_count_by_category_and_half_year(school):
    for month, category in (
        (2, "main"),
        (6, "main"),
        (7, "main"),
        (8, "concentrated"),
        (9, "onsite"),
        (10, "other"),
    ):
        held(school, month, category=ClassCategory(category))

    assert measure(school, "上半年主体班") == 2
    assert measure(school, "下半年主体班") == 1
    assert measure(school, "主体班次") == 3
    assert measure(school, "办班期数") == 6
    assert measure(school, "集中培训次数") == 1
    assert measure(school, "现场教学次数") == 1
    assert measure(school, "有培训的双月数") == 4
    assert measure(school, "有培训的月数") == 6


def test_classes_below_the_arguments_are_not_counted(school):
    held(school, 1, hours=Decimal("1.5"), attendance=100)
    held(school, 3, hours=Decimal("2.0"), attendance=15)
    held(school, 5, hours=Decimal("8.0"), attendance=14)

    assert measure(school, "办班期数[学时≥2, 人次≥15]") == 1
    assert measure(school, "办班期数[学时≥2]") == 2
    assert measure(school, "办班期数[学时>2]") == 1
    assert measure(school, "有培训的双月数[学时≥2, 人次≥15]") == 1
    assert measure(school, "参训人次[人次≥15]") == 115


def test_joined_class_counts_attendance_and_months_but_no_class(school):
    held(school, 3, part=JOINED, attendance=20, category=ClassCategory.MAIN)

    assert measure(school, "办班期数") == measure(school, "主体班次") == measure(school, "培训学时") == 0
    assert measure(school, "参训人次") == 20
    assert measure(school, "有培训的月数") == 1


def test_classes_outside_the_period_or_voided_are_not_counted(school):
    held(school, 11, 30, ends_on=date(2026, 12, 2))
    held(school, 12, 1)
    make.TrainingClassFactory(school=school, starts_on=date(2025, 12, 31), ends_on=date(2026, 1, 3))
    held(school, 5).void(by=make.UserFactory(), reason="重复登记")

    assert measure(school, "办班期数") == 1


def test_shares_of_classes_are_exact_and_unknown_without_classes(school):
    labels = ["第一课占比", "评价班次占比", "非讲授式占比", "补录占比", "领导干部授课占比"]
    assert [measure(school, label) for label in labels] == [None] * 5

    held(school, 1, first_lesson=True, rating=Decimal("95.5"), form=TrainingClass.Form.CASE)
    held(school, 2, first_lesson=True)
    held(school, 3, recorded_at=moment(date(2026, 3, 21)))

    assert [measure(school, label) for label in labels] == [
        Fraction(2, 3),
        Fraction(1, 3),
        Fraction(1, 3),
        Fraction(1, 3),
        0,
    ]


@pytest.mark.parametrize(("day", "hour", "late"), [(20, 23, 0), (21, 0, 1)])
def test_late_entry_is_judged_by_the_local_day(school, day, hour, late):
    held(school, 3, 5, recorded_at=moment(date(2026, 3, day), hour))

    assert measure(school, "补录占比") == late


def test_lessons_of_leaders_are_measured_against_class_hours(school):
    kinds = Lesson.LecturerKind
    hosted = held(school, 3, hours=Decimal("7.0"))
    held(school, 4, hours=Decimal("3.5"))
    for kind, hours in ((kinds.SECRETARY, "1.5"), (kinds.LINKED_LEADER, "0.5"), (kinds.MODEL, "2.0")):
        make.LessonFactory(training_class=hosted, lecturer_kind=kind, hours=Decimal(hours))
    make.LessonFactory(training_class=held(school, 5, part=JOINED), lecturer_kind=kinds.SECRETARY)

    assert measure(school, "领导干部授课占比") == Fraction(2) / Fraction("10.5")
    assert [measure(school, label) for label in ("书记授课", "挂点领导授课", "榜样授课")] == [1, 1, 1]


def test_lesson_takes_its_kind_from_the_teacher(school):
    teacher = make.TeacherFactory(school=school, kind=Teacher.Kind.LEADER)

    lesson = make.LessonFactory(
        training_class=held(school, 3), teacher=teacher, lecturer="", lecturer_kind=""
    )

    assert lesson.lecturer_kind == Lesson.LecturerKind.LEADER


def test_plan_completion_counts_a_planned_class_once(school):
    plan = make.AnnualPlanFactory(school=school)
    first, second, _ = (make.PlannedClassFactory(plan=plan, month=month) for month in (3, 5, 8))
    make.PlannedClassFactory(plan=plan, month=12)
    held(school, 3, planned=first)
    held(school, 4, planned=first)
    held(school, 5, planned=second)

    assert measure(school, "计划班次数") == 3
    assert measure(school, "计划完成率") == Fraction(2, 3)


def test_plan_completion_without_plan_is_unknown(school):
    assert measure(school, "计划班次数") == 0
    assert measure(school, "计划完成率") is None


@pytest.mark.parametrize(("filed_on", "value"), [(date(2026, 3, 31), 1), (date(2026, 4, 1), 0), (None, 0)])
def test_plan_filed_in_time(school, filed_on, value):
    make.AnnualPlanFactory(school=school, filed_on=filed_on)

    assert measure(school, "年度计划按期备案") == value


def test_rates_of_persons_are_unknown_without_both_numbers(school):
    numbers = make.YearFiguresFactory(
        school=school, members_trained=17, cadres_trained=30, cadres_due=0, party_members=None
    )
    assert measure(school, "参训率") is None
    assert measure(school, "干部参训率") is None

    numbers.party_members, numbers.cadres_due, numbers.issues_solved = 21, 28, 2
    numbers.save()

    assert measure(school, "参训率") == Fraction(17, 21)
    assert measure(school, "干部参训率") == 1
    labels = ("参训党员", "党员总数", "参训干部", "应训干部", "专题研究解决事项")
    assert [measure(school, label) for label in labels] == [17, 21, 30, 28, 2]


def test_money_is_exact_and_unknown_while_a_source_is(school):
    assert measure(school, "到位经费") is None
    make.BudgetFactory(school=school, arrived=Decimal("30000.01"))
    other = make.BudgetFactory(school=school, source=Budget.Source.DUES, arrived=None)
    make.BudgetFactory(school=school, year=2025)
    held(school, 3, cost=Decimal("12000.50"))
    assert measure(school, "到位经费") is measure(school, "执行率") is None
    assert measure(school, "培训支出") == Fraction("1.20005")

    other.arrived = Decimal("0.10")
    other.save()

    assert measure(school, "到位经费") == Fraction("3.000011")
    assert measure(school, "执行率") == Fraction("12000.50") / Fraction("30000.11")


def test_execution_without_money_is_unknown(school):
    make.BudgetFactory(school=school, arrived=Decimal(0))

    assert measure(school, "到位经费") == 0
    assert measure(school, "执行率") is None


def test_regulations_missing_are_counted_by_kind(school):
    kinds = Regulation.Kind
    make.RegulationFactory(school=school, kind=kinds.TEACHING)
    make.RegulationFactory(school=school, kind=kinds.TEACHING)
    make.RegulationFactory(school=school, kind=kinds.FUNDS, abolished_on=date(2026, 5, 1))
    make.RegulationFactory(school=school, kind=kinds.SAFETY)

    assert measure(school, "缺管理制度[教学、学员、师资、经费]") == 3
    assert measure(school, "缺管理制度") == 3
    assert measure(school, "缺管理制度[教学、安全]") == 0
    assert measure(school, "管理制度数") == 3
    assert measure(school, "管理制度数[安全]") == 1


def test_a_regulation_counts_from_its_day_to_the_day_before_it_is_abolished(school):
    regulation = make.RegulationFactory(school=school, kind=Regulation.Kind.SAFETY)
    last = PERIOD["end"]
    after = last + timedelta(days=1)
    for issued, abolished, counted in (
        (last, None, 1),
        (after, None, 0),
        (date(2026, 1, 1), last, 0),
        (date(2026, 1, 1), after, 1),
    ):
        Regulation.objects.filter(pk=regulation.pk).update(issued_on=issued, abolished_on=abolished)
        assert measure(school, "管理制度数[安全]") == counted


def test_reports_late_counts_ended_months_in_use_whose_day_has_passed(school):
    School.objects.filter(pk=school.pk).update(opened_on=date(2026, 8, 20))
    assert [measure(school, "月报逾期", as_of=date(2026, 9, day)) for day in (7, 8)] == [0, 1]
    someone = make.UserFactory()
    make.MonthlyReportFactory(
        school=school, month=8, confirmed_at=moment(date(2026, 9, 7)), confirmed_by=someone
    )
    make.MonthlyReportFactory(
        school=school, month=9, confirmed_at=moment(date(2026, 10, 15)), confirmed_by=someone
    )

    # 2026-10-01 to 07 is a holiday: the fifth working day of October is the 13th, one of them the 10th worked
    # in exchange.
    assert measure(school, "月报逾期", as_of=date(2026, 11, 6)) == 1
    assert measure(school, "月报逾期", as_of=date(2026, 11, 7)) == 2
    assert measure(school, "月报逾期", as_of=date(2026, 12, 7)) == 2
    assert measure(school, "月报逾期", as_of=date(2026, 12, 8)) == 3


def test_reports_late_follows_the_day_stated_in_the_report(school):
    School.objects.filter(pk=school.pk).update(opened_on=date(2026, 11, 1))
    confirmed = {"confirmed_at": moment(date(2026, 12, 20), 23), "confirmed_by": make.UserFactory()}
    make.MonthlyReportFactory(school=school, month=11, due=date(2026, 12, 20), **confirmed)

    assert measure(school, "月报逾期", as_of=date(2027, 1, 1)) == 0


def test_visits_count_guidance_and_lessons_only(school):
    for kind in Visit.Kind:
        make.VisitFactory(school=school, kind=kind)
    make.VisitFactory(school=school, on=date(2026, 6, 1)).void(by=make.UserFactory(), reason="登记错误")

    assert measure(school, "走访指导次数") == 2


@pytest.mark.parametrize(
    "typed",
    [
        "办班期数[人次≥15,学时≥2]",
        "办班期数［学时>=2.0，人次≥１５］",
        " 办班期数 【学时≧2； 人次≥15】",
        "办班期数[学时≥2, 人次≥15, 学时≥2]",
    ],
)
def test_canonical_spellings_meet(typed):
    assert canonical(typed) == "办班期数[学时≥2, 人次≥15]"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("办班数", "相近的有：办班期数"),
        ("办班期数[学员≥2]", "不接受口径“学员”，可用的有：学时、人次"),
        ("办班期数[学时]", "应写成比较"),
        ("办班期数[学时≥]", "不是口径的写法"),
        ("缺管理制度[教学、保卫]", "可用的有：教学、学员"),
        ("主教室座位[学时≥1]", "不接受口径"),
        ("办班期数[]", "空缺"),
        ("办班期数[学时≥2", "不是指标的写法"),
        ("", "不是指标的写法"),
        ("座" * 500, "超过"),
    ],
)
def test_canonical_of_nonsense_says_why(typed, sentence):
    with pytest.raises(MetricError, match=sentence):
        canonical(typed)


def test_figures_imported_value_replaces_the_computed_one(school):
    held(school, 3)
    make.MetricValueFactory(
        school=school, reference="办班期数[学时≥2]", value=Decimal("9.333333333333333333"), note="年报"
    )
    make.MetricValueFactory(school=school, reference="参训人次", value=Decimal(1))
    make.MetricValueFactory(school=school, reference="参训人次", value=Decimal(2), year=2025)
    wanted = ["办班期数[学时≥2]", "办班期数", "参训人次[人次≥15]", "培训学时"]

    found = figures(wanted, schools=School.objects.all(), year=2026, **PERIOD)[school.pk]

    assert [(one.value, one.source) for one in found.values()] == [
        (Fraction("9.333333333333333333"), "导入"),
        (1, "系统记录"),
        (1, "导入"),
        (4, "系统记录"),
    ]
    assert found["办班期数[学时≥2]"].note == "年报"


def test_explain_lists_the_records_behind_a_figure(school):
    held(school, 3, name="两新党员班", hours=Decimal("8.0"), attendance=40)
    held(school, 4, hours=Decimal("1.0"))

    records = explain("办班期数[学时≥2]", school=school, **PERIOD)

    assert [(record.label, record.url) for record in records] == [
        ("2026-03-05 两新党员班（8 学时，40 人次）", f"/schools/{school.pk}/#classes")
    ]
