"""初评分工: which reviewer of a county scores which category."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from ratings.criteria.spec import SchemeSpec
from ratings.models import Category, Division, Scheme
from schools.models import Appointment, Region, Role, User


def reviewers(county: Region) -> list[User]:
    """The county's reviewers of today, longest in office first."""
    held = Appointment.objects.in_force().filter(role=Role.COUNTY, county=county).select_related("user").order_by("start", "pk")
    return list({one.user_id: one.user for one in held if one.user.is_active}.values())


def scored_elsewhere(scheme: Scheme, spec: SchemeSpec, user: User) -> frozenset[str]:
    """Codes of the items that the division gives to another reviewer; the county's lead may score everything."""
    if user.identity.role != Role.COUNTY:
        return frozenset()
    others = Division.objects.in_force().filter(category__scheme=scheme, county=user.identity.county_id).exclude(user=user)
    codes = set(others.values_list("category__code", flat=True))
    return frozenset(item.code for item in spec.items if item.category in codes)


def set_division(scheme: Scheme, county: Region, chosen: Mapping[Category, User | None]) -> None:
    """Replace the county's division of this scheme; a category without a reviewer is everybody's."""
    with transaction.atomic():
        Region.objects.select_for_update(no_key=True).get(pk=county.pk)  # two leads at once divide one after the other
        Division.objects.filter(category__scheme=scheme, county=county).delete()
        Division.objects.bulk_create(Division(category=category, county=county, user=user) for category, user in chosen.items() if user)
