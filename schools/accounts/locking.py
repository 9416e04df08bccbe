"""Wrong passwords and how long they close a door: at sign-in, and wherever a password is asked once more as a
signature.

Two locks. An account is locked at one address after some wrong passwords in a row, whichever form they were
typed into. An address from which many accounts failed waits before an account that never signed in there may
try (ADR 0027).
"""

from __future__ import annotations

import datetime as dt

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from schools import audit
from schools.models import User

#: An address waits while, within these minutes, more than so many failures over at least so many accounts
#: stand that no success has wiped away.
ADDRESS_MINUTES, ADDRESS_FAILURES, ADDRESS_ACCOUNTS = 15, 30, 10


class Handler(AxesDatabaseHandler):
    """What django-axes keeps about wrong passwords, and the lock on addresses beside the one on accounts."""

    def is_locked(self, request, credentials=None):
        """The account at this address, or the address for an account that is new to it."""
        if super().is_locked(request, credentials):
            return True
        return address_opens_at(request, (credentials or {}).get("username")) is not None


def account_opens_at(request: HttpRequest, username: str | None) -> dt.datetime | None:
    """When the account may be tried again from this address; None while it may.

    Rows are one for each browser; each counts until it is as old as the lock is long.
    """
    failures = AccessAttempt.objects.filter(username=username, ip_address=_address(request))
    return _opens(failures, settings.AXES_COOLOFF_TIME, lambda rows: _sum(rows) < settings.AXES_FAILURE_LIMIT)


def address_opens_at(request: HttpRequest, username: str | None) -> dt.datetime | None:
    """When this account may be tried from this address; None while it may.

    A whole county shares one address. So a success wipes away the failures before it, and who signed in from
    here once is never kept waiting by others.
    """
    address = _address(request)
    opens = _opens(
        AccessAttempt.objects.filter(ip_address=address), dt.timedelta(minutes=ADDRESS_MINUTES), _ordinary
    )
    if opens and AccessLog.objects.filter(username=username, ip_address=address).exists():
        return None
    return opens


def _ordinary(rows: list[tuple[str, dt.datetime, int]]) -> bool:
    accounts = {username for username, _, _ in rows}
    return _sum(rows) <= ADDRESS_FAILURES or len(accounts) < ADDRESS_ACCOUNTS


def _opens(failures, length: dt.timedelta, is_open) -> dt.datetime | None:
    """When enough of the failures are older than `length`."""
    failures = failures.filter(attempt_time__gt=timezone.now() - length)
    rows = list(
        failures.order_by("attempt_time").values_list("username", "attempt_time", "failures_since_start")
    )
    opens = None
    while not is_open(rows):
        opens = rows.pop(0)[1] + length
    return opens


def _sum(rows: list[tuple[str, dt.datetime, int]]) -> int:
    return sum(failures for _, _, failures in rows)


def _address(request: HttpRequest) -> str | None:
    return request.META.get("REMOTE_ADDR") or None


def clock_time(moment: dt.datetime) -> str:
    """The first full minute at which it may be tried again."""
    return f"{timezone.localtime(moment) + dt.timedelta(minutes=1):%H:%M}"


def lockout_page(
    request: HttpRequest, response: HttpResponse | None = None, credentials: dict | None = None
) -> HttpResponse:
    """In place of the answer to a sign-in: what is locked, why, and when it opens again."""
    username = (credentials or {}).get("username")
    account = account_opens_at(request, username)
    opens = account or address_opens_at(request, username)
    context = {"account": account is not None, "opens": opens and clock_time(opens)}
    return render(request, "errors/lockout.html", context, status=429)


# --- The password as a signature ---


def check_signature(request: HttpRequest, password: str, refusal: str = "密码不正确，没有办理。") -> None:
    """Raises ValidationError unless this is the password of who is signed in.

    A wrong one counts like one at sign-in and enters the trail; a right one wipes away those before it.
    """
    user: User = request.user
    credentials = {"username": user.username}
    if opens := account_opens_at(request, user.username):
        raise ValidationError(_locked(opens))
    handler = AxesProxyHandler.get_implementation()
    if user.check_password(password):
        AxesProxyHandler.update_request(request)
        handler.reset_user_attempts(request, credentials)
        return
    audit.record(
        "signature_failed",
        by=user,
        city=user.chain_city,
        subject=user.in_full,
        detail={"页面": request.path, "地址": _address(request) or ""},
    )
    AxesProxyHandler.user_login_failed(check_signature, credentials, request)
    # The page itself says that it is locked, and keeps what was typed: no page in its place.
    request.axes_locked_out = False
    if opens := account_opens_at(request, user.username):
        raise ValidationError(_locked(opens))
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    raise ValidationError(f"{refusal}连续 {settings.AXES_FAILURE_LIMIT} 次错误将锁定 {minutes} 分钟。")


def _locked(opens: dt.datetime) -> str:
    return (
        f"密码连续错误 {settings.AXES_FAILURE_LIMIT} 次，您的账号在这台电脑上锁定，"
        f"{clock_time(opens)} 以后再试。没有办理。"
    )
