"""The table behind the navigation bar; each app registers its pages when it is ready."""

from dataclasses import dataclass

from django.urls import reverse

from schools.models import User
from schools.models.scope import sees_everything


@dataclass(frozen=True, order=True)
class Entry:
    """One word of the navigation. Without roles it is for everybody who is signed in."""

    order: int
    label: str
    url_name: str
    roles: frozenset[str] = frozenset()

    @property
    def url(self) -> str:
        """Where it leads."""
        return reverse(self.url_name)

    def is_for(self, user: User) -> bool:
        """Whether the current identity of the user has business there; what it may see there is the page's question."""
        if not self.roles or sees_everything(user):
            return True
        return user.identity is not None and user.identity.role in self.roles


_entries: set[Entry] = set()


def register(order: int, label: str, url_name: str, *, roles: tuple[str, ...] = ()) -> None:
    """Adds an entry; called from `AppConfig.ready`, so that schools need not know the pages of ratings."""
    _entries.add(Entry(order, label, url_name, frozenset(roles)))


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
