"""New accounts: the rule for passwords, passwords good for one sign-in, and the first three accounts of an
installation, which are held by three different people.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.contrib.auth.password_validation import get_default_password_validators
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from schools.audit import hold_chain, record
from schools.models import Appointment, Role, User
from schools.models.scope import ADMINISTRATORS
from schools.saving import Refused
from schools.workbooks import clean_text

READABLE = "23456789", "abcdefghijkmnpqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "+=@#%"
#: How many of the kinds are used, and how long it is, where the rule for passwords does not ask for more.
KINDS, LENGTH = 3, 12
#: What each may do, on the slip that is handed over.
DUTIES = {
    Role.SYSADMIN: "登记市、县（市、区）和党校，建账号，重置密码",
    Role.SECURITY: "给账号任职（角色），停用账号，开放后台",
    Role.AUDITOR: "查阅审计记录，与另两名管理员互相确认重要账号的变更",
}
#: Those who work in the back office.
STAFF = (Role.SYSADMIN, Role.SECURITY)


# --- Passwords ---


def one_time_password() -> str:
    """Characters of as many kinds as the rule asks for, none that looks like another on paper."""
    rules = [rule for rule in get_default_password_validators() if isinstance(rule, CharacterClassValidator)]
    kinds = READABLE[: max([KINDS, *(rule.classes for rule in rules)])]
    length = max([LENGTH, *(rule.min_length for rule in rules)])
    letters = [secrets.choice(kinds[place % len(kinds)]) for place in range(length)]
    secrets.SystemRandom().shuffle(letters)
    return "".join(letters)


class CharacterClassValidator:
    """At least `min_length` characters out of at least `classes` of capital letters, small letters, digits
    and other signs.
    """

    def __init__(self, min_length: int = 8, classes: int = 3) -> None:
        self.min_length = min_length
        self.classes = classes

    def validate(self, password: str, user=None) -> None:
        """Counts Chinese characters among the other signs."""
        kinds = {_kind(character) for character in password}
        if len(password) < self.min_length or len(kinds) < self.classes:
            raise ValidationError(self.get_help_text(), code="password_too_simple")

    def get_help_text(self) -> str:
        """Shown beside the field and as the error, the same words."""
        return f"密码至少 {self.min_length} 位，并包含大写字母、小写字母、数字、符号中的 {self.classes} 类。"


def _kind(character: str) -> str:
    if character.isascii() and character.isalpha():
        return "upper" if character.isupper() else "lower"
    return "digit" if character.isascii() and character.isdigit() else "sign"


# --- The three administrators ---


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
    if held := current.filter(user__is_active=True).select_related("user"):
        names = "、".join(f"{post.get_role_display()} {post.user.in_full}" for post in held)
        raise Refused(
            f"系统已有管理员：{names}。增加或更换管理员，由系统管理员建账号，任职由两名管理员在“重要账号”里办理。"
        )
    try:
        slips = [_make(account) for account in accounts]
    except IntegrityError as error:
        raise Refused("没有建立任何账号：同时有人在建立同名账号。请先查看现有账号，再执行一次。") from error
    for slip in slips:
        who = slip.user.in_full
        held = {"任职": f"全系统 {slip.role.label}", "开始": today}
        record("account", by=None, city=None, subject=who, detail={"操作": "建立三员账号"})
        record("appointment", by=None, city=None, subject=who, detail=held)
    return slips


def _make(account: FirstAccount) -> Slip:
    # On one line, without what no paper can show.
    name = " ".join(clean_text(account.name).split()) or account.role.label
    user = User(username=_typable(account), name=name, is_staff=account.role in STAFF)
    password = one_time_password()
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


def _typable(account: FirstAccount) -> str:
    """A name that can be typed at sign-in and printed on a slip."""
    username = User.normalize_username(account.username.strip())
    if not username:
        raise ValidationError(f"{account.role.label}的用户名没有填写。")
    if not username.isprintable() or " " in username:
        raise ValidationError(
            f"{account.role.label}的用户名有空格或不能输入的字符，请只用字母、数字、汉字和 . _ -。"
        )
    return username


def _named(error: ValidationError, account: FirstAccount) -> ValidationError:
    """The same faults, each with the field and the account it belongs to."""
    label = {field.name: field.verbose_name for field in User._meta.fields}
    return ValidationError(
        [
            f"{account.role.label}的{label.get(field, field)}：{' '.join(sentences)}"
            for field, sentences in error.message_dict.items()
        ]
    )
