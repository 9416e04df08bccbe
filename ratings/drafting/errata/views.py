"""更正 of an opened scheme: the office prepares, the chair signs, everybody reads what was signed."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from ratings.criteria.changes import compare
from ratings.criteria.fields import CORRECTABLE
from ratings.criteria.versions import spec_of
from ratings.models import Assessment, Erratum
from schools.accounts.forms import SignatureForm
from schools.permissions import allowed_to, may, require
from schools.refusals import refusals_as_messages, refusals_in, seen_again, turned_away
from schools.saving import SEEN

from ..scheme_views import scheme_for
from . import change_row, prepare, send_for_signature, take_back, withdraw, write_reason
from . import sign as sign_erratum
from .foreseeing import foresee
from .forms import ErratumRowForm, ReasonForm
from .preparing import corrected, problems_of, refusal_of, rows_of
from .signing import shown_erratum

PAGE_SIZE, SCHOOLS_A_PAGE = 20, 50
OPEN = (Erratum.State.DRAFT, Erratum.State.PROPOSED)
ACTS = {
    "send": (send_for_signature, "已提请评委会主任签发。"),
    "back": (take_back, "已退回修改。"),
    "withdraw": (withdraw, "更正已撤销。"),
}


@require_http_methods(["GET", "POST"])
@allowed_to("read_criteria", post="prepare_erratum")
def errata(request: HttpRequest, pk: int) -> HttpResponse:
    """The corrections of a scheme; the office begins a new one here."""
    scheme = scheme_for(request, pk)
    if request.method == "POST":
        with refusals_as_messages(request):
            return redirect("ratings:erratum", prepare(scheme, by=request.user).pk)
        return redirect("ratings:scheme_errata", pk)
    rows = Erratum.objects.visible_to(request.user).filter(scheme=scheme).defer("affected").order_by("-pk")
    rows = rows.select_related("version", "prepared_by", "signed_by")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    working = any(erratum.state in OPEN for erratum in page)
    context = {"scheme": scheme, "page": page, "refusal": refusal_of(scheme), "working": working}
    return render(request, "ratings/drafting/errata/errata.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("read_criteria", post="prepare_erratum")
def erratum(request: HttpRequest, pk: int) -> HttpResponse:
    """One correction: what changes, why, whom it touches; while it is a draft the office works on it here."""
    found = _erratum(request, pk)
    closed = _why_closed(found)
    if request.method == "POST" and closed:
        return turned_away(request, closed, "ratings:erratum", pk)
    edits = not closed and may(request.user, "prepare_erratum")
    section, _, code = request.GET.get("row", "").partition(":")
    if edits and _row_of(found, section, code) is not None:
        return redirect("ratings:erratum_row", pk, section, code)
    form = ReasonForm(request.POST or None, erratum=found)
    if form.is_valid():
        with refusals_in(form):
            write_reason(found, **form.cleaned_data, by=request.user)
            messages.success(request, "理由和依据已保存。")
            return redirect("ratings:erratum", pk)
    context = {**_context(request, found), "form": form, "edits": edits}
    return render(request, "ratings/drafting/errata/erratum.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("prepare_erratum")
def row(request: HttpRequest, pk: int, section: str, code: str) -> HttpResponse:
    """The limited fields of one row, beside what they say now."""
    found = _erratum(request, pk)
    old = _row_of(found, section, code)
    if old is None:
        raise Http404
    if closed := _why_closed(found):
        return turned_away(request, closed, "ratings:erratum", pk)
    title = CORRECTABLE[section].called(old)
    form = ErratumRowForm(request.POST or None, erratum=found, key=section, code=code, row=old)
    if form.is_valid():
        revision = form.cleaned_data["revision"]
        with refusals_in(form):
            change_row(found, section, code, form.values, by=request.user, revision=revision)
            messages.success(request, f"{title} 的更正已保存。")
            return redirect("ratings:erratum", pk)
    context = {"erratum": found, "form": form, "title": title, "section": CORRECTABLE[section].title}
    return render(request, "ratings/drafting/errata/erratum_row.html", context)


@require_POST
@allowed_to("return_erratum")
def act(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """提请签发, 退回修改, 撤销: the chair may only give it back."""
    found = _erratum(request, pk)
    if name not in ACTS:
        raise Http404
    if name != "back":
        require(request.user, "prepare_erratum")
    take, done = ACTS[name]
    with refusals_as_messages(request):
        take(found, by=request.user)
        messages.success(request, done)
    return redirect("ratings:erratum", pk)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@allowed_to("sign_erratum")
def sign(request: HttpRequest, pk: int) -> HttpResponse:
    """The chair sees every school that is touched and signs with the password."""
    found = _erratum(request, pk)
    if found.state != Erratum.State.PROPOSED or refusal_of(found.scheme):
        sentence = refusal_of(found.scheme) or f"这份更正{found.get_state_display()}，不能签发。"
        return turned_away(request, sentence, "ratings:erratum", pk)
    form = SignatureForm(request.POST or None, request=request)
    if form.is_valid():
        with refusals_in(form):
            touched = len(sign_erratum(found, by=request.user, seen=request.POST.get(SEEN, "")).affected)
            messages.success(
                request, f"更正已签发，方案为第 {found.version.number} 版，涉及 {touched} 所党校。"
            )
            return redirect("ratings:erratum", pk)
    context = {**_context(request, found), "form": form}
    shown = shown_erratum(found, context["schools"])
    context["seen"] = seen_again(request, shown, form)
    return render(request, "ratings/drafting/errata/erratum_sign.html", context)


def _erratum(request: HttpRequest, pk: int) -> Erratum:
    rows = Erratum.objects.visible_to(request.user).select_related(
        "scheme__city", "base", "version", "prepared_by", "signed_by"
    )
    return get_object_or_404(rows, pk=pk)


def _row_of(erratum: Erratum, section: str, code: str) -> Any:
    """What a row says in the version that is corrected; None where there is none."""
    return rows_of(spec_of(erratum.base), section).get(code) if section in CORRECTABLE else None


def _why_closed(erratum: Erratum) -> str:
    """Why nothing of it can be changed; empty while it is a draft."""
    if refusal := refusal_of(erratum.scheme):
        return refusal
    drafted = erratum.state == Erratum.State.DRAFT
    return "" if drafted else f"这份更正{erratum.get_state_display()}，不能再修改。"


def _visible(request: HttpRequest, erratum: Erratum) -> list[dict[str, Any]]:
    """Of the schools that a signed correction touches those of this person."""
    assessments = Assessment.objects.visible_to(request.user).filter(scheme=erratum.scheme)
    own = set(assessments.values_list("pk", flat=True))
    return [school for school in erratum.affected if school["assessment"] in own]


def _context(request: HttpRequest, erratum: Erratum) -> dict[str, Any]:
    """Both texts, what stands against signing, and the schools: foreseen while open, as they were once
    signed.
    """
    old = spec_of(erratum.base)
    new = spec_of(erratum.version) if erratum.version else corrected(old, erratum.edits)
    committee = may(request.user, "read_draft")
    schools, problems = erratum.affected, []
    if not committee:
        schools = _visible(request, erratum)
    elif erratum.state in OPEN:
        findings, problems = problems_of(erratum)
        if erratum.edits and not findings:
            schools = foresee(erratum.scheme, old, new).affected
    word = request.GET.get("q", "").strip()
    named = [school for school in schools if word in school["school"]]
    choices = [
        (section.title, [(f"{key}:{code}", section.called(row)) for code, row in rows_of(old, key).items()])
        for key, section in CORRECTABLE.items()
    ]
    return {
        "erratum": erratum,
        "scheme": erratum.scheme,
        "changes": compare(old, new),
        "problems": problems,
        "schools": schools,
        "affected": Paginator(named, SCHOOLS_A_PAGE).get_page(request.GET.get("page")),
        "word": word,
        "committee": committee,
        "choices": choices,
    }
