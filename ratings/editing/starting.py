"""新建方案: an empty draft for a year."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from ratings.criteria.parameters import usual_period
from ratings.criteria.shifting import renamed
from ratings.models import Scheme
from schools import audit
from schools.models import Region, User


def defaults_for(city: Region) -> dict[str, Any]:
    """The year after the last scheme, with the organiser and the name in the manner of last year."""
    last = Scheme.objects.filter(city=city).order_by("-year").first()
    year = last.year + 1 if last else timezone.localdate().year
    name = renamed(last.name, last.year, year) if last else default_name(city, year)
    return {"year": year, "name": name, "organiser": last.organiser if last else f"中共{city.name}委组织部"}


def default_name(city: Region, year: int) -> str:
    """The usual title of a city's criteria."""
    return f"{city.name}{year}年度镇街党校规范化建设星级评定方案"


def start_scheme(city: Region, *, year: int, name: str, organiser: str, by: User) -> Scheme:
    """An empty draft. Raises ValidationError where the city has a scheme of the year already."""
    with transaction.atomic():
        Region.objects.select_for_update(no_key=True).get(pk=city.pk)  # entries of the audit chain point to it and must not wait
        scheme = Scheme(
            city=city,
            year=year,
            name=name,
            organiser=organiser,
            **usual_period(year),
            edited_by=by,
            edited_at=timezone.now(),
        )
        if Scheme.objects.filter(city=city, year=year).exists():
            raise ValidationError({"year": f"{year}年度已有评定方案，请在评定方案页打开它。"})
        scheme.full_clean()
        scheme.save()
        audit.record("scheme", by=by, city=city, subject=f"新建：{scheme}", detail={"年度": year})
    return scheme
