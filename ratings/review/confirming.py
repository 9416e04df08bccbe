"""集体确认: what the county lead sees before the county's opinion leaves for the city."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from django.db import transaction

from ratings.criteria.spec import SchemeSpec
from ratings.enums import Stage
from ratings.models import Adjustment, Category, Division, Scheme
from ratings.scoring import owed_in
from ratings.sheets import SchoolSheet
from ratings.workflow import is_overdue
from schools.models import Appointment, Region, Role, User


@dataclass(frozen=True)
class Obstacle:
    """One thing that stands against confirming, with the item it stands on."""

    text: str
    code: str = ""


@dataclass(frozen=True)
class Departure:
    """An item on which 初评 and 自评 differ, and why."""

    code: str
    name: str
    difference: Fraction
    remark: str


@dataclass(frozen=True)
class Confirmation:
    """`obstacles` stop the confirmation, `hints` are for the meeting to know. `star` follows from the points
    alone.
    """

    star: int | None
    departures: tuple[Departure, ...]
    adjustments: tuple[Adjustment, ...]
    obstacles: tuple[Obstacle, ...]
    hints: tuple[Obstacle, ...]


def confirmation_of(sheet: SchoolSheet) -> Confirmation:
    """Read from the sheet alone; the step itself asks everything again, under lock."""
    spec = sheet.spec
    return Confirmation(
        star=sheet.county_sheet.star if sheet.county_sheet else None,
        departures=tuple(
            Departure(code, spec.bound[code].item.name, apart, _remark(sheet, code))
            for code, apart in sheet.differences.items()
            if apart
        ),
        adjustments=tuple(sheet.adjustments[Stage.COUNTY].values()),
        obstacles=_obstacles(sheet),
        hints=_hints(sheet),
    )


def _obstacles(sheet: SchoolSheet) -> tuple[Obstacle, ...]:
    name = {code: f"{code} {bound.item.name}" for code, bound in sheet.spec.bound.items()}
    found = [
        Obstacle(owed.text, owed.code)
        for owed in owed_in(sheet.spec, Stage.COUNTY, sheet.entries[Stage.COUNTY], sheet.waiting)
    ]
    found += [Obstacle(f"{name[code]}与自评相差较大，请写明理由", code) for code in sheet.reasons_owed]
    if is_overdue(sheet.assessment, Stage.COUNTY):
        found.append(Obstacle("初评已经截止，如需延期请联系市评委会办公室"))
    return tuple(found)


def _remark(sheet: SchoolSheet, code: str) -> str:
    """Why 初评 departs; items that the system fills have no row, their 核定 stands below."""
    row = sheet.rows[Stage.COUNTY].get(code)
    return row.remark if row else ""


def _hints(sheet: SchoolSheet) -> tuple[Obstacle, ...]:
    found = [Obstacle(f"{code} 核定后系统数据又有变化，请复核", code) for code in sheet.to_recheck]
    if not sheet.figures_accepted:
        found.append(Obstacle("系统取数还没有初评人认可"))
    return tuple(found)


def reviewers(county: Region) -> list[User]:
    """The county's reviewers of today, longest in office first."""
    held = (
        Appointment.objects.in_force()
        .filter(role=Role.COUNTY, county=county)
        .select_related("user")
        .order_by("start", "pk")
    )
    return list({one.user_id: one.user for one in held if one.user.is_active}.values())


def scored_elsewhere(scheme: Scheme, spec: SchemeSpec, user: User) -> frozenset[str]:
    """Codes of the items that the division gives to another reviewer; the county's lead may score
    everything.
    """
    if user.identity.role != Role.COUNTY:
        return frozenset()
    others = (
        Division.objects.in_force()
        .filter(category__scheme=scheme, county=user.identity.county_id)
        .exclude(user=user)
    )
    codes = set(others.values_list("category__code", flat=True))
    return frozenset(item.code for item in spec.items if item.category in codes)


def set_division(scheme: Scheme, county: Region, chosen: Mapping[Category, User | None]) -> None:
    """Replace the county's division of this scheme; a category without a reviewer is everybody's."""
    with transaction.atomic():
        Region.objects.select_for_update(no_key=True).get(
            pk=county.pk
        )  # two leads at once divide one after the other
        Division.objects.filter(category__scheme=scheme, county=county).delete()
        Division.objects.bulk_create(
            Division(category=category, county=county, user=user) for category, user in chosen.items() if user
        )
