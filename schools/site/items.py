"""What stands on the workbench: tasks and figures, asked of every app."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from schools.models import User

from .contributions import contributed


@dataclass(frozen=True)
class Task:
    """Something this person can do now. `kind` tints the tag as in `tag`; a task without a day comes after
    those with one.

    `press` is an address that does it by one POST, from a button that says `press_label`.
    """

    title: str
    url: str
    hint: str = ""
    tag: str = "待办"
    kind: str = "warn"
    due: date | None = None
    press: str = ""
    press_label: str = ""


@dataclass(frozen=True)
class Tile:
    """A figure at a glance; `done` of `whole` draws a bar, `stars` shows a level instead of a number."""

    label: str
    value: str = ""
    unit: str = ""
    note: str = ""
    url: str = ""
    done: object = None
    whole: object = None
    stars: int | None = None


def tasks_for(user: User) -> list[Task]:
    """Everything that waits for the current identity, the nearest day first."""
    found = [task for provider in contributed("tasks") for task in provider(user)]
    return sorted(found, key=lambda task: (task.due is None, task.due or date.max))


def tiles_for(user: User) -> list[Tile]:
    """The figures shown to the current identity."""
    return [tile for provider in contributed("tiles") for tile in provider(user)]
