"""The registry of schools: list, page, workbook."""

from collections.abc import Iterator

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from schools import panels, profile
from schools.asked import number
from schools.contributions import contributed
from schools.downloads import export
from schools.forms.school_list import SchoolFilterForm
from schools.models import School
from schools.models.scope import SCHOOL_ROLES
from schools.permissions import allowed_to, keeps_records, may
from schools.refusals import refusals_as_messages
from schools.templatetags.ui import STAR_NAMES
from schools.workbooks import ColumnOut, SheetOut

PAGE_SIZE = 50


@require_GET
@allowed_to("look_up")
def school_list(request: HttpRequest) -> HttpResponse:
    """The schools in scope in administrative order; people of one school go straight to it."""
    identity = request.user.identity
    if identity and identity.role in SCHOOL_ROLES:
        return redirect("schools:school", identity.school_id)
    form = SchoolFilterForm(request.GET, user=request.user)
    schools = form.narrow(School.objects.visible_to(request.user)).select_related("county", "city").in_order()
    page = Paginator(schools, PAGE_SIZE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    added = [(column, column.values(shown, request.user)) for column in contributed("columns")]
    rows = [(school, [(column, values.get(school.pk)) for column, values in added]) for school in shown]
    headings = [column.heading(request.user) for column, _ in added]
    context = {
        "form": form,
        "page": page,
        "rows": rows,
        "headings": headings,
        "query": request.GET.urlencode(),
    }
    return render(request, "schools/list.html", context)


@require_POST
@allowed_to("look_up")
def school_export(request: HttpRequest) -> HttpResponse:
    """The filtered list as a workbook."""
    form = SchoolFilterForm(request.GET, user=request.user)
    schools = form.narrow(School.objects.visible_to(request.user)).select_related("county").in_order()
    with refusals_as_messages(request):
        return export("镇街党校名册", _sheets(request, schools), by=request.user, rows=schools.count())
    return redirect(f"{reverse('schools:schools')}?{request.GET.urlencode()}")


@require_GET
@allowed_to("look_up")
def school_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One school: profile, records of a year, figures with their definitions, and what other apps add."""
    school = get_object_or_404(School.objects.visible_to(request.user).select_related("city", "county", "merged_into"), pk=pk)
    years = profile.years(school, request.user)
    asked = number(request.GET.get("year", ""))
    year = asked if asked in years else _year_with_records(years, request, school)
    records = profile.year_records(school, request.user, year)
    context = {
        "school": school,
        "year": year,
        "years": years,
        "figures": profile.figure_rows(school, year) if may(request.user, "read_records") else [],
        "classes": [(one, profile.lecturers(list(one.lessons.all()))) for one in records.pop("classes")],
        "panels": panels.panels_for(school, request.user),
        "may_edit": keeps_records(request.user, school),
        **profile.registry(school, request.user),
        **records,
    }
    return render(request, "schools/school.html", context)


def _year_with_records(years: list[int], request: HttpRequest, school: School) -> int:
    """The newest year with a class, so that January does not open on an empty page."""
    first = profile.year_records(school, request.user, years[0])["classes"]
    return years[0] if len(years) == 1 or first.exists() else years[1]


def _sheets(request: HttpRequest, schools: QuerySet[School]) -> Iterator[SheetOut]:
    """A generator: nothing is read before the length of the list was accepted."""
    rows = list(schools)
    added = [(column, column.values(rows, request.user)) for column in contributed("columns")]
    headings = ["学校编码", ColumnOut("学校名称", width=32), "县（市、区）", "类型", "举办党组织", "承办机构", "已挂牌"]
    numbers = [ColumnOut("主教室座位", "int"), ColumnOut("工作人员数", "int")]
    cells = (
        [
            school.code,
            school.name,
            school.county.name if school.county else "",
            school.get_kind_display(),
            school.organiser,
            school.operator,
            school.has_plaque,
            school.seats,
            school.staff_count,
            *(_text(column, values.get(school.pk)) for column, values in added),
        ]
        for school in rows
    )
    yield SheetOut("名册", [*headings, *numbers, *(column.heading(request.user) for column, _ in added)], cells)


def _text(column: panels.Column, value: object) -> str:
    if value is None:
        return ""
    return STAR_NAMES[value] if column.is_stars else str(value)
