"""What the registry and the year's records say on the workbench."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from django.db.models import Max
from django.urls import reverse
from django.utils import timezone

from schools.gaps import incomplete, missing
from schools.metrics import figures
from schools.models import Problem, Role, School, TrainingClass, User
from schools.models.scope import SCHOOL_ROLES
from schools.numbers import NO_POINTS, rounded
from schools.permissions import FOLLOWERS, role_of

from .items import Task, Tile

#: No city has more; a wider scope is not added up on a front page.
MOST_SCHOOLS = 400
CLASSES, ATTENDANCE, MONTHS, ARRIVED, SPENT, PLANNED = "办班期数", "参训人次", "有培训的双月数", "到位经费", "培训支出", "计划班次数"


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
    found = Problem.objects.visible_to(user).open().filter(visit__voided_at__isnull=True).select_related("visit__school", "visit__by")
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
    """Classes, attendance and money of the latest year with records, for one school or added up over a scope."""
    role = role_of(user)
    schools = School.objects.visible_to(user)
    if role not in (*SCHOOL_ROLES, *FOLLOWERS) or schools.count() > MOST_SCHOOLS:
        return
    year = latest_year(user)
    found = figures(
        [CLASSES, ATTENDANCE, MONTHS, ARRIVED, SPENT, PLANNED], schools=schools, year=year, start=date(year, 1, 1), end=date(year, 12, 31)
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
    yield Tile(f"{year}年参训人次", _whole(row[ATTENDANCE]), "人次", f"有培训的双月 {_whole(row[MONTHS])} / 6")
    unit = f"万元（到位 {_money(arrived)} 万元）" if arrived else "万元（到位经费未登记）"
    yield Tile(f"{year}年经费支出", _money(row[SPENT]), unit, done=row[SPENT] or 0, whole=arrived or None)


def _sum_tiles(year: int, rows: list[dict[str, Fraction | None]]) -> Iterator[Tile]:
    idle = sum(1 for row in rows if not row[CLASSES])
    note = f"{year}年尚无办班记录的 {idle} 所" if idle else f"{year}年均有办班记录" if rows else "名册由系统管理员登记"
    yield Tile("镇街党校", str(len(rows)), "所", note, reverse("schools:schools"))
    yield Tile(f"{year}年办班", _whole(_sum(rows, CLASSES)), "期", f"参训 {_whole(_sum(rows, ATTENDANCE))} 人次")
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
