"""Rows of a year under lock, in the order of docs/adr/0014, with all that is decided on as it is then."""

from django.db.models import QuerySet

from ratings.models import Assessment, Scheme
from schools.saving import hold, hold_one

#: What every writer of an assessment asks about.
PARENTS = ("scheme__city", "school", "panel")


def hold_assessment(pk: int | None) -> Assessment:
    """The one row that whoever writes something of a school holds.

    Who takes the year to a phase in which nothing of that kind is written any more holds all of them
    (`hold_all`), so that the phase read here stays until the end of the transaction and schools do not wait
    for one another.
    """
    return hold_one(_with_extensions(Assessment.objects.all()), pk, *PARENTS)


def hold_assessments(rows: QuerySet[Assessment]) -> list[Assessment]:
    """The same for several schools, by id."""
    return hold(_with_extensions(rows), *PARENTS)


def hold_all(scheme: Scheme) -> None:
    """Every assessment of a scheme that the caller holds: nobody writes anything of any school meanwhile."""
    hold(Assessment.objects.filter(scheme=scheme).only("pk"))


def _with_extensions(rows: QuerySet[Assessment]) -> QuerySet[Assessment]:
    return rows.prefetch_related("extensions")
