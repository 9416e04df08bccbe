"""评委会审定总表, the decision on each school, settling the year, and the meeting's projector and papers."""

import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from operator import attrgetter
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ratings.criteria.storing import hold_scheme
from ratings.criteria.versions import current_version, spec_of
from ratings.documents.papers import paper_pdf
from ratings.enums import Phase, Star, Status
from ratings.models import Assessment, Meeting, Result, Scheme
from ratings.scoring import Outcome
from ratings.sheets.evaluation import Evaluation, evaluate
from ratings.workflow import take_step
from schools import audit
from schools.accounts.forms import SignatureForm
from schools.audit.exports import XLSX, export
from schools.guidance.visits import opinions_of
from schools.models import User
from schools.models.audit import AuditEntry
from schools.permissions import allowed_to, may
from schools.refusals import add_refusal, refusals_as_messages, refusals_in, seen_again, turned_away
from schools.saving import SEEN, Refused, Shown, Stale
from schools.site.asked import number
from schools.site.years import nearest
from schools.workbooks import write_workbook

from .basis import change_since
from .board import Case, Deliberation, by_total, deliberate, settled_board
from .forms import (
    ORDERS,
    PDF,
    AcceptAllForm,
    DecisionForm,
    DeliberationFilterForm,
    MaterialsForm,
    MissingFilterForm,
    ReopenForm,
    SettledFilterForm,
)
from .invariants import SETTLED_PHASES
from .materials import Materials, materials_of, results_sheet, workbook_sheets
from .meetings import ballot_warning
from .readiness import (
    UNMET,
    Gap,
    assessments_of,
    by_school,
    decision_of,
    kinds_of,
    missing_for_settling,
    of_kind,
)
from .settling import (
    NotSettled,
    accept_all,
    acceptable,
    decide,
    settle_scheme,
)
from .showing import shown_case, shown_outcome, shown_ready
from .two_people import by_two, meetings_of, open_for

#: The committee wants all schools before its eyes; only the largest cities need a second page.
PAGE_SIZE = 100
MISSING_PAGE = 50


@require_GET
@allowed_to("read_board")
def board_of_the_year(request: HttpRequest) -> HttpResponse:
    """The board of the current year, where the navigation leads; a draft has none, unless there is nothing
    else.
    """
    schemes = Scheme.objects.visible_to(request.user)
    scheme = nearest(request.user, schemes.out() or schemes, attrgetter("year"))
    if scheme is None:
        return render(request, "ratings/committee/missing.html")
    return redirect("ratings:board", scheme.pk)


@require_GET
@allowed_to("read_board")
def board(request: HttpRequest, pk: int) -> HttpResponse:
    """All schools of a scheme: computed live while the committee deliberates, from the frozen results once it
    has settled.
    """
    schemes = list(Scheme.objects.visible_to(request.user).select_related("city").order_by("-year"))
    scheme = next((scheme for scheme in schemes if scheme.pk == pk), None)
    if scheme is None:
        raise Http404
    context = {"scheme": scheme, "schemes": schemes, "query": request.GET.urlencode()}
    if scheme.phase == Phase.SCORING:
        standing, template = deliberate(scheme), "board"
        form = DeliberationFilterForm(request.GET, counties=standing.counties, views=standing.views)
    elif scheme.phase in SETTLED_PHASES:
        standing, template = settled_board(scheme), "settled_board"
        form = SettledFilterForm(request.GET, counties=standing.counties)
        context["flagged"] = sum(result.flagged for result in standing.rows)
    else:
        return render(request, "ratings/committee/missing.html", context)
    # Totals, averages and counts stay those of all schools.
    context |= {
        "board": standing,
        "form": form,
        "page": _page(request, form.narrow(standing.rows), PAGE_SIZE),
    }
    return render(request, f"ratings/committee/{template}.html", context)


