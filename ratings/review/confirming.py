"""集体确认: what the county lead sees before the county's opinion leaves for the city."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import transaction

from ratings.criteria.spec import SchemeSpec
from ratings.enums import Stage
from ratings.models import Category, Division, Scheme
from ratings.scoring import owed_in
from ratings.sheets import SchoolSheet
from ratings.workflow import is_overdue
from schools.models import Appointment, Region, Role, User
from schools.saving import Shown, hold_one


def confirmation_of(sheet: SchoolSheet) -> dict[str, Any]:
    """Read from the sheet alone; the step itself asks everything again, under lock.

    `obstacles` stop the confirmation, `hints` are for the meeting to know; either is a sentence and the code
    of the item it stands on. `star` follows from the points alone. Items that the system fills have no row
    that says why 初评 departs; their 核定 stands below.
    """
    spec, rows = sheet.spec, sheet.rows[Stage.COUNTY]
    return {
        "star": sheet.county_sheet.star if sheet.county_sheet else None,
        "departures": [
            (spec.bound[code].item, apart, rows[code].remark if code in rows else "")
            for code, apart in sheet.differences.items()
            if apart
        ],
        "adjustments": sheet.adjustments[Stage.COUNTY].values(),
        "obstacles": list(_obstacles(sheet)),
        "hints": list(_hints(sheet)),
    }


def _obstacles(sheet: SchoolSheet) -> Iterator[tuple[str, str]]:
    for owed in owed_in(sheet.spec, Stage.COUNTY, sheet.entries[Stage.COUNTY], sheet.waiting):
        yield owed.text, owed.code
    for code in sheet.reasons_owed:
        yield f"{code} {sheet.spec.bound[code].item.name}与自评相差较大，请写明理由", code
    if is_overdue(sheet.assessment, Stage.COUNTY):
        yield "初评已经截止，如需延期请联系市评委会办公室", ""


def _hints(sheet: SchoolSheet) -> Iterator[tuple[str, str]]:
    for code in sheet.to_recheck:
        yield f"{code} 核定后系统数据又有变化，请复核", code
    if not sheet.figures_accepted:
        yield "系统取数还没有初评人认可", ""


def reviewers(county: Region) -> list[User]:
    """The county's reviewers of today, longest in office first."""
    held = Appointment.objects.in_force().filter(role=Role.COUNTY, county=county, user__is_active=True)
    appointments = held.select_related("user").order_by("start", "pk")
    return list(dict.fromkeys(appointment.user for appointment in appointments))


#: Why a reviewer does not touch an item.
ELSEWHERE = "本大项由其他初评人负责。"


def scored_elsewhere(scheme: Scheme, spec: SchemeSpec, user: User) -> frozenset[str]:
    """Codes of the items that the division gives to another reviewer; the county's lead may score
    everything.
    """
    if user.identity.role != Role.COUNTY:
        return frozenset()
    held = Division.objects.in_force().filter(category__scheme=scheme, county=user.identity.county_id)
    codes = set(held.exclude(user=user).values_list("category__code", flat=True))
    return frozenset(item.code for item in spec.items if item.category in codes)


def shown_division(scheme: Scheme, county: Region) -> Shown:
    """Who scores which category, as the form of the division begins."""
    held = Division.objects.filter(category__scheme=scheme, county=county)
    return Shown({"初评分工": list(held.order_by("category").values_list("category", "user"))})


def set_division(
    scheme: Scheme, county: Region, chosen: Mapping[Category, User | None], *, seen: str | None = None
) -> None:
    """Replace the county's division of this scheme; a category without a reviewer is everybody's."""
    with transaction.atomic():
        # Two leads at once divide one after the other.
        hold_one(Region.objects.all(), county.pk)
        shown_division(scheme, county).refuse_changed(seen)
        Division.objects.filter(category__scheme=scheme, county=county).delete()
        Division.objects.bulk_create(
            Division(category=category, county=county, user=user) for category, user in chosen.items() if user
        )
