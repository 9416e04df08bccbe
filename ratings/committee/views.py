"""评委会审定总表."""

import hashlib
import io
from collections import Counter
from collections.abc import Sequence

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ratings.criteria.versions import current_version, spec_of
from ratings.documents.papers import paper_pdf
from ratings.enums import Phase, Star, Status
from ratings.models import Assessment, RestrictionCase, Result, Scheme
from ratings.sheets.evaluation import evaluate
from ratings.workflow import take_step
from schools import audit
from schools.audit.exports import XLSX, export
from schools.guidance.visits import opinions_of
from schools.models.audit import AuditEntry
from schools.permissions import allowed_to, may
from schools.refusals import refusals_as_messages, refusals_in, turned_away
from schools.site.asked import number
from schools.workbooks import write_workbook

from .board import Docket, Filters, build, deliberate, docket_of
from .deciding import DECIDABLE, accept_all, acceptable, confirm_case, decide, offered_stars, withdraw_case
from .forms import (
    ORDERS,
    PDF,
    AcceptAllForm,
    BoardFilterForm,
    CaseForm,
    DecisionForm,
    DeliberationFilterForm,
    MaterialsForm,
    MissingFilterForm,
    ReopenForm,
    SettleForm,
    WithdrawCaseForm,
)
from .invariants import SETTLED_PHASES
from .materials import Materials, materials_of, workbook_sheets
from .readiness import Missing, missing_for_settling
from .settling import NotSettled, settle_scheme
from .table import results_sheet

#: The committee wants all schools before its eyes; only the largest cities need a second page.
PAGE_SIZE = 100


@require_GET
@allowed_to("read_board")
def newest_board(request: HttpRequest) -> HttpResponse:
    """The board of the newest scheme, where the navigation leads; next year's draft waits behind a year under
    way.
    """
    newest = Scheme.objects.visible_to(request.user).newest()
    return (
        redirect("ratings:board", newest.pk) if newest else render(request, "ratings/committee/missing.html")
    )


@require_GET
@allowed_to("read_board")
def board(request: HttpRequest, pk: int) -> HttpResponse:
    """All schools of a scheme: computed live while the committee deliberates, from the frozen results once it
    has settled.
    """
    schemes = list(Scheme.objects.visible_to(request.user).select_related("city").order_by("-year"))
    scheme = next((one for one in schemes if one.pk == pk), None)
    if scheme is None:
        raise Http404
    context = {"scheme": scheme, "schemes": schemes, "query": request.GET.urlencode()}
    if scheme.phase == Phase.SCORING:
        return _live_board(request, scheme, context)
    if scheme.phase not in SETTLED_PHASES:
        return render(request, "ratings/committee/missing.html", context)
    counties = (
        Result.objects.filter(scheme=scheme)
        .exclude(county_name="")
        .order_by("order")
        .values_list("county_name", flat=True)
    )
    form = BoardFilterForm(request.GET, counties=list(dict.fromkeys(counties)))
    found = build(scheme, form.filters)
    extra = {"form": form, "board": found, "page": _page(request, found.rows)}
    return render(request, "ratings/committee/settled_board.html", {**context, **extra})


