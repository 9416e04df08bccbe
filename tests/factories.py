"""Records of schools for tests: valid with nothing said, every value can be given."""

from datetime import date, datetime
from decimal import Decimal

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from schools import models


def counted(number: int) -> str:
    """A number in words: nobody is called 某12."""
    return str(number).translate(str.maketrans("0123456789", "零一二三四五六七八九"))


class CityFactory(DjangoModelFactory):
    class Meta:
        model = models.Region

    kind = models.Region.Kind.CITY
    code = factory.Sequence(lambda n: f"F{n:03d}")
    name = factory.Sequence(lambda n: f"第{n}示例市")


class CountyFactory(DjangoModelFactory):
    class Meta:
        model = models.Region

    kind = models.Region.Kind.COUNTY
    city = factory.SubFactory(CityFactory)
    code = factory.Sequence(lambda n: f"F-{n:03d}")
    name = factory.Sequence(lambda n: f"第{n}区")


class SchoolFactory(DjangoModelFactory):
    class Meta:
        model = models.School

    county = factory.SubFactory(CountyFactory)
    city = factory.SelfAttribute("county.city")
    code = factory.Sequence(lambda n: f"S{n:04d}")
    name = factory.Sequence(lambda n: f"中共第{n}镇委员会党校")
    short_name = factory.Sequence(lambda n: f"第{n}镇委党校")


class UserFactory(DjangoModelFactory):
    class Meta:
        model = models.User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    name = factory.Sequence(lambda n: f"某{counted(n)}")
    must_change_password = False


class AppointmentFactory(DjangoModelFactory):
    """`AppointmentFactory(role="filler", school=school)`; the city follows from school or county."""

    class Meta:
        model = models.Appointment

    user = factory.SubFactory(UserFactory)
    role = models.Role.OFFICE
    start = date(2020, 1, 1)


class TeacherFactory(DjangoModelFactory):
    class Meta:
        model = models.Teacher

    school = factory.SubFactory(SchoolFactory)
    name = factory.Sequence(lambda n: f"教师{counted(n)}")
    kind = models.Teacher.Kind.EXPERT


class TeachingPointFactory(DjangoModelFactory):
    class Meta:
        model = models.TeachingPoint

    school = factory.SubFactory(SchoolFactory)
    name = factory.Sequence(lambda n: f"教学点{n}")


class RegulationFactory(DjangoModelFactory):
    class Meta:
        model = models.Regulation

    school = factory.SubFactory(SchoolFactory)
    kind = models.Regulation.Kind.TEACHING
    title = factory.Sequence(lambda n: f"制度{n}")
    issued_on = date(2024, 1, 1)


class StaffMemberFactory(DjangoModelFactory):
    class Meta:
        model = models.StaffMember

    school = factory.SubFactory(SchoolFactory)
    name = factory.Sequence(lambda n: f"工作人员{counted(n)}")


class InvestmentFactory(DjangoModelFactory):
    class Meta:
        model = models.Investment

    school = factory.SubFactory(SchoolFactory)
    year = 2026
    project = factory.Sequence(lambda n: f"项目{n}")
    amount = Decimal("10000.00")


class CourseFactory(DjangoModelFactory):
    class Meta:
        model = models.Course

    school = factory.SubFactory(SchoolFactory)
    name = factory.Sequence(lambda n: f"课程{n}")


class BrandFactory(DjangoModelFactory):
    class Meta:
        model = models.Brand

    school = factory.SubFactory(SchoolFactory)
    name = factory.Sequence(lambda n: f"品牌{n}")
    content = "就近取材，常办常新。"


class BudgetFactory(DjangoModelFactory):
    class Meta:
        model = models.Budget

    school = factory.SubFactory(SchoolFactory)
    year = 2026
    source = models.Budget.Source.TOWN
    allotted = arrived = Decimal("50000.00")


class YearFiguresFactory(DjangoModelFactory):
    class Meta:
        model = models.YearFigures

    school = factory.SubFactory(SchoolFactory)
    year = 2026


class AnnualPlanFactory(DjangoModelFactory):
    class Meta:
        model = models.AnnualPlan

    school = factory.SubFactory(SchoolFactory)
    year = 2026
    filed_on = date(2026, 3, 20)


class PlannedClassFactory(DjangoModelFactory):
    class Meta:
        model = models.PlannedClass

    plan = factory.SubFactory(AnnualPlanFactory)
    month = 3
    name = factory.Sequence(lambda n: f"计划班次{n}")


class TrainingClassFactory(DjangoModelFactory):
    """A class of one day; registered the day it ended unless `recorded_at` says otherwise."""

    class Meta:
        model = models.TrainingClass

    school = factory.SubFactory(SchoolFactory)
    starts_on = date(2026, 3, 5)
    ends_on = factory.SelfAttribute("starts_on")
    name = factory.Sequence(lambda n: f"培训班{n}")
    category = models.TrainingClass.Category.CONCENTRATED
    hours = Decimal("4.0")
    attendance = 60
    recorded_at = factory.LazyAttribute(lambda one: moment(one.ends_on))


class LessonFactory(DjangoModelFactory):
    class Meta:
        model = models.Lesson

    training_class = factory.SubFactory(TrainingClassFactory)
    lecturer = "李某"
    lecturer_kind = models.Lesson.LecturerKind.EXPERT
    hours = Decimal("2.0")


class LiaisonFactory(DjangoModelFactory):
    class Meta:
        model = models.Liaison

    user = factory.SubFactory(UserFactory)
    school = factory.SubFactory(SchoolFactory)
    since = date(2020, 1, 1)


class VisitFactory(DjangoModelFactory):
    class Meta:
        model = models.Visit

    school = factory.SubFactory(SchoolFactory)
    by = factory.SubFactory(UserFactory)
    on = date(2026, 5, 8)


class MonthlyReportFactory(DjangoModelFactory):
    class Meta:
        model = models.MonthlyReport

    school = factory.SubFactory(SchoolFactory)
    year = 2026
    month = 3


class MetricValueFactory(DjangoModelFactory):
    class Meta:
        model = models.MetricValue

    school = factory.SubFactory(SchoolFactory)
    year = 2026
    reference = "主教室座位"
    value = Decimal(100)


def moment(day: date, hour: int = 10):
    """A moment of that day as the clocks here show it."""
    return timezone.make_aware(datetime(day.year, day.month, day.day, hour))
