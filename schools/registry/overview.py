"""What a school's page and the page of its own entry (学校资料) show: what stands and what a year holds, what
each part says, what it lacks for the year, who changed it last.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Max, Model, Q, QuerySet, Sum
from django.urls import reverse
from django.utils import timezone

from schools.metrics import IMPORTED, METRICS, figures
from schools.models import (
    AnnualPlan,
    Budget,
    Equipment,
    FormerName,
    Investment,
    Leader,
    Lesson,
    Liaison,
    MonthlyReport,
    RecordChange,
    Region,
    Regulation,
    School,
    Teacher,
    TeachingPoint,
    TrainingClass,
    User,
    Visit,
    YearFigures,
)
from schools.models.scope import in_force
from schools.numbers import with_unit

from .forms import INCOMPLETE
from .kinds import KINDS

NONE, UNKNOWN = "没有登记", "尚未登记"
#: Parts with a page of their own: address, title, table; the others are the lists of KINDS.
PAGES = {
    "profile": ("registry_profile", "基本情况", School),
    "equipment": ("registry_equipment", "设施", Equipment),
    "budgets": ("registry_budget", "{}年经费", Budget),
    "figures": ("registry_figures", "{}年党员和干部人数", YearFigures),
}
#: What the school itself states, see INCOMPLETE.
STATED = {"has_plaque": "挂牌情况", "seats": "主教室座位", "staff_count": "工作人员数"}


def _own(school: School, user: User) -> Callable[[type[Model]], QuerySet]:
    """By table, the records of the school as far as the reader may see them."""
    return lambda model: model.objects.visible_to(user).filter(school=school)


def years(school: School, user: User) -> list[int]:
    """Years with classes, money or head counts, and this year; newest first."""
    own = _own(school, user)
    held = {day.year for day in own(TrainingClass).kept().dates("starts_on", "year")}
    stated = [own(model).values_list("year", flat=True) for model in (Budget, YearFigures)]
    return sorted(held.union(*stated, [timezone.localdate().year]), reverse=True)


def registry(school: School, user: User) -> dict:
    """What stands whatever the year; with the points that neighbours share with it."""
    own = _own(school, user)
    points = TeachingPoint.objects.filter(school=school) | TeachingPoint.objects.filter(shared_with=school)
    return {
        "former_names": own(FormerName),
        "leaders": own(Leader),
        "liaisons": own(Liaison).current().select_related("user"),
        "teachers": own(Teacher).in_force(),
        "points": TeachingPoint.objects.visible_to(user)
        .in_force()
        .filter(pk__in=points.values("pk"))
        .select_related("school"),
        "equipment": own(Equipment),
        "regulations": own(Regulation),
    }


def year_records(school: School, user: User, year: int) -> dict:
    """What was recorded for one year."""
    own = _own(school, user)
    classes = (
        own(TrainingClass)
        .kept()
        .held_between(date(year, 1, 1), date(year, 12, 31))
        .order_by("-starts_on", "pk")
    )
    budgets = list(own(Budget).filter(year=year))
    return {
        "classes": classes.prefetch_related("lessons__teacher"),
        "totals": classes.aggregate(hours=Sum("hours"), attendance=Sum("attendance"), cost=Sum("cost")),
        "budgets": budgets,
        "arrived": sum(row.arrived or 0 for row in budgets),
        "people": own(YearFigures).filter(year=year).first(),
        "plan": own(AnnualPlan).filter(year=year).prefetch_related("planned_classes__classes").first(),
        "reports": own(MonthlyReport).filter(year=year).order_by("month"),
        "visits": own(Visit).kept().filter(on__year=year).select_related("by").prefetch_related("problems"),
    }


def figure_rows(school: School, year: int) -> list[dict]:
    """Every metric of the school and year: figure, definition, the section of the page it was
    counted from.
    """
    only, first, last = School.objects.filter(pk=school.pk), date(year, 1, 1), date(year, 12, 31)
    known = figures(METRICS, schools=only, year=year, start=first, end=last)[school.pk]
    return [
        {
            "label": label,
            "value": with_unit(figure.value, METRICS[label].unit),
            "section": METRICS[label].section,
            "definition": METRICS[label].definition,
            "imported": figure.source == IMPORTED,
            "note": figure.note,
        }
        for label, figure in known.items()
    ]


def lecturers(lessons: list[Lesson]) -> str:
    """Who taught a class, each once, with the capacity they taught in."""
    return "、".join(
        dict.fromkeys(f"{lesson.lecturer_name}（{lesson.get_lecturer_kind_display()}）" for lesson in lessons)
    )


def investment_of(city: Region, year: int, *, county: Region | None = None) -> Decimal:
    """Yuan spent on building up the schools of a city in a year, or of one of its counties."""
    rows = Investment.objects.kept().filter(school__city=city, year=year)
    if county is not None:
        rows = rows.filter(school__county=county)
    return rows.aggregate(total=Sum("amount"))["total"] or Decimal(0)


@dataclass(frozen=True)
class Block:
    """One part. `missing` is a sentence, empty where nothing is missing for the year."""

    slug: str
    title: str
    summary: str
    missing: str
    url: str
    change: RecordChange | None

    @property
    def is_empty(self) -> bool:
        """Nothing is recorded, and nothing need be."""
        return not self.missing and self.summary.endswith(NONE)


def address(school_pk: int, section: str, year: int | None = None) -> str:
    """The page that keeps what a metric of this section counts; "" where the records are not kept here."""
    if section in KINDS:
        return reverse("schools:registry_rows", args=[school_pk, section])
    if section not in PAGES:
        return ""
    url = reverse(f"schools:{PAGES[section][0]}", args=[school_pk])
    return f"{url}?year={year}" if year and section in ("budgets", "figures") else url


def blocks(school: School, year: int, *, may_edit: bool = True) -> list[Block]:
    """All parts in the order of the page; the number of queries does not depend on what is recorded.

    Who may not edit is led to the school's page instead of a form.
    """
    shown = f"{reverse('schools:school', args=[school.pk])}?year={year}#"
    last = newest(RecordChange.objects.filter(school=school), "model")
    parts = {
        "profile": _profile(school),
        "leaders": _leaders(school),
        "staff": _owed("在册", school.staff.all().in_force(), "人"),
        "teachers": _teachers(school),
        "points": _points(school),
        "equipment": _equipment(school),
        "regulations": _owed("现行", school.regulations.filter(abolished_on=None), "项"),
        "budgets": _budget(school, year),
        "figures": _figures(school, year),
        "investments": _investments(school, year),
        "courses": _counted(school.courses.kept(), "门"),
        "brands": _counted(school.brands.kept(), "个"),
    }
    found = []
    for slug, (summary, lacking) in parts.items():
        kind = KINDS.get(slug)
        _, title, model = (slug, kind.title, kind.model) if kind else PAGES[slug]
        url = address(school.pk, slug, year) if may_edit or kind else f"{shown}{slug}"
        change = last.get(model._meta.label_lower)
        found.append(Block(slug, title.format(year), summary, lacking, url, change))
    return found


def newest(changes: QuerySet[RecordChange], key: str) -> dict:
    """The last change of each of what `key` tells apart."""
    last = changes.order_by().values(key).annotate(last=Max("pk")).values("last")
    return {
        getattr(change, key): change
        for change in RecordChange.objects.filter(pk__in=last).select_related("by")
    }


def _unstated(record: School | YearFigures, names: dict[str, str]) -> str:
    lacking = [name for field, name in names.items() if getattr(record, field) is None]
    return f"{UNKNOWN}：{'、'.join(lacking)}" if lacking else ""


def _profile(school: School) -> tuple[str, str]:
    parts = {
        "已挂牌" if school.has_plaque else "未挂牌": school.has_plaque,
        f"主教室 {school.seats} 座": school.seats,
        f"工作人员 {school.staff_count} 人": school.staff_count,
    }
    return "，".join(part for part, value in parts.items() if value is not None), _unstated(school, STATED)


def _leaders(school: School) -> tuple[str, str]:
    leaders = list(school.leaders.filter(in_force(since="start", until="end")))
    text = "，".join(f"{leader.get_post_display()} {leader.name}" for leader in leaders)
    has_president = any(leader.post == Leader.Post.PRESIDENT for leader in leaders)
    return text, "" if has_president else "没有现任校长"


def _owed(word: str, rows: QuerySet, unit: str) -> tuple[str, str]:
    """A list in which every school has something."""
    count = rows.count()
    return (f"{word} {count} {unit}", "") if count else ("", UNKNOWN)


def _counted(rows: QuerySet, unit: str) -> tuple[str, str]:
    """A list that may be empty."""
    count = rows.count()
    return f"{count} {unit}" if count else NONE, ""


def _teachers(school: School) -> tuple[str, str]:
    teachers = school.teachers.all().in_force()
    counts = teachers.aggregate(all=Count("pk"), topics=Count("pk", filter=~Q(topics="")))
    if not counts["all"]:
        return "", "师资库没有教师"
    return f"在库 {counts['all']} 人，{counts['topics']} 人登记了课题、专题", ""


def _points(school: School) -> tuple[str, str]:
    own = school.teaching_points.all().in_force().count()
    shared = school.shared_points.all().in_force().count()
    if not own and not shared:
        return NONE, ""
    return f"本校 {own} 个" + (f"，邻校共用 {shared} 个" if shared else ""), ""


def _equipment(school: School) -> tuple[str, str]:
    counts = school.equipment.aggregate(all=Count("pk"), broken=Count("pk", filter=Q(working=False)))
    if not counts["all"]:
        return "", UNKNOWN
    return f"{counts['all']} 种" + (f"，待修 {counts['broken']} 种" if counts["broken"] else ""), ""


def _budget(school: School, year: int) -> tuple[str, str]:
    sums = school.budgets.filter(year=year).aggregate(
        all=Count("pk"), total=Sum("arrived", default=0), unknown=Count("pk", filter=Q(arrived=None))
    )
    if not sums["all"]:
        return "", UNKNOWN
    missing = f"{sums['unknown']} 个来源没有填到位数" if sums["unknown"] else ""
    return f"到位 {sums['total']:,.2f} 元", missing


def _figures(school: School, year: int) -> tuple[str, str]:
    row = school.year_figures.filter(year=year).first()
    if row is None:
        return "", UNKNOWN
    fields = ("party_members", "members_trained", "cadres_due", "cadres_trained")
    names = {field: YearFigures._meta.get_field(field).verbose_name for field in fields}
    known = [f"{names[field]} {getattr(row, field)}" for field in fields if getattr(row, field) is not None]
    return "，".join(known), _unstated(row, names)


def _investments(school: School, year: int) -> tuple[str, str]:
    sums = school.investments.kept().filter(year=year).aggregate(all=Count("pk"), total=Sum("amount"))
    return f"{year}年 {sums['all']} 项，{sums['total']:,.2f} 元" if sums["all"] else f"{year}年{NONE}", ""


def incomplete(schools: QuerySet[School]) -> QuerySet[School]:
    """The schools whose own entry lacks a figure."""
    return schools.filter(INCOMPLETE)


def missing(school: School, year: int) -> list[str]:
    """Names of what is not recorded for the school and the year, in the order of its page."""
    records = {
        "校领导": school.leaders,
        "师资": school.teachers,
        "设施": school.equipment,
        "管理制度": school.regulations,
        f"{year}年培训计划": school.plans.filter(year=year),
        f"{year}年到位经费": school.budgets.filter(year=year, arrived__isnull=False),
        f"{year}年党员和干部人数": school.year_figures.filter(year=year),
    }
    unstated = [name for field, name in STATED.items() if getattr(school, field) is None]
    return unstated + [name for name, rows in records.items() if not rows.exists()]
