"""The people tests speak of, by the names the demonstration uses."""

import datetime

import pytest

from schools.models import Appointment, Region, School, User
from schools.models.scope import COUNTY_ROLES, SCHOOL_ROLES

PASSWORD = "Ceshi-2026"


@pytest.fixture
def city(db) -> Region:
    """A city of its own for each test."""
    return Region.objects.create(code="T1", name="示例市", kind=Region.Kind.CITY)


@pytest.fixture
def county(city: Region) -> Region:
    """One county of the city."""
    return Region.objects.create(code="T1-1", name="甲区", kind=Region.Kind.COUNTY, city=city)


@pytest.fixture
def school(city: Region, county: Region) -> School:
    """One school of the county."""
    return School.objects.create(
        city=city, county=county, code="T1-1-01", name="中共东溪镇委员会党校", short_name="东溪镇委党校"
    )


@pytest.fixture
def appoint(city: Region, county: Region, school: School):
    """Makes a person of a role within the test's city: `filler = appoint("filler")`; more appointments with
    `user=`.
    """

    def make(role: str, *, user: User | None = None, **scope) -> User:
        if user is None:
            user = User.objects.create_user(role, PASSWORD, name=f"{role}某", must_change_password=False)
        if not scope:
            scope = (
                {"school": school}
                if role in SCHOOL_ROLES
                else {"county": county}
                if role in COUNTY_ROLES
                else {"city": city}
            )
        Appointment.objects.create(user=user, role=role, start=datetime.date(2020, 1, 1), **scope)
        return user

    return make


@pytest.fixture
def signed_client(client):
    """A test client signed in as a user: `signed_client(filler).get("/")`."""

    def sign_in(user: User):
        client.force_login(user)
        return client

    return sign_in
