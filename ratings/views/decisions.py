"""审定: school by school, all that agree in one act, restrictions, settling and reopening."""

from collections import Counter

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from ratings.deliberation import Docket, docket_of
from ratings.enums import Phase, Star, Status
from ratings.forms.decisions import AcceptAllForm, CaseForm, DecisionForm, ReopenForm, SettleForm, WithdrawCaseForm
from ratings.forms.filters import MissingFilterForm
from ratings.lacking import Missing
from ratings.models import Assessment, RestrictionCase, Scheme
from ratings.results import (
    DECIDABLE,
    NotSettled,
    accept_all,
    acceptable,
    confirm_case,
    decide,
    evaluate,
    missing_for_settling,
    offered_stars,
    settle_scheme,
    withdraw_case,
)
from ratings.workflow import take_step
from schools.asked import number
from schools.guidance import opinions_of
from schools.permissions import allowed_to, may
from schools.refusals import refusals_as_messages, refusals_in, turned_away

PAGE_SIZE = 50


@require_http_methods(["GET", "POST"])
@allowed_to("read_case", post="decide")
def decide_school(request: HttpRequest, pk: int, assessment: int) -> HttpResponse:
    """Everything the committee weighs about one school, and its decision; a decision leads on to the next open school."""
    scheme, row = _scheme(request, pk), _assessment(request, pk, assessment)
    if scheme.phase != Phase.SCORING:
        return _over(request, scheme)
    found = docket_of(scheme, row.pk)
    form = _decision_form(request, found)
    if request.method == "POST" and form is not None and form.is_valid():
        with refusals_in(form):
            decision = decide(row, by=request.user, star=form.chosen_star, reason=form.cleaned_data["reason"], ballot=form.ballot)
            messages.success(request, f"{row.school.name}审定为{decision.get_star_display()}，已登记。")
            following = found.next_open()
            return redirect("ratings:decide", pk, following.pk) if following else redirect("ratings:board", pk)
    return render(request, "ratings/committee/decide.html", _decide_context(request, scheme, found, form=form))


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
            confirm_case(row, form.cleaned_data["restriction"], by=request.user, basis=form.cleaned_data["basis"])
            messages.success(request, f"已认定限制性情形 {form.cleaned_data['restriction'].code}，星级已按规定重新计算。")
            return redirect("ratings:decide", pk, row.pk)
    found = docket_of(scheme, row.pk)
    context = _decide_context(request, scheme, found, form=_decision_form(request, found, fresh=True), case_form=form)
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
            count = accept_all(scheme, by=request.user, minutes=form.cleaned_data["minutes"], seen=_seen(request))
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
    """The chair confirms in words what will happen and signs with the password; what is missing is listed instead.

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
    """Before publication the chair takes one school back; its decision is void and the year is settled anew."""
    scheme = _scheme(request, pk)
    settled = Assessment.objects.visible_to(request.user).filter(scheme=scheme, status=Status.SETTLED)
    reopened = scheme.phase == Phase.SCORING and settled.exists()  # the chair may take back another one before settling anew
    if scheme.phase not in (Phase.SETTLED, Phase.NOTICE) and not reopened:
        return _over(request, scheme)
    settled = settled.select_related("school").in_order()
    form = ReopenForm(request.POST or None, user=request.user, assessments=settled)
    if request.method == "POST" and form.is_valid():
        row = form.cleaned_data["assessment"]
        with refusals_in(form, "reason"):
            take_step(row, "reopen", by=request.user, comment=form.cleaned_data["reason"])
            messages.warning(request, f"{row.school.name}已撤回审定，{scheme.year}年度回到评审中，须重新审定。")
            return redirect("ratings:board", pk)
    return render(request, "ratings/committee/reopen.html", {"scheme": scheme, "form": form})


def _scheme(request: HttpRequest, pk: int) -> Scheme:
    return get_object_or_404(Scheme.objects.visible_to(request.user).select_related("city"), pk=pk)


def _assessment(request: HttpRequest, scheme: int, pk: int) -> Assessment:
    """A school that takes part; one that declined is nobody's to decide."""
    rows = Assessment.objects.visible_to(request.user).filter(scheme=scheme).exclude(status=Status.DECLINED)
    return get_object_or_404(rows.select_related("school", "scheme"), pk=pk)


def _over(request: HttpRequest, scheme: Scheme) -> HttpResponse:
    return turned_away(request, f"方案处于“{scheme.get_phase_display()}”阶段，不能办理此事。", "ratings:board", scheme.pk)


def _decision_form(request: HttpRequest, found: Docket, *, fresh: bool = False) -> DecisionForm | None:
    """None while the school cannot be decided, or for somebody who does not decide."""
    case = found.case
    if case.star is None or case.lapsed or case.assessment.status not in DECIDABLE or not may(request.user, "decide"):
        return None
    data = request.POST if request.method == "POST" and not fresh else None
    return DecisionForm(data, computed=case.star, offered=offered_stars(found.evaluation), decision=case.decision)


def _decide_context(request: HttpRequest, scheme: Scheme, found: Docket, *, form, case_form: CaseForm | None = None) -> dict:
    case = found.case
    cases = list(RestrictionCase.objects.filter(assessment=case.assessment).select_related("restriction", "by"))
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
    page = Paginator(missing.chosen(kind=kind, county=county), PAGE_SIZE).get_page(request.GET.get("page"))
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
    rows = Assessment.objects.filter(scheme=scheme).exclude(status=Status.DECLINED).select_related("school", "decision")
    decided = [row for row in rows.in_order() if hasattr(row, "decision")]
    counts = Counter(row.decision.star for row in decided)
    return {
        "tally": [(Star(star).label, counts[star]) for star in sorted(counts, reverse=True)],
        "deviations": [row for row in decided if row.decision.deviates],
        "lapsed": [row for row in rows if row.status == Status.LAPSED],
    }
