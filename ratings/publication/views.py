"""The pages of an official document of any kind; who may open them is asked by the views of the kind."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ratings.documents.life import Kind
from ratings.documents.official import CHARACTER_LIMIT, wording_problems
from ratings.models import Bulletin, OpeningNotice, Scheme
from ratings.models.official_documents import OfficialDocument
from schools.permissions import allowed_to, may
from schools.refusals import refusals_as_messages, refusals_in, turned_away
from schools.saving import Refused
from schools.site.asked import number

from .bulletin import BULLETIN, EDITABLE
from .forms import IssueForm, document_form
from .opening_notice import OPENING_NOTICE

PDF = "application/pdf"
#: No text has this version.
UNSEEN = -1
#: Pairs of (text, address).
Links = Sequence[tuple[str, str]]


def show(
    request: HttpRequest,
    kind: Kind,
    record: OfficialDocument,
    *,
    writes: bool,
    issues: bool,
    trail: Links,
    links: Links = (),
) -> HttpResponse:
    """The document as it will stand on paper; before it is issued also what is still to be done."""
    context, closed = kind.context(record), kind.closed(record)
    problems, advice = [], []
    if not record.is_issued:
        problems = [closed] if closed else kind.problems(record, context)
        advice = wording_problems(f"{record.title}\n{record.body}")
    page = _common(kind, record, trail) | {
        "paper": context,
        "problems": problems,
        "advice": advice,
        "links": links,
    }
    may = {"may_edit": writes and not closed, "may_issue": issues and not closed}
    return render(request, "ratings/publication/page.html", page | may)


def send(request: HttpRequest, kind: Kind, record: OfficialDocument) -> HttpResponse:
    """The stored document; before issue the same layout, named 草稿. A sample year may be out
    without a file.
    """
    name = f"{record.scheme.year}{kind.file_name}"
    if record.pdf:
        return FileResponse(record.pdf.open(), as_attachment=True, filename=f"{name}.pdf", content_type=PDF)
    name = name if record.is_issued else f"{name}（草稿）"
    with refusals_as_messages(request):
        response = HttpResponse(kind.pdf(record), content_type=PDF)
        response.headers["Content-Disposition"] = content_disposition_header(True, f"{name}.pdf")
        return response
    return redirect(kind.address(record))


def edit(request: HttpRequest, kind: Kind, record: OfficialDocument, *, trail: Links) -> HttpResponse:
    """The text before issue. A save by somebody else in between shows both texts and loses neither."""
    if closed := kind.closed(record):
        return turned_away(request, closed, kind.address(record))
    form = document_form(kind, record, request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            kind.save(record, form.values, version=form.cleaned_data["version"], by=request.user)
            messages.success(request, f"{kind.short}文稿已保存。")
            return redirect(kind.address(record))
    page = _common(kind, record, _with_document(kind, record, trail))
    counts = {"characters": form.characters, "limit": CHARACTER_LIMIT}
    return render(request, "ratings/publication/edit.html", page | counts | {"form": form})


def issue(
    request: HttpRequest,
    kind: Kind,
    record: OfficialDocument,
    *,
    trail: Links,
    done: str,
    form: IssueForm | None = None,
) -> HttpResponse:
    """What will happen, in words, and the button that does it; `form` asks for the password before."""
    if closed := kind.closed(record):
        return turned_away(request, closed, kind.address(record))
    context = kind.context(record)
    problems = kind.problems(record, context)
    version = record.version
    if request.method == "POST":
        posted = number(request.POST.get("version", ""))
        version = UNSEEN if posted is None else posted
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            kind.issue(record, by=request.user, seen=version)
        except Refused as refused:
            problems = refused.reasons
        else:
            messages.success(request, done)
            return redirect(kind.address(record))
    said = {"summary": kind.summary(record, context), "consequences": kind.consequences(record)}
    page = (
        _common(kind, record, _with_document(kind, record, trail))
        | said
        | {"problems": problems, "form": form, "version": version}
    )
    return render(request, "ratings/publication/issue.html", page)


def _common(kind: Kind, record: OfficialDocument, trail: Links) -> dict:
    pages = {page: kind.address(record, page) for page in ("edit", "pdf", "issue")}
    return {"kind": kind, "record": record, "document": kind.address(record), "pages": pages, "trail": trail}


def _with_document(kind: Kind, record: OfficialDocument, trail: Links) -> Links:
    return [*trail, (f"{record.scheme.year}年度{kind.name}", kind.address(record))]


@require_GET
@allowed_to("read_notices")
def bulletin_list(request: HttpRequest) -> HttpResponse:
    """Issued bulletins of the city; for committee and office also drafts, and settled years that have none
    yet.
    """
    bulletins = Bulletin.objects.visible_to(request.user).select_related("scheme").order_by("-scheme__year")
    waiting = Scheme.objects.visible_to(request.user).filter(phase__in=EDITABLE, bulletin__isnull=True)
    notices = (
        OpeningNotice.objects.visible_to(request.user)
        .issued()
        .select_related("scheme")
        .order_by("-scheme__year")
    )
    context = {
        "notices": notices,
        "bulletins": bulletins,
        "waiting": waiting if may(request.user, "write_bulletin") else [],
    }
    return render(request, "ratings/publication/bulletins.html", context)


@require_POST
@allowed_to("write_bulletin")
def start_draft(request: HttpRequest, scheme: int) -> HttpResponse:
    """Writes the first draft of a settled year from its figures."""
    settled = get_object_or_404(Scheme.objects.visible_to(request.user).filter(phase__in=EDITABLE), pk=scheme)
    bulletin = BULLETIN.draft(settled, issued_on=timezone.localdate())
    return redirect(BULLETIN.address(bulletin, "edit"))


@require_GET
@allowed_to("read_notices")
def bulletin_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The bulletin as it will stand on paper."""
    bulletin = _visible(request, pk)
    writes = may(request.user, "write_bulletin")
    plaques = [("授牌名单", reverse("ratings:form_plaques", args=[bulletin.scheme_id]))]
    rights = {
        "writes": writes,
        "issues": may(request.user, "issue_bulletin"),
        "links": plaques if writes else (),
    }
    return show(request, BULLETIN, bulletin, trail=_bulletin_trail(), **rights)


