"""锁定: records whose figures a school has signed change only through 数据更正.

What is locked is known to whoever collects the signatures: `signed_periods` of `contributions`.
Three kinds of records ask in three ways: an event of a day (`lock_of`), a figure of a year (`lock_of_year`), a fact that
stands until it is ended, such as seats or a teacher in the pool (`standing_lock`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from schools.contributions import contributed
from schools.dates import chinese_date
from schools.models import Role, School

COUNTY, OFFICE = "county", "office"
ROLES = {COUNTY: (Role.COUNTY, Role.COUNTY_LEAD), OFFICE: (Role.OFFICE,)}
APPROVER_NAMES = {COUNTY: "县（市、区）", OFFICE: "市评委会办公室"}


@dataclass(frozen=True)
class Lock:
    """A period a school has signed. `approver` decides corrections now; `is_open` while results are not yet public.

    str() is the sentence for the person who wanted to change something.
    """

    name: str
    year: int
    start: date
    end: date
    approver: str
    is_open: bool = True

    def __str__(self) -> str:
        return (
            f"{self.name}已提交，{chinese_date(self.start)}至{chinese_date(self.end)}的记录已锁定；如需更改，请提交数据更正，"
            f"经{APPROVER_NAMES[self.approver]}同意后生效。"
        )

    @property
    def roles(self) -> tuple[str, ...]:
        """Who may approve a correction."""
        return ROLES[self.approver]


def periods(school_ids: Iterable[int]) -> dict[int, list[Lock]]:
    """The signed periods of many schools at once."""
    wanted = list(school_ids)
    found: dict[int, list[Lock]] = {pk: [] for pk in wanted}
    for provider in contributed("signed_periods"):
        for pk, locks in provider(wanted).items():
            found[pk].extend(locks)
    return found


def lock_of(school: School, day: date) -> Lock | None:
    """The signed period that contains the day: for classes, visits, months."""
    return among(periods([school.pk])[school.pk], since=day)


def lock_of_year(school: School, year: int) -> Lock | None:
    """The signed period of that year: for money and head counts."""
    return among(periods([school.pk])[school.pk], year=year)


def standing_lock(school: School, since: date | None = None) -> Lock | None:
    """Whether a fact that stands may change with effect from `since` (None: at once and for all days).

    Such facts are read as they are on the last day of the period, so a change that takes effect later is free, and
    once the results are public they are read no more.
    """
    return among(periods([school.pk])[school.pk], since=since, standing=True)


def among(locks: Iterable[Lock], *, since: date | None = None, year: int | None = None, standing: bool = False) -> Lock | None:
    """The lock that applies, out of the periods of one school; the stricter (not yet public) first."""
    for lock in sorted(locks, key=lambda one: (not one.is_open, -one.year)):
        if standing:
            hit = lock.is_open and (since is None or since <= lock.end)
        elif year is not None:
            hit = lock.year == year
        else:
            hit = since is not None and lock.start <= since <= lock.end
        if hit:
            return lock
    return None
