"""How a page says no: at the form with everything typed still in it, or on the page that comes next.

    with refusals_in(form):
        made = create_panel(scheme, form.cleaned_data["name"], by=request.user)
        messages.success(request, f"已设立{made.name}。")
        return redirect("ratings:panel", made.pk)
    return render(...)  # refused: the same form once more

What no view caught becomes a page of its own, from which the same content can be sent once more:
`RefusedMiddleware`.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from schools.saving import SEEN, Refused, Shown, Stale


@contextmanager
def refusals_in(form: Any, field: str | None = None) -> Iterator[None]:
    """What is refused inside stands in the form: at the field it names, else at `field`, else above all
    fields.

    A conflict is shown as a conflict where the form knows how (`RecheckedForm`).
    """
    try:
        yield
    except ValidationError as refused:  # Refused, or a model that does not take what was typed
        if isinstance(refused, Stale) and isinstance(form, RecheckedForm):
            form.recheck(refused)
        else:
            add_refusal(form, refused, field)


def add_refusal(form: Any, refused: ValidationError, field: str | None = None) -> None:
    """Every reason, each at the field it belongs to as far as the form has it; `form.refused` is there for
    more than words.
    """
    form.refused = refused
    by_field = (
        refused.message_dict if hasattr(refused, "error_dict") else {NON_FIELD_ERRORS: refused.messages}
    )
    for name, reasons in by_field.items():
        place = name if name in getattr(form, "fields", ()) else field
        for reason in reasons:
            form.add_error(place, reason)


@contextmanager
def refusals_as_messages(request: HttpRequest) -> Iterator[None]:
    """What is refused inside is said on the next page, reason by reason; for buttons, which have nothing
    typed to keep.
    """
    try:
        yield
    except ValidationError as refused:
        for reason in refused.messages:
            messages.error(request, reason)


def seen_again(request: HttpRequest, shown: Shown, form: Any = None) -> str:
    """For components/seen.html: what the page shows now. As long as something else is wrong with what was
    sent it stays what the person had before them, so that a change in between is still told.
    """
    sent = request.POST.get(SEEN)
    told = isinstance(getattr(form, "refused", None), Stale)
    return shown.seen if sent is None or told else sent


def turned_away(request: HttpRequest, sentence: str, *address: Any) -> HttpResponse:
    """Why there is nothing left to do here, said on the page at `address`; what was posted all the same is
    refused, so that it is kept.
    """
    if request.method == "POST":
        raise Refused(sentence)
    messages.warning(request, sentence)
    return redirect(*address)


def done(request: HttpRequest, sentence: str, *address: Any) -> HttpResponse:
    """And how it says yes: that it is done stands on the page at `address`."""
    messages.success(request, sentence)
    return redirect(*address)


@dataclass(frozen=True)
class Difference:
    """One line on which what is stored now and what was typed are not the same."""

    label: str
    theirs: str
    mine: str


@dataclass(frozen=True)
class Conflict:
    """Somebody saved while the form was open, in words: shown by components/conflict.html above what was
    typed.
    """

    sentence: str
    differences: tuple[Difference, ...]

    @classmethod
    def between(cls, stale: Stale, theirs: Mapping[str, str], mine: Mapping[str, str]) -> Conflict:
        """Both contents by label, of which only what differs is shown."""
        labels = dict.fromkeys([*theirs, *mine])
        both = [Difference(label, theirs.get(label, ""), mine.get(label, "")) for label in labels]
        return cls(str(stale), tuple(one for one in both if one.theirs != one.mine))


class RecheckedForm:
    """A form of what several people may have open: after a conflict both contents are shown, and a second
    press saves.
    """

    conflict: Conflict | None = None

    def contents(self, current: Any) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """What is stored and what was typed, each as texts by label."""
        raise NotImplementedError

    def fresh(self, current: Any) -> dict[str, Any]:
        """The hidden inputs by which the next save says that it has seen what is stored."""
        raise NotImplementedError

    def compare(self, stale: Stale) -> Conflict:
        """Both contents side by side."""
        return Conflict.between(stale, *self.contents(stale.current))

    def recheck(self, stale: Stale) -> None:
        """Keep everything typed, show what is stored beside it, and start the next save from there."""
        self.conflict = self.compare(stale)
        self.data = self.data.copy()
        for name, value in self.fresh(stale.current).items():
            self.data[self.add_prefix(name)] = value


#: By the codes of PostgreSQL and of SQLite: waited too long for a row or an answer, or two for each other.
BUSY_STATES, BUSY_CODES = {"55P03", "57014", "40P01", "40001", "25P03"}, {sqlite3.SQLITE_BUSY}
FULL_STATES, FULL_CODES = {"53100"}, {sqlite3.SQLITE_FULL}


def passing_trouble(error: BaseException, *, is_save: bool) -> str:
    """The sentence for what is nobody's mistake and passes: others at the same rows, a full disk; else ""."""
    state, code = _codes(error)
    if state in BUSY_STATES or code in BUSY_CODES:
        return "别人正在办理，请稍候再试；您填写的内容还在。" if is_save else "网站正忙，请稍候再打开这一页。"
    if is_disk_full(error):
        return "服务器的磁盘已满，没有保存。请告诉系统管理员，腾出空间以后再提交一次。"
    return ""


def is_disk_full(error: BaseException) -> bool:
    """Whether there was no room left, for a file or for the database."""
    state, code = _codes(error)
    no_room = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return no_room or state in FULL_STATES or code in FULL_CODES


def _codes(error: BaseException) -> tuple[str | None, int | None]:
    """What PostgreSQL and SQLite call it."""
    cause = error.__cause__ if isinstance(error, DatabaseError) else error
    return getattr(cause, "sqlstate", None), getattr(cause, "sqlite_errorcode", None)


def way_back_of(request: HttpRequest) -> str:
    """The page of this site from which the request came, or ""."""
    came_from = request.headers.get("Referer", "")
    own = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    return came_from if own else ""


def sent_again(request: HttpRequest) -> dict[str, Any]:
    """What a page needs to show everything that was posted and to post it once more, passwords and files
    apart.

    `sent` are the fields as they came; `texts` are those in words, which nobody wants to write twice.
    """
    sensitive = getattr(request, "sensitive_post_parameters", ())
    hidden = {"csrfmiddlewaretoken", *(request.POST if sensitive == "__ALL__" else sensitive)}
    sent = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in hidden and "password" not in name
    ]
    return {
        "sent": sent,
        "texts": [value for _, value in sent if not value.isascii()],
        "files": bool(request.FILES),
    }
