"""The first three accounts of an installation: system, security and audit administrator, three different
people.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from schools.audit import hold_chain, record
from schools.models import Appointment, Role, User
from schools.models.scope import ADMINISTRATORS
from schools.saving import Refused
from schools.workbooks import clean_text

from .passwords import one_time_password

#: What each may do, on the slip that is handed over.
DUTIES = {
    Role.SYSADMIN: "登记市、县（市、区）和党校，建账号，重置密码",
    Role.SECURITY: "给账号任职（角色），停用账号，开放后台",
    Role.AUDITOR: "查阅审计记录",
}
#: Those who work in the back office.
STAFF = (Role.SYSADMIN, Role.SECURITY)


@dataclass(frozen=True)
class FirstAccount:
    """One person to be made administrator; blank names stand for the role's."""

    role: Role
    username: str
    name: str = ""


@dataclass(frozen=True)
class Slip:
    """What one of the three is told, once."""

    user: User
    role: Role
    password: str


@transaction.atomic
def create_administrators(accounts: tuple[FirstAccount, ...]) -> list[Slip]:
    """All three for the whole system, as no city is registered yet; each has to choose a password of their
    own at first sign-in.

    Raises Refused while anybody who may sign in holds one of the three roles, ValidationError for user names
    that cannot be. Administrators whose accounts are switched off do not count: with all of them off nobody
    could switch anybody on again.
    """
    hold_chain(None)  # two commands at once: the second reads what the first has made
    today = timezone.localdate()
    current = Appointment.objects.filter(Q(end__isnull=True) | Q(end__gte=today), role__in=ADMINISTRATORS)
    held = current.filter(user__is_active=True).select_related("user")
    if held:
        names = "、".join(f"{one.get_role_display()} {one.user.name}（{one.user.username}）" for one in held)
        raise Refused(f"系统已有管理员：{names}。增加或更换管理员，由系统管理员建账号、安全管理员任职。")
    try:
        slips = [_make(account) for account in accounts]
    except IntegrityError as error:
        raise Refused("没有建立任何账号：同时有人在建立同名账号。请先查看现有账号，再执行一次。") from error
    for slip in slips:
        who = f"{slip.user.name}（{slip.user.username}）"
        record("account", by=None, city=None, subject=who, detail={"操作": "建立三员账号"})
        record(
            "appointment",
            by=None,
            city=None,
            subject=who,
            detail={"任职": f"全系统 {slip.role.label}", "开始": today},
        )
    return slips


def _make(account: FirstAccount) -> Slip:
    password = one_time_password()
    username, name = _typable(account.username, account), _readable(account.name) or account.role.label
    user = User(username=username, name=name, is_staff=account.role in STAFF)
    user.set_password(password)
    try:
        user.full_clean()
    except ValidationError as error:
        raise _named(error, account) from error
    user.save()
    appointment = Appointment(user=user, role=account.role)
    appointment.full_clean()
    appointment.save()
    return Slip(user, account.role, password)


def _typable(username: str, account: FirstAccount) -> str:
    """A name that can be typed at sign-in and printed on a slip."""
    username = User.normalize_username(username.strip())
    if not username:
        raise ValidationError(f"{account.role.label}的用户名没有填写。")
    if not username.isprintable() or " " in username:
        raise ValidationError(
            f"{account.role.label}的用户名有空格或不能输入的字符，请只用字母、数字、汉字和 . _ -。"
        )
    return username


def _readable(name: str) -> str:
    """On one line, without what no paper can show."""
    return " ".join(clean_text(name).split())


def _named(error: ValidationError, account: FirstAccount) -> ValidationError:
    """The same faults, each with the field and the account it belongs to."""
    label = {field.name: field.verbose_name for field in User._meta.fields}
    faults = error.message_dict.items()
    return ValidationError(
        [f"{account.role.label}的{label.get(field, field)}：{' '.join(said)}" for field, said in faults]
    )
