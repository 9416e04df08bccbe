"""Next year's scheme from this year's: the questions, not the state they are in."""

from __future__ import annotations

from django.db import transaction

from ratings.enums import Phase
from ratings.models import Item, Scheme
from schools import audit
from schools.saving import Refused

from .fields import Deadlines, fields_of
from .shifting import moved, shifted
from .storing import create_scheme
from .years import standing_spec

#: Columns of a scheme that are no criteria and move on with the year.
DEADLINES = tuple(field.column for field in fields_of(Deadlines))
FIRST_YEAR, LAST_YEAR = 2000, 2100


def next_year(scheme: Scheme) -> int:
    """The first year after `scheme` for which the city has no criteria yet."""
    taken = set(Scheme.objects.filter(city=scheme.city_id).values_list("year", flat=True))
    return next(year for year in range(scheme.year + 1, LAST_YEAR + 2) if year not in taken)


def copy_scheme(source: Scheme, *, year: int, name: str = "", by) -> Scheme:
    """A draft for `year` with every criterion of `source` as it counts now; each item remembers which it came
    from.

    Dates move by as many years. Answers, assessments, versions and notes stay behind. Raises Refused.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Refused(f"年度应在 {FIRST_YEAR}—{LAST_YEAR} 之间。")
    with transaction.atomic():
        source = Scheme.objects.select_for_update(of=("self",)).select_related("city").get(pk=source.pk)
        if Scheme.objects.filter(city=source.city, year=year).exists():
            raise Refused(f"{source.city}{year}年度已有评定方案。")
        spec = shifted(standing_spec(source), year)
        copied = create_scheme(spec, city=source.city)
        copied.name, copied.copied_from = name.strip() or spec.name, source
        for column in DEADLINES:
            setattr(copied, column, moved(getattr(source, column), year - source.year))
        copied.save(update_fields=["name", "copied_from", *DEADLINES])
        _remember_origins(source, copied)
        audit.record(
            "scheme",
            by=by,
            city=source.city,
            subject=str(copied),
            detail={"复制自": str(source), "阶段": Phase.DRAFTING.label},
        )
    return copied


def _remember_origins(source: Scheme, copied: Scheme) -> None:
    came_from = dict(Item.objects.filter(scheme=source).values_list("code", "pk"))
    items = list(Item.objects.filter(scheme=copied))
    for item in items:
        item.origin_id = came_from.get(item.code)
    Item.objects.bulk_update(items, ["origin"])
