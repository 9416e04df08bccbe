"""What an upgrade must not change, read from a database."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings

from ratings.models import Bulletin, OpeningNotice, Result, SchemeVersion

APPS = ("schools", "ratings")
#: Grows with every act, restoring among them; the heads of the chains say whether anything of it was lost.
TRAIL = ("schools.AuditEntry", "schools.ChainHead")


def facts() -> dict[str, Any]:
    """Digests of criteria, results and files, and how many rows each table holds."""
    return {
        "versions": {
            _named(one.scheme, one.number): one.digest
            for one in SchemeVersion.objects.select_related("scheme__city")
        },
        "results": {
            _named(one.scheme, one.school_code): _result(one)
            for one in Result.objects.select_related("scheme__city")
        },
        "documents": {_named(one.scheme, type(one).__name__): _document(one) for one in _documents()},
        "files": {
            path.name: _sha256(path.read_bytes())
            for path in Path(settings.MEDIA_ROOT).rglob("*")
            if path.is_file()
        },
        "rows": {
            model._meta.label: model._base_manager.count()
            for model in _models()
            if model._meta.label not in TRAIL
        },
    }


def _documents() -> list[Bulletin | OpeningNotice]:
    return [one for kind in (Bulletin, OpeningNotice) for one in kind.objects.select_related("scheme__city")]


def _models() -> list:
    return [
        model for label in APPS for model in apps.get_app_config(label).get_models(include_auto_created=True)
    ]


def _named(scheme, what: object) -> str:
    return f"{scheme.city.name} {scheme.year} {what}"


def _result(one: Result) -> list[str]:
    return [
        str(one.star),
        str(one.total),
        one.digest,
        _sha256(json.dumps([one.trace, one.next_star], sort_keys=True).encode()),
    ]


def _document(one: Bulletin | OpeningNotice) -> str:
    return _sha256(json.dumps([one.number, one.title, one.body], sort_keys=True, default=str).encode())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
