"""What the apps of the product add to each other's pages: each app says it in CONTRIBUTIONS of its module
`desk`.

So schools shows what ratings adds without knowing it. The modules are imported as the site starts, and a
misspelt kind of contribution keeps it from starting.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from django.apps import apps
from django.utils.module_loading import module_has_submodule


@dataclass(kw_only=True)
class Contributions:
    """All that one app adds."""

    #: Entries of the bar: `navigation.Entry`.
    navigation: Sequence[Any] = ()
    #: (user) → tasks and figures of the workbench: `desk.Task`, `desk.Tile`.
    tasks: Sequence[Any] = ()
    tiles: Sequence[Any] = ()
    #: (day) → what falls due: `announcing.Announcement`.
    announcements: Sequence[Any] = ()
    #: Of the list of schools and of a school's page: `panels.Column`, `panels.Panel`.
    columns: Sequence[Any] = ()
    panels: Sequence[Any] = ()
    #: (ids of schools) → periods whose records are locked, in one query for all: see `locks`.
    signed_periods: Sequence[Any] = ()
    #: (school) → what is open there when its people change, as (kind, text): see `handover`.
    duties: Sequence[Any] = ()
    #: (model, how the rows that hang on its record are written): see `applying`.
    corrected_rows: Sequence[Any] = ()
    #: () → whether the details of an entry of the audit trail may not be read yet: see `schools.audit.views`.
    sealed: Sequence[Any] = ()
    #: (paper) → PDF; at most one: see `printing`.
    renderers: Sequence[Any] = ()


def contributed(kind: str) -> list[Any]:
    """What every app adds of this kind, in the order of the installed apps."""
    return [one for app in of_all_apps() for one in getattr(app, kind)]


@cache
def of_all_apps() -> tuple[Contributions, ...]:
    """What each app with a desk adds."""
    named = [app for app in apps.get_app_configs() if module_has_submodule(app.module, "desk")]
    return tuple(import_module(f"{app.name}.desk").CONTRIBUTIONS for app in named)
