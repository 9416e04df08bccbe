"""Who brings in workbooks, and for which school."""

import pytest

from tests import factories as make


@pytest.fixture
def school():
    return make.SchoolFactory(code="A01")


@pytest.fixture
def keeper(school):
    """The system administrator of the school's city."""
    return make.AppointmentFactory(role="sysadmin", city=school.city, user__city=school.city).user
