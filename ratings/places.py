"""Where a finding of the check is mended: the editor at the row that the finding names."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

from ratings.models import Scheme


def place_of(scheme: Scheme, where: str) -> str:
    """The address where `where`, a code or a star, is edited."""
    editor = reverse("ratings:scheme_edit", args=[scheme.pk])
    return f"{editor}?{urlencode({'where': where})}" if where else editor
