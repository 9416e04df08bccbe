"""Documents of the demonstration: made where this machine can, made up for as soon as it can."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.models import FileField
from django.db.models.fields.files import FieldFile
from django.db.models.signals import post_save

from ratings.documents.pdf import reason_against
from ratings.models import Scheme
from ratings.publication.bulletin import file_document

from .trial import CITIES


def can_print() -> bool:
    """Whether this machine can make a PDF; without one the demonstration is loaded all the same."""
    return not reason_against()


def file_missing_bulletins() -> list[Scheme]:
    """Keeps the PDF of the published years that were loaded without; returns them."""
    waiting = Scheme.objects.filter(
        city__name__in=CITIES, published_at__isnull=False, bulletin__pdf=""
    ).select_related("city")
    found = [scheme for scheme in waiting if scheme.is_public]
    if not found or not can_print():
        return []
    for scheme in found:
        file_document(scheme)
    return found


@contextmanager
def files_go_with_their_rows() -> Iterator[None]:
    """When what is done inside fails and is taken back, the files that its rows named are deleted again.

    Publishing deletes the file of its own failure only; a step after it may fail as well.
    """
    stored: list[FieldFile] = []

    def note(sender, instance, **kwargs) -> None:
        stored.extend(
            getattr(instance, field.attname)
            for field in sender._meta.concrete_fields
            if isinstance(field, FileField)
        )

    post_save.connect(note)
    try:
        yield
    except BaseException:
        for file in stored:
            if file:
                file.storage.delete(file.name)
        raise
    finally:
        post_save.disconnect(note)
