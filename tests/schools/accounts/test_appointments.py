"""Who a person is today, and what that lets them see."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from schools.models import Appointment, Region, Role, School, TrainingClass, User
from tests.factories import (
    AppointmentFactory,
    CountyFactory,
    LiaisonFactory,
    SchoolFactory,
    TrainingClassFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def city():
    return CountyFactory().city


@pytest.fixture
def schools(city):
    """Two counties of one city with one school each, and a school of another city."""
    here, there = CountyFactory(city=city), CountyFactory(city=city)
    return SchoolFactory(county=here), SchoolFactory(county=there), SchoolFactory()


def person(role, **scope):
    return AppointmentFactory(role=role, **scope).user


def test_identity_without_choice_is_the_oldest_appointment(schools):
    first = AppointmentFactory(role=Role.FILLER, school=schools[0], start=date(2021, 1, 1))
    AppointmentFactory(user=first.user, role=Role.HEAD, school=schools[0], start=date(2022, 1, 1))

    assert User.objects.get(pk=first.user.pk).identity == first


def test_identity_choice_of_own_appointment_is_taken(schools):
    first = AppointmentFactory(role=Role.FILLER, school=schools[0])
    second = AppointmentFactory(user=first.user, role=Role.HEAD, school=schools[0])
    user = User.objects.get(pk=first.user.pk)

    user.identity_choice = second.pk

    assert user.identity == second


def test_identity_choice_of_someone_else_is_ignored(schools):
    own, foreign = (
        AppointmentFactory(role=Role.FILLER, school=schools[0]),
        AppointmentFactory(role=Role.HEAD, school=schools[1]),
    )
    user = User.objects.get(pk=own.user.pk)

    user.identity_choice = foreign.pk

    assert user.identity == own


def test_identity_ends_with_the_appointment(schools):
    past = AppointmentFactory(role=Role.FILLER, school=schools[0], end=date(2021, 1, 1))

    assert past.user.identity is None


def test_identity_of_inactive_account_is_none(schools):
    user = person(Role.FILLER, school=schools[0])
    user.is_active = False

    assert user.identity is None


def test_identity_costs_one_query(schools, django_assert_num_queries):
    user = User.objects.get(pk=person(Role.COUNTY, county=schools[0].county).pk)

    with django_assert_num_queries(1):
        assert str(user.identity) == f"{schools[0].county} 初评人"
        assert user.identity.city == schools[0].city


@pytest.mark.parametrize("role", [Role.FILLER, Role.HEAD])
def test_visible_to_school_roles_is_own_school(schools, role):
    user = person(role, school=schools[0])

    assert list(School.objects.visible_to(user)) == [schools[0]]


@pytest.mark.parametrize("role", [Role.COUNTY, Role.COUNTY_LEAD])
def test_visible_to_county_roles_is_own_county(schools, role):
    user = person(role, county=schools[1].county)

    assert list(School.objects.visible_to(user)) == [schools[1]]


@pytest.mark.parametrize(
    "role", [Role.JUDGE, Role.OFFICE, Role.CHAIR, Role.VIEWER, Role.SYSADMIN, Role.SECURITY, Role.AUDITOR]
)
def test_visible_to_city_roles_is_own_city(city, schools, role):
    user = person(role, city=city)

    assert set(School.objects.visible_to(user)) == {schools[0], schools[1]}


def test_visible_to_viewer_of_a_county_is_that_county(city, schools):
    user = person(Role.VIEWER, city=city, county=schools[0].county)

    assert list(School.objects.visible_to(user)) == [schools[0]]


def test_visible_to_liaison_is_guided_schools_while_it_lasts(city, schools):
    user = person(Role.LIAISON, city=city)
    LiaisonFactory(user=user, school=schools[0])
    LiaisonFactory(user=user, school=schools[1], until=date(2021, 1, 1))

    assert list(School.objects.visible_to(user)) == [schools[0]]


@pytest.mark.parametrize("role", [Role.SYSADMIN, Role.SECURITY, Role.AUDITOR])
def test_visible_to_administrator_without_city_is_everything(schools, role):
    user = person(role)

    assert set(School.objects.visible_to(user)) == set(schools)


def test_visible_to_nobody_without_identity(schools, django_assert_num_queries):
    user = UserFactory()
    assert user.identity is None

    with django_assert_num_queries(0):
        assert list(School.objects.visible_to(user)) == []


@pytest.mark.parametrize(("debug", "seen"), [(True, 3), (False, 0)])
def test_visible_to_superuser_only_in_debug(schools, settings, debug, seen):
    settings.DEBUG = debug

    assert School.objects.visible_to(UserFactory(is_superuser=True)).count() == seen


def test_records_follow_their_school_and_stay_hidden_from_security(city, schools):
    own, _, _ = (TrainingClassFactory(school=school) for school in schools)

    assert list(TrainingClass.objects.visible_to(person(Role.FILLER, school=schools[0]))) == [own]
    assert TrainingClass.objects.visible_to(person(Role.AUDITOR, city=city)).count() == 2
    assert TrainingClass.objects.visible_to(person(Role.SECURITY, city=city)).count() == 0


def test_regions_of_a_county_role_are_city_and_own_county(city, schools):
    user = person(Role.COUNTY, county=schools[0].county)

    assert set(Region.objects.visible_to(user)) == {city, schools[0].county}


def test_accounts_of_a_city_are_those_kept_or_appointed_there(city, schools):
    keeper = person(Role.SYSADMIN, city=city)
    filler = person(Role.FILLER, school=schools[0])
    fresh = UserFactory(city=city)
    person(Role.FILLER, school=schools[2])

    assert set(User.objects.visible_to(keeper)) == {keeper, filler, fresh}
    assert list(User.objects.visible_to(filler)) == [filler]
    assert Appointment.objects.visible_to(keeper).count() == 2


def test_appointment_takes_its_city_from_the_school(schools):
    assert AppointmentFactory(role=Role.FILLER, school=schools[0]).city == schools[0].city


@pytest.mark.parametrize("role", [Role.FILLER, Role.COUNTY, Role.OFFICE])
def test_appointment_without_the_scope_of_its_role_is_refused(role):
    with pytest.raises(IntegrityError):
        AppointmentFactory(role=role)


def test_second_administrator_role_of_one_person_is_refused(city):
    first = AppointmentFactory(role=Role.SYSADMIN, city=city)

    with pytest.raises(ValidationError, match="三个不同的人"):
        Appointment(user=first.user, role=Role.AUDITOR, city=city, start=date(2025, 1, 1)).full_clean()
    with pytest.raises(IntegrityError):
        AppointmentFactory(user=first.user, role=Role.AUDITOR, city=city)


def test_administrator_role_after_the_former_ended_is_accepted(city):
    first = AppointmentFactory(role=Role.SYSADMIN, city=city, end=date(2024, 12, 31))

    Appointment(user=first.user, role=Role.AUDITOR, city=city, start=date(2025, 1, 1)).full_clean()


@pytest.mark.parametrize("phone", ["13812345678", "138 1234 5678", "+86-139-1234-5678", "办公室13712345678"])
def test_office_phone_mobile_number_is_refused(phone):
    with pytest.raises(ValidationError, match="不收集个人手机号码"):
        UserFactory.build(office_phone=phone, password="x").full_clean()


@pytest.mark.parametrize("phone", ["0768-2345678", "2345678", "0768-2345678转801", ""])
def test_office_phone_landline_is_accepted(phone):
    UserFactory.build(office_phone=phone, password="x").full_clean()
