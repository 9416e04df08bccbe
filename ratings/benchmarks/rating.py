"""审定与通报: settling a city, publishing it, printing its bulletin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.contrib.staticfiles import finders
from django.db import transaction
from django.utils import timezone

from ratings.documents.fonts import faces_css, find_faces
from ratings.documents.official import document_pdf
from ratings.documents.papers import paper_html
from ratings.models import Result, Scheme
from ratings.publication.bulletin import BULLETIN
from ratings.results import accept_computed, evaluate, settle
from schools.bulk import insert_many

from .measuring import Measure, median, once, queries


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
    """The PDF as stored at publication, beside WeasyPrint on the same HTML with the same fonts and nothing of ours."""
    context = BULLETIN.context(BULLETIN.draft(scheme, issued_on=timezone.localdate()))
    html = paper_html(context)
    ours, bare = median(lambda: document_pdf(context), 3), median(lambda: _bare_pdf(html, context.stylesheets), 3)
    yield Measure("通报 PDF", ours, bare, "裸 WeasyPrint", bound=1.3)


def _bare_pdf(html: str, stylesheets: Sequence[str]) -> bytes:
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    from ratings.documents.engine import BundleFetcher

    faces, fonts = find_faces(), FontConfiguration()
    fetcher = BundleFetcher({path.name: path for face in faces for path in face.files})
    sheets = [CSS(string=faces_css(faces), url_fetcher=fetcher, font_config=fonts)]
    sheets += [CSS(filename=finders.find(name), url_fetcher=fetcher, font_config=fonts) for name in stylesheets]
    return HTML(string=html, url_fetcher=fetcher).write_pdf(stylesheets=sheets, font_config=fonts)
