"""The pages of an official document of any kind; who may write and issue it says the kind."""

from django.contrib import messages
from django.db.models.constants import LOOKUP_SEP
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from ratings.documents.life import Kind
from ratings.documents.official import CHARACTER_LIMIT, wording_problems
from ratings.models import Bulletin, OpeningNotice, Scheme
from ratings.models.official_documents import OfficialDocument
from schools.accounts.forms import SignatureForm
from schools.permissions import allowed_to, may
from schools.refusals import refusals_as_messages, refusals_in, turned_away
from schools.saving import SEEN, Refused, Stale

from .bulletin import EDITABLE
from .forms import document_form
from .opening_notice import OPENING_NOTICE

PDF = "application/pdf"


@require_GET
@allowed_to("read_notices")
def show(request: HttpRequest, kind: Kind, pk: int) -> HttpResponse:
    """The document as it will stand on paper; before it is issued also what is still to be done."""
    record = _records(request, kind, pk).first()
    if record is None:
        return _none_yet(request, kind, pk)
    context, closed = kind.context(record), kind.closed(record)
    problems, advice = [], []
    if not record.is_issued:
        problems = [closed] if closed else kind.problems(record, context)
        advice = wording_problems(f"{record.title}\n{record.body}")
    writes = may(request.user, kind.writes)
    page = {
        **_common(kind, record),
        "trail": kind.trail_to(record),
        "paper": context,
        "problems": problems,
        "advice": advice,
        "links": kind.links(record) if writes else [],
        "may_edit": writes and not closed,
        "may_issue": may(request.user, kind.issues) and not closed,
        "seen": kind.shown(record, context).seen,
    }
    return render(request, "ratings/publication/page.html", page)


def _none_yet(request: HttpRequest, kind: Kind, pk: int) -> HttpResponse:
    """A scheme has its notice at its own address, so that the button that drafts it stands there as well."""
    scheme = get_object_or_404(_schemes(request) if kind is OPENING_NOTICE else Scheme.objects.none(), pk=pk)
    may_start = may(request.user, kind.writes) and not scheme.imported
    return render(request, "ratings/publication/no_notice.html", {"scheme": scheme, "may_start": may_start})


@require_GET
@allowed_to("read_notices")
def send(request: HttpRequest, kind: Kind, pk: int) -> HttpResponse:
    """The stored document; before issue the same layout, named 草稿. A sample year may be out
    without a file.
    """
    record = _record(request, kind, pk)
    name = f"{record.scheme.year}{kind.file_name}"
    if record.pdf:
        return FileResponse(record.pdf.open(), as_attachment=True, filename=f"{name}.pdf", content_type=PDF)
    name = name if record.is_issued else f"{name}（草稿）"
    with refusals_as_messages(request):
        response = HttpResponse(kind.pdf(record), content_type=PDF)
        response.headers["Content-Disposition"] = content_disposition_header(True, f"{name}.pdf")
        return response
    return redirect(kind.address(record))


def start(request: HttpRequest, kind: Kind, pk: int) -> HttpResponse:
    """Writes the first draft from the figures of a scheme."""
    scheme = get_object_or_404(_schemes(request), pk=pk, **kind.drafted_for)
    record = kind.draft(scheme, issued_on=timezone.localdate())
    return redirect(kind.address(record, "edit"))


def edit(request: HttpRequest, kind: Kind, pk: int) -> HttpResponse:
    """The text before issue. A save by somebody else in between shows both texts and loses neither."""
    record = _record(request, kind, pk)
    if closed := kind.closed(record):
        return turned_away(request, closed, kind.address(record))
    form = document_form(kind, record, request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            kind.save(record, form.values, version=form.cleaned_data["version"], by=request.user)
            messages.success(request, f"{kind.short}文稿已保存。")
            return redirect(kind.address(record))
    page = {"form": form, "characters": form.characters, "limit": CHARACTER_LIMIT}
    return render(request, "ratings/publication/edit.html", _common(kind, record) | page)


def issue(request: HttpRequest, kind: Kind, pk: int) -> HttpResponse:
    """What will happen, in words, and the button that does it; some kinds are signed with the password."""
    record = _record(request, kind, pk)
    if closed := kind.closed(record):
        return turned_away(request, closed, kind.address(record))
    form = SignatureForm(request.POST or None, request=request) if kind.signed else None
    context = kind.context(record)
    problems, shown, changed = kind.problems(record, context), kind.shown(record, context), None
    seen = request.POST.get(SEEN)
    try:
        if request.method == "GET":  # the preview from which one comes says what stood there
            shown.refuse_changed(request.GET.get(SEEN))
        elif form is None or form.is_valid():
            kind.issue(record, by=request.user, seen=seen or "")
            messages.success(request, kind.done.format(record.scheme.year))
            return redirect(kind.address(record))
    except Stale as stale:
        changed, seen = stale, None
    except Refused as refused:
        problems = refused.reasons
    page = {
        "paper": context,
        "changed": changed,
        "summary": kind.summary(record, context),
        "consequences": kind.consequences(record),
        "problems": problems,
        "form": form,
        "seen": shown.seen if seen is None else seen,
    }
    return render(request, "ratings/publication/issue.html", _common(kind, record) | page)


@require_GET
@allowed_to("read_notices")
def bulletin_list(request: HttpRequest) -> HttpResponse:
    """Issued bulletins of the city; for committee and office also drafts, and settled years that have none
    yet.
    """
    waiting = _schemes(request).filter(phase__in=EDITABLE, bulletin__isnull=True)
    notices = OpeningNotice.objects.visible_to(request.user).issued().select_related("scheme")
    bulletins = Bulletin.objects.visible_to(request.user).select_related("scheme")
    context = {
        "notices": notices.order_by("-scheme__year"),
        "bulletins": bulletins.order_by("-scheme__year"),
        "waiting": waiting if may(request.user, "write_bulletin") else [],
    }
    return render(request, "ratings/publication/bulletins.html", context)


def _schemes(request: HttpRequest):
    return Scheme.objects.visible_to(request.user).select_related("city")


def _records(request: HttpRequest, kind: Kind, pk: int):
    """The document at the address, as far as it may be read; the key is asked as one, so that a number no
    database can hold finds nothing.
    """
    rows = kind.model.objects.visible_to(request.user).select_related("scheme__city", "edited_by")
    return rows.filter(**{kind.key.replace(".", LOOKUP_SEP): pk})


def _record(request: HttpRequest, kind: Kind, pk: int) -> OfficialDocument:
    return get_object_or_404(_records(request, kind, pk))


def _common(kind: Kind, record: OfficialDocument) -> dict:
    pages = {page: kind.address(record, page) for page in ("edit", "pdf", "issue")}
    document = kind.address(record)
    trail = [kind.home(), (f"{record.scheme.year}年度{kind.name}", document)]
    return {"kind": kind, "record": record, "document": document, "pages": pages, "trail": trail}
