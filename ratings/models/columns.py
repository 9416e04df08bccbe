"""What the columns and constraints of many tables have in common."""

from django.conf import settings
from django.db import models
from django.db.models import Q


def by_person(label: str, *, required: bool = False, related_name: str = "+", **options) -> models.ForeignKey:
    """The column of who did something; the account stays as long as what it did."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=label,
        null=not required,
        blank=not required,
        related_name=related_name,
        **options,
    )


def of_scheme(related_name: str, on_delete=models.PROTECT) -> models.ForeignKey:
    """The column of the scheme that a row belongs to."""
    return models.ForeignKey("ratings.Scheme", on_delete, verbose_name="评定方案", related_name=related_name)


def of_assessment(related_name: str) -> models.ForeignKey:
    """The column of the assessment that a row belongs to."""
    return models.ForeignKey(
        "ratings.Assessment", models.PROTECT, verbose_name="评定申报", related_name=related_name
    )


def points_column(label: str, **options) -> models.DecimalField:
    """Points, as they are shown: to two decimals."""
    return models.DecimalField(label, max_digits=6, decimal_places=2, **options)


def unique(name: str, *fields: str, **options) -> models.UniqueConstraint:
    """A constraint by name: these columns together stand in one row."""
    return models.UniqueConstraint(fields=fields, name=name, **options)


def all_or_none(*columns: str) -> Q:
    """The condition that these columns are filled together."""
    empty, filled = ({f"{column}__isnull": missing for column in columns} for missing in (True, False))
    return Q(**empty) | Q(**filled)
