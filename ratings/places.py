"""Where a finding of the check is mended: the editor at the row that the finding names."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from ratings.models import Scheme


def editor_of(scheme: Scheme) -> str:
    """The editor's address; "" while there is no editor."""
    try:
        return reverse("ratings:scheme_edit", args=[scheme.pk])
    except NoReverseMatch:
        return ""


def place_of(scheme: Scheme, where: str) -> str:
    """The address where `where`, a code or a star, is edited."""
    editor = editor_of(scheme)
    return f"{editor}?{urlencode({'where': where})}" if editor and where else editor
