"""What waits for each role on the workbench, and the figures of its scope."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from itertools import chain

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Max, Q
from django.urls import reverse
from django.utils import timezone

from schools.accounts.changes import may_decide as may_confirm
from schools.accounts.changes import page_of
from schools.calendar import checking
from schools.calendar.workdays import years_to_enter
from schools.metrics import figures
from schools.metrics.standing import report_due
from schools.models import (
    AccountChange,
    AnnualPlan,
    Appointment,
    AuditEntry,
    Correction,
    MonthlyReport,
    Problem,
    Region,
    Role,
    School,
    TrainingClass,
    User,
)
from schools.models.scope import SCHOOL_ROLES
from schools.monitoring.anomalies import FILING_MONTH
from schools.numbers import NO_POINTS, rounded
from schools.permissions import FOLLOWERS, may, role_of
from schools.records import locks
from schools.records.corrections import may_decide
from schools.registry.overview import incomplete, missing
from schools.site.contributions import Task, Tile
from schools.site.years import years_of
from schools.teaching import months, plans
from schools.teaching.classes import waiting_for


def account_tasks(user: User) -> Iterator[Task]:
    """Accounts without a role and schools that nobody fills in for, to whoever gives roles; gaps to whoever
    keeps the registry.
    """
    if may(user, "guard_accounts"):
        yield from _change_tasks(user)
    if may(user, "appoint") and user.identity:
        yield from _appointment_tasks(user)
    if may(user, "maintain") and user.identity:
        yield from _founding_tasks(user)
        yield from _gaps(user, reverse("admin:schools_school_changelist"), "请登记或导入")


def _change_tasks(user: User) -> Iterator[Task]:
    """Each by itself: there are few, and each wants to be looked at."""
    people = ("account", "asked_by", "post")
    for change in AccountChange.objects.visible_to(user).pending().select_related(*people):
        if may_confirm(user, change):
            hint = f"{change.asked_by}申请，理由：{change.reason}"
            yield Task(str(change), page_of(change), hint, "待您确认")


def _founding_tasks(user: User) -> Iterator[Task]:
    """What an installation lacks before anybody else can work in it."""
    if not Region.objects.cities().visible_to(user).exists():
        hint = "级别选“市”，所属市不填；再登记各县（市、区）和党校"
        yield Task("还没有登记本市", reverse("admin:schools_region_add"), hint, "待登记")
    elif not School.objects.visible_to(user).exists():
        hint = "可用工作簿一次导入，也可以逐所登记；先登记县（市、区）"
        yield Task("还没有登记党校", reverse("admin:schools_school_import"), hint, "待登记")


def _appointment_tasks(user: User) -> Iterator[Task]:
    url = reverse("admin:schools_appointment_changelist")
    held = Appointment.objects.in_force()
    accounts = User.objects.visible_to(user).filter(is_active=True)
    if idle := accounts.exclude(pk__in=held.values("user")).count():
        yield Task(f"{idle} 个账号没有现任职务", url, "登录后看不到任何内容，请登记任职或停用账号")
    fillers = held.filter(role=Role.FILLER).values("school")
    if without := School.objects.visible_to(user).open_on().exclude(pk__in=fillers).count():
        yield Task(f"{without} 所党校没有填报人", url, "请登记填报人任职")


def _gaps(user: User, url: str, hint: str) -> Iterator[Task]:
    if count := incomplete(School.objects.visible_to(user).open_on()).count():
        hint = f"缺挂牌情况、座位数或工作人员数，{hint}"
        yield Task(f"{count} 所党校的基本资料不全", url, hint, "待补充")


def account_tiles(user: User) -> Iterator[Tile]:
    """Accounts for the system administrator, locks for the security administrator, the trail for the audit
    administrator.
    """
    tiles = {
        Role.SYSADMIN: _system_tiles,
        Role.SECURITY: _security_tiles,
        Role.AUDITOR: _audit_tiles,
    }.get(role_of(user))
    if tiles:
        yield from tiles(user)


def _system_tiles(user: User) -> Iterator[Tile]:
    accounts = User.objects.visible_to(user).filter(is_active=True)
    first = accounts.filter(must_change_password=True).count()
    yield Tile("启用的账号", str(accounts.count()), "个", f"其中 {first} 个尚未首次登录改密")
    schools = School.objects.visible_to(user).open_on()
    held = Appointment.objects.in_force().filter(role__in=SCHOOL_ROLES).values("school")
    staffed = schools.filter(pk__in=held).count()
    yield Tile("有填报人或负责人的党校", str(staffed), f"所（共 {schools.count()} 所）")


def _security_tiles(user: User) -> Iterator[Tile]:
    since = timezone.now() - settings.AXES_COOLOFF_TIME
    locked = AccessAttempt.objects.filter(
        failures_since_start__gte=settings.AXES_FAILURE_LIMIT, attempt_time__gt=since
    )
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    note = f"连续 {settings.AXES_FAILURE_LIMIT} 次密码错误，锁定 {minutes} 分钟后自动解除"
    yield Tile("正在锁定的登录", str(locked.count()), "个", note)
    held = Appointment.objects.visible_to(user).in_force().count()
    yield Tile("现任职务", str(held), "项", "一人可任多项，系统、安全、审计管理员须由三人分任")


def _audit_tiles(user: User) -> Iterator[Tile]:
    entries = AuditEntry.objects.visible_to(user)
    today = entries.filter(at__date=timezone.localdate()).count()
    note = f"今天新增 {today} 条，请定期核验审计链"
    yield Tile("审计记录", f"{entries.count():,}", "条", note, reverse("schools:audit"))


def calendar_tasks(user: User) -> Iterator[Task]:
    """Missing years; nobody else is bothered."""
    if not (may(user, "enter_calendar") and user.identity):
        return
    today = timezone.localdate()
    for year in years_to_enter(today):
        kind = "warn" if year > today.year else "bad"
        yield Task(checking.title(year), checking.page_of(year), checking.hint(year, today), "待录入", kind)


#: More than this nobody reads on a front page.
MOST = 200


def correction_tasks(user: User) -> Iterator[Task]:
    """One line for all of them."""
    if role_of(user) not in chain.from_iterable(locks.ROLES.values()):
        return
    waiting = list(Correction.objects.visible_to(user).pending().select_related("school")[:MOST])
    if not waiting:
        return
    signed = locks.periods({request.school_id for request in waiting})
    mine = [request for request in waiting if may_decide(user, request, signed[request.school_id])]
    if mine:
        schools = "、".join(dict.fromkeys(str(request.school) for request in mine[:3]))
        more = "等" if len({request.school_id for request in mine}) > 3 else ""
        url, hint = f"{reverse('schools:corrections')}?status=pending", f"{schools}{more}申请更正已锁定的登记"
        yield Task(f"{len(mine)} 份数据更正等待审核", url, hint, "待审核")


def monitoring_tasks(user: User) -> Iterator[Task]:
    """How many schools have not confirmed the newest month that is due, and how many have filed no plan."""
    if not may(user, "remind"):
        return
    today = timezone.localdate()
    year, page = today.year, reverse("schools:monitoring")
    schools = School.objects.visible_to(user).open_on()
    last = _newest_due(today)
    answered = MonthlyReport.objects.filter(year=last.year, month=last.month).filter(
        Q(confirmed_at__isnull=False) | Q(due__gte=today)
    )
    in_use = schools.filter(Q(opened_on__isnull=True) | Q(opened_on__lte=last))
    if number := in_use.exclude(pk__in=answered.values("school")).count():
        title = f"{number} 所党校{last.month}月月报逾期未确认"
        yield Task(title, f"{page}?year={last.year}&kind=report", "可在监测页逐所催办", "待催办")
    if today.month > FILING_MONTH:
        filed = AnnualPlan.objects.filter(year=year, filed_on__isnull=False)
        if number := schools.exclude(pk__in=filed.values("school")).count():
            title = f"{number} 所党校{year}年度计划未备案"
            yield Task(title, f"{page}?year={year}&kind=plan", "应于3月31日前备案", "待催办")


def _newest_due(today: date) -> date:
    """The end of the last month whose report is overdue by now when it is missing."""
    day = today
    while True:
        day = day.replace(day=1) - timedelta(days=1)
        if report_due(day.year, day.month) < today:
            return day


#: No city has more; a wider scope is not added up on a front page.
MOST_SCHOOLS = 400
Amount = Fraction | None
FIGURES = ("办班期数", "参训人次", "有培训的双月数", "到位经费", "培训支出", "计划班次数")


def record_tasks(user: User) -> Iterator[Task]:
    """Gaps of the registry and open problems, for those who can do something about them."""
    role = role_of(user)
    if role in SCHOOL_ROLES:
        yield from _own_gaps(user.identity.school)
        yield from _problems(user)
    elif role in FOLLOWERS and role != Role.VIEWER:
        yield from _gaps(user, f"{reverse('schools:schools')}?gaps=1", "请提醒学校登记")
        yield from _problems(user)


def _own_gaps(school: School) -> Iterator[Task]:
    if gaps := missing(school, timezone.localdate().year):
        url = reverse("schools:registry", args=[school.pk])
        yield Task(f"学校资料还缺 {len(gaps)} 项", url, "、".join(gaps), "待补充")


def _problems(user: User) -> Iterator[Task]:
    """Each problem to its school; those who guide many see the overdue and the next due ones first."""
    today = timezone.localdate()
    problems = Problem.objects.visible_to(user).open().select_related("visit__school", "visit__by")
    for problem in problems.order_by("due", "pk")[:5]:
        visit = problem.visit
        name = "" if user.identity.role in SCHOOL_ROLES else f"{visit.school}："
        late = problem.due is not None and problem.due < today
        yield Task(
            f"{name}{problem.text}",
            reverse("schools:guidance_school", args=[visit.school_id]),
            f"{visit.by} {visit.on.month}月{visit.on.day}日 走访时提出",
            f"逾期 {(today - problem.due).days} 天" if late else "待整改",
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
    year = _latest_year(user)
    found = figures(FIGURES, schools=schools, year=year, start=date(year, 1, 1), end=date(year, 12, 31))
    rows = [[row[name].value for name in FIGURES] for row in found.values()]
    if role in SCHOOL_ROLES and rows:
        yield from _own_tiles(year, rows[0])
    else:
        yield from _sum_tiles(year, rows)


def _latest_year(user: User) -> int:
    """The current year, or the last one with records: a page of zeros in January helps nobody."""
    last = TrainingClass.objects.visible_to(user).kept().aggregate(last=Max("starts_on"))["last"]
    year = min(years_of(user).current, timezone.localdate().year)
    return min(last.year, year) if last else year


def _own_tiles(year: int, row: list[Amount]) -> Iterator[Tile]:
    classes, attendance, active, arrived, spent, planned = row
    unit = f"期（计划 {_whole(planned)} 期）" if planned else "期"
    yield Tile(f"{year}年办班", _whole(classes), unit, done=classes or 0, whole=planned or None)
    note = f"有培训的双月 {_whole(active)} / 6"
    yield Tile(f"{year}年参训人次", _whole(attendance), "人次", note)
    unit = f"万元（到位 {_money(arrived)} 万元）" if arrived else "万元（到位经费未登记）"
    yield Tile(f"{year}年经费支出", _money(spent), unit, done=spent or 0, whole=arrived or None)


def _sum_tiles(year: int, rows: list[list[Amount]]) -> Iterator[Tile]:
    idle = sum(not row[0] for row in rows)
    note = f"{year}年尚无办班记录的 {idle} 所" if idle else f"{year}年均有办班记录"
    note = note if rows else "名册由系统管理员登记"
    yield Tile("镇街党校", str(len(rows)), "所", note, reverse("schools:schools"))
    sums = [
        sum((value or Fraction(0) for value in column), Fraction(0)) for column in zip(*rows, strict=True)
    ]
    classes, attendance, _, arrived, spent, _ = sums or [Fraction(0)] * len(FIGURES)
    yield Tile(f"{year}年办班", _whole(classes), "期", f"参训 {_whole(attendance)} 人次")
    unit = f"万元（到位 {_money(arrived)} 万元）"
    yield Tile(f"{year}年经费支出", _money(spent), unit, done=spent, whole=arrived or None)


def _whole(value: Fraction | None) -> str:
    return NO_POINTS if value is None else f"{int(value):,}"


def _money(value: Fraction | None) -> str:
    return NO_POINTS if value is None else f"{rounded(value):,}"


#: Months shown at once: whoever is a year behind first needs the page of the year, not a wall of tasks.
MOST_MONTHS = 3


def teaching_tasks(user: User) -> Iterator[Task]:
    """For those who record for a school."""
    if role_of(user) in SCHOOL_ROLES:
        school = user.identity.school
        yield from _months(school)
        yield from _plan(school, timezone.localdate())
        yield from _joint(school)


def _months(school: School) -> Iterator[Task]:
    waiting = months.unanswered(school)
    for month in waiting[:MOST_MONTHS]:
        url = reverse("schools:month", args=[school.pk, month.year, month.month])
        name = f"{'' if month.year == month.today.year else f'{month.year}年'}{month.month}月"
        if month.state == months.CHANGED:
            hint = "请核对，写明原因后再确认"
            yield Task(f"{name}月报确认以后记录有变化", url, hint, "有更正")
            continue
        report = "零报告" if month.is_zero else "月报"
        press = reverse("schools:month_confirm", args=[month.year, month.month])
        yield Task(f"{name}{report}", url, month.sentence, *month.tag, month.due, press, f"确认{report}")
    if len(waiting) > MOST_MONTHS:
        title = f"还有 {len(waiting) - MOST_MONTHS} 个月的月报待办"
        yield Task(title, reverse("schools:teaching"), "在培训页逐月确认")


def _plan(school: School, today: date) -> Iterator[Task]:
    plan = plans.plan_of(school, today.year)
    if plan and plan.filed_on:
        return
    due = plans.due_of(today.year)
    title, url = f"{today.year}年培训计划还没有备案", reverse("schools:plan", args=[school.pk, today.year])
    hint = "填好后按“备案”" if plan else "逐月填写，或从上一年复制"
    tag = ("逾期", "bad") if today > due else ("待办", "warn")
    yield Task(title, url, hint, *tag, due)


def _joint(school: School) -> Iterator[Task]:
    for partner in waiting_for(school):
        host = partner.host_class
        title, url = f"确认联合办班“{host.name}”本校参加的人次", reverse("schools:joint", args=[partner.pk])
        yield Task(title, url, f"{host.school}主办，{host.starts_on.month}月{host.starts_on.day}日")


def teaching_tiles(user: User) -> Iterator[Tile]:
    """Filed plans of the scope, leading to the list of schools."""
    if role_of(user) not in FOLLOWERS:
        return
    year = years_of(user).current
    schools = School.objects.visible_to(user).open_on()
    plans_filed = AnnualPlan.objects.filter(year=year, filed_on__isnull=False)
    filed = plans_filed.filter(school__in=schools.order_by().values("pk")).count()
    count, url = schools.count(), reverse("schools:teaching")
    unit, note = f"所（共 {count} 所）", "各校计划、办班和月报"
    yield Tile(f"{year}年培训计划备案", str(filed), unit, note, url, filed, count or None)