@require_GET
@allowed_to("read_notices")
def bulletin_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The stored document, or the draft in the same layout."""
    return send(request, BULLETIN, _visible(request, pk))


@require_http_methods(["GET", "POST"])
@allowed_to("write_bulletin")
def bulletin_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The text before issue."""
    return edit(request, BULLETIN, _visible(request, pk), trail=_bulletin_trail())


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@allowed_to("issue_bulletin")
def bulletin_issue(request: HttpRequest, pk: int) -> HttpResponse:
    """The chair confirms in words what will happen and signs with the password."""
    bulletin = _visible(request, pk)
    done = f"{bulletin.scheme.year}年度评定结果通报已印发，评定结果已对各党校公布。"
    form = IssueForm(request.POST or None, user=request.user)
    return issue(request, BULLETIN, bulletin, trail=_bulletin_trail(), done=done, form=form)


def _visible(request: HttpRequest, pk: int) -> Bulletin:
    rows = Bulletin.objects.visible_to(request.user).select_related("scheme__city", "edited_by")
    return get_object_or_404(rows, pk=pk)


def _bulletin_trail() -> Links:
    return [("通报", reverse("ratings:bulletins"))]


@require_GET
@allowed_to("read_notices")
def notice_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The notice as it will stand on paper; where there is none yet, the button that drafts it."""
    scheme = get_object_or_404(_schemes(request), pk=pk)
    writes = may(request.user, "write_notice")
    notice = _notices(request).filter(scheme=scheme).first()
    if notice is None:
        context = {"scheme": scheme, "may_start": writes and not scheme.imported}
        return render(request, "ratings/publication/no_notice.html", context)
    trail = [*_notice_trail(), (f"{scheme.year}年度", reverse("ratings:scheme", args=[pk]))]
    return show(request, OPENING_NOTICE, notice, writes=writes, issues=writes, trail=trail)


@require_GET
@allowed_to("read_notices")
def notice_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The stored document, or the draft in the same layout."""
    return send(request, OPENING_NOTICE, _notice(request, pk))


@require_POST
@allowed_to("write_notice")
def notice_start(request: HttpRequest, pk: int) -> HttpResponse:
    """Writes the first draft from the scheme."""
    scheme = get_object_or_404(_schemes(request).filter(imported=False), pk=pk)
    notice = OPENING_NOTICE.draft(scheme, issued_on=timezone.localdate())
    return redirect(OPENING_NOTICE.address(notice, "edit"))


@require_http_methods(["GET", "POST"])
@allowed_to("write_notice")
def notice_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The text before issue."""
    return edit(request, OPENING_NOTICE, _notice(request, pk), trail=_notice_trail())


@require_http_methods(["GET", "POST"])
@allowed_to("write_notice")
def notice_issue(request: HttpRequest, pk: int) -> HttpResponse:
    """What will happen, in words, and the button that does it."""
    notice = _notice(request, pk)
    done = f"{notice.scheme.year}年度启动通知已印发，全市可以查阅。"
    return issue(request, OPENING_NOTICE, notice, trail=_notice_trail(), done=done)


def _schemes(request: HttpRequest):
    return Scheme.objects.visible_to(request.user).select_related("city")


def _notices(request: HttpRequest):
    return OpeningNotice.objects.visible_to(request.user).select_related("scheme__city", "edited_by")


def _notice(request: HttpRequest, pk: int) -> OpeningNotice:
    return get_object_or_404(_notices(request), scheme__in=_schemes(request), scheme__pk=pk)


def _notice_trail() -> Links:
    return [("评定方案", reverse("ratings:schemes"))]
