"""Back-filling by workbook: template, check with every problem by row, then all or nothing."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from schools.downloads import XLSX
from schools.importing import pending
from schools.importing.backfill import BackfillResource
from schools.importing.exchange import Report, import_workbook, template_sheets
from schools.models import School
from schools.permissions import allowed_to
from schools.workbooks import WorkbookError, read_workbook, write_workbook

SESSION_KEY = "pending_classes"
SHEETS = (BackfillResource,)
#: So many lines of a report are shown on the page; the number of all is always said.
SHOWN = 500


class WorkbookForm(forms.Form):
    """One workbook; what it holds is checked by reading it."""

    workbook = forms.FileField(
        label="工作簿", help_text="只接收 .xlsx，不超过 10 MB。", widget=forms.FileInput(attrs={"accept": ".xlsx", "class": "form-control"})
    )


@require_GET
@allowed_to("record_teaching")
def template(request: HttpRequest) -> FileResponse:
    """An empty workbook to fill in, with a sheet that explains every column."""
    buffer = BytesIO()
    write_workbook(buffer, template_sheets(SHEETS))
    buffer.seek(0)
    return FileResponse(buffer, as_attachment=True, filename="开班登记补录模板.xlsx", content_type=XLSX)


@require_http_methods(["GET", "POST"])
@allowed_to("record_teaching")
def class_import(request: HttpRequest) -> HttpResponse:
    """Upload and check; then, by a second press, the same workbook for good."""
    school = request.user.identity.school
    if request.method == "POST" and "confirm" in request.POST:
        return _confirmed(request, school)
    form = WorkbookForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        upload = form.cleaned_data["workbook"]
        context |= _checked(request, school, upload.read(), upload.name)
    return _page(request, school, context)


def _checked(request: HttpRequest, school: School, content: bytes, name: str) -> dict[str, Any]:
    _forget(request)
    try:
        report = _run(request, school, content, name, dry_run=True)
    except WorkbookError as error:
        return {"problems": error.problems, "name": name}
    if report.created:
        request.session[SESSION_KEY] = {"token": pending.keep(content), "name": name, "school": school.pk}
    return {"report": report, "name": name}


def _confirmed(request: HttpRequest, school: School) -> HttpResponse:
    kept = request.session.get(SESSION_KEY) or {}
    content = pending.fetch(kept["token"]) if kept.get("school") == school.pk else None
    if content is None:
        messages.error(request, "待导入的工作簿已失效，请重新上传。")
        return redirect("schools:class_import")
    try:
        report = _run(request, school, content, kept["name"], dry_run=False)
    except WorkbookError as error:
        _forget(request)
        return _page(request, school, {"form": WorkbookForm(), "problems": error.problems, "name": kept["name"]})
    _forget(request)
    messages.success(request, f"已写入 {report.created} 个班次，其中开班超过15天的自动标为补录。")
    return redirect("schools:teaching")


def _run(request: HttpRequest, school: School, content: bytes, name: str, *, dry_run: bool) -> Report:
    book = read_workbook(content, name=name)
    schools = School.objects.filter(pk=school.pk)
    return import_workbook(SHEETS, book, schools=schools, city=school.city, by=request.user, dry_run=dry_run)[0]


def _forget(request: HttpRequest) -> None:
    if kept := request.session.pop(SESSION_KEY, None):
        pending.discard(kept["token"])


def _page(request: HttpRequest, school: School, context: dict[str, Any]) -> HttpResponse:
    known = {"school": school, "shown": SHOWN, "columns": BackfillResource.columns()}
    return render(request, "schools/teaching/import.html", {**known, **context})
