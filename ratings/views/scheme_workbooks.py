"""评定方案 as a workbook: out for everybody who may read it, in for those who write drafts."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ratings.criteria.intake import Intake, examine, take_over
from ratings.criteria.storing import read_scheme
from ratings.criteria.versions import current_spec
from ratings.criteria.writing import scheme_sheets, template_sheets
from ratings.enums import Phase
from ratings.forms.scheme_workbook import SchemeWorkbookForm, TakeOverForm
from ratings.models import Scheme
from schools.downloads import XLSX, export
from schools.importing import pending
from schools.permissions import allowed_to
from schools.refusals import refusals_as_messages
from schools.saving import Refused
from schools.workbooks import WorkbookError, write_workbook

GONE = "待导入的工作簿已失效，请重新上传。"
SESSION_KEY = "pending_scheme"


@require_POST
@allowed_to("read_criteria")
def scheme_export(request: HttpRequest, pk: int) -> HttpResponse:
    """The scheme as one workbook: the version that counts, or a draft as it stands."""
    scheme = get_object_or_404(Scheme.objects.visible_to(request.user).select_related("city"), pk=pk)
    spec = current_spec(scheme) if scheme.versions.exists() else read_scheme(scheme)
    return export(f"{scheme.year}年度评定方案", scheme_sheets(spec), by=request.user, rows=len(spec.items))


@require_GET
@allowed_to("import_scheme")
def scheme_template(request: HttpRequest) -> FileResponse:
    """An empty workbook with its explanation."""
    buffer = io.BytesIO()
    write_workbook(buffer, template_sheets(year=timezone.localdate().year + 1, city=request.user.identity.city.name))
    buffer.seek(0)
    return FileResponse(buffer, as_attachment=True, filename="评定方案工作簿模板.xlsx", content_type=XLSX)


@dataclass(frozen=True)
class Kept:
    """A workbook between check and confirmation: what it was checked against goes with it."""

    token: str
    name: str
    seen: str
    target: int | None
    draft: int | None


@require_http_methods(["GET", "POST"])
@allowed_to("import_scheme")
def scheme_import(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Upload and check; then, by a second press, the same workbook for good. With `pk` into that draft and no other."""
    draft = get_object_or_404(Scheme.objects.visible_to(request.user).select_related("city"), pk=pk) if pk else None
    if draft is not None and draft.phase != Phase.DRAFTING:
        refused = "工作簿没有导入。" if request.method == "POST" else ""
        messages.error(request, f"{refused}《{draft.name}》已是“{draft.get_phase_display()}”，内容不能再替换，修改须按更正办理。")
        return redirect("ratings:scheme", draft.pk)
    if request.method == "POST" and "confirm" in request.POST:
        return _confirmed(request, draft)
    form = SchemeWorkbookForm(request.POST or None, request.FILES or None)
    if not form.is_valid():
        return _page(request, draft, form=form)
    _forget(request)
    name, content = form.cleaned_data["workbook"]
    return _checked(request, draft, name, content)


def _checked(request: HttpRequest, draft: Scheme | None, name: str, content: bytes) -> HttpResponse:
    """The page of a workbook that was read: everything wrong with it, or what it would do."""
    try:
        intake = examine(content, name=name, city=request.user.identity.city, draft=draft)
    except WorkbookError as error:
        return _page(request, draft, problems=error.problems, name=name)
    kept = Kept(pending.keep(content), name, intake.seen, intake.target and intake.target.pk, draft and draft.pk)
    request.session[SESSION_KEY] = vars(kept)
    return _page(request, draft, intake=intake, name=name, consent=TakeOverForm(target=intake.target))


def _confirmed(request: HttpRequest, draft: Scheme | None) -> HttpResponse:
    kept = Kept(**request.session[SESSION_KEY]) if SESSION_KEY in request.session else None
    content = pending.fetch(kept.token) if kept is not None and kept.draft == (draft and draft.pk) else None
    if content is None:
        messages.error(request, GONE)
        return redirect(request.path)
    try:
        intake = examine(content, name=kept.name, city=request.user.identity.city, draft=draft)
    except WorkbookError as error:
        _forget(request)
        return _page(request, draft, problems=error.problems, name=kept.name)
    consent = TakeOverForm(request.POST, target=intake.target)
    if not consent.is_valid():
        return _page(request, draft, intake=intake, name=kept.name, consent=consent)
    with refusals_as_messages(request):
        scheme = _taken(intake, kept, by=request.user)
        _forget(request)
        messages.success(request, f"已导入《{scheme.name}》：{len(intake.spec.items)} 个小项和加分项。")
        return redirect("ratings:scheme", scheme.pk)
    _forget(request)
    return _checked(request, draft, kept.name, content)


def _taken(intake: Intake, kept: Kept, *, by) -> Scheme:
    """Take over what was checked; a draft made meanwhile is not what the person agreed to replace."""
    if kept.target != (intake.target and intake.target.pk):
        raise Refused("核对之后本市的方案草案有增减，没有导入。请按下面重新核对的结果确认。")
    return take_over(intake, seen=kept.seen, by=by)


def _forget(request: HttpRequest) -> None:
    if kept := request.session.pop(SESSION_KEY, None):
        pending.discard(kept["token"])


def _page(request: HttpRequest, draft: Scheme | None, **context: Any) -> HttpResponse:
    known = {"draft": draft, "form": SchemeWorkbookForm(), "consent": None}
    return render(request, "ratings/workbook/import.html", {**known, **context})
