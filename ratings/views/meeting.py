"""评委会会议: one school at a time on the wall, numbered papers on the table."""

import hashlib
import io

from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from ratings.deliberation import Filters, deliberate
from ratings.documents.materials import Materials, materials_of, workbook_sheets
from ratings.documents.papers import paper_pdf
from ratings.enums import Phase
from ratings.forms.materials import ORDERS, PDF, MaterialsForm
from ratings.models import Scheme
from schools import audit
from schools.asked import number
from schools.downloads import XLSX
from schools.models.audit import AuditEntry
from schools.permissions import allowed_to
from schools.refusals import refusals_in, turned_away
from schools.workbooks import write_workbook


@require_GET
@allowed_to("use_materials")
def projector(request: HttpRequest, pk: int) -> HttpResponse:
    """One school in large type; arrow keys follow the links to the neighbours, which work without them."""
    scheme = _scheme(request, pk)
    if scheme.phase != Phase.SCORING:
        return _over(request, scheme)
    found = deliberate(scheme)
    if not found.everyone:
        messages.warning(request, "还没有参评党校。")
        return redirect("ratings:board", pk)
    place = min(number(request.GET.get("place", "1")) or 1, len(found.everyone))
    case = found.everyone[place - 1]
    columns = [(name, full, cell) for (_, name, full), cell in zip(found.columns, case.cells, strict=True)]
    context = {"scheme": scheme, "case": case, "columns": columns, "place": place, "size": len(found.everyone)}
    return render(request, "ratings/committee/projector.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("use_materials")
def materials(request: HttpRequest, pk: int) -> HttpResponse:
    """Numbered copies of the board. The audit line is written first: what cannot be recorded does not leave."""
    scheme = _scheme(request, pk)
    if scheme.phase != Phase.SCORING:
        return _over(request, scheme)
    form = MaterialsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            return _download(request, scheme, **form.cleaned_data)
    return render(request, "ratings/committee/materials.html", {"scheme": scheme, "form": form, "printings": _printings(scheme)})


def _download(request: HttpRequest, scheme: Scheme, *, copies: int, order: str, kind: str) -> HttpResponse:
    found = deliberate(scheme)
    cases = found.chosen(Filters(by_total=order == "total"))
    with transaction.atomic():
        Scheme.objects.select_for_update().get(pk=scheme.pk)
        printing = _printings(scheme).count() + 1
        papers = materials_of(found, cases, copies=copies, printing=printing, order=ORDERS[order])
        content = paper_pdf(papers) if kind == PDF else _workbook(papers)
        detail = {
            "印次": printing,
            "编号": f"01—{copies:02d}",
            "份数": copies,
            "排列": ORDERS[order],
            "文件": kind,
            "学校": len(cases),
            "文件摘要": hashlib.sha256(content).hexdigest(),
        }
        audit.record("export", by=request.user, city=scheme.city, subject=_subject(scheme), detail=detail)
    name = f"{papers.title}（第{printing}次印制）.{kind}"
    content_type = "application/pdf" if kind == PDF else XLSX
    return FileResponse(io.BytesIO(content), as_attachment=True, filename=name, content_type=content_type)


def _workbook(papers: Materials) -> bytes:
    buffer = io.BytesIO()
    write_workbook(buffer, workbook_sheets(papers))
    return buffer.getvalue()


def _printings(scheme: Scheme):
    """Earlier batches, as the audit trail knows them."""
    return AuditEntry.objects.filter(city=scheme.city, action="export", subject=_subject(scheme))


def _subject(scheme: Scheme) -> str:
    return f"{scheme.year}年度星级评定会议材料"


def _scheme(request: HttpRequest, pk: int) -> Scheme:
    return get_object_or_404(Scheme.objects.visible_to(request.user).select_related("city"), pk=pk)


def _over(request: HttpRequest, scheme: Scheme) -> HttpResponse:
    return turned_away(request, f"方案处于“{scheme.get_phase_display()}”阶段，不再用于审议。", "ratings:board", scheme.pk)
