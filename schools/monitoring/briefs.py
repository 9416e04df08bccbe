"""One page about a school, a county or a city for whoever goes into a meeting: bounded in lines, so that it
stays one page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from django.db.models import QuerySet

from schools.models import Problem, Region, School, User, Visit
from schools.numbers import chinese_date
from schools.site.contributions import contributed, summaries_for
from schools.templatetags.ui import STAR_NAMES

from .anomalies import KINDS
from .overview import MARKS, City, Details, Seen, city_on, details, in_units, total
from .standing import MONTHS, View

#: Characters in a line of the sheet.
LINE = 42
MOST_COUNTIES = 9


@dataclass(frozen=True)
class Room:
    """How many entries of each kind fit the sheet, and how many lines each may take."""

    anomalies: int
    problems: int
    visits: int
    lines: int

    def cut(self, texts: Iterable[str]) -> list[str]:
        """Texts that are too long, cut."""
        most = self.lines * LINE
        return [text if len(text) <= most else f"{text[: most - 1]}…" for text in texts]


PLAIN = Room(anomalies=5, problems=3, visits=2, lines=2)
BESIDE_COUNTIES = Room(anomalies=5, problems=2, visits=2, lines=1)


@dataclass(frozen=True)
class Brief:
    """What stands on the sheet, in words; `more` lines say what was left out."""

    template: ClassVar[str] = "documents/papers/brief.html"
    title: str
    under: str
    figures: tuple[tuple[str, str, str], ...]
    strip: tuple[tuple[str, tuple[str, ...]], ...]
    counties: tuple[tuple[str, ...], ...]
    anomalies: tuple[str, ...]
    problems: tuple[str, ...]
    visits: tuple[str, ...]
    stars: str
    marks: str = ""

    @property
    def months(self) -> tuple[str, ...]:
        """The headings of the strip."""
        return tuple(f"{month}月" for month in MONTHS)


def school_brief(school: School, user: User, view: View) -> Brief | None:
    """None for a school that was not in use that year."""
    seen = city_on(school.city_id, view).within({school.pk})
    if not seen:
        return None
    one = seen[0]
    more = details(seen, view)
    leaders = "、".join(
        f"{leader.get_post_display()}{leader.name}" for leader in school.leaders.filter(end__isnull=True)[:3]
    )
    return Brief(
        title=f"{school}{view.year}年工作简况",
        under=_under(view, school.county or school.city, f"校领导：{leaders}" if leaders else "校领导未登记"),
        figures=_figures(seen, _lecturers(more, one)),
        strip=(
            ("办班（期）", tuple(cell.number for cell in more.cells[school.pk])),
            ("月报", tuple(cell.mark for cell in more.cells[school.pk])),
        ),
        counties=(),
        anomalies=_anomalies([anomaly.text for anomaly in one.anomalies], PLAIN),
        problems=_problems(
            Problem.objects.visible_to(user).filter(visit__school=school), view, PLAIN, named=False
        ),
        visits=_visits(Visit.objects.visible_to(user).filter(school=school), view, PLAIN, named=False),
        stars="；".join(summaries_for(school, user)) or "还没有评定结果",
        marks="，".join(f"{mark}＝{meaning}" for mark, meaning in MARKS.values() if mark),
    )


def region_brief(region: Region, user: User, view: View) -> Brief:
    """A county or a city; of other counties nothing but what the whole city is compared by."""
    is_city = region.kind == Region.Kind.CITY
    city: City = city_on(region.pk if is_city else region.city_id, view)
    seen = city.seen if is_city else [one for one in city.seen if one.standing.county_id == region.pk]
    counties = _counties(seen) if is_city else ()
    room = BESIDE_COUNTIES if counties else PLAIN
    place = {"city": region} if is_city else {"county": region}
    about = {f"school__{name}": value for name, value in place.items()}
    found_there = {f"visit__{path}": value for path, value in about.items()}
    return Brief(
        title=f"{region}镇街党校{view.year}年工作简况",
        under=_under(view, region, f"镇街党校 {len(seen)} 所"),
        figures=_figures(seen, ""),
        strip=(
            ("办班（期）", tuple(_month_sum(seen, view, month) for month in MONTHS)),
            ("月报缺报（所）", tuple(_missing(seen, view, month) for month in MONTHS)),
        ),
        counties=counties,
        anomalies=_anomalies(_by_kind(seen), room),
        problems=_problems(Problem.objects.visible_to(user).filter(**found_there), view, room),
        visits=_visits(Visit.objects.visible_to(user).filter(**about), view, room),
        stars=_stars(School.objects.visible_to(user).filter(**place), user),
    )


def _under(view: View, place: Region, rest: str) -> str:
    return f"{place} · 数据截至{chinese_date(view.end)} · {rest}"


def _figures(seen: Sequence[Seen], lecturers: str) -> tuple[tuple[str, str, str], ...]:
    sums = total(seen)
    standings = [one.standing for one in seen]
    planned, done = sum(one.planned for one in standings), sum(one.done for one in standings)
    arrived = [one.arrived for one in standings if one.arrived is not None]
    filed = sum(one.filed_on is not None for one in standings)
    plan_note = f"计划 {planned:,} 期，" if planned else "计划未填，"
    plan_note += f"{filed} / {len(seen)} 所已备案" if len(seen) > 1 else "已备案" if filed else "未备案"
    share = f"{done * 100 // planned}%" if planned else "—"
    money = f"到位 {in_units(sum(arrived))} 万元" if arrived else "到位经费未登记"
    rows = [
        ("教学计划", f"完成 {done:,} 期（{share}）", plan_note),
        ("培训场次", f"{sums.classes:,} 期", "联合办班只计主办方"),
        ("参训人数", f"{sums.attendance:,} 人次", "主办和参加的班次合计"),
        ("资金使用", f"支出 {in_units(sums.cost)} 万元", money),
    ]
    return (*rows[:3], *([("授课主体", lecturers, "本校主办班次的课次")] if lecturers else []), rows[3])


def _lecturers(more: Details, one: Seen) -> str:
    return (
        "，".join(f"{kind} {number}" for kind, number in more.lecturers.get(one.standing.pk, []))
        or "没有登记课次"
    )


def _month_sum(seen: Sequence[Seen], view: View, month: int) -> str:
    return (
        ""
        if date(view.year, month, 1) > view.end
        else f"{sum(one.standing.months[month - 1] for one in seen):,}"
    )


def _missing(seen: Sequence[Seen], view: View, month: int) -> str:
    return str(sum(month in one.standing.unreported for one in seen)) if month in view.reported else ""


def _counties(seen: Sequence[Seen]) -> tuple[tuple[str, ...], ...]:
    """Counties in administrative order, with their sums; none where the city has none."""
    groups: dict[str, list[Seen]] = {}
    for one in seen:
        groups.setdefault(one.standing.county, []).append(one)
    if set(groups) <= {""}:
        return ()
    rows = []
    for name, members in list(groups.items())[:MOST_COUNTIES]:
        sums = total(members)
        planned, done = (sum(getattr(one.standing, key) for one in members) for key in ("planned", "done"))
        flagged = sum(bool(one.anomalies) for one in members)
        row = (
            name or "市直",
            str(len(members)),
            f"{sums.classes:,}",
            f"{sums.attendance:,}",
            f"{done:,} / {planned:,}",
            in_units(sums.cost),
            str(flagged),
        )
        rows.append(row)
    left = len(groups) - len(rows)
    return (*rows, (f"另有 {left} 个县（市、区），见监测页", *[""] * 6)) if left else tuple(rows)


def _by_kind(seen: Sequence[Seen]) -> list[str]:
    named: dict[str, list[str]] = {}
    for one in seen:
        for kind in one.kinds:
            named.setdefault(kind, []).append(one.standing.name)
    return [
        f"{KINDS[kind]} {len(named[kind])} 所：{'、'.join(named[kind])}" for kind in KINDS if kind in named
    ]


def _problems(found: QuerySet[Problem], view: View, room: Room, *, named: bool = True) -> tuple[str, ...]:
    """Open ones, those past their day first."""
    rows = found.open().select_related("visit__school").order_by("due", "pk")
    texts = []
    for row in rows[: room.problems]:
        due = "未定期限" if row.due is None else f"{row.due.month}月{row.due.day}日前"
        late = "，已逾期" if row.due and row.due < view.today else ""
        texts.append(f"{f'{row.visit.school}：' if named else ''}{row.text}（{due}{late}）")
    left = rows.count() - len(texts)
    return (*room.cut(texts), *([f"另有 {left} 个未销号的问题"] if left > 0 else []))


def _visits(found: QuerySet[Visit], view: View, room: Room, *, named: bool = True) -> tuple[str, ...]:
    rows = (
        found.kept()
        .filter(on__year=view.year, on__lte=view.end)
        .select_related("school", "by")
        .order_by("-on", "-pk")
    )
    texts = [
        f"{row.on.month}月{row.on.day}日 {row.by}{row.get_kind_display()}{f' {row.school}' if named else ''}"
        f"{f'：{row.findings}' if row.findings else ''}"
        for row in rows[: room.visits]
    ]
    number = rows.count()
    return (*room.cut(texts), *([f"全年共 {number} 次"] if number > len(texts) else []))


def _stars(schools: QuerySet[School], user: User) -> str:
    """How many schools have which star, as far as the reader may know it."""
    said = []
    rows = list(schools)
    for column in contributed("columns"):
        if not column.is_stars:
            continue
        counted = Counter(column.values(rows, user).values())
        words = "，".join(
            f"{STAR_NAMES[level]} {counted[level]} 所" for level in sorted(counted, reverse=True)
        )
        said += [f"{column.heading(user)}：{words}"] if words else []
    return "；".join(said) or "还没有评定结果"


def _anomalies(texts: Sequence[str], room: Room) -> tuple[str, ...]:
    if len(texts) <= room.anomalies:
        return tuple(room.cut(texts))
    shown = room.anomalies - 1
    return (*room.cut(texts[:shown]), f"另有 {len(texts) - shown} 项，见监测页")
