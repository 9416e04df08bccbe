"""The navigation bar."""

from dataclasses import dataclass

from django.urls import get_script_prefix, reverse

from schools.contributions import contributed
from schools.models import User
from schools.permissions import may


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
        """Whether the current identity of the user has business there; what it may see there is the page's question."""
        return may(user, self.act)


def entries_for(user: User) -> list[Entry]:
    """The entries this person sees, in the order of the bar."""
    return sorted(entry for entry in contributed("navigation") if entry.is_for(user))


def current(shown: list[Entry], path: str) -> Entry | None:
    """The entry under which a path lies: the longest that begins it, the front page only for itself."""
    front = get_script_prefix()
    under = [entry for entry in shown if path == entry.url or (entry.url != front and path.startswith(entry.url))]
    return max(under, key=lambda entry: len(entry.url), default=None)