@require_POST
@allowed_to("read_board")
def board_export(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole board as a workbook, every item included."""
    scheme = _scheme(request, pk)
    if scheme.phase not in SETTLED_PHASES:
        return redirect("ratings:board", pk)
    results = list(
        Result.objects.visible_to(request.user)
        .filter(scheme=scheme)
        .select_related("assessment__decision")
        .order_by("order", "school_code")
    )
    sheet = results_sheet(spec_of(current_version(scheme)), results)
    return export(f"{scheme.year}年度审定总表", [sheet], by=request.user, rows=len(results))


def _page(request: HttpRequest, rows: Sequence, size: int) -> Page:
    return Paginator(rows, size).get_page(request.GET.get("page"))


def _scheme(request: HttpRequest, pk: int) -> Scheme:
    return get_object_or_404(Scheme.objects.visible_to(request.user).select_related("city"), pk=pk)


def while_scoring(before: str, after: str) -> Callable:
    """Opens the scheme of the address, and the school where it names one, for a view that has a meaning only
    while the committee deliberates; says what cannot be done before and after that.
    """

    def declare(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def opened(request: HttpRequest, pk: int, **address: int) -> HttpResponse:
            scheme = _scheme(request, pk)
            if "assessment" in address:
                address["assessment"] = _assessment(request, scheme, address["assessment"])
            if scheme.phase == Phase.SCORING:
                return view(request, scheme, **address)
            return _over(request, scheme, before if scheme.phase == Phase.DRAFTING else after)

        return opened

    return declare


while_deciding = while_scoring("不能办理此事", "不能办理此事")
while_meeting = while_scoring("尚未启动，还不能用于审议", "不再用于审议")


def _assessment(request: HttpRequest, scheme: Scheme, pk: int) -> Assessment:
    """A school that takes part; one that declined is nobody's to decide."""
    rows = Assessment.objects.visible_to(request.user).filter(scheme=scheme).exclude(status=Status.DECLINED)
    return get_object_or_404(rows.select_related("school", "scheme"), pk=pk)


def _over(request: HttpRequest, scheme: Scheme, words: str = "不能办理此事") -> HttpResponse:
    sentence = f"方案处于“{scheme.get_phase_display()}”阶段，{words}。"
    return turned_away(request, sentence, "ratings:board", scheme.pk)


@require_http_methods(["GET", "POST"])
@allowed_to("read_case", post="decide")
@while_deciding
def decide_school(request: HttpRequest, scheme: Scheme, assessment: Assessment) -> HttpResponse:
    """Everything the committee weighs about one school, and its decision; a decision leads on to the next
    open school.
    """
    standing = deliberate(scheme, only=assessment.pk)
    form = _decision_form(request.user, standing, request.POST if request.method == "POST" else None)
    if form is None and request.method == "POST":
        raise Refused(f"{assessment.school.name}现在不能登记审定意见，请核对所缺事项以后再办。")
    if form is not None and form.is_valid():
        with refusals_in(form):
            decision = decide(
                assessment,
                by=request.user,
                star=form.computed,
                ballot=form.ballot,
                meeting=form.cleaned_data["meeting"],
                seen=request.POST.get(SEEN, ""),
            )
            messages.success(
                request, f"{assessment.school.name}审定为{decision.get_star_display()}，已登记。"
            )
            warn_of_vote(request, decision.meeting, decision.votes_for)
            following = standing.next_open(assessment)
            if following is None:
                return redirect("ratings:board", scheme.pk)
            return redirect("ratings:decide", scheme.pk, following.pk)
    return case_page(request, standing, form=form)


def warn_of_vote(request: HttpRequest, meeting: Meeting, votes_for: int | None) -> None:
    """Said beside the success: what the committee may want to look at again."""
    if warning := ballot_warning(meeting, votes_for):
        messages.warning(request, warning)


def _decision_form(user: User, standing: Deliberation, data=None) -> DecisionForm | None:
    """None while the school cannot be decided on as computed, or for somebody who does not decide."""
    (case,), meetings = standing.rows, meetings_of(standing.evaluation.scheme)
    if not may(user, "decide") or not meetings or not open_for(case):
        return None
    if data is None and (case.pending or case.by_two):
        return None  # to whoever had the form open before, `decide` says what has happened
    return DecisionForm(data, computed=case.star, meetings=meetings)


def case_page(request: HttpRequest, standing: Deliberation, **forms) -> HttpResponse:
    """One school before the committee; `forms` are those that were sent, the others are new."""
    (case,), scheme, schools = standing.rows, standing.evaluation.scheme, standing.schools
    place = schools.index(case.assessment)
    context = {
        "scheme": scheme,
        "case": case,
        "liaison_opinions": opinions_of(case.assessment.school, scheme.year),
        "board": standing,
        "place": place + 1,
        "before": schools[place - 1] if place else None,
        "after": next(iter(schools[place + 1 :]), None),
        "seen": _seen_of(request, case, forms),
        **by_two(request.user, standing, forms),
        **forms,
    }
    if "form" not in forms:
        context["form"] = _decision_form(request.user, standing)
    return render(request, "ratings/committee/decide.html", context)


#: The forms on the page of a school that say what the page showed; a confirmation says what it confirms.
BOUND = ("form", "motion_form", "case_form", "withdrawal")


def _seen_of(request: HttpRequest, case: Case, forms: Mapping[str, Any]) -> str:
    """What the page shows of the school, for every form on it."""
    shown = shown_case(case.assessment, case.outcome, case.decision)
    sent = next(filter(None, map(forms.get, BOUND)), None)
    return shown.seen if sent is None else seen_again(request, shown, sent)


@require_http_methods(["GET", "POST"])
@allowed_to("decide")
@while_deciding
def accept_schools(request: HttpRequest, scheme: Scheme) -> HttpResponse:
    """Every school on which the committee follows the computation, named before it is confirmed."""
    meetings = meetings_of(scheme)
    form = AcceptAllForm(request.POST or None, meetings=meetings)
    if form.is_valid():
        meeting = form.cleaned_data["meeting"]
        with refusals_as_messages(request):
            count = accept_all(scheme, by=request.user, meeting=meeting, seen=request.POST.get(SEEN, ""))
            messages.success(request, f"{count} 所党校按计算结果审定，已登记。")
            return redirect("ratings:board", scheme.pk)
        # What was confirmed is not what is shown now, so it is asked for again.
        form = AcceptAllForm(initial={"meeting": meeting}, meetings=meetings)
    evaluation = evaluate(scheme)
    rows = acceptable(evaluation)
    outcomes = [evaluation.outcomes[str(row.pk)] for row in rows]
    ready = [(row, outcome, said_again(row, outcome)) for row, outcome in zip(rows, outcomes, strict=True)]
    context = {
        "scheme": scheme,
        "ready": ready,
        "tally": _tally(outcome.star for outcome in outcomes),
        "form": form,
        "meetings": meetings,
        "seen": shown_ready(evaluation, rows).seen,
    }
    return render(request, "ratings/committee/accept.html", context)


def said_again(row: Assessment, outcome: Outcome) -> str:
    """Why a school that was decided on already is among those to be accepted."""
    decision = decision_of(row)
    return (change_since(decision, outcome) or UNMET) if decision else ""


def _tally(stars: Iterable[int]) -> list[tuple[str, int]]:
    """How many schools get which star, the best first."""
    return [(Star(star).label, count) for star, count in sorted(Counter(stars).items(), reverse=True)]


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@allowed_to("read_case", post="decide")
@while_deciding
def settle_year(request: HttpRequest, scheme: Scheme) -> HttpResponse:
    """The chair confirms in words what will happen and signs with the password; what is missing is listed
    instead.

    The office, which mends most of it, reads the same list.
    """
    form = SignatureForm(request.POST or None, request=request)
    if form.is_valid():
        try:
            settle_scheme(scheme, by=request.user, seen=request.POST.get(SEEN, ""))
        except NotSettled as refused:
            school, text = refused.missing[0]
            messages.error(request, f"没有审定。{school}：{text}。")
        except Stale as stale:
            add_refusal(form, stale)
        else:
            messages.success(request, f"{scheme.year}年度评定结果已审定，可以起草通报。")
            return redirect("ratings:board", scheme.pk)
    evaluation = evaluate(scheme)
    gaps = missing_for_settling(evaluation)
    found = _missing(request, gaps) if gaps else _outcome(request, evaluation, form)
    return render(request, "ratings/committee/settle.html", {"scheme": scheme, "form": form, **found})


def _missing(request: HttpRequest, gaps: Sequence[Gap]) -> dict:
    """What stands against settling, narrowed by the address."""
    form = MissingFilterForm(request.GET, counties=[gap.county for gap in gaps])
    kind, county = form.chosen.get("kind", ""), form.chosen.get("county", "")
    here = [gap for gap in gaps if county in ("", gap.county)]
    schools = by_school(gaps)
    return {
        "gaps": gaps,
        "schools": schools,
        "ready": sum(school.is_ready for school in schools),
        "narrowing": form,
        "kinds": kinds_of(here),
        "kind": kind,
        "page": _page(request, by_school(of_kind(here, kind)), MISSING_PAGE),
        "query": request.GET.urlencode(),
    }


def _outcome(request: HttpRequest, evaluation: Evaluation, form: SignatureForm) -> dict:
    """What settling would freeze: stars by decision, deviations by name."""
    rows = list(assessments_of(evaluation.scheme))
    decided = [row for row in rows if decision_of(row)]
    return {
        "tally": _tally(row.decision.star for row in decided),
        "deviations": [row for row in decided if row.decision.deviates],
        "lapsed": [row for row in rows if row.status == Status.LAPSED],
        "seen": seen_again(request, shown_outcome(evaluation, rows), form),
    }


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@allowed_to("decide")
def reopen_school(request: HttpRequest, pk: int) -> HttpResponse:
    """Before publication the chair takes one school back; its decision is void and the year is
    settled anew.
    """
    scheme = _scheme(request, pk)
    settled = Assessment.objects.visible_to(request.user).filter(scheme=scheme, status=Status.SETTLED)
    # The chair may take back another one before settling anew.
    reopened = scheme.phase == Phase.SCORING and settled.exists()
    if scheme.phase not in (Phase.SETTLED, Phase.NOTICE) and not reopened:
        return _over(request, scheme)
    settled = settled.select_related("school").in_order()
    shown = Shown({"已审定的党校": list(settled.values_list("pk", "version"))})
    form = ReopenForm(request.POST or None, request=request, assessments=settled)
    if form.is_valid():
        row = form.cleaned_data["assessment"]
        with refusals_in(form, "reason"):
            shown.refuse_changed(request.POST.get(SEEN, ""))
            take_step(row, "reopen", by=request.user, comment=form.cleaned_data["reason"])
            messages.warning(
                request, f"{row.school.name}已撤回审定，{scheme.year}年度回到评审中，须重新审定。"
            )
            return redirect("ratings:board", pk)
    context = {"scheme": scheme, "form": form, "seen": seen_again(request, shown, form)}
    return render(request, "ratings/committee/reopen.html", context)


@require_GET
@allowed_to("use_materials")
@while_meeting
def projector(request: HttpRequest, scheme: Scheme) -> HttpResponse:
    """One school in large type; arrow keys follow the links to the neighbours, which work without them."""
    deliberation = deliberate(scheme)
    size = len(deliberation.rows)
    if not size:
        messages.warning(request, "还没有参评党校。")
        return redirect("ratings:board", scheme.pk)
    place = min(number(request.GET.get("place", "1")) or 1, size)
    case = deliberation.rows[place - 1]
    columns = [(*heading, cell) for heading, cell in zip(deliberation.columns, case.cells, strict=True)]
    context = {"scheme": scheme, "case": case, "columns": columns, "place": place, "size": size}
    return render(request, "ratings/committee/projector.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("use_materials")
@while_meeting
def materials(request: HttpRequest, scheme: Scheme) -> HttpResponse:
    """Numbered copies of the board. The audit line is written first: what cannot be recorded does
    not leave.
    """
    form = MaterialsForm(request.POST or None)
    if form.is_valid():
        with refusals_in(form):
            return _download(request, scheme, **form.cleaned_data)
    context = {"scheme": scheme, "form": form, "printings": _printings(scheme)}
    return render(request, "ratings/committee/materials.html", context)


def _download(request: HttpRequest, scheme: Scheme, *, copies: int, order: str, kind: str) -> HttpResponse:
    deliberation = deliberate(scheme)
    cases = by_total(deliberation.rows) if order == "total" else deliberation.rows
    with transaction.atomic():
        hold_scheme(scheme.pk)
        printing = _printings(scheme).count() + 1
        papers = materials_of(deliberation, cases, copies=copies, printing=printing, order=ORDERS[order])
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


def _printings(scheme: Scheme) -> QuerySet[AuditEntry]:
    """Earlier batches, as the audit trail knows them."""
    return AuditEntry.objects.filter(city=scheme.city, action="export", subject=_subject(scheme))


def _subject(scheme: Scheme) -> str:
    return f"{scheme.year}年度星级评定会议材料"
