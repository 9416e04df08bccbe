"""更正 of an opened scheme: the office prepares, the chair signs, everybody reads what was signed."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from ratings.committee.forms import SettleForm
from ratings.criteria.changes import compare
from ratings.criteria.fields import CORRECTABLE
from ratings.criteria.versions import spec_of
from ratings.models import Assessment, Erratum, Scheme
from schools.permissions import allowed_to, may, require
from schools.refusals import refusals_as_messages, refusals_in, turned_away

from . import (
    change_row,
    corrected,
    foresee,
    prepare,
    problems_of,
    send_for_signature,
    take_back,
    withdraw,
    write_reason,
)
from . import sign as sign_erratum
from .forms import ErratumRowForm, ReasonForm
from .preparing import refusal_of, rows_of

PAGE_SIZE, SCHOOLS_A_PAGE = 20, 50
ACTS = {"send": send_for_signature, "back": take_back, "withdraw": withdraw}
SAID = {"send": "已提请评委会主任签发。", "back": "已退回修改。", "withdraw": "更正已撤销。"}


@require_http_methods(["GET", "POST"])
@allowed_to("read_criteria", post="prepare_erratum")
def errata(request: HttpRequest, pk: int) -> HttpResponse:
    """The corrections of a scheme; the office begins a new one here."""
    scheme = get_object_or_404(Scheme.objects.visible_to(request.user).select_related("city"), pk=pk)
    if request.method == "POST":
        with refusals_as_messages(request):
            return redirect("ratings:erratum", prepare(scheme, by=request.user).pk)
        return redirect("ratings:scheme_errata", pk)
    found = (
        Erratum.objects.visible_to(request.user)
        .filter(scheme=scheme)
        .select_related("version", "prepared_by", "signed_by")
        .defer("affected")
    )
    page = Paginator(found.order_by("-pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    working = any(one.state in (Erratum.State.DRAFT, Erratum.State.PROPOSED) for one in page)
    context = {"scheme": scheme, "page": page, "refusal": refusal_of(scheme), "working": working}
    return render(request, "ratings/drafting/errata/errata.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("read_criteria", post="prepare_erratum")
def erratum(request: HttpRequest, pk: int) -> HttpResponse:
    """One correction: what changes, why, whom it touches; while it is a draft the office works on it here."""
    found = _erratum(request, pk)
    edits = may(request.user, "prepare_erratum") and not _why_closed(found)
    if request.method == "POST" and not edits:
        return turned_away(request, _why_closed(found), "ratings:erratum", pk)
    section, _, code = request.GET.get("row", "").partition(":")
    if edits and section in CORRECTABLE and code in rows_of(spec_of(found.base), section):
        return redirect("ratings:erratum_row", pk, section, code)
    form = ReasonForm(
        request.POST or None,
        initial={"reason": found.reason, "basis": found.basis, "revision": found.revision},
    )
    if request.method == "POST" and form.is_valid():
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
    old = rows_of(spec_of(found.base), section).get(code) if section in CORRECTABLE else None
    if old is None:
        raise Http404
    if closed := _why_closed(found):
        return turned_away(request, closed, "ratings:erratum", pk)
    title = CORRECTABLE[section].called(old)
    form = ErratumRowForm(request.POST or None, erratum=found, key=section, code=code, row=old)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            change_row(
                found, section, code, form.values, by=request.user, revision=form.cleaned_data["revision"]
            )
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
    with refusals_as_messages(request):
        ACTS[name](found, by=request.user)
        messages.success(request, SAID[name])
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
    form = SettleForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            seen = sign_erratum(found, by=request.user)
            messages.success(
                request, f"更正已签发，方案为第 {found.version.number} 版，涉及 {len(seen.affected)} 所党校。"
            )
            return redirect("ratings:erratum", pk)
    return render(
        request, "ratings/drafting/errata/erratum_sign.html", {**_context(request, found), "form": form}
    )


def _erratum(request: HttpRequest, pk: int) -> Erratum:
    rows = Erratum.objects.visible_to(request.user).select_related(
        "scheme__city", "base", "version", "prepared_by", "signed_by"
    )
    return get_object_or_404(rows, pk=pk)


def _why_closed(found: Erratum) -> str:
    """Why nothing of it can be changed; empty while it is a draft."""
    at_work = found.state == Erratum.State.DRAFT
    return refusal_of(found.scheme) or (
        "" if at_work else f"这份更正{found.get_state_display()}，不能再修改。"
    )


def _context(request: HttpRequest, found: Erratum) -> dict:
    """Both texts, what stands against signing, and the schools: foreseen while open, as they were once
    signed.
    """
    old = spec_of(found.base)
    new = spec_of(found.version) if found.version else corrected(old, found.edits)
    committee, signed = may(request.user, "read_draft"), found.state == Erratum.State.SIGNED
    findings, problems = ([], []) if signed or not committee else problems_of(found)
    foreseen = (
        committee and not signed and found.state != Erratum.State.WITHDRAWN and found.edits and not findings
    )
    seen = [one.as_json() for one in foresee(found.scheme, old, new).affected] if foreseen else found.affected
    if not committee:
        own = set(
            Assessment.objects.visible_to(request.user)
            .filter(scheme=found.scheme)
            .values_list("pk", flat=True)
        )
        seen = [one for one in seen if one["assessment"] in own]
    word = request.GET.get("q", "").strip()
    page = Paginator([one for one in seen if word in one["school"]], SCHOOLS_A_PAGE).get_page(
        request.GET.get("page")
    )
    choices = [
        (section.title, [(f"{key}:{code}", section.called(row)) for code, row in rows_of(old, key).items()])
        for key, section in CORRECTABLE.items()
    ]
    return {
        "erratum": found,
        "scheme": found.scheme,
        "changes": compare(old, new),
        "problems": problems,
        "affected": page,
        "word": word,
        "committee": committee,
        "choices": choices,
    }
