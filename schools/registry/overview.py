"""学校资料 on one page: what each part says, what it lacks for the year, who changed it last."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.urls import reverse

from schools.models import Leader, RecordChange, School, YearFigures
from schools.models.scope import in_force

NONE = "没有登记"
#: Parts with a page of their own; the others are lists, named as in the address.
PAGES = {
    "profile": "registry_profile",
    "equipment": "registry_equipment",
    "budgets": "registry_budget",
    "figures": "registry_figures",
}


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
    if section in PAGES:
        url = reverse(f"schools:{PAGES[section]}", args=[school_pk])
        return f"{url}?year={year}" if year and section in ("budgets", "figures") else url
    lists = ("leaders", "staff", "teachers", "points", "regulations", "investments", "courses", "brands")
    return reverse("schools:registry_rows", args=[school_pk, section]) if section in lists else ""


def blocks(school: School, year: int, *, may_edit: bool = True) -> list[Block]:
    """All parts in the order of the page; the number of queries does not depend on what is recorded.

    Who may not edit is led to the school's page instead of a form.
    """
    shown = f"{reverse('schools:school', args=[school.pk])}?year={year}#"
    last = _last_changes(school)
    facts = [
        ("profile", "基本情况", "school", *_profile(school)),
        ("leaders", "校领导", "leader", *_leaders(school)),
        ("staff", "工作人员", "staffmember", *_dated(school.staff, "人")),
        ("teachers", "师资", "teacher", *_teachers(school)),
        ("points", "现场教学点", "teachingpoint", *_points(school)),
        ("equipment", "设施", "equipment", *_equipment(school)),
        ("regulations", "管理制度", "regulation", *_regulations(school)),
        ("budgets", f"{year}年经费", "budget", *_budget(school, year)),
        ("figures", f"{year}年党员和干部人数", "yearfigures", *_figures(school, year)),
        ("investments", "建设投入", "investment", *_investments(school, year)),
        ("courses", "课程", "course", *_counted(school.courses.kept(), "门")),
        ("brands", "特色品牌", "brand", *_counted(school.brands.kept(), "个")),
    ]
    return [
        Block(
            slug,
            title,
            summary,
            missing,
            address(school.pk, slug, year) if may_edit or slug not in PAGES else f"{shown}{slug}",
            last.get(f"schools.{model}"),
        )
        for slug, title, model, summary, missing in facts
    ]


def _last_changes(school: School) -> dict[str, RecordChange]:
    newest = (
        RecordChange.objects.filter(school=school)
        .order_by()
        .values("model")
        .annotate(last=Max("pk"))
        .values("last")
    )
    return {one.model: one for one in RecordChange.objects.filter(pk__in=newest).select_related("by")}


def _profile(school: School) -> tuple[str, str]:
    lacking = [
        name
        for name, value in (
            ("挂牌情况", school.has_plaque),
            ("主教室座位", school.seats),
            ("工作人员数", school.staff_count),
        )
        if value is None
    ]
    parts = [
        "" if school.has_plaque is None else "已挂牌" if school.has_plaque else "未挂牌",
        "" if school.seats is None else f"主教室 {school.seats} 座",
        "" if school.staff_count is None else f"工作人员 {school.staff_count} 人",
    ]
    return "，".join(part for part in parts if part), f"尚未登记：{'、'.join(lacking)}" if lacking else ""


def _leaders(school: School) -> tuple[str, str]:
    found = list(school.leaders.filter(in_force(since="start", until="end")))
    text = "，".join(f"{one.get_post_display()} {one.name}" for one in found)
    return text, "" if any(one.post == Leader.Post.PRESIDENT for one in found) else "没有现任校长"


def _dated(manager, unit: str) -> tuple[str, str]:
    count = manager.all().in_force().count()
    return f"在册 {count} {unit}" if count else "", "" if count else "尚未登记"


def _teachers(school: School) -> tuple[str, str]:
    found = (
        school.teachers.all().in_force().aggregate(all=Count("pk"), topics=Count("pk", filter=~Q(topics="")))
    )
    if not found["all"]:
        return "", "师资库没有教师"
    return f"在库 {found['all']} 人，{found['topics']} 人登记了课题、专题", ""


def _points(school: School) -> tuple[str, str]:
    own = school.teaching_points.all().in_force().count()
    shared = school.shared_points.all().in_force().count()
    if not own and not shared:
        return NONE, ""
    return f"本校 {own} 个" + (f"，邻校共用 {shared} 个" if shared else ""), ""


def _equipment(school: School) -> tuple[str, str]:
    found = school.equipment.aggregate(all=Count("pk"), broken=Count("pk", filter=Q(working=False)))
    if not found["all"]:
        return "", "尚未登记"
    return f"{found['all']} 种" + (f"，待修 {found['broken']} 种" if found["broken"] else ""), ""


def _regulations(school: School) -> tuple[str, str]:
    count = school.regulations.filter(abolished_on__isnull=True).count()
    return f"现行 {count} 项" if count else "", "" if count else "尚未登记"


def _budget(school: School, year: int) -> tuple[str, str]:
    found = school.budgets.filter(year=year).aggregate(
        all=Count("pk"), total=Sum("arrived"), unknown=Count("pk", filter=Q(arrived__isnull=True))
    )
    if not found["all"]:
        return "", "尚未登记"
    return f"到位 {found['total'] or 0:,.2f} 元", f"{found['unknown']} 个来源没有填到位数" if found[
        "unknown"
    ] else ""


def _figures(school: School, year: int) -> tuple[str, str]:
    row = school.year_figures.filter(year=year).first()
    if row is None:
        return "", "尚未登记"
    names = ("party_members", "members_trained", "cadres_due", "cadres_trained")
    lacking = [YearFigures._meta.get_field(name).verbose_name for name in names if getattr(row, name) is None]
    known = [
        f"{YearFigures._meta.get_field(name).verbose_name} {value}"
        for name in names
        if (value := getattr(row, name)) is not None
    ]
    return "，".join(known), f"尚未登记：{'、'.join(lacking)}" if lacking else ""


def _investments(school: School, year: int) -> tuple[str, str]:
    found = school.investments.kept().filter(year=year).aggregate(all=Count("pk"), total=Sum("amount"))
    return f"{year}年 {found['all']} 项，{found['total']:,.2f} 元" if found["all"] else f"{year}年{NONE}", ""


def _counted(rows, unit: str) -> tuple[str, str]:
    count = rows.count()
    return f"{count} {unit}" if count else NONE, ""


#: Unknown, as opposed to a recorded zero or no.
INCOMPLETE = Q(has_plaque__isnull=True) | Q(seats__isnull=True) | Q(staff_count__isnull=True)


def incomplete(schools: QuerySet[School]) -> QuerySet[School]:
    """The schools whose own entry lacks a figure."""
    return schools.filter(INCOMPLETE)


def missing(school: School, year: int) -> list[str]:
    """Names of what is not recorded for the school and the year, in the order of its page."""
    facts = [
        ("挂牌情况", school.has_plaque is not None),
        ("主教室座位", school.seats is not None),
        ("工作人员数", school.staff_count is not None),
        ("校领导", school.leaders.exists()),
        ("师资", school.teachers.exists()),
        ("设施", school.equipment.exists()),
        ("管理制度", school.regulations.exists()),
        (f"{year}年培训计划", school.plans.filter(year=year).exists()),
        (f"{year}年到位经费", school.budgets.filter(year=year, arrived__isnull=False).exists()),
        (f"{year}年党员和干部人数", school.year_figures.filter(year=year).exists()),
    ]
    return [name for name, known in facts if not known]
