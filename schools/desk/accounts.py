"""What waits for the three administrators: accounts, locks, the audit chain."""

from __future__ import annotations

from collections.abc import Iterator

from axes.models import AccessAttempt
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from schools.gaps import incomplete
from schools.models import Appointment, Region, Role, School, User
from schools.models.audit import AuditEntry
from schools.models.scope import SCHOOL_ROLES
from schools.permissions import may

from .items import Task, Tile


def account_tasks(user: User) -> Iterator[Task]:
    """Accounts without a role and schools that nobody fills in for, to whoever gives roles; gaps to whoever keeps the registry."""
    if may(user, "appoint") and user.identity:
        yield from _appointment_tasks(user)
    if may(user, "maintain") and user.identity:
        yield from _founding_tasks(user)
        count = incomplete(School.objects.visible_to(user).open_on()).count()
        if count:
            yield Task(
                f"{count} 所党校的基本资料不全",
                reverse("admin:schools_school_changelist"),
                "缺挂牌情况、座位数或工作人员数，请登记或导入",
                "待补充",
            )


def _founding_tasks(user: User) -> Iterator[Task]:
    """What an installation lacks before anybody else can work in it."""
    if not Region.objects.cities().visible_to(user).exists():
        told = "级别选“市”，所属市不填；再登记各县（市、区）和党校"
        yield Task("还没有登记本市", reverse("admin:schools_region_add"), told, "待登记")
    elif not School.objects.visible_to(user).exists():
        told = "可用工作簿一次导入，也可以逐所登记；先登记县（市、区）"
        yield Task("还没有登记党校", reverse("admin:schools_school_import"), told, "待登记")


def _appointment_tasks(user: User) -> Iterator[Task]:
    url = reverse("admin:schools_appointment_changelist")
    idle = User.objects.visible_to(user).filter(is_active=True).exclude(pk__in=Appointment.objects.in_force().values("user")).count()
    if idle:
        yield Task(f"{idle} 个账号没有现任职务", url, "登录后看不到任何内容，请登记任职或停用账号")
    fillers = Appointment.objects.in_force().filter(role=Role.FILLER).values("school")
    without = School.objects.visible_to(user).open_on().exclude(pk__in=fillers).count()
    if without:
        yield Task(f"{without} 所党校没有填报人", url, "请登记填报人任职")


def account_tiles(user: User) -> Iterator[Tile]:
    """Accounts for the system administrator, locks for the security administrator, the trail for the audit administrator."""
    role = user.identity.role if user.identity else None
    if role == Role.SYSADMIN:
        accounts = User.objects.visible_to(user)
        first = accounts.filter(is_active=True, must_change_password=True).count()
        yield Tile("启用的账号", str(accounts.filter(is_active=True).count()), "个", f"其中 {first} 个尚未首次登录改密")
        schools = School.objects.visible_to(user).open_on()
        staffed = schools.filter(pk__in=Appointment.objects.in_force().filter(role__in=SCHOOL_ROLES).values("school")).count()
        yield Tile("有填报人或负责人的党校", str(staffed), f"所（共 {schools.count()} 所）")
    elif role == Role.SECURITY:
        since = timezone.now() - settings.AXES_COOLOFF_TIME
        locked = AccessAttempt.objects.filter(failures_since_start__gte=settings.AXES_FAILURE_LIMIT, attempt_time__gt=since)
        minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
        yield Tile(
            "正在锁定的登录", str(locked.count()), "个", f"连续 {settings.AXES_FAILURE_LIMIT} 次密码错误，锁定 {minutes} 分钟后自动解除"
        )
        yield Tile(
            "现任职务",
            str(Appointment.objects.visible_to(user).in_force().count()),
            "项",
            "一人可任多项，系统、安全、审计管理员须由三人分任",
        )
    elif role == Role.AUDITOR:
        entries = AuditEntry.objects.visible_to(user)
        today = entries.filter(at__date=timezone.localdate()).count()
        yield Tile("审计记录", f"{entries.count():,}", "条", f"今天新增 {today} 条，请定期核验审计链", reverse("schools:audit"))
