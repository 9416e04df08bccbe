"""通报: list, preview, document, editing, issue."""

from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ratings.documents.bulletin import check, render_pdf_bytes
from ratings.documents.fonts import FontMissing
from ratings.documents.gathering import bulletin_context, draft_bulletin
from ratings.documents.pdf import DocumentError
from ratings.documents.wording import CHARACTER_LIMIT, wording_problems
from ratings.drafts import EDITABLE, EditConflict, NotEditable, is_editable, save_draft
from ratings.forms.bulletin import FIELDS, BulletinForm, IssueForm
from ratings.models import Bulletin, OpeningNotice, Scheme
from ratings.publication import NotPublished, publish
from schools.permissions import allowed_to, may

PDF = "application/pdf"
WITHDRAWN = "审定已撤回，重新审定以后才能修改、印发通报。"


@require_GET
@allowed_to("read_notices")
def bulletin_list(request: HttpRequest) -> HttpResponse:
    """Issued bulletins of the city; for committee and office also drafts, and settled years that have none yet."""
    bulletins = Bulletin.objects.visible_to(request.user).select_related("scheme").order_by("-scheme__year")
    waiting = Scheme.objects.visible_to(request.user).filter(phase__in=EDITABLE, bulletin__isnull=True)
    notices = OpeningNotice.objects.visible_to(request.user).issued().select_related("scheme").order_by("-scheme__year")
    context = {"notices": notices, "bulletins": bulletins, "waiting": waiting if may(request.user, "write_bulletin") else []}
    return render(request, "ratings/bulletins.html", context)


@require_POST
@allowed_to("write_bulletin")
def start_draft(request: HttpRequest, scheme: int) -> HttpResponse:
    """Writes the first draft of a settled year from its figures."""
    found = get_object_or_404(Scheme.objects.visible_to(request.user).filter(phase__in=EDITABLE), pk=scheme)
    with transaction.atomic():
        bulletin = draft_bulletin(found, issued_on=timezone.localdate())
    return redirect("ratings:bulletin_edit", bulletin.pk)


@require_GET
@allowed_to("read_notices")
def bulletin_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The bulletin as it will stand on paper, from the same template as the PDF."""
    bulletin = _visible(request, pk)
    context = bulletin_context(bulletin)
    draft, editable = not bulletin.scheme.is_public, is_editable(bulletin)
    problems = check(context) if editable else [WITHDRAWN]
    extra = {"problems": problems, "advice": wording_problems(f"{bulletin.title}\n{bulletin.body}")} if draft else {}
    actions = {"may_edit": editable and may(request.user, "write_bulletin"), "may_issue": editable and may(request.user, "issue_bulletin")}
    return render(request, "ratings/bulletin.html", {"record": bulletin, "bulletin": context, "draft": draft, **extra, **actions})


@require_GET
@allowed_to("read_notices")
def bulletin_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The stored document; before issue the same layout, named 草稿. A sample year may have been issued without a file."""
    bulletin = _visible(request, pk)
    name = f"{bulletin.scheme.year}年度星级评定通报"
    if bulletin.pdf:
        return FileResponse(bulletin.pdf.open(), as_attachment=True, filename=f"{name}.pdf", content_type=PDF)
    try:
        content = render_pdf_bytes(bulletin_context(bulletin))
    except (FontMissing, DocumentError) as refused:
        messages.error(request, str(refused))
        return redirect("ratings:bulletin", bulletin.pk)
    response = HttpResponse(content, content_type=PDF)
    response.headers["Content-Disposition"] = content_disposition_header(
        True, f"{name}.pdf" if bulletin.scheme.is_public else f"{name}（草稿）.pdf"
    )
    return response


@require_http_methods(["GET", "POST"])
@allowed_to("write_bulletin")
def bulletin_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The text before issue. A save by somebody else in between shows both texts and loses neither."""
    bulletin = _visible(request, pk)
    if not is_editable(bulletin):
        return _not_editable(request, bulletin)
    form = BulletinForm(request.POST or None, instance=Bulletin.objects.get(pk=bulletin.pk))
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in FIELDS}
        try:
            save_draft(bulletin, values, version=form.cleaned_data["version"], by=request.user)
        except EditConflict as conflict:
            return _conflict(request, form, conflict.current)
        except NotEditable:
            return _not_editable(request, bulletin)
        messages.success(request, "通报文稿已保存。")
        return redirect("ratings:bulletin", bulletin.pk)
    return render(request, "ratings/bulletin_edit.html", {"record": bulletin, "form": form, **_counts(form)})


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@allowed_to("issue_bulletin")
def bulletin_issue(request: HttpRequest, pk: int) -> HttpResponse:
    """The chair confirms in words what will happen and signs with the password."""
    bulletin = _visible(request, pk)
    if not is_editable(bulletin):
        return _not_editable(request, bulletin)
    context = bulletin_context(bulletin)
    problems = check(context)
    form = IssueForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            publish(bulletin.scheme, by=request.user)
        except NotPublished as refused:
            problems = refused.reasons
        else:
            messages.success(request, f"{bulletin.scheme.year}年度评定结果通报已印发，评定结果已对各党校公布。")
            return redirect("ratings:bulletin", bulletin.pk)
    return render(request, "ratings/bulletin_issue.html", {"record": bulletin, "bulletin": context, "problems": problems, "form": form})


def _visible(request: HttpRequest, pk: int) -> Bulletin:
    return get_object_or_404(Bulletin.objects.visible_to(request.user).select_related("scheme__city", "edited_by"), pk=pk)


def _not_editable(request: HttpRequest, bulletin: Bulletin) -> HttpResponse:
    bulletin.scheme.refresh_from_db(fields=["phase"])
    messages.warning(request, "通报已经印发，不能再修改。" if bulletin.scheme.is_public else WITHDRAWN)
    return redirect("ratings:bulletin", bulletin.pk)


def _conflict(request: HttpRequest, form: BulletinForm, current: Bulletin) -> HttpResponse:
    """Both texts, field by field; what was typed stays in the form, which now knows the newer version."""
    again = form.again(current)
    context = {"record": current, "form": again, "conflict": current, "differences": form.differences(current), **_counts(again)}
    return render(request, "ratings/bulletin_edit.html", context)


def _counts(form: BulletinForm) -> dict:
    return {"characters": form.characters, "limit": CHARACTER_LIMIT}
