"""评分表: the office sees who has handed in, gives sheets back, enters signed paper sheets and has them checked."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ratings.forms.answers import answers_in_words
from ratings.forms.panels import ReopenForm, ScanForm
from ratings.forms.reviewed_rows import failed, row_form, save_rows
from ratings.judging.paper import attach_scan, cancel_entry, check_entry, check_refusals, start_entry
from ratings.judging.progress import sheets_at
from ratings.judging.sheets import label_of, own_rows, reopen_sheet, sheet_digest, sheet_owed
from ratings.models import Assessment, JudgeSheet
from ratings.workflow import scheme_spec
from schools.permissions import allowed_to
from schools.refusals import refusals_as_messages, refusals_in
from schools.saving import Refused


@require_GET
@allowed_to("manage_sheets")
def sheets(request: HttpRequest, pk: int) -> HttpResponse:
    """Every sheet at one school: how far it is, never what it says."""
    rows = Assessment.objects.visible_to(request.user).select_related("school", "scheme", "panel")
    assessment = get_object_or_404(rows, pk=pk)
    spec = scheme_spec(assessment.scheme)
    context = {"assessment": assessment, "sheets": sheets_at(assessment, spec), "onsite": any(item.onsite for item in spec.items)}
    return render(request, "ratings/panels/sheets.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("manage_sheets")
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a submitted sheet back, with a reason."""
    sheet = _sheet(request, pk)
    form = ReopenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            reopen_sheet(sheet, by=request.user, reason=form.cleaned_data["reason"])
            messages.success(request, f"{label_of(sheet.judge)}的评分表已退回。")
            return redirect("ratings:sheets", sheet.assessment_id)
    return render(request, "ratings/panels/reopen.html", {"sheet": sheet, "label": label_of(sheet.judge), "form": form})


@require_POST
@allowed_to("manage_sheets")
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """Register oneself as the one who types a paper sheet in, or give that up."""
    sheet = _sheet(request, pk)
    if request.POST.get("act") == "cancel":
        with refusals_as_messages(request):
            cancel_entry(sheet, by=request.user)
            messages.success(request, "已取消代录。")
        return redirect("ratings:sheets", sheet.assessment_id)
    with refusals_as_messages(request):
        start_entry(sheet, by=request.user)
    sheet.refresh_from_db()
    return redirect("ratings:paper" if sheet.entered_by_id == request.user.pk else "ratings:sheets", _target(sheet, request))


@require_http_methods(["GET", "POST"])
@allowed_to("manage_sheets")
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """Type in a signed sheet, all items on one page. Rows that could not be saved stay as they were typed."""
    sheet = _sheet(request, pk)
    if sheet.entered_by_id != request.user.pk:
        raise Http404
    spec = scheme_spec(sheet.assessment.scheme)
    stored = own_rows(sheet).select_related("item", "updated_by").order_by("item__order")
    outcome = {}
    if request.method == "POST":
        outcome = save_rows(request.POST, [(row, spec.bound[row.item.code]) for row in stored], by=request.user)
        if not failed(outcome):
            messages.success(request, "已保存。")
            return redirect("ratings:paper", pk)
    locked = "评分表已提交，不能再修改。" if sheet.submitted_at else ""
    rows = [row_form(row, spec.bound[row.item.code], outcome, locked=locked) for row in stored.all()]
    errors = [error for row in rows for error in row.row_errors]
    context = {"sheet": sheet, "label": label_of(sheet.judge), "rows": rows, "errors": errors, "form": ScanForm()}
    return render(request, "ratings/panels/paper.html", {**context, "missing": sheet_owed(sheet, spec), "locked": locked})


@require_POST
@allowed_to("manage_sheets")
def scan(request: HttpRequest, pk: int) -> HttpResponse:
    """Upload the scan of the signed sheet."""
    sheet = _sheet(request, pk)
    form = ScanForm(request.POST, request.FILES)
    with refusals_as_messages(request):
        if not form.is_valid():
            raise Refused([message for found in form.errors.values() for message in found])
        attach_scan(sheet, form.cleaned_data["scan"], by=request.user)
        messages.success(request, "扫描件已上传，请交办公室另一人核对。")
    return redirect("ratings:paper" if sheet.entered_by_id == request.user.pk else "ratings:sheets", _target(sheet, request))


@require_http_methods(["GET", "POST"])
@allowed_to("manage_sheets")
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """核对: what was typed beside the scan; confirming closes the sheet."""
    sheet = _sheet(request, pk)
    spec = scheme_spec(sheet.assessment.scheme)
    refusals = check_refusals(sheet, request.user)
    if request.method == "POST":
        with refusals_as_messages(request):
            check_entry(sheet, by=request.user, seen=request.POST.get("seen", ""))
            messages.success(request, f"{label_of(sheet.judge)}的评分表已核对提交。")
        return redirect("ratings:sheets", sheet.assessment_id)
    rows = [] if refusals else [(row, answers_in_words(row, spec.bound[row.item.code])) for row in own_rows(sheet).select_related("item")]
    context = {"sheet": sheet, "label": label_of(sheet.judge), "refusals": refusals, "rows": rows, "missing": sheet_owed(sheet, spec)}
    return render(request, "ratings/panels/check.html", {**context, "seen": "" if refusals else sheet_digest(sheet)})


def _sheet(request: HttpRequest, pk: int) -> JudgeSheet:
    schools = Assessment.objects.visible_to(request.user)
    rows = JudgeSheet.objects.filter(assessment__in=schools)
    return get_object_or_404(
        rows.select_related("assessment__scheme", "assessment__school", "assessment__panel", "judge", "entered_by", "scan"), pk=pk
    )


def _target(sheet: JudgeSheet, request: HttpRequest) -> int:
    """The page of the entry for who types, the school's sheets for everybody else."""
    return sheet.pk if sheet.entered_by_id == request.user.pk else sheet.assessment_id
