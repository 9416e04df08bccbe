"""What the apps of the product add to each other's pages: each app lists it in tables of its module `desk`.

    NAVIGATION      entries of the bar: `navigation.Entry`
    TASKS, TILES    (user) → tasks or figures of the workbench: `desk.Task`, `desk.Tile`
    ANNOUNCEMENTS   (day) → what falls due: `announcing.Announcement`
    COLUMNS, PANELS of the list of schools and of a school's page: `panels.Column`, `panels.Panel`
    SIGNED_PERIODS  (ids of schools) → periods whose records are locked, in one query for all: see `locks`
    DUTIES          (school) → what is open there when its people change, as (kind, text): see `handover`
    CORRECTED_ROWS  (model, how the rows that hang on its record are written): see `applying`
    RENDERERS       (paper) → PDF; at most one: see `printing`

So schools shows what ratings adds without knowing it. The modules are imported at the first question, as they
need the models.
"""

from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from django.apps import apps
from django.utils.module_loading import module_has_submodule


def contributed(table: str) -> list[Any]:
    """The rows of that table in every app, in the order of the installed apps."""
    return [row for desk in _desks() for row in getattr(desk, table, ())]


@cache
def _desks() -> tuple[ModuleType, ...]:
    named = [app for app in apps.get_app_configs() if module_has_submodule(app.module, "desk")]
    return tuple(import_module(f"{app.name}.desk") for app in named)
