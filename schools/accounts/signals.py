"""Sign-ins and password changes, wherever they come from, enter the audit trail."""

import logging
from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest

from schools.audit import record
from schools.calendar import workdays
from schools.models import CalendarDay, CalendarYear, User

from .locking import account_opens_at
from .owners import tell_owner

logger = logging.getLogger(__name__)


def _address(request: HttpRequest | None) -> dict[str, str]:
    return {"地址": request.META.get("REMOTE_ADDR", "")} if request is not None else {}


def _note(action: str, account: User, *, by: User | None, detail: dict[str, str]) -> None:
    """What somebody else than the owner did, or somebody unknown, names the account in full."""
    subject = str(account) if by == account else account.in_full
    record(action, by=by, city=account.chain_city, subject=subject, detail=detail)


@receiver(user_logged_in)
def on_sign_in(sender: Any, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    """A successful sign-in."""
    _note("sign_in", user, by=user, detail=_address(request))


@receiver(user_logged_out)
def on_sign_out(sender: Any, request: HttpRequest | None, user: User | None, **kwargs: Any) -> None:
    """A sign-out; Django also sends it for sessions nobody was signed in to."""
    if user is not None:
        _note("sign_out", user, by=user, detail=_address(request))


@receiver(user_login_failed)
def on_sign_in_failed(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    """A wrong password for an account that exists.

    Unknown names only go to the log: people type passwords into the name field, and strangers could fill the
    chain.
    """
    user = User.objects.filter(username=credentials.get("username") or "").first()
    if user is None:
        logger.warning("sign-in refused for an unknown user name from %s", _address(request).get("地址", "-"))
        return
    _note("sign_in_failed", user, by=None, detail=_address(request))


@receiver(user_locked_out)
def on_lock_out(sender: Any, request: HttpRequest | None, username: str | None = None, **kwargs: Any) -> None:
    """Too many wrong passwords."""
    user = User.objects.filter(username=username or "").first()
    if user is None:
        return
    detail = _address(request)
    if request is not None and account_opens_at(request, username) is None:
        detail["说明"] = "该地址许多账号密码错误，本账号没有在该地址登录过"
    _note("lock_out", user, by=None, detail=detail)


@receiver(post_save, sender=User)
def on_password_saved(sender: Any, instance: User, created: bool, **kwargs: Any) -> None:
    """A new password on an existing account.

    Django keeps the raw password on the instance until the save is over, and clears it for mere re-hashing.
    One that must be changed again was set by somebody else, if only by a command.
    """
    if created or instance._password is None:
        return
    city, by, asked = instance.chain_city, instance.password_set_by, instance.password_asked_by
    if instance.must_change_password or by not in (None, instance):
        who = f"{asked}申请、{by}确认" if asked else str(by or "运维人员在服务器上")
        tell_owner(instance, f"您的账号密码由{who}重置")
        detail = {"说明": "由他人重置，下次登录须修改"} | ({"申请人": asked.in_full} if asked else {})
        record("password_reset", by=by, city=city, subject=instance.in_full, detail=detail)
    else:
        record("password_change", by=instance, city=city, subject=instance.in_full)


@receiver([post_save, post_delete], sender=CalendarDay)
@receiver([post_save, post_delete], sender=CalendarYear)
def on_calendar_changed(sender: Any, **kwargs: Any) -> None:
    """Deadlines follow the changed table at once, in this process; others read it again within minutes.

    Once more after the commit: another thread may have read the old table in between.
    """
    workdays.forget()
    transaction.on_commit(workdays.forget)
