"""One page about a school, a county or a city for whoever goes into a meeting: bounded in lines, so that it
stays one page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from django.db.models import QuerySet

from schools.models import Problem, Region, School, User, Visit
from schools.numbers import chinese_date
from schools.site.contributions import contributed, summaries_for
from schools.templatetags.ui import STAR_NAMES

from .anomalies import KINDS
from .overview import MARKS, Seen, cells_of, city_on, in_units, lecturers_of, total
from .standing import MONTHS, View

#: Characters in a line of the sheet.
LINE = 42
MOST_COUNTIES, MOST_ANOMALIES, MOST_VISITS = 9, 5, 2
LEGEND = "，".join(f"{mark}＝{meaning}" for mark, meaning in MARKS.values() if mark)


class Room(NamedTuple):
    """How many problems fit the sheet, and how many lines each entry may take."""

    problems: int
    lines: int

    def cut(self, texts: Iterable[str]) -> list[str]:
        """Texts that are too long, cut."""
        most = self.lines * LINE
        return [text if len(text) <= most else f"{text[: most - 1]}…" for text in texts]


PLAIN = Room(problems=3, lines=2)
BESIDE_COUNTIES = Room(problems=2, lines=1)


@dataclass(frozen=True)
class Brief:
    """What stands on the sheet, in words; `more` lines say what was left out."""

    template: ClassVar[str] = "documents/papers/brief.html"
    title: str
    under: str
    figures: list[tuple[str, str, str]]
    strip: dict[str, list[str]]
    anomalies: list[str]
    problems: list[str]
    visits: list[str]
    stars: str
    counties: Sequence[Sequence[str]] = ()
    marks: str = ""

    @property
    def months(self) -> list[str]:
        """The headings of the strip."""
        return [f"{month}月" for month in MONTHS]


def school_brief(school: School, user: User, view: View) -> Brief | None:
    """None for a school that was not in use that year."""
    seen = city_on(school.city_id, view, {school.pk})
    if not seen:
        return None
    cells = cells_of(seen, view)[school.pk]
    lecturers = "，".join(f"{kind} {number}" for kind, number in lecturers_of(seen, view)[school.pk])
    place = {"school": school}
    return Brief(
        title=f"{school}{view.year}年工作简况",
        under=_under(view, school.county or school.city, _leaders(school)),
        figures=_figures(seen, lecturers or "没有登记课次"),
        strip={"办班（期）": [cell.number for cell in cells], "月报": [cell.mark for cell in cells]},
        anomalies=_anomalies([anomaly.text for anomaly in seen[0].anomalies], PLAIN),
        problems=_problems(place, user, view, PLAIN),
        visits=_visits(place, user, view, PLAIN),
        stars="；".join(summaries_for(school, user)) or "还没有评定结果",
        marks=LEGEND,
    )


def region_brief(region: Region, user: User, view: View) -> Brief:
    """A county or a city; of other counties nothing but what the whole city is compared by."""
    is_city = region.kind == Region.Kind.CITY
    seen = city_on(region.pk if is_city else region.city_id, view)
    if not is_city:
        seen = [school for school in seen if school.county_id == region.pk]
    counties = _counties(seen) if is_city else []
    room = BESIDE_COUNTIES if counties else PLAIN
    level = "city" if is_city else "county"
    place = {f"school__{level}": region}
    return Brief(
        title=f"{region}镇街党校{view.year}年工作简况",
        under=_under(view, region, f"镇街党校 {len(seen)} 所"),
        figures=_figures(seen),
        strip=_months(seen, view),
        counties=counties,
        anomalies=_anomalies(_by_kind(seen), room),
        problems=_problems(place, user, view, room),
        visits=_visits(place, user, view, room),
        stars=_stars(School.objects.visible_to(user).filter(**{level: region}), user),
    )


def _leaders(school: School) -> str:
    leaders = school.leaders.filter(end__isnull=True)[:3]
    names = "、".join(f"{leader.get_post_display()}{leader.name}" for leader in leaders)
    return f"校领导：{names}" if names else "校领导未登记"


def _months(seen: Sequence[Seen], view: View) -> dict[str, list[str]]:
    """Classes and missing reports of a scope; a month that is still to come is left blank."""
    held = [f"{sum(school.months[month - 1] for school in seen):,}" for month in view.begun]
    missing = [str(sum(month in school.unreported for school in seen)) for month in view.reported]
    return {
        label: cells + [""] * (len(MONTHS) - len(cells))
        for label, cells in (("办班（期）", held), ("月报缺报（所）", missing))
    }


def _under(view: View, place: Region, rest: str) -> str:
    return f"{place} · 数据截至{chinese_date(view.end)} · {rest}"


def _figures(seen: Sequence[Seen], lecturers: str = "") -> list[tuple[str, str, str]]:
    """The followed figures with a note; who taught for one school only."""
    sums = total(seen)
    planned = f"计划 {sums.planned:,} 期" if sums.planned else "计划未填"
    of_one = "已备案" if sums.filed else "未备案"
    filed = f"{sums.filed} / {len(seen)} 所已备案" if len(seen) > 1 else of_one
    share = f"{sums.done * 100 // sums.planned}%" if sums.planned else "—"
    money = f"到位 {in_units(sums.arrived)} 万元" if sums.registered else "到位经费未登记"
    return [
        ("教学计划", f"完成 {sums.done:,} 期（{share}）", f"{planned}，{filed}"),
        ("培训场次", f"{sums.classes:,} 期", "联合办班只计主办方"),
        ("参训人数", f"{sums.attendance:,} 人次", "主办和参加的班次合计"),
        *([("授课主体", lecturers, "本校主办班次的课次")] if lecturers else []),
        ("资金使用", f"支出 {in_units(sums.cost)} 万元", money),
    ]


def _counties(seen: Sequence[Seen]) -> list[Sequence[str]]:
    """Counties in administrative order, with their sums; none where the city has none."""
    groups: dict[str, list[Seen]] = {}
    for school in seen:
        groups.setdefault(school.county, []).append(school)
    if set(groups) <= {""}:
        return []
    rows = [_county(name, members) for name, members in list(groups.items())[:MOST_COUNTIES]]
    left = len(groups) - len(rows)
    return [*rows, [f"另有 {left} 个县（市、区），见监测页", *[""] * 6]] if left else rows


def _county(name: str, members: Sequence[Seen]) -> list[str]:
    sums = total(members)
    return [
        name or "市直",
        str(len(members)),
        f"{sums.classes:,}",
        f"{sums.attendance:,}",
        f"{sums.done:,} / {sums.planned:,}",
        in_units(sums.cost),
        str(sums.flagged),
    ]


def _by_kind(seen: Sequence[Seen]) -> list[str]:
    """Each kind of oddity with the schools that show it."""
    names = {kind: [school.name for school in seen if kind in school.kinds] for kind in KINDS}
    return [f"{KINDS[kind]} {len(shown)} 所：{'、'.join(shown)}" for kind, shown in names.items() if shown]


def _problems(place: dict, user: User, view: View, room: Room) -> list[str]:
    """Open ones, those past their day first."""
    rows = (
        Problem.objects.visible_to(user)
        .filter(**{f"visit__{path}": value for path, value in place.items()})
        .open()
        .select_related("visit__school")
        .order_by("due", "pk")
    )
    texts = [
        f"{'' if 'school' in place else f'{row.visit.school}：'}{row.text}（{_due(row, view)}）"
        for row in rows[: room.problems]
    ]
    left = rows.count() - len(texts)
    return room.cut(texts) + ([f"另有 {left} 个未销号的问题"] if left > 0 else [])


def _due(row: Problem, view: View) -> str:
    if row.due is None:
        return "未定期限"
    return f"{row.due.month}月{row.due.day}日前{'，已逾期' if row.due < view.today else ''}"


def _visits(place: dict, user: User, view: View, room: Room) -> list[str]:
    rows = (
        Visit.objects.visible_to(user)
        .filter(**place)
        .kept()
        .filter(on__year=view.year, on__lte=view.end)
        .select_related("school", "by")
        .order_by("-on", "-pk")
    )
    texts = [
        f"{row.on.month}月{row.on.day}日 {row.by}{row.get_kind_display()}"
        f"{'' if 'school' in place else f' {row.school}'}{f'：{row.findings}' if row.findings else ''}"
        for row in rows[:MOST_VISITS]
    ]
    number = rows.count()
    return room.cut(texts) + ([f"全年共 {number} 次"] if number > len(texts) else [])


def _stars(schools: QuerySet[School], user: User) -> str:
    """How many schools have which star, as far as the reader may know it."""
    rows, lines = list(schools), []
    for column in contributed("columns"):
        counted = Counter(column.values(rows, user).values()) if column.is_stars else {}
        words = "，".join(
            f"{STAR_NAMES[level]} {counted[level]} 所" for level in sorted(counted, reverse=True)
        )
        lines += [f"{column.heading(user)}：{words}"] if words else []
    return "；".join(lines) or "还没有评定结果"


def _anomalies(texts: Sequence[str], room: Room) -> list[str]:
    if len(texts) <= MOST_ANOMALIES:
        return room.cut(texts)
    shown = MOST_ANOMALIES - 1
    return [*room.cut(texts[:shown]), f"另有 {len(texts) - shown} 项，见监测页"]
