"""重要账号: the three administrators check one another.

Accounts of administrators, office and chair are changed by two of the three administrators: one asks, another
one confirms, and neither is the person concerned. So whoever of them forgot the password gets a new one from
the other two. `DEEDS` is all that can be asked for; nothing is done before the second act.

    change = ask(Act.PASSWORD, account, by=user, reason="忘记密码")
    one_time = confirm(change, by=other)   # "" for what gives no password

Everything raises Refused, or ValidationError where account or appointment cannot be as asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from schools import audit
from schools.messages.inbox import notify
from schools.models import AccountChange, Appointment, Region, User
from schools.models.scope import ADMINISTRATORS, GUARDED_ROLES
from schools.saving import Refused, hold_one

from .opening import STAFF, one_time_password
from .owners import tell_owner

Act, Status = AccountChange.Act, AccountChange.Status
#: Fields of an account by which it changes hands, in the words of its form.
DETAILS = ("username", "name", "city")
DATES = ("start", "end")


def is_administrator(user: User) -> bool:
    """Whether the current identity is one of the three."""
    return user.identity is not None and user.identity.role in ADMINISTRATORS


def answerable(user: User) -> QuerySet[User]:
    """The accounts this administrator may act on: not one's own, none that reaches beyond one's own city."""
    if not is_administrator(user):
        return User.objects.none()
    others, city = User.objects.exclude(pk=user.pk), user.identity.city_id
    if city is None:
        return others
    beyond = Appointment.objects.guarded().exclude(city=city)
    return others.filter(city=city).exclude(pk__in=beyond.values("user"))


def answers_for(user: User, account: User) -> bool:
    """Whether the account is one of them."""
    return answerable(user).filter(pk=account.pk).exists()


def may_decide(user: User, change: AccountChange) -> bool:
    """Another one of the three than who asked."""
    return (
        change.status == Status.PENDING
        and answers_for(user, change.account)
        and user.pk != change.asked_by_id
        and user.identity.role != change.asked_role
        and _within(user, change)
    )


def _within(user: User, change: AccountChange) -> bool:
    """What the account is to become stays within the city of the administrator."""
    city = user.identity.city_id
    held = change.post.city_id if change.post else city
    return city is None or (held == city and change.new.get("city", city) == city)


def enough_without(account: User) -> bool:
    """Whether two administrators of different roles are left who may act for each other and for this one."""
    held = Appointment.objects.in_force().filter(role__in=ADMINISTRATORS, user__is_active=True)
    near = held.filter(Q(city__isnull=True) | Q(city=account.city_id)).exclude(user=account)
    return len(set(near.values_list("role", flat=True))) >= 2


def guarded_accounts(user: User) -> QuerySet[User]:
    """Those this administrator sees, whether or not they are one's own to ask for."""
    if not is_administrator(user):
        return User.objects.none()
    return User.objects.visible_to(user).guarded().order_by("username")


# --- Asking ---


def ask(
    act: str,
    account: User,
    *,
    by: User,
    reason: str,
    values: Mapping[str, Any] | None = None,
    post: Appointment | None = None,
) -> AccountChange:
    """Stores the request and tells those who may confirm it. `values` are fields of the account or of the
    appointment; `post` is the one that changes.
    """
    if not answers_for(by, account):
        raise Refused("本人的账号由另外两名管理员办理；全系统的账号由全系统的管理员办理。")
    # Tried out on copies: the page that asked shows what is stored.
    change = AccountChange(account=copy(account), act=act, post=copy(post), reason=reason.strip())
    change.asked_by, change.asked_role = by, by.identity.role
    change.new = {name: plain(value) for name, value in (values or {}).items()}
    if not change.reason:
        raise Refused({"reason": "请写明理由，供另一名管理员核对。"})
    if not _within(by, change):
        raise Refused("您只办理本市的账号和任职，全系统的由全系统的管理员办理。")
    DEEDS[act].check(change)
    change.account, change.post = account, post
    try:
        with transaction.atomic():
            change.save()
            text = f"{by}申请{change}，等待另一名管理员确认。理由：{change.reason}"
            notify(_who_may_decide(change), text, url=page_of(change), key=f"change-{change.pk}-asked")
            tell_owner(account, f"{by}为您的账号申请{change.get_act_display()}，等待另一名管理员确认")
            _record(change, by, {"申请": change.reason, **_in_words(change)})
    except IntegrityError as error:
        raise Refused("该账号已有一份同样的申请等待确认，请先由申请人撤回，或等待确认。") from error
    return change


