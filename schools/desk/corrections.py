"""Requests for corrections that wait for this person's decision."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from schools import locks
from schools.corrections import may_decide
from schools.models import Correction, User
from schools.permissions import role_of

from .items import Task

#: More than this nobody reads on a front page.
MOST = 200


def correction_tasks(user: User) -> Iterator[Task]:
    """One line for all of them."""
    if not any(role_of(user) in roles for roles in locks.ROLES.values()):
        return
    waiting = list(Correction.objects.visible_to(user).pending().select_related("school")[:MOST])
    if not waiting:
        return
    signed = locks.periods({one.school_id for one in waiting})
    mine = [one for one in waiting if may_decide(user, one, signed[one.school_id])]
    if mine:
        schools = "、".join(dict.fromkeys(str(one.school) for one in mine[:3]))
        yield Task(
            f"{len(mine)} 份数据更正等待审核",
            f"{reverse('schools:corrections')}?status=pending",
            f"{schools}{'等' if len({one.school_id for one in mine}) > 3 else ''}申请更正已锁定的登记",
            "待审核",
        )
