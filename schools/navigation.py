"""The table behind the navigation bar; each app registers its pages when it is ready."""

from dataclasses import dataclass

from django.urls import reverse

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


_entries: set[Entry] = set()


def register(order: int, label: str, url_name: str, *, act: str) -> None:
    """Adds an entry; called from `AppConfig.ready`, so that schools need not know the pages of ratings."""
    _entries.add(Entry(order, label, url_name, act))


def entries() -> list[Entry]:
    """All entries in the order of the bar."""
    return sorted(_entries, key=lambda entry: entry.order)


def entries_for(user: User) -> list[Entry]:
    """The entries this person sees."""
    return [entry for entry in entries() if entry.is_for(user)]


def current(shown: list[Entry], path: str) -> Entry | None:
    """The entry under which a path lies: the longest that begins it, the front page only for itself."""
    under = [entry for entry in shown if path == entry.url or (entry.url != "/" and path.startswith(entry.url))]
    return max(under, key=lambda entry: len(entry.url), default=None)