def plain(value: Any) -> Any:
    """As JSON keeps it."""
    if isinstance(value, date):
        return value.isoformat()
    return value.pk if isinstance(value, Region) else value


def page_of(change: AccountChange) -> str:
    """Where it is decided."""
    return reverse("schools:account_change", args=[change.pk])


def _who_may_decide(change: AccountChange) -> list[User]:
    held = Appointment.objects.in_force().filter(role__in=ADMINISTRATORS).exclude(role=change.asked_role)
    people = User.objects.filter(pk__in=held.values("user"), is_active=True)
    return [one for one in people.exclude(pk=change.account_id) if answers_for(one, change.account)]


# --- Deciding ---


def confirm(change: AccountChange, *, by: User, remark: str = "") -> str:
    """Does what was asked for and tells the owner; the one-time password where it gives one, kept nowhere."""
    with transaction.atomic():
        locked = _decide(change, Status.DONE, by=by, remark=remark)
        try:
            with transaction.atomic():
                deed = DEEDS[locked.act]
                deed.check(locked)
                password = deed.do(locked, by)
        except IntegrityError as error:
            raise Refused("不能按申请办理：与现有的账号或任职重复。请不同意，由申请人重新申请。") from error
        _tell_asker(locked)
        _record(locked, by, {"申请人": locked.asked_by.in_full, "理由": locked.reason, **_in_words(locked)})
    return password


def refuse(change: AccountChange, *, by: User, remark: str) -> None:
    """Nothing is done, and who asked learns why."""
    if not remark.strip():
        raise Refused({"remark": "不同意的，请写明原因。"})
    with transaction.atomic():
        locked = _decide(change, Status.REFUSED, by=by, remark=remark)
        _tell_asker(locked)
        _record(locked, by, {"结果": "未同意", "意见": locked.remark})


def withdraw(change: AccountChange, *, by: User) -> None:
    """Whoever asked takes it back."""
    with transaction.atomic():
        locked = _decide(change, Status.WITHDRAWN, by=by, remark="")
        _record(locked, by, {"结果": "已撤回"})


def _decide(change: AccountChange, status: str, *, by: User, remark: str) -> AccountChange:
    """The account is held before the request: who resets its password or appoints its owner waits."""
    account = hold(change.account_id)
    locked = hold_one(AccountChange.objects.all(), change.pk)
    locked.account = account
    if locked.status != Status.PENDING:
        raise Refused(f"这份申请{locked.get_status_display()}，不能再次办理。")
    allowed = locked.asked_by_id == by.pk if status == Status.WITHDRAWN else may_decide(by, locked)
    if not allowed:
        raise Refused("这份申请由申请人和本人以外的另一名管理员确认，由申请人撤回。")
    locked.status, locked.remark = status, remark.strip()
    locked.decided_by, locked.decided_role = by, by.identity.role
    locked.decided_at = timezone.now()
    locked.save(update_fields=["status", "remark", "decided_by", "decided_role", "decided_at"])
    return locked


def hold(account_id: int) -> User:
    """The account as stored, until the transaction ends; rows that only point to it do not wait."""
    return hold_one(User.objects.all(), account_id)


def _tell_asker(change: AccountChange) -> None:
    text = f"{change}：{change.get_status_display()}，{change.decided_by}办理"
    text += f"（{change.remark}）" if change.remark else ""
    notify([change.asked_by], text, url=page_of(change), key=f"change-{change.pk}-decided")


def _record(change: AccountChange, by: User, detail: Mapping[str, Any]) -> None:
    account = change.account
    audit.record("two_people", by=by, city=account.chain_city, subject=str(change), detail=detail)


def _in_words(change: AccountChange) -> dict[str, Any]:
    return {name: f"{before} → {after}" if before else after for name, before, after in change.lines}


# --- What can be asked for: first whether it can be done and what it changes, then the doing ---


def _can_reset(change: AccountChange) -> None:
    if not change.account.is_active:
        raise Refused("该账号已停用，请先申请启用。")


