"""The navigation bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.urls import get_script_prefix, reverse

from schools.models import School, User
from schools.permissions import may

from .contributions import contributed


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

    def is_for(self, user: User) -> bool:
        """Whether the current identity of the user has business there; what it may see there is the page's
        question.
        """
        return may(user, self.act)


def entries_for(user: User) -> list[Entry]:
    """The entries this person sees, in the order of the bar."""
    return sorted(entry for entry in contributed("navigation") if entry.is_for(user))


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
    found = [(panel, panel.context(school, user)) for panel in contributed("panels")]
    return [(panel, context) for panel, context in found if context is not None]


def summaries_for(school: School, user: User) -> list[str]:
    """The lines of the sections that have one."""
    found = [panel.summary(school, user) for panel in contributed("panels") if panel.summary]
    return [line for line in found if line]
