"""Pages, saves and files, each beside the least code that does the same."""

import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO
from itertools import count
from typing import Any

import xlsxwriter
from django.contrib.staticfiles import finders
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import Client, override_settings
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from ratings.committee.settling import accept_computed, settle
from ratings.documents.fonts import faces_css, find_faces
from ratings.documents.official import document_pdf
from ratings.documents.papers import paper_html
from ratings.enums import Phase, Stage
from ratings.models import Assessment, Result, Scheme, Score
from ratings.publication.bulletin import BULLETIN
from ratings.sheets.evaluation import evaluate
from ratings.sheets.forms import AnswersForm
from ratings.workflow import scheme_spec
from schools.models import School, User
from schools.models.people import Role
from schools.saving import insert_many
from schools.workbooks import ColumnOut, SheetOut, write_workbook

from .measuring import Measure, median, once, person, queries, running_year

ROWS = 50
#: What a page of the board holds; averages and counts need the others all the same.
BOARD_ROWS = 100
FLOOR_MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
FLOOR_PAGE = """<!doctype html><title>{{ user.name }}</title><table>{% for row in rows %}<tr>
{% for cell in row %}<td>{{ cell }}</td>
{% endfor %}</tr>{% endfor %}</table>"""
FLOOR_FORM = """<!doctype html><title>{{ user.name }}</title><form method="post">
{% for row in rows %}<label>{{ row.0 }} {{ row.1 }}
<input name="s{{ row.2 }}" value="{{ row.3|default:'' }}"></label>{% endfor %}<button>ok</button></form>"""


def bare(
    rows: Callable[[User], Iterable[Any]], page: str = FLOOR_PAGE
) -> Callable[[HttpRequest], HttpResponse]:
    """A view that is the least a page with these rows can be."""

    def view(request: HttpRequest) -> HttpResponse:
        context = {"rows": rows(request.user), "user": request.user}
        return HttpResponse(engines["django"].from_string(page).render(context))

    return view


def school_rows(user: User) -> Iterable[Any]:
    """A page of the list of schools."""
    schools = School.objects.filter(city=user.city)
    return schools.values_list("code", "name", "short_name", "county__name", "seats")[:ROWS]


def board_rows(user: User) -> Iterable[Any]:
    """Names, figures and totals of every school are read, those of a page shown."""
    results = Result.objects.filter(scheme__city=user.city).values_list(
        "school_name", "county_name", "figures", "total", "star"
    )
    return [
        [name, county, *figures["categories"].values(), total, star]
        for name, county, figures, total, star in results
    ][:BOARD_ROWS]


def form_rows(user: User) -> Iterable[Any]:
    """The items of one school's form."""
    rows = Score.objects.filter(assessment__school__appointments__user=user, stage=Stage.SELF)
    return rows.values_list("item__code", "item__name", "pk", "points")


def desk_rows(user: User) -> Iterable[Any]:
    """The schools of the year with their status."""
    rows = Assessment.objects.filter(scheme__city=user.city, scheme__phase=Phase.SCORING)
    return rows.values_list("school__name", "school__county__name", "status")


@csrf_exempt
def bare_save(request: HttpRequest) -> HttpResponse:
    """The least a save can be: both rows locked, one written."""
    with transaction.atomic():
        held = Score.objects.select_for_update().select_related("assessment").get(pk=request.POST["pk"])
        held.remark, held.version = request.POST["remark"], held.version + 1
        held.save(update_fields=["remark", "version"])
        Assessment.objects.filter(pk=held.assessment_id).update(version=held.assessment.version + 1)
    return HttpResponse("ok")


urlpatterns = [
    path("schools/", bare(school_rows)),
    path("board/", bare(board_rows)),
    path("form/", bare(form_rows, FLOOR_FORM)),
    path("desk/", bare(desk_rows)),
    path("save/", bare_save),
]
on_the_floor = override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=FLOOR_MIDDLEWARE)


def page_measure(work: str, user: User, address: str, floor: str, bound: float | None = None) -> Measure:
    """A page as `user` opens it, beside the bare page under sessions and sign-in alone."""
    client = Client()
    client.force_login(user)

    def ours() -> None:
        response = client.get(address)
        if response.status_code != 200:
            raise RuntimeError(f"{address} 返回 {response.status_code}")

    seconds, sent = median(ours), queries(ours)
    with on_the_floor:
        floor_seconds = median(lambda: client.get(floor))
    return Measure(work, seconds, floor_seconds, "裸 Django 页面", sent, bound)


def pages(scheme: Scheme) -> Iterator[Measure]:
    """A list of 50 schools and a page of the committee board of the whole city, as the office sees them."""
    office = person(scheme.city, Role.OFFICE)
    yield page_measure("学校名单（50 行）", office, reverse("schools:schools"), "/schools/", 5)
    size = Result.objects.filter(scheme=scheme).count()
    yield page_measure(
        f"审定总表（{size} 所）", office, reverse("ratings:board", args=[scheme.pk]), "/board/"
    )


