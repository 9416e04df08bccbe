"""The navigation bar."""

from dataclasses import dataclass

from django.urls import get_script_prefix, reverse

from schools.contributions import contributed
from schools.models import User
from schools.models.scope import sees_everything


@dataclass(frozen=True, order=True)
class Entry:
    """One word of the navigation. Without roles it is for everybody who is signed in."""

    order: int
    label: str
    url_name: str
    roles: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """Where it leads."""
        return reverse(self.url_name)

    def is_for(self, user: User) -> bool:
        """Whether the current identity of the user has business there; what it may see there is the page's question."""
        if not self.roles or sees_everything(user):
            return True
        return user.identity is not None and user.identity.role in self.roles


def entries_for(user: User) -> list[Entry]:
    """The entries this person sees, in the order of the bar."""
    return sorted(entry for entry in contributed("NAVIGATION") if entry.is_for(user))


def current(shown: list[Entry], path: str) -> Entry | None:
    """The entry under which a path lies: the longest that begins it, the front page only for itself."""
    front = get_script_prefix()
    under = [entry for entry in shown if path == entry.url or (entry.url != front and path.startswith(entry.url))]
    return max(under, key=lambda entry: len(entry.url), default=None)
