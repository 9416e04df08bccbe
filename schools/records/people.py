"""任职 and 账号 in the audit trail: who got what from whom, by form and by workbook in the same words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schools import audit
from schools.models import Appointment, User

from .changes import differences, snapshot, worded

#: Of an account; passwords are nobody's to read, not even as digests.
OF_ACCOUNT = ("username", "name", "office_phone", "city", "is_active", "is_staff")


def account_snapshot(user: User) -> dict[str, Any]:
    """What may be told of an account."""
    values = snapshot(user)
    return {name: values[name] for name in OF_ACCOUNT}


def note_appointment(held: Appointment, before: Mapping[str, Any], *, by: User | None) -> None:
    """Every change of rights enters the trail; `before` is its snapshot, empty for a new one."""
    detail = {"任职": str(held), "开始": held.start, "结束": held.end}
    if before:
        old, _ = differences(before, snapshot(held))
        detail["修改前"] = worded(Appointment, old)
    _record("appointment", held.user, held.city, detail, by)


def note_account(user: User, before: Mapping[str, Any], *, by: User | None) -> None:
    """A new or changed account; `before` is of `account_snapshot`."""
    old, new = (worded(User, values) for values in differences(before, account_snapshot(user)))
    detail = {"修改前": old, "修改后": new} if before else {"新建": new}
    _record("account", user, user.city, detail, by)


def _record(action: str, user: User, city: Any, detail: Mapping[str, Any], by: User | None) -> None:
    audit.record(action, by=by, city=city, subject=user.in_full, detail=detail)