def working(settled: Scheme) -> Iterator[Measure]:
    """Pages and saves of the year after `settled`, each as the person who does that work."""
    city = settled.city
    judge, office = person(city, Role.JUDGE), person(city, Role.OFFICE)
    scheme = running_year(settled, judge)
    first = scheme.assessments.select_related("school__county").order_by("pk").first()
    filler = person(city, Role.FILLER, school=first.school)
    lead = person(city, Role.COUNTY_LEAD, county=first.school.county)
    task_list, sheet = (
        reverse(f"ratings:{name}", args=[first.pk]) for name in ("assessment", "assessment_sheet")
    )
    review = f"{reverse('ratings:review')}?year={scheme.year}"
    board, progress = (reverse(f"ratings:{name}", args=[scheme.pk]) for name in ("board", "progress_board"))
    yield page_measure("自评任务清单", filler, task_list, "/form/", 5)
    yield page_measure("自评一页填写", filler, sheet, "/form/", 5)
    yield _saving(first, filler)
    yield page_measure("县级初评总览", lead, review, "/desk/", 5)
    yield page_measure("评委工作台", judge, reverse("ratings:judging"), "/desk/", 5)
    bound = 6 if scheme.assessments.count() <= BOARD_ROWS else 8
    yield page_measure("审定前总表", office, board, "/desk/", bound)
    yield page_measure("申报进度", office, progress, "/desk/")


def _saving(assessment: Assessment, filler: User) -> Measure:
    """Autosave of one row, each time with another remark, beside a bare transaction that writes
    the same row.
    """
    scores = assessment.scores.filter(stage=Stage.SELF).select_related("item", "assessment__scheme")
    score = scores.order_by("item__order").first()
    row = AnswersForm(score, scheme_spec(assessment.scheme).bound[score.item.code])
    client, address, turns = Client(), reverse("ratings:answer", args=[score.pk]), count()
    client.force_login(filler)
    answers = {field.name: "是" for field in row.fields}

    def ours() -> None:
        version = Score.objects.values_list("version", flat=True).get(pk=score.pk)
        posted = {**answers, f"{row.prefix}version": version, f"{row.prefix}remark": f"第 {next(turns)} 次"}
        response = client.post(address, posted, headers={"HX-Request": "true"})
        if 'data-state="saved"' not in response.content.decode():
            raise RuntimeError("没有保存")

    seconds, sent = median(ours), queries(ours) - 1
    with on_the_floor:
        floor = median(lambda: client.post("/save/", {"pk": score.pk, "remark": f"第 {next(turns)} 次"}))
    return Measure("自动保存一个小项", seconds, floor, "裸 Django 保存", sent, 3)


def settling(scheme: Scheme) -> Iterator[Measure]:
    """Score, accept and settle; the floor is writing the very same result rows and nothing else."""
    sent = []

    def work() -> None:
        evaluation = evaluate(scheme)
        accept_computed(evaluation, by=None)
        settle(evaluation, by=None)

    seconds = once(lambda: sent.append(queries(work)))
    results = list(Result.objects.filter(scheme=scheme))
    note = f"每校 {seconds / len(results) * 1000:.2f} ms（要求 ≤ 3 ms）"
    yield Measure(
        f"计分并审定 {len(results)} 所", seconds, _rewriting(results), "只写结果行", sent[0], note=note
    )


def _rewriting(results: list[Result]) -> float:
    """Seconds to write copies of the rows, rolled back."""
    for result in results:
        result.pk = None
    with transaction.atomic():
        Result.objects.filter(scheme=results[0].scheme).delete()
        seconds = once(lambda: insert_many(results))
        transaction.set_rollback(True)
    return seconds


def bulletin(scheme: Scheme) -> Iterator[Measure]:
    """The PDF as stored at publication, beside WeasyPrint on the same HTML with the same fonts and nothing of
    ours.
    """
    context = BULLETIN.context(BULLETIN.draft(scheme, issued_on=timezone.localdate()))
    html = paper_html(context)
    ours, bare = (
        median(lambda: document_pdf(context), 3),
        median(lambda: _bare_pdf(html, context.stylesheets), 3),
    )
    yield Measure("通报 PDF", ours, bare, "裸 WeasyPrint", bound=1.3)


def _bare_pdf(html: str, stylesheets: Sequence[str]) -> bytes:
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    from ratings.documents.engine import BundleFetcher

    faces, fonts = find_faces(), FontConfiguration()
    fetcher = BundleFetcher({path.name: path for face in faces for path in face.files})
    sheets = [CSS(string=faces_css(faces), url_fetcher=fetcher, font_config=fonts)]
    sheets += [
        CSS(filename=finders.find(name), url_fetcher=fetcher, font_config=fonts) for name in stylesheets
    ]
    return HTML(string=html, url_fetcher=fetcher).write_pdf(stylesheets=sheets, font_config=fonts)


EXPORT_ROWS, COLUMNS = 40_000, 30


def _rows(rows: int = EXPORT_ROWS) -> Iterator[list[object]]:
    return ([f"第{row}镇委党校", *range(row, row + COLUMNS - 1)] for row in range(rows))


def _ours(rows: int = EXPORT_ROWS) -> None:
    columns = [ColumnOut("学校名称"), *(ColumnOut(f"指标{number}", "int") for number in range(1, COLUMNS))]
    write_workbook(BytesIO(), [SheetOut("名单", columns, _rows(rows))])


def _bare() -> None:
    with xlsxwriter.Workbook(BytesIO(), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, values in enumerate(_rows()):
            sheet.write_row(number, 0, values)


def export() -> Iterator[Measure]:
    """40,000 rows of 30 cells; the memory is the peak of what Python itself allocated."""
    ours, floor = once(_ours), once(_bare)
    tracemalloc.start()
    _ours(EXPORT_ROWS // 10)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    note = f"写 {EXPORT_ROWS // 10} 行时内存峰值 {peak:.0f} MiB（恒定内存，与行数无关）"
    yield Measure(f"导出 {EXPORT_ROWS} × {COLUMNS}", ours, floor, "裸 xlsxwriter", bound=1.5, note=note)
