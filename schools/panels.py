"""What other apps add to the pages of schools: panels of the school's page and columns of the list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from schools.contributions import contributed
from schools.models import School, User


@dataclass(frozen=True)
class Panel:
    """A section of the school's page. `context` returns what the template needs, or None where there is nothing to show.

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
