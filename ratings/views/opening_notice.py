"""启动通知: preview, document, editing, issue. Addressed by the scheme it opens."""

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ratings.documents.fonts import FontMissing
from ratings.documents.opening_notice import draft_notice, notice_context, notice_pdf
from ratings.documents.pdf import DocumentError
from ratings.documents.wording import CHARACTER_LIMIT, wording_problems
from ratings.drafts import EditConflict, NotEditable
from ratings.forms.bulletin import FIELDS
from ratings.forms.opening_notice import OpeningNoticeForm
from ratings.issuing import NotIssued, issue_notice, reasons_against, save_notice
from ratings.models import OpeningNotice, Scheme
from schools.permissions import allowed_to, may

PDF = "application/pdf"


@require_GET
@allowed_to("read_notices")
def notice_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The notice as it will stand on paper; for those who write it also what is still missing."""
    scheme = _scheme(request, pk)
    writes = may(request.user, "write_notice")
    notice = OpeningNotice.objects.visible_to(request.user).select_related("scheme__city", "edited_by").filter(scheme=scheme).first()
    if notice is None:
        return render(request, "ratings/notice/none.html", {"scheme": scheme, "may_start": writes and not scheme.imported})
    context = notice_context(notice)
    draft = not notice.is_issued
    advice = wording_problems(f"{notice.title}\n{notice.body}") if draft else []
    problems = reasons_against(notice, context) if draft else []
    found = {"scheme": scheme, "record": notice, "bulletin": context, "draft": draft, "may_write": draft and writes}
    return render(request, "ratings/notice/page.html", {**found, "problems": problems, "advice": advice})


@require_GET
@allowed_to("read_notices")
def notice_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The stored document; before issue the same layout, named 草稿."""
    notice = _notice(request, pk)
    name = f"{notice.scheme.year}年度星级评定启动通知"
    if notice.is_issued:
        return FileResponse(notice.pdf.open(), as_attachment=True, filename=f"{name}.pdf", content_type=PDF)
    try:
        content = notice_pdf(notice_context(notice))
    except (FontMissing, DocumentError) as refused:
        messages.error(request, str(refused))
        return redirect("ratings:opening_notice", pk)
    response = HttpResponse(content, content_type=PDF)
    response.headers["Content-Disposition"] = content_disposition_header(True, f"{name}（草稿）.pdf")
    return response


@require_POST
@allowed_to("write_notice")
def notice_start(request: HttpRequest, pk: int) -> HttpResponse:
    """Writes the first draft from the scheme."""
    draft_notice(get_object_or_404(_visible(request).filter(imported=False), pk=pk), issued_on=timezone.localdate())
    return redirect("ratings:opening_notice_edit", pk)


@require_http_methods(["GET", "POST"])
@allowed_to("write_notice")
def notice_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The text before issue. A save by somebody else in between shows both texts and loses neither."""
    notice = _notice(request, pk)
    if notice.is_issued:
        return _already_issued(request, pk)
    form = OpeningNoticeForm(request.POST or None, instance=OpeningNotice.objects.get(pk=notice.pk))
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in FIELDS}
        try:
            save_notice(notice, values, version=form.cleaned_data["version"], by=request.user)
        except EditConflict as conflict:
            return _conflict(request, form, conflict.current)
        except NotEditable:
            return _already_issued(request, pk)
        messages.success(request, "通知文稿已保存。")
        return redirect("ratings:opening_notice", pk)
    return _edit_page(request, notice, form)


@require_http_methods(["GET", "POST"])
@allowed_to("write_notice")
def notice_issue(request: HttpRequest, pk: int) -> HttpResponse:
    """What will happen, in words, and the button that does it."""
    notice = _notice(request, pk)
    if notice.is_issued:
        return _already_issued(request, pk)
    context = notice_context(notice)
    problems = reasons_against(notice, context)
    if request.method == "POST":
        try:
            issue_notice(notice, by=request.user)
        except NotIssued as refused:
            problems = refused.reasons
        else:
            messages.success(request, f"{notice.scheme.year}年度启动通知已印发，全市可以查阅。")
            return redirect("ratings:opening_notice", pk)
    found = {"scheme": notice.scheme, "record": notice, "bulletin": context, "problems": problems}
    return render(request, "ratings/notice/issue.html", found)


def _visible(request: HttpRequest):
    return Scheme.objects.visible_to(request.user).select_related("city")


def _scheme(request: HttpRequest, pk: int) -> Scheme:
    return get_object_or_404(_visible(request), pk=pk)


def _notice(request: HttpRequest, pk: int) -> OpeningNotice:
    visible = OpeningNotice.objects.visible_to(request.user).filter(scheme__in=Scheme.objects.visible_to(request.user))
    return get_object_or_404(visible.select_related("scheme__city", "edited_by"), scheme__pk=pk)


def _already_issued(request: HttpRequest, pk: int) -> HttpResponse:
    messages.warning(request, "通知已经印发，不能再修改。")
    return redirect("ratings:opening_notice", pk)


def _conflict(request: HttpRequest, form: OpeningNoticeForm, current: OpeningNotice) -> HttpResponse:
    """Both texts, field by field; what was typed stays in the form, which now knows the newer version."""
    return _edit_page(request, current, form.again(current), conflict=current, differences=form.differences(current))


def _edit_page(request: HttpRequest, notice: OpeningNotice, form: OpeningNoticeForm, **extra) -> HttpResponse:
    counts = {"characters": form.characters, "limit": CHARACTER_LIMIT}
    return render(request, "ratings/notice/edit.html", {"scheme": notice.scheme, "record": notice, "form": form, **counts, **extra})
