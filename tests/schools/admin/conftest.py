"""A school of the back office and whoever signs in there."""

import pytest

from tests import factories as make


@pytest.fixture
def school():
    return make.SchoolFactory(code="A01")


@pytest.fixture
def enter(client, school):
    """A client signed in as a person of the back office: `enter("sysadmin")`."""

    def sign_in(role, *, staff=True, **scope):
        scope = scope or {"city": school.city}
        user = make.AppointmentFactory(role=role, user__is_staff=staff, user__city=school.city, **scope).user
        client.force_login(user)
        client.user = user
        return client

    return sign_in
