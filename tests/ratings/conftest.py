import pytest

from schools.models import Appointment, Region, User

from .judged_year import joint, judged  # noqa: F401 - fixtures
from .opened_year import assessment, filler, head, office, row, scheme  # noqa: F401 - fixtures
from .races import race_rounds, race_year, unlocked  # noqa: F401 - fixtures
from .rule_posts import post_rule, rule_office, rule_scheme  # noqa: F401 - fixtures
from .year_folder import YearFolder


@pytest.fixture
def year(tmp_path) -> YearFolder:
    """The workbooks of a small year in which every school has full marks."""
    return YearFolder(tmp_path / "year")


@pytest.fixture
def appoint_chair(db) -> User:
    """The chair of whatever city the year made."""
    user = User.objects.create_user("chair", "Ceshi-2026", name="黄主任", must_change_password=False)
    city = Region.objects.cities().first()
    Appointment.objects.create(user=user, role="chair", city=city)
    return user
