"""What the database itself promises about schools and their records."""

from datetime import date
from decimal import Decimal

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from schools.calendar.workdays import calendar_known, is_workday, nth_workday
from schools.models import Equipment, MetricValue, Region, School, TrainingClass
from tests import factories as make
from tests.factories import moment

pytestmark = [pytest.mark.engine, pytest.mark.django_db]
MODELS = [
    model
    for model in apps.get_app_config("schools").get_models()
    if model.__name__ not in ("AuditEntry", "ChainHead")
]


def refused(make_row, **fields):
    with transaction.atomic(), pytest.raises(IntegrityError):
        make_row(**fields)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_model_and_field_is_named_in_chinese(model):
    own = [
        field
        for field in model._meta.local_fields
        if not field.primary_key and field.name not in ("password", "last_login")
    ]

    for name in [model._meta.verbose_name, *(field.verbose_name for field in own)]:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in str(name)), name


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_constraint_answers_with_a_sentence(model):
    for constraint in model._meta.constraints:
        assert constraint.violation_error_message.endswith("。"), constraint.name


@pytest.mark.parametrize(
    "model",
    [one for one in MODELS if one.__name__ not in ("Region", "User")],
    ids=lambda model: model.__name__,
)
def test_every_table_says_who_may_see_its_rows(model):
    assert list(model.objects.visible_to(make.UserFactory())) == []


def test_region_levels_are_kept_apart():
    city = make.CityFactory(name="潮州市")

    refused(Region.objects.create, code="x", name="甲区", kind="county")
    refused(Region.objects.create, code="x", name="乙市", kind="city", city=city)
    refused(make.CityFactory, name="潮州市")
    with pytest.raises(ValidationError, match="所属市只能选择市"):
        Region(code="x", name="丙", kind="county", city=make.CountyFactory(city=city)).full_clean()


def test_school_code_is_unique_within_its_city():
    school = make.SchoolFactory(code="A01")

    refused(make.SchoolFactory, county=school.county, code="A01")
    make.SchoolFactory(code="A01")


def test_school_with_records_is_never_deleted():
    school = make.SchoolFactory()
    Equipment.objects.create(school=school, kind=Equipment.Kind.SOUND)

    with pytest.raises(ProtectedError):
        school.delete()


def test_merged_school_is_closed_and_stays_in_the_city():
    school = make.SchoolFactory()
    neighbour = make.SchoolFactory(county=school.county)

    refused(School.objects.filter(pk=school.pk).update, merged_into=neighbour)
    school.merged_into, school.closed_on = make.SchoolFactory(), date(2026, 6, 30)
    with pytest.raises(ValidationError, match="只能并入本市的另一所党校"):
        school.full_clean()

    school.merged_into = neighbour
    school.full_clean()
    school.save()
    assert list(School.objects.open_on(date(2026, 6, 30)).filter(city=school.city)) == [school, neighbour]
    assert list(School.objects.open_on(date(2026, 7, 1)).filter(city=school.city)) == [neighbour]


def test_school_of_a_foreign_county_is_refused():
    school = make.SchoolFactory()
    school.county = make.CountyFactory()

    with pytest.raises(ValidationError, match="不属于所填的市"):
        school.full_clean()


def test_voiding_names_who_when_and_why_or_nothing():
    one, user = make.TrainingClassFactory(), make.UserFactory()

    with pytest.raises(ValidationError, match="请写明作废原因"):
        one.void(by=user, reason=" ")
    refused(TrainingClass.objects.filter(pk=one.pk).update, void_reason="重复登记")
    refused(
        TrainingClass.objects.filter(pk=one.pk).update, voided_at=moment(date(2026, 5, 1)), voided_by=user
    )

    one.void(by=user, reason="重复登记")

    assert not TrainingClass.objects.kept().exists()
    with pytest.raises(ValidationError, match="不能重复作废"):
        one.void(by=user, reason="再次")


def test_voided_class_makes_room_for_the_right_one():
    one = make.TrainingClassFactory(name="甲班")
    refused(make.TrainingClassFactory, school=one.school, name="甲班")

    one.void(by=make.UserFactory(), reason="学时填错")

    make.TrainingClassFactory(school=one.school, name="甲班")


@pytest.mark.parametrize(
    "fields",
    [
        {"hours": 0},
        {"cost": -1},
        {"rating": 101},
        {"starts_on": date(2026, 3, 6), "ends_on": date(2026, 3, 5)},
    ],
    ids=["hours", "cost", "rating", "period"],
)
def test_class_with_impossible_figures_is_refused(fields):
    refused(make.TrainingClassFactory, **fields)


def test_class_of_foreign_plan_or_point_is_refused():
    one = make.TrainingClassFactory()
    one.planned = make.PlannedClassFactory()
    with pytest.raises(ValidationError, match="不属于本党校"):
        one.full_clean()

    one.planned, one.teaching_point = None, make.TeachingPointFactory()
    with pytest.raises(ValidationError, match="未与本党校共用"):
        one.full_clean()

    one.teaching_point.shared_with.add(one.school)
    one.full_clean()


def test_lesson_needs_a_lecturer_and_a_kind():
    refused(make.LessonFactory, lecturer="")
    refused(make.LessonFactory, lecturer_kind="")


def test_lesson_of_a_foreign_teacher_is_refused():
    lesson = make.LessonFactory()
    lesson.teacher = make.TeacherFactory()

    with pytest.raises(ValidationError, match="不在本党校师资库"):
        lesson.full_clean()


def test_report_is_confirmed_by_somebody_at_some_time():
    refused(make.MonthlyReportFactory, confirmed_at=moment(date(2026, 4, 3)))
    refused(make.MonthlyReportFactory, month=13)


@pytest.mark.parametrize("typed", ["0.333333333333333333333333", "12345678901234567890.5", "-1E-9", "0"])
def test_metric_value_is_kept_to_the_last_digit(typed):
    pk = make.MetricValueFactory(value=Decimal(typed)).pk

    assert MetricValue.objects.get(pk=pk).value == Decimal(typed)


@pytest.mark.parametrize("typed", ["约3", "NaN", "Infinity", ""])
def test_metric_value_that_is_no_number_is_refused(typed):
    with pytest.raises(ValidationError):
        make.MetricValueFactory.build(school=make.SchoolFactory(), value=typed).full_clean()


def test_working_days_follow_the_published_calendar_and_fall_back_to_weekends():
    assert not is_workday(date(2026, 10, 1))
    assert is_workday(date(2026, 10, 10))
    assert nth_workday(2026, 10, 5) == date(2026, 10, 13)
    assert calendar_known(2026)
    assert not calendar_known(2090)
    assert is_workday(date(2090, 10, 2)) is False
    assert is_workday(date(2090, 10, 9)) is True
