"""建设投入 added up, for bulletins and briefs."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Sum

from schools.models import Investment, Region


def investment_of(city: Region, year: int, *, county: Region | None = None) -> Decimal:
    """Yuan spent on building up the schools of a city in a year, or of one of its counties."""
    rows = Investment.objects.kept().filter(school__city=city, year=year)
    if county is not None:
        rows = rows.filter(school__county=county)
    return rows.aggregate(total=Sum("amount"))["total"] or Decimal(0)
