"""The demonstration: two fictional cities as they stand on the day of loading, and an account for
every role.
"""

from collections.abc import Callable
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from ratings.models import Scheme
from schools import audit
from schools.models import Region, User
from schools.saving import Refused

from .accounts import (
    FIRST_CITY,
    SECOND_CITY,
    DemoAccount,
    load_guidance,
    make_accounts,
    make_school_people,
    note_visits,
)
from .past_years import (
    describe_schools,
    file_missing_bulletins,
    files_go_with_their_rows,
    leave_gap,
    publish_year,
    settle_year,
)
from .records import leave_month_open, lend_records, load_records
from .running_year import open_running_year
from .sample import PerCounty, Sample, Seasons
from .trial import ACTION, loaded_on

Progress = Callable[[str], None]


class NotLoaded(Refused):
    """The database holds something the demonstration would get mixed up with; the text is a sentence."""


def load(
    fixtures: Path,
    password: str,
    progress: Progress = lambda text: None,
    *,
    per_county: PerCounty | None = None,
) -> list[User] | None:
    """Load the demonstration whole or not at all, and return the people to sign in as; None when it is there
    already.

    示例市 has its past years published and one year's rating in work, 示例县级市 stands before the bulletin
    of last year; the records of both reach to today. `per_county` makes do with so many schools of each
    county, or of the first and of every other.
    """
    if loaded_on():
        for scheme in file_missing_bulletins():
            progress(f"补存{scheme}的通报 PDF")
        return None
    seasons = Seasons(timezone.localdate())
    first, second = (Sample(fixtures / name, per_county) for name in ("shili-shi", "shili-xianjishi"))
    with files_go_with_their_rows(), transaction.atomic():
        _refuse_strangers(first, second)
        users = [
            *_load_first(first, seasons, password, progress),
            *_load_second(second, seasons, password, progress),
        ]
        city, other = (Region.objects.cities().get(name=sample.city) for sample in (first, second))
        lend_records(city, other, range(seasons.this - 1, seasons.this + 1))
        note_visits(other, by=next(user for user in users if user.username == "office2"))
        detail = {"学校": city.schools.count() + other.schools.count()}
        audit.record(ACTION, by=None, city=city, subject="演示数据", detail=detail)
    return users


def _load_first(sample: Sample, seasons: Seasons, password: str, progress: Progress) -> list[User]:
    """Everything of the city that shows a whole year at work."""
    people: dict[str, User] = {}
    for year in seasons.published:
        progress(f"载入{sample.city} {year} 年度")
        scheme = settle_year(sample, year)
        city = scheme.city
        if not people:
            people = {user.username: user for user in _people(FIRST_CITY, city, seasons, password)}
        publish_year(scheme, by=people["chair"])
    progress(f"载入{sample.city}的办班记录")
    load_records(
        sample.folder, city, seasons.first, by=people["office"], years=seasons.first - sample.own.spec.year
    )
    leave_month_open(city, today=seasons.today)
    load_guidance(city, since=seasons.since)
    progress(f"启动{sample.city} {seasons.rated} 年度评定")
    previous = Scheme.objects.get(city=city, year=seasons.rated - 1)
    leave_gap(city)
    open_running_year(previous, seasons.rated, {school.code: school for school in sample.judged}, people)
    return list(people.values())


def _load_second(sample: Sample, seasons: Seasons, password: str, progress: Progress) -> list[User]:
    """The city whose last year is settled."""
    progress(f"载入{sample.city} {seasons.this - 1} 年度")
    city = settle_year(sample, seasons.this - 1).city
    describe_schools(sample)
    return _people(SECOND_CITY, city, seasons, password)


def _people(entries: tuple[DemoAccount, ...], city: Region, seasons: Seasons, password: str) -> list[User]:
    users = make_accounts(entries, city, password, since=seasons.since)
    make_school_people(city, since=seasons.since)
    return users


def _refuse_strangers(*samples: Sample) -> None:
    """Cities or accounts of the same names are somebody's work, or a demonstration of an earlier version."""
    cities = Region.objects.cities().filter(name__in=[sample.city for sample in samples])
    names = [entry.username for entry in (*FIRST_CITY, *SECOND_CITY)]
    people = User.objects.filter(username__in=names).order_by("pk")
    found = list(cities.values_list("name", flat=True) or people.values_list("username", flat=True)[:3])
    if found:
        raise NotLoaded(
            f"数据库里已有{'、'.join(found)}，不是本版本载入的演示数据，没有改动。"
            "需要演示数据时，先运行 make reset（清空试用数据），再运行 make run。"
        )
