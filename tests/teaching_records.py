"""Objects of the teaching pages for the role table: of the own school, a neighbour's, one abroad."""

from datetime import date

from schools.models import IssuedPlan, JointPartner, TrialLesson
from tests.factories import SchoolFactory, TeacherFactory, TrainingClassFactory, UserFactory, moment


def teaching_world(schools) -> dict[str, tuple]:
    """One tuple a kind, in the order of the schools."""
    here, _, abroad = schools
    return {
        "class": tuple(TrainingClassFactory(school=one) for one in schools),
        "joint": tuple(JointPartner.objects.create(host_class=host(one), school=one) for one in schools),
        "trial": tuple(trial(one) for one in schools),
        "plan": tuple((one.pk, 2026) for one in schools),
        "month": tuple((one.pk, 2026, 5) for one in schools),
        "own_year": ((2026,), None, None),
        "own_month": ((2026, 5), None, None),
        "issued": (issued(here.city), None, issued(abroad.city)),
    }


def host(school):
    """A class of another school of the same city."""
    return TrainingClassFactory(school=SchoolFactory(city=school.city, county=school.county))


def trial(school) -> TrialLesson:
    """A trial lesson of one of its teachers."""
    teacher = TeacherFactory(school=school)
    words = {"topic": "党章", "assessors": "陈某", "opinion": "可以授课"}
    return TrialLesson.objects.create(
        school=school, teacher=teacher, on=date(2026, 5, 8), passed=True, **words
    )


def issued(city) -> IssuedPlan:
    """A plan the city has issued."""
    return IssuedPlan.objects.create(
        city=city, year=2026, issued_at=moment(date(2026, 1, 9)), issued_by=UserFactory()
    )
