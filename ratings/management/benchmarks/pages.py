"""Lists and boards in the browser's eyes, beside a bare Django page with the same rows."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator, Sequence
from io import BytesIO

import xlsxwriter
from django.contrib.staticfiles import finders
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import Client, override_settings
from django.urls import path, reverse
from django.utils import timezone

from ratings.committee.settling import accept_computed, settle
from ratings.documents.fonts import faces_css, find_faces
from ratings.documents.official import document_pdf
from ratings.documents.papers import paper_html
from ratings.models import Result, Scheme
from ratings.publication.bulletin import BULLETIN
from ratings.sheets.evaluation import evaluate
from schools.models import Appointment, School, User
from schools.models.people import Role
from schools.saving import insert_many
from schools.workbooks import ColumnOut, SheetOut, write_workbook

from .measuring import Measure, median, once, queries

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


def bare_list(request: HttpRequest) -> HttpResponse:
    """The least a list of schools can be."""
    rows = School.objects.filter(city=request.user.city).values_list(
        "code", "name", "short_name", "county__name", "seats"
    )[:ROWS]
    return HttpResponse(
        engines["django"].from_string(FLOOR_PAGE).render({"rows": rows, "user": request.user})
    )


def bare_board(request: HttpRequest) -> HttpResponse:
    """The least a board can be: names, figures and totals of every school read, those of a page shown."""
    results = Result.objects.filter(scheme__city=request.user.city).values_list(
        "school_name", "county_name", "figures", "total", "star"
    )
    rows = [
        [name, county, *figures["categories"].values(), total, star]
        for name, county, figures, total, star in results
    ][:BOARD_ROWS]
    return HttpResponse(
        engines["django"].from_string(FLOOR_PAGE).render({"rows": rows, "user": request.user})
    )


urlpatterns = [path("list/", bare_list), path("board/", bare_board)]


def pages(scheme: Scheme) -> Iterator[Measure]:
    """A list of 50 schools and a page of the committee board of the whole city, as the office sees them."""
    user = User.objects.create_user(
        f"bench{scheme.pk}", name="测速", city=scheme.city, must_change_password=False
    )
    Appointment.objects.create(user=user, role=Role.OFFICE, city=scheme.city)
    yield page_measure("学校名单（50 行）", user, reverse("schools:schools"), __name__, "/list/", 5)
    size = Result.objects.filter(scheme=scheme).count()
    yield page_measure(
        f"审定总表（{size} 所）", user, reverse("ratings:board", args=[scheme.pk]), __name__, "/board/"
    )


def page_measure(
    work: str, user: User, address: str, floor_urls: str, floor_address: str, bound: float | None = None
) -> Measure:
    """A page as `user` opens it, beside the bare page of `floor_urls` under sessions and sign-in alone."""
    client = Client()
    client.force_login(user)

    def ours() -> None:
        response = client.get(address)
        if response.status_code != 200:
            raise RuntimeError(f"{address} 返回 {response.status_code}")

    seconds, sent = median(ours), queries(ours)
    with override_settings(ROOT_URLCONF=floor_urls, MIDDLEWARE=FLOOR_MIDDLEWARE):
        bare = Client()
        bare.force_login(user)
        floor = median(lambda: bare.get(floor_address))
    return Measure(work, seconds, floor, "裸 Django 页面", sent, bound)


def settling(scheme: Scheme) -> Iterator[Measure]:
    """Score, accept and settle; the floor is writing the very same result rows and nothing else."""
    sent = []

    def work() -> None:
        evaluation = evaluate(scheme)
        accept_computed(evaluation, by=None)
        settle(evaluation, by=None)

    seconds = once(lambda: sent.append(queries(work)))
    results = list(Result.objects.filter(scheme=scheme))
    floor = _rewriting(results)
    note = f"每校 {seconds / len(results) * 1000:.2f} ms（要求 ≤ 3 ms）"
    yield Measure(f"计分并审定 {len(results)} 所", seconds, floor, "只写结果行", sent[0], note=note)


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