def _reset(change: AccountChange, by: User) -> str:
    account, password = change.account, one_time_password()
    account.must_change_password = True
    account.password_asked_by, account.password_set_by = change.asked_by, by
    account.set_password(password)
    account.save(update_fields=["password", "must_change_password"])  # which tells owner and trail
    return password


def _can_rewrite(change: AccountChange) -> None:
    account, before = change.account, _words(change.account, DETAILS)
    _set(account, change.new)
    account.full_clean(exclude=["password"])
    _compare(change, before, _words(account, DETAILS))


def _rewrite(change: AccountChange, by: User) -> str:
    change.account.save(update_fields=list(change.new))
    _tell(change, by, "修改")
    return ""


def _can_enable(change: AccountChange) -> None:
    if change.account.is_active:
        raise Refused("该账号没有停用，不用启用。")
    _compare(change, {"状态": "停用"}, {"状态": "启用"})


def _enable(change: AccountChange, by: User) -> str:
    change.account.is_active = True
    change.account.save(update_fields=["is_active"])
    _tell(change, by, "启用")
    return ""


def _can_appoint(change: AccountChange) -> None:
    before = {}
    if change.post is None:
        _can_begin(change)
        change.post = Appointment(user=change.account)
    else:
        before = _post_in_words(change.post)
    post = change.post
    _set(post, change.new)
    post.full_clean()
    _compare(change, before, _post_in_words(post))
    leaves = post.end is not None and post.role in ADMINISTRATORS and not enough_without(change.account)
    if leaves:
        raise Refused("结束以后能办理的管理员不足两名：请先任命接任的人，再结束这项任职。")


def _can_begin(change: AccountChange) -> None:
    """Whoever gave or saw a first password would else have the new rights before their owner."""
    account = change.account
    if change.new.get("role") not in GUARDED_ROLES:
        raise Refused("这里只办系统、安全、审计管理员和市评委会办公室、主任的任职。")
    if not account.is_active:
        raise Refused("该账号已停用，请先启用。")
    if account.must_change_password:
        raise Refused("该账号还在使用别人设置的首次密码：请本人先登录、改成自己的密码，再任职。")


def _appoint(change: AccountChange, by: User) -> str:
    post, account = change.post, change.account
    post.save()
    if post.role in STAFF and not account.is_staff:  # works in the back office, without a third act
        account.is_staff = True
        account.save(update_fields=["is_staff"])
    until = f"，到 {post.end:%Y-%m-%d}" if post.end else ""
    _tell(change, by, f"办理任职：{post}，{post.start:%Y-%m-%d} 起{until}")
    return ""


def _compare(change: AccountChange, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """What it changes, in words; all of it where it is new."""
    if before == after:
        raise Refused("没有需要修改的内容：所填与现在的一致。")
    named = [name for name in after if before.get(name) != after[name]]
    change.before = {name: before[name] for name in named if name in before}
    change.after = {name: after[name] for name in named}


def _set(row: User | Appointment, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        field = row._meta.get_field(name)
        setattr(row, field.attname, value if field.is_relation else field.to_python(value))


def _words(row: Any, names: tuple[str, ...]) -> dict[str, str]:
    """Fields by their names on the page."""
    values = {str(row._meta.get_field(name).verbose_name): getattr(row, name) for name in names}
    return {label: "" if value is None else str(value) for label, value in values.items()}


def _post_in_words(post: Appointment) -> dict[str, str]:
    return {"任职": str(post), **_words(post, DATES)}


def _tell(change: AccountChange, by: User, what: str) -> None:
    tell_owner(change.account, f"您的账号由{change.asked_by}申请、{by}确认{what}")


@dataclass(frozen=True)
class Deed:
    """`check` fits the change to what is stored and refuses what cannot be; `do` returns a one-time password
    or "".
    """

    check: Callable[[AccountChange], None]
    do: Callable[[AccountChange, User], str]


DEEDS: dict[str, Deed] = {
    Act.PASSWORD: Deed(_can_reset, _reset),
    Act.DETAILS: Deed(_can_rewrite, _rewrite),
    Act.ENABLE: Deed(_can_enable, _enable),
    Act.APPOINT: Deed(_can_appoint, _appoint),
}
