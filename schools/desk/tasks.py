"""What waits for the three administrators: accounts, locks, the audit chain."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Max, Q
from django.urls import reverse
from django.utils import timezone

from schools.calendar import checking
from schools.calendar.checking import page_of
from schools.calendar.workdays import years_to_enter
from schools.metrics import figures
from schools.metrics.standing import report_due
from schools.models import (
    AnnualPlan,
    Appointment,
    Correction,
    MonthlyReport,
    Problem,
    Region,
    Role,
    School,
    TrainingClass,
    User,
)
from schools.models.audit import AuditEntry
from schools.models.scope import SCHOOL_ROLES
from schools.numbers import NO_POINTS, rounded
from schools.permissions import FOLLOWERS, may, role_of
from schools.records import locks
from schools.records.corrections import may_decide
from schools.registry.overview import incomplete, missing
from schools.site.contributions import Task, Tile
from schools.teaching import joint, months, plans


def account_tasks(user: User) -> Iterator[Task]:
    """Accounts without a role and schools that nobody fills in for, to whoever gives roles; gaps to whoever
    keeps the registry.
    """
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
    idle = (
        User.objects.visible_to(user)
        .filter(is_active=True)
        .exclude(pk__in=Appointment.objects.in_force().values("user"))
        .count()
    )
    if idle:
        yield Task(f"{idle} 个账号没有现任职务", url, "登录后看不到任何内容，请登记任职或停用账号")
    fillers = Appointment.objects.in_force().filter(role=Role.FILLER).values("school")
    without = School.objects.visible_to(user).open_on().exclude(pk__in=fillers).count()
    if without:
        yield Task(f"{without} 所党校没有填报人", url, "请登记填报人任职")


def account_tiles(user: User) -> Iterator[Tile]:
    """Accounts for the system administrator, locks for the security administrator, the trail for the audit
    administrator.
    """
    role = user.identity.role if user.identity else None
    if role == Role.SYSADMIN:
        accounts = User.objects.visible_to(user)
        first = accounts.filter(is_active=True, must_change_password=True).count()
        yield Tile(
            "启用的账号",
            str(accounts.filter(is_active=True).count()),
            "个",
            f"其中 {first} 个尚未首次登录改密",
        )
        schools = School.objects.visible_to(user).open_on()
        staffed = schools.filter(
            pk__in=Appointment.objects.in_force().filter(role__in=SCHOOL_ROLES).values("school")
        ).count()
        yield Tile("有填报人或负责人的党校", str(staffed), f"所（共 {schools.count()} 所）")
    elif role == Role.SECURITY:
        since = timezone.now() - settings.AXES_COOLOFF_TIME
        locked = AccessAttempt.objects.filter(
            failures_since_start__gte=settings.AXES_FAILURE_LIMIT, attempt_time__gt=since
        )
        minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
        yield Tile(
            "正在锁定的登录",
            str(locked.count()),
            "个",
            f"连续 {settings.AXES_FAILURE_LIMIT} 次密码错误，锁定 {minutes} 分钟后自动解除",
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
        yield Tile(
            "审计记录",
            f"{entries.count():,}",
            "条",
            f"今天新增 {today} 条，请定期核验审计链",
            reverse("schools:audit"),
        )


def calendar_tasks(user: User) -> Iterator[Task]:
    """Missing years; nobody else is bothered."""
    if not (may(user, "enter_calendar") and user.identity):
        return
    today = timezone.localdate()
    for year in years_to_enter(today):
        kind = "warn" if year > today.year else "bad"
        yield Task(checking.title(year), page_of(year), checking.hint(year, today), "待录入", kind)


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


FILING_MONTH = 3


def monitoring_tasks(user: User) -> Iterator[Task]:
    """How many schools have not confirmed the newest month that is due, and how many have filed no plan."""
    if not may(user, "remind"):
        return
    today = timezone.localdate()
    schools = School.objects.visible_to(user).open_on()
    year, month = _newest_due(today)
    first = date(year, month, 1)
    answered = MonthlyReport.objects.filter(year=year, month=month).filter(
        Q(confirmed_at__isnull=False) | Q(due__gte=today)
    )
    owing = schools.filter(Q(opened_on__isnull=True) | Q(opened_on__lt=_following(first))).exclude(
        pk__in=answered.values("school")
    )
    page = reverse("schools:monitoring")
    if number := owing.count():
        yield Task(
            f"{number} 所党校{month}月月报逾期未确认",
            f"{page}?year={year}&kind=report",
            "可在监测页逐所催办",
            "待催办",
        )
    if today.month > FILING_MONTH:
        filed = AnnualPlan.objects.filter(year=today.year, filed_on__isnull=False)
        if number := schools.exclude(pk__in=filed.values("school")).count():
            yield Task(
                f"{number} 所党校{today.year}年度计划未备案",
                f"{page}?year={today.year}&kind=plan",
                "应于3月31日前备案",
                "待催办",
            )


def _newest_due(today: date) -> tuple[int, int]:
    """The last month whose report is overdue by now when it is missing."""
    year, month = today.year, today.month
    while True:
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
        if report_due(year, month) < today:
            return year, month


def _following(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


#: No city has more; a wider scope is not added up on a front page.
MOST_SCHOOLS = 400
CLASSES, ATTENDANCE, MONTHS, ARRIVED, SPENT, PLANNED = (
    "办班期数",
    "参训人次",
    "有培训的双月数",
    "到位经费",
    "培训支出",
    "计划班次数",
)


def record_tasks(user: User) -> Iterator[Task]:
    """Gaps of the registry and open problems, for those who can do something about them."""
    role = role_of(user)
    if role in SCHOOL_ROLES:
        yield from _own_gaps(user.identity.school)
        yield from _problems(user)
    elif role in FOLLOWERS and role != Role.VIEWER:
        yield from _gaps(user)
        yield from _problems(user)


def _own_gaps(school: School) -> Iterator[Task]:
    gaps = missing(school, timezone.localdate().year)
    if gaps:
        url = reverse("schools:registry", args=[school.pk])
        yield Task(f"学校资料还缺 {len(gaps)} 项", url, "、".join(gaps), "待补充")


def _gaps(user: User) -> Iterator[Task]:
    count = incomplete(School.objects.visible_to(user).open_on()).count()
    if count:
        yield Task(
            f"{count} 所党校的基本资料不全",
            f"{reverse('schools:schools')}?gaps=1",
            "缺挂牌情况、座位数或工作人员数，请提醒学校登记",
            "待补充",
        )


def _problems(user: User) -> Iterator[Task]:
    """Each problem to its school; those who guide many see the overdue and the next due ones first."""
    today = timezone.localdate()
    found = (
        Problem.objects.visible_to(user)
        .open()
        .filter(visit__voided_at__isnull=True)
        .select_related("visit__school", "visit__by")
    )
    for problem in found.order_by("due", "pk")[:5]:
        school = problem.visit.school
        name = "" if user.identity.role in SCHOOL_ROLES else f"{school}："
        hint = f"{problem.visit.by} {problem.visit.on.month}月{problem.visit.on.day}日 走访时提出"
        late = problem.due is not None and problem.due < today
        tag = f"逾期 {(today - problem.due).days} 天" if late else "待整改"
        yield Task(
            f"{name}{problem.text}",
            reverse("schools:guidance_school", args=[school.pk]),
            hint,
            tag,
            "bad" if late else "warn",
            problem.due,
        )


def record_tiles(user: User) -> Iterator[Tile]:
    """Classes, attendance and money of the latest year with records, for one school or added up
    over a scope.
    """
    role = role_of(user)
    schools = School.objects.visible_to(user)
    if role not in (*SCHOOL_ROLES, *FOLLOWERS) or schools.count() > MOST_SCHOOLS:
        return
    year = latest_year(user)
    found = figures(
        [CLASSES, ATTENDANCE, MONTHS, ARRIVED, SPENT, PLANNED],
        schools=schools,
        year=year,
        start=date(year, 1, 1),
        end=date(year, 12, 31),
    )
    rows = [{name: figure.value for name, figure in row.items()} for row in found.values()]
    yield from _own_tiles(year, rows[0]) if role in SCHOOL_ROLES and rows else _sum_tiles(year, rows)


def latest_year(user: User) -> int:
    """This year, or the last one with records: a page of zeros in January helps nobody."""
    last = TrainingClass.objects.visible_to(user).kept().aggregate(last=Max("starts_on"))["last"]
    today = timezone.localdate()
    return min(last.year, today.year) if last else today.year


def _own_tiles(year: int, row: dict[str, Fraction | None]) -> Iterator[Tile]:
    planned, arrived = row[PLANNED], row[ARRIVED]
    yield Tile(
        f"{year}年办班",
        _whole(row[CLASSES]),
        f"期（计划 {_whole(planned)} 期）" if planned else "期",
        done=row[CLASSES] or 0,
        whole=planned or None,
    )
    yield Tile(
        f"{year}年参训人次", _whole(row[ATTENDANCE]), "人次", f"有培训的双月 {_whole(row[MONTHS])} / 6"
    )
    unit = f"万元（到位 {_money(arrived)} 万元）" if arrived else "万元（到位经费未登记）"
    yield Tile(f"{year}年经费支出", _money(row[SPENT]), unit, done=row[SPENT] or 0, whole=arrived or None)


def _sum_tiles(year: int, rows: list[dict[str, Fraction | None]]) -> Iterator[Tile]:
    idle = sum(1 for row in rows if not row[CLASSES])
    note = (
        f"{year}年尚无办班记录的 {idle} 所"
        if idle
        else f"{year}年均有办班记录"
        if rows
        else "名册由系统管理员登记"
    )
    yield Tile("镇街党校", str(len(rows)), "所", note, reverse("schools:schools"))
    yield Tile(
        f"{year}年办班", _whole(_sum(rows, CLASSES)), "期", f"参训 {_whole(_sum(rows, ATTENDANCE))} 人次"
    )
    arrived = _sum(rows, ARRIVED)
    yield Tile(
        f"{year}年经费支出",
        _money(_sum(rows, SPENT)),
        f"万元（到位 {_money(arrived)} 万元）",
        done=_sum(rows, SPENT),
        whole=arrived or None,
    )


def _sum(rows: list[dict[str, Fraction | None]], name: str) -> Fraction:
    return sum((row[name] or Fraction(0) for row in rows), Fraction(0))


def _whole(value: Fraction | None) -> str:
    return NO_POINTS if value is None else f"{int(value):,}"


def _money(value: Fraction | None) -> str:
    return NO_POINTS if value is None else f"{rounded(value):,}"


#: Months shown at once: whoever is a year behind first needs the page of the year, not a wall of tasks.
MOST_MONTHS = 3


def teaching_tasks(user: User) -> Iterator[Task]:
    """For those who record for a school."""
    if user.identity and user.identity.role in SCHOOL_ROLES:
        school = user.identity.school
        yield from _months(school)
        yield from _plan(school, timezone.localdate())
        yield from _joint(school)


def _months(school: School) -> Iterator[Task]:
    waiting = months.unanswered(school)
    for month in waiting[:MOST_MONTHS]:
        url = reverse("schools:month", args=[school.pk, month.year, month.month])
        year = "" if month.year == month.today.year else f"{month.year}年"
        if month.state == months.CHANGED:
            yield Task(
                f"{year}{month.month}月月报确认以后记录有变化", url, "请核对，写明原因后再确认", "有更正"
            )
            continue
        tag, kind = month.tag
        yield Task(
            f"{year}{month.month}月{'零报告' if month.is_zero else '月报'}",
            url,
            month.sentence,
            tag,
            kind,
            month.due,
            reverse("schools:month_confirm", args=[month.year, month.month]),
            "确认零报告" if month.is_zero else "确认月报",
        )
    if len(waiting) > MOST_MONTHS:
        yield Task(
            f"还有 {len(waiting) - MOST_MONTHS} 个月的月报待办",
            reverse("schools:teaching"),
            "在培训页逐月确认",
        )


def _plan(school: School, today: date) -> Iterator[Task]:
    plan = plans.plan_of(school, today.year)
    if plan and plan.filed_on:
        return
    due = plans.due_of(today.year)
    late = today > due
    hint = "填好后按“备案”" if plan else "逐月填写，或从上一年复制"
    url = reverse("schools:plan", args=[school.pk, today.year])
    yield Task(
        f"{today.year}年培训计划还没有备案",
        url,
        hint,
        "逾期" if late else "待办",
        "bad" if late else "warn",
        due,
    )


def _joint(school: School) -> Iterator[Task]:
    for partner in joint.waiting_for(school):
        host = partner.host_class
        hint = f"{host.school}主办，{host.starts_on.month}月{host.starts_on.day}日"
        yield Task(
            f"确认联合办班“{host.name}”本校参加的人次", reverse("schools:joint", args=[partner.pk]), hint
        )


def teaching_tiles(user: User) -> Iterator[Tile]:
    """Filed plans of the scope, leading to the list of schools."""
    if role_of(user) not in FOLLOWERS:
        return
    year = timezone.localdate().year
    schools = School.objects.visible_to(user).open_on()
    filed = AnnualPlan.objects.filter(
        school__in=schools.order_by().values("pk"), year=year, filed_on__isnull=False
    ).count()
    count = schools.count()
    yield Tile(
        f"{year}年培训计划备案",
        str(filed),
        f"所（共 {count} 所）",
        "各校计划、办班和月报",
        reverse("schools:teaching"),
        filed,
        count or None,
    )
