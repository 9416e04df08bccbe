"""Documents of the demonstration: made where this machine can, made up for as soon as it can."""

from __future__ import annotations

from ratings.documents.pdf import reason_against
from ratings.models import Scheme
from ratings.publication import file_document

from .trial import CITIES


def can_print() -> bool:
    """Whether this machine can make a PDF; without one the demonstration is loaded all the same."""
    return not reason_against()


def file_missing_bulletins() -> list[Scheme]:
    """Keeps the PDF of the published years that were loaded without; returns them."""
    waiting = Scheme.objects.filter(city__name__in=CITIES, published_at__isnull=False, bulletin__pdf="").select_related("city")
    found = [scheme for scheme in waiting if scheme.is_public]
    if not found or not can_print():
        return []
    for scheme in found:
        file_document(scheme)
    return found
