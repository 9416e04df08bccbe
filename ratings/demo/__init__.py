"""The demonstration: two fictional cities with their years and records, and an account for every role."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ratings.criteria.workbook import read_scheme_workbook
from ratings.models import Scheme
from ratings.offline.running import run_year
from schools.models import Region, User

from .accounts import FIRST_CITY, SECOND_CITY, make_accounts
from .guidance import load_guidance
from .records import load_records
from .running_year import open_running_year
from .visits import note_visits

Progress = Callable[[str], None]


def load(fixtures: Path, password: str, progress: Progress = lambda text: None) -> list[User]:
    """Load what is not there yet and return the demo users; a second call changes nothing but the passwords.

    示例市 has last year published and this year running, with the records of both; 示例县级市 stands before its bulletin.
    """
    first = _load_year(fixtures / "shili-shi", issue=True, progress=progress)
    second = _load_year(fixtures / "shili-xianjishi", issue=False, progress=progress)
    users = make_accounts(FIRST_CITY, first, password) + make_accounts(SECOND_CITY, second, password)
    progress(f"载入{first}的办班记录")
    office = next(user for user in users if user.username == "office")
    load_records(fixtures / "shili-shi", first, first.schemes.order_by("year").first().year, by=office)
    load_guidance(first)
    note_visits(second, by=next(user for user in users if user.username == "office2"))
    progress(f"启动{first}今年的评定")
    open_running_year(fixtures / "shili-shi", first, {user.username: user for user in users})
    return users


def _load_year(folder: Path, *, issue: bool, progress: Progress) -> Region:
    """The city of a folder; its year is run unless it is there already."""
    spec = read_scheme_workbook(folder / "scheme.xlsx").spec
    if not Scheme.objects.filter(city__name=spec.city, year=spec.year).exists():
        progress(f"载入{spec.city} {spec.year} 年度")
        run_year(folder / "scheme.xlsx", folder, issue=issue)
    return Region.objects.cities().get(name=spec.city)
