"""The pages of an official document of any kind; who may open them is asked by the views of the kind."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header

from ratings.documents.life import Kind
from ratings.documents.wording import CHARACTER_LIMIT, wording_problems
from ratings.forms.official_documents import IssueForm, document_form
from ratings.models.official_documents import OfficialDocument
from schools.asked import number
from schools.refusals import refusals_as_messages, refusals_in, turned_away
from schools.saving import Refused

PDF = "application/pdf"
#: No text has this version.
UNSEEN = -1
#: Pairs of (text, address).
Links = Sequence[tuple[str, str]]


def show(
    request: HttpRequest, kind: Kind, record: OfficialDocument, *, writes: bool, issues: bool, trail: Links, links: Links = ()
) -> HttpResponse:
    """The document as it will stand on paper; before it is issued also what is still to be done."""
    context, closed = kind.context(record), kind.closed(record)
    problems, advice = [], []
    if not record.is_issued:
        problems = [closed] if closed else kind.problems(record, context)
        advice = wording_problems(f"{record.title}\n{record.body}")
    page = _common(kind, record, trail) | {"paper": context, "problems": problems, "advice": advice, "links": links}
    may = {"may_edit": writes and not closed, "may_issue": issues and not closed}
    return render(request, "ratings/official/page.html", page | may)


def send(request: HttpRequest, kind: Kind, record: OfficialDocument) -> HttpResponse:
    """The stored document; before issue the same layout, named 草稿. A sample year may be out without a file."""
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
    return render(request, "ratings/official/edit.html", page | counts | {"form": form})


def issue(
    request: HttpRequest, kind: Kind, record: OfficialDocument, *, trail: Links, done: str, form: IssueForm | None = None
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
    page = _common(kind, record, _with_document(kind, record, trail)) | said | {"problems": problems, "form": form, "version": version}
    return render(request, "ratings/official/issue.html", page)


def _common(kind: Kind, record: OfficialDocument, trail: Links) -> dict:
    pages = {page: kind.address(record, page) for page in ("edit", "pdf", "issue")}
    return {"kind": kind, "record": record, "document": kind.address(record), "pages": pages, "trail": trail}


def _with_document(kind: Kind, record: OfficialDocument, trail: Links) -> Links:
    return [*trail, (f"{record.scheme.year}年度{kind.name}", kind.address(record))]