@require_POST
@allowed_to("read_board")
def board_export(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole board as a workbook, every item included."""
    scheme = get_object_or_404(Scheme.objects.visible_to(request.user), pk=pk)
    if scheme.phase not in SETTLED_PHASES:
        return redirect("ratings:board", pk)
    results = list(
        Result.objects.visible_to(request.user).filter(scheme=scheme).order_by("order", "school_code")
    )
    sheet = results_sheet(spec_of(current_version(scheme)), results)
    return export(f"{scheme.year}年度审定总表", [sheet], by=request.user, rows=len(results))


def _live_board(request: HttpRequest, scheme: Scheme, context: dict) -> HttpResponse:
    found = deliberate(scheme)
    form = DeliberationFilterForm(request.GET, counties=found.counties, views=found.views)
    page = _page(request, found.chosen(form.narrowing))
    extra = {"found": found, "form": form, "page": page}
    return render(request, "ratings/committee/board.html", {**context, **extra})


def _page(request: HttpRequest, rows: Sequence) -> Page:
    """The part of the board that is asked for; totals, averages and counts stay those of all schools."""
    return Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))


MISSING_PAGE = 50


@require_http_methods(["GET", "POST"])
@allowed_to("read_case", post="decide")
def decide_school(request: HttpRequest, pk: int, assessment: int) -> HttpResponse:
    """Everything the committee weighs about one school, and its decision; a decision leads on to the next
    open school.
    """
    scheme, row = _scheme(request, pk), _assessment(request, pk, assessment)
    if scheme.phase != Phase.SCORING:
        return _over(request, scheme)
    found = docket_of(scheme, row.pk)
    form = _decision_form(request, found)
    if request.method == "POST" and form is not None and form.is_valid():
        with refusals_in(form):
            decision = decide(
                row,
                by=request.user,
                star=form.chosen_star,
                reason=form.cleaned_data["reason"],
                ballot=form.ballot,
            )
            messages.success(request, f"{row.school.name}审定为{decision.get_star_display()}，已登记。")
            following = found.next_open()
            return (
                redirect("ratings:decide", pk, following.pk) if following else redirect("ratings:board", pk)
            )
    return render(
        request, "ratings/committee/decide.html", _decide_context(request, scheme, found, form=form)
    )


@require_POST
@allowed_to("confirm_restriction")
def confirm_restriction(request: HttpRequest, pk: int, assessment: int) -> HttpResponse:
    """A restriction is found to apply; it names the person and the document."""
    scheme, row = _scheme(request, pk), _assessment(request, pk, assessment)
    if scheme.phase != Phase.SCORING:
        return _over(request, scheme)
    form = CaseForm(request.POST, scheme=scheme, held=_held(row))
    if form.is_valid():
        with refusals_in(form):
            confirm_case(
                row, form.cleaned_data["restriction"], by=request.user, basis=form.cleaned_data["basis"]
            )
            messages.success(
                request, f"已认定限制性情形 {form.cleaned_data['restriction'].code}，星级已按规定重新计算。"
            )
            return redirect("ratings:decide", pk, row.pk)
    found = docket_of(scheme, row.pk)
    context = _decide_context(
        request, scheme, found, form=_decision_form(request, found, fresh=True), case_form=form
    )
    return render(request, "ratings/committee/decide.html", context)


@require_POST
@allowed_to("confirm_restriction")
def withdraw_restriction(request: HttpRequest, pk: int, assessment: int, case: int) -> HttpResponse:
    """A finding is taken back with a reason."""
    scheme, row = _scheme(request, pk), _assessment(request, pk, assessment)
    held = get_object_or_404(RestrictionCase.objects.select_related("restriction"), pk=case, assessment=row)
    if scheme.phase != Phase.SCORING:
        return _over(request, scheme)
    form = WithdrawCaseForm(request.POST, case=held)
    if form.is_valid():
        with refusals_in(form, "reason"):
            withdraw_case(row, held.restriction, by=request.user, reason=form.cleaned_data["reason"])
            messages.success(request, f"已撤销对 {held.restriction.code} 的认定，理由已记入审计记录。")
            return redirect("ratings:decide", scheme.pk, row.pk)
    found = docket_of(scheme, row.pk)
    context = _decide_context(request, scheme, found, form=_decision_form(request, found, fresh=True))
    return render(request, "ratings/committee/decide.html", context | {"withdrawal": form, "withdrawn": held})


@require_http_methods(["GET", "POST"])
@allowed_to("decide")
def accept_schools(request: HttpRequest, pk: int) -> HttpResponse:
    """Every school on which the committee follows the computation, named before it is confirmed."""
    scheme = _scheme(request, pk)
    if scheme.phase != Phase.SCORING:
        return _over(request, scheme)
    form = AcceptAllForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_as_messages(request):
            count = accept_all(
                scheme, by=request.user, minutes=form.cleaned_data["minutes"], seen=_seen(request)
            )
            messages.success(request, f"{count} 所党校按计算结果审定，已登记。")
            return redirect("ratings:board", pk)
        # What was confirmed is not what is shown now, so it is asked for again.
        form = AcceptAllForm(initial={"minutes": form.cleaned_data["minutes"]})
    evaluation = evaluate(scheme)
    ready = [(row, evaluation.outcomes[str(row.pk)]) for row in acceptable(evaluation)]
    counts = Counter(outcome.star for _, outcome in ready)
    tally = [(Star(star).label, counts[star]) for star in sorted(counts, reverse=True)]
    shown = " ".join(f"{row.pk}:{outcome.star}" for row, outcome in ready)
    context = {"scheme": scheme, "ready": ready, "tally": tally, "form": form, "shown": shown}
    return render(request, "ratings/committee/accept.html", context)


def _seen(request: HttpRequest) -> dict[int, int | None]:
    """The stars that the page showed, by number of the assessment; what somebody altered fits no school."""
    pairs = (pair.partition(":") for pair in request.POST.get("seen", "").split())
    return {number(school) or 0: number(star) for school, _, star in pairs}


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@allowed_to("read_case", post="decide")
def settle_year(request: HttpRequest, pk: int) -> HttpResponse:
    """The chair confirms in words what will happen and signs with the password; what is missing is listed
    instead.

    The office, which mends most of it, reads the same list.
    """
    scheme = _scheme(request, pk)
    if scheme.phase != Phase.SCORING:
        return _over(request, scheme)
    form = SettleForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            settle_scheme(scheme, by=request.user)
        except NotSettled as refused:
            school, text = refused.missing[0]
            messages.error(request, f"没有审定。{school}：{text}。")
        else:
            messages.success(request, f"{scheme.year}年度评定结果已审定，可以起草通报。")
            return redirect("ratings:board", pk)
    missing = missing_for_settling(evaluate(scheme))
    context = {"scheme": scheme}
    extra = _missing(request, Missing(missing)) if missing else {"form": form, **_outcome(scheme)}
    return render(request, "ratings/committee/settle.html", {**context, **extra})


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@allowed_to("decide")
def reopen_school(request: HttpRequest, pk: int) -> HttpResponse:
    """Before publication the chair takes one school back; its decision is void and the year is
    settled anew.
    """
    scheme = _scheme(request, pk)
    settled = Assessment.objects.visible_to(request.user).filter(scheme=scheme, status=Status.SETTLED)
    reopened = (
        scheme.phase == Phase.SCORING and settled.exists()
    )  # the chair may take back another one before settling anew
    if scheme.phase not in (Phase.SETTLED, Phase.NOTICE) and not reopened:
        return _over(request, scheme)
    settled = settled.select_related("school").in_order()
    form = ReopenForm(request.POST or None, user=request.user, assessments=settled)
    if request.method == "POST" and form.is_valid():
        row = form.cleaned_data["assessment"]
        with refusals_in(form, "reason"):
            take_step(row, "reopen", by=request.user, comment=form.cleaned_data["reason"])
            messages.warning(
                request, f"{row.school.name}已撤回审定，{scheme.year}年度回到评审中，须重新审定。"
            )
            return redirect("ratings:board", pk)
    return render(request, "ratings/committee/reopen.html", {"scheme": scheme, "form": form})


def _scheme(request: HttpRequest, pk: int) -> Scheme:
    return get_object_or_404(Scheme.objects.visible_to(request.user).select_related("city"), pk=pk)


def _assessment(request: HttpRequest, scheme: int, pk: int) -> Assessment:
    """A school that takes part; one that declined is nobody's to decide."""
    rows = Assessment.objects.visible_to(request.user).filter(scheme=scheme).exclude(status=Status.DECLINED)
    return get_object_or_404(rows.select_related("school", "scheme"), pk=pk)


def _over(request: HttpRequest, scheme: Scheme) -> HttpResponse:
    return turned_away(
        request, f"方案处于“{scheme.get_phase_display()}”阶段，不能办理此事。", "ratings:board", scheme.pk
    )


def _decision_form(request: HttpRequest, found: Docket, *, fresh: bool = False) -> DecisionForm | None:
    """None while the school cannot be decided, or for somebody who does not decide."""
    case = found.case
    if (
        case.star is None
        or case.lapsed
        or case.assessment.status not in DECIDABLE
        or not may(request.user, "decide")
    ):
        return None
    data = request.POST if request.method == "POST" and not fresh else None
    return DecisionForm(
        data, computed=case.star, offered=offered_stars(found.evaluation), decision=case.decision
    )


def _decide_context(
    request: HttpRequest, scheme: Scheme, found: Docket, *, form, case_form: CaseForm | None = None
) -> dict:
    case = found.case
    cases = list(
        RestrictionCase.objects.filter(assessment=case.assessment).select_related("restriction", "by")
    )
    suggested = case.proposed[0].code if case.proposed else ""
    left = len(found.evaluation.spec.restrictions) > len(cases) and case.assessment.status in DECIDABLE
    if case_form is None and left:
        case_form = CaseForm(scheme=scheme, held={one.restriction.code for one in cases}, suggested=suggested)
    return {
        "scheme": scheme,
        "case": case,
        "liaison_opinions": opinions_of(case.assessment.school, scheme.year),
        "form": form,
        "case_form": case_form,
        "cases": cases,
        "decidable": case.assessment.status in DECIDABLE,
        "found": found,
        "size": len(found.schools),
        "place": found.place + 1,
    }


def _held(row: Assessment) -> set[str]:
    return set(RestrictionCase.objects.filter(assessment=row).values_list("restriction__code", flat=True))


def _missing(request: HttpRequest, missing: Missing) -> dict:
    """What stands against settling, narrowed by the address."""
    form = MissingFilterForm(request.GET, counties=missing.counties)
    kind, county = form.chosen.get("kind", ""), form.chosen.get("county", "")
    page = Paginator(missing.chosen(kind=kind, county=county), MISSING_PAGE).get_page(request.GET.get("page"))
    return {
        "missing": missing,
        "narrowing": form,
        "kinds": missing.kinds(county),
        "kind": kind,
        "page": page,
        "query": request.GET.urlencode(),
    }


def _outcome(scheme: Scheme) -> dict:
    """What settling would freeze: stars by decision, deviations by name."""
    rows = (
        Assessment.objects.filter(scheme=scheme)
        .exclude(status=Status.DECLINED)
        .select_related("school", "decision")
    )
    decided = [row for row in rows.in_order() if hasattr(row, "decision")]
    counts = Counter(row.decision.star for row in decided)
    return {
        "tally": [(Star(star).label, counts[star]) for star in sorted(counts, reverse=True)],
        "deviations": [row for row in decided if row.decision.deviates],
        "lapsed": [row for row in rows if row.status == Status.LAPSED],
    }


@require_GET
@allowed_to("use_materials")
def projector(request: HttpRequest, pk: int) -> HttpResponse:
    """One school in large type; arrow keys follow the links to the neighbours, which work without them."""
    scheme = _meeting(request, pk)
    if scheme.phase != Phase.SCORING:
        return _no_more(request, scheme)
    found = deliberate(scheme)
    if not found.everyone:
        messages.warning(request, "还没有参评党校。")
        return redirect("ratings:board", pk)
    place = min(number(request.GET.get("place", "1")) or 1, len(found.everyone))
    case = found.everyone[place - 1]
    columns = [(name, full, cell) for (_, name, full), cell in zip(found.columns, case.cells, strict=True)]
    context = {
        "scheme": scheme,
        "case": case,
        "columns": columns,
        "place": place,
        "size": len(found.everyone),
    }
    return render(request, "ratings/committee/projector.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("use_materials")
def materials(request: HttpRequest, pk: int) -> HttpResponse:
    """Numbered copies of the board. The audit line is written first: what cannot be recorded does
    not leave.
    """
    scheme = _meeting(request, pk)
    if scheme.phase != Phase.SCORING:
        return _no_more(request, scheme)
    form = MaterialsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            return _download(request, scheme, **form.cleaned_data)
    return render(
        request,
        "ratings/committee/materials.html",
        {"scheme": scheme, "form": form, "printings": _printings(scheme)},
    )


def _download(request: HttpRequest, scheme: Scheme, *, copies: int, order: str, kind: str) -> HttpResponse:
    found = deliberate(scheme)
    cases = found.chosen(Filters(by_total=order == "total"))
    with transaction.atomic():
        Scheme.objects.select_for_update().get(pk=scheme.pk)
        printing = _printings(scheme).count() + 1
        papers = materials_of(found, cases, copies=copies, printing=printing, order=ORDERS[order])
        content = paper_pdf(papers) if kind == PDF else _workbook(papers)
        detail = {
            "印次": printing,
            "编号": f"01—{copies:02d}",
            "份数": copies,
            "排列": ORDERS[order],
            "文件": kind,
            "学校": len(cases),
            "文件摘要": hashlib.sha256(content).hexdigest(),
        }
        audit.record("export", by=request.user, city=scheme.city, subject=_subject(scheme), detail=detail)
    name = f"{papers.title}（第{printing}次印制）.{kind}"
    content_type = "application/pdf" if kind == PDF else XLSX
    return FileResponse(io.BytesIO(content), as_attachment=True, filename=name, content_type=content_type)


def _workbook(papers: Materials) -> bytes:
    buffer = io.BytesIO()
    write_workbook(buffer, workbook_sheets(papers))
    return buffer.getvalue()


def _printings(scheme: Scheme):
    """Earlier batches, as the audit trail knows them."""
    return AuditEntry.objects.filter(city=scheme.city, action="export", subject=_subject(scheme))


def _subject(scheme: Scheme) -> str:
    return f"{scheme.year}年度星级评定会议材料"


def _meeting(request: HttpRequest, pk: int) -> Scheme:
    return get_object_or_404(Scheme.objects.visible_to(request.user).select_related("city"), pk=pk)


def _no_more(request: HttpRequest, scheme: Scheme) -> HttpResponse:
    when = "尚未启动，还不能" if scheme.phase == Phase.DRAFTING else "不再"
    sentence = f"方案处于“{scheme.get_phase_display()}”阶段，{when}用于审议。"
    return turned_away(request, sentence, "ratings:board", scheme.pk)
