"""What the apps of the product add to each other's pages: each app says it in CONTRIBUTIONS of its module
`desk`.

So schools shows what ratings adds without knowing it. The modules are imported as the site starts, and a
misspelt kind of contribution keeps it from starting.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import import_module
from typing import Any

from django.apps import apps
from django.urls import get_script_prefix, reverse
from django.utils.module_loading import module_has_submodule

from schools.models import School, User
from schools.permissions import may


@dataclass(kw_only=True)
class Contributions:
    """All that one app adds."""

    #: Entries of the bar: `Entry`.
    navigation: Sequence[Any] = ()
    #: (user) → tasks and figures of the workbench: `Task`, `Tile`.
    tasks: Sequence[Any] = ()
    tiles: Sequence[Any] = ()
    #: (day) → what falls due: `announcing.Announcement`.
    announcements: Sequence[Any] = ()
    #: (user) → pairs of a year there is for this person and how much is in hand there: 0 is the most, None is
    #: nothing. (user, match of the address, year) → the address of a page in that year, "" where the page is
    #: not the app's or takes the year as it is chosen. See `years`.
    years: Sequence[Any] = ()
    same_page: Sequence[Any] = ()
    #: (ids of schools) → what of theirs is open besides records and may be reminded of: see `reminders`.
    matters: Sequence[Any] = ()
    #: Of the list of schools and of a school's page: `Column`, `Panel`.
    columns: Sequence[Any] = ()
    panels: Sequence[Any] = ()
    #: (ids of schools) → periods whose records are locked, in one query for all: see `locks`.
    signed_periods: Sequence[Any] = ()
    #: (school) → what is open there when its people change, as (kind, text): see `handover`.
    duties: Sequence[Any] = ()
    #: (user, schools) → what scoring it undoes that this person comes to guide them or work there.
    ties: Sequence[Any] = ()
    #: (model, how the rows that hang on its record are written): see `applying`.
    corrected_rows: Sequence[Any] = ()
    #: () → whether the details of an entry of the audit trail may not be read yet: see `schools.audit.views`.
    sealed: Sequence[Any] = ()
    #: () → what acts left behind beside their line in the trail: `audit.Witness`.
    witnesses: Sequence[Any] = ()
    #: (paper) → PDF; at most one: see `printing`.
    renderers: Sequence[Any] = ()


def said_of_ties(user: User, schools: Sequence[School]) -> list[str]:
    """Sentences for who makes this person a guide or a member of the staff of these schools."""
    return [sentence for provider in contributed("ties") for sentence in provider(user, schools)]


def contributed(kind: str) -> list[Any]:
    """What every app adds of this kind, in the order of the installed apps."""
    return [contribution for app in of_all_apps() for contribution in getattr(app, kind)]


@cache
def of_all_apps() -> tuple[Contributions, ...]:
    """What each app with a desk adds."""
    named = [app for app in apps.get_app_configs() if module_has_submodule(app.module, "desk")]
    return tuple(import_module(f"{app.name}.desk").CONTRIBUTIONS for app in named)


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
    tasks = [task for provider in contributed("tasks") for task in provider(user)]
    return sorted(tasks, key=lambda task: task.due or date.max)


def tiles_for(user: User) -> list[Tile]:
    """The figures shown to the current identity."""
    return [tile for provider in contributed("tiles") for tile in provider(user)]


@dataclass(frozen=True, order=True)
class Entry:
    """One word of the navigation, for those who may do what waits behind it."""

    order: int
    label: str
    url_name: str
    act: str

    @property
    def url(self) -> str:
        """Where it leads."""
        return reverse(self.url_name)


def entries_for(user: User) -> list[Entry]:
    """The entries behind which the current identity of this person has business, in the order of the bar;
    what it may see there is the question of the page.
    """
    return sorted(entry for entry in contributed("navigation") if may(user, entry.act))


def current(shown: list[Entry], path: str) -> Entry | None:
    """The entry under which a path lies: the longest that begins it, the front page only for itself."""
    front = get_script_prefix()
    under = [
        entry for entry in shown if path == entry.url or (entry.url != front and path.startswith(entry.url))
    ]
    return max(under, key=lambda entry: len(entry.url), default=None)


@dataclass(frozen=True)
class Panel:
    """A section of the school's page. `context` returns what the template needs, or None where there is
    nothing to show.

    `summary` says the same in one line, for a brief on paper; "" where there is nothing to say.
    """

    key: str
    title: str
    template: str
    context: Callable[[School, User], dict | None]
    summary: Callable[[School, User], str] | None = None


@dataclass(frozen=True)
class Column:
    """A column of the school list, filled for a whole page at once. `is_stars` shows levels as stars."""

    key: str
    heading: Callable[[User], str]
    values: Callable[[Sequence[School], User], dict[int, object]]
    is_stars: bool = False


def panels_for(school: School, user: User) -> list[tuple[Panel, dict]]:
    """The sections that have something to show to this person, with their contents."""
    filled = [(panel, panel.context(school, user)) for panel in contributed("panels")]
    return [(panel, context) for panel, context in filled if context is not None]


def summaries_for(school: School, user: User) -> list[str]:
    """The lines of the sections that have one."""
    lines = [panel.summary(school, user) for panel in contributed("panels") if panel.summary]
    return list(filter(None, lines))
