"""县级初评: the overview of the county's schools, and one school."""

from dataclasses import replace

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ratings.criteria.division import division_of
from ratings.enums import Stage, Status
from ratings.forms.answers import answers_in_words
from ratings.forms.reviewed_rows import failed, row_form, save_rows
from ratings.models import Assessment, Evidence, Item, ReturnedItem, Score
from ratings.review.agreeing import Agreement, accept_figures, agree_with_school, agreeable, confirm_present, undecided
from ratings.review.dividing import scored_elsewhere
from ratings.review.overview import VIEWS, overview
from ratings.review.schools import current_scheme, reviewable
from ratings.sheets import Line, SchoolSheet, load_sheets
from ratings.sheets.loading import by_item
from ratings.workflow import Writer, due, is_overdue, scheme_spec, uneditable
from schools.permissions import allowed_to
from schools.refusals import refusals_as_messages

LISTS = {"waiting": "待判断", "differing": "与自评有差异", "all": "全部小项"}


@require_GET
@allowed_to("review")
def desk(request: HttpRequest) -> HttpResponse:
    """The county's schools, those that wait for a judgement first; totals, spread and differences of all of them."""
    scheme = current_scheme(request.user, request.GET.get("year", ""))
    if scheme is None:
        return render(request, "ratings/review/empty.html")
    spec = scheme_spec(scheme)
    rows = reviewable(request.user).filter(scheme=scheme).in_order()
    sheets = load_sheets(spec, rows, elsewhere=scored_elsewhere(scheme, spec, request.user))
    word = request.GET.get("q", "").strip()
    view = request.GET.get("view", "all" if word else "waiting")
    found = overview(spec, sheets, view if view in VIEWS else "waiting", word)
    shown = {"view": view, "views": VIEWS, "word": word}
    context = {"scheme": scheme, "overview": found, **shown}
    return render(request, "ratings/review/desk.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("review")
def school(request: HttpRequest, pk: int) -> HttpResponse:
    """One school: figures, records and evidence beside 自评 and 初评. A post saves every changed row of the page."""
    sheet = open_sheet(request, pk)
    outcome = {}
    if request.method == "POST":
        rows = [(score, sheet.spec.bound[code]) for code, score in sheet.rows[Stage.COUNTY].items()]
        outcome = save_rows(request.POST, rows, by=request.user)
        if not failed(outcome):
            messages.success(request, f"已保存 {len(outcome)} 个小项。" if outcome else "没有需要保存的改动。")
            return redirect(f"{reverse('ratings:review_school', args=[pk])}?{request.GET.urlencode()}")
    return render(request, "ratings/review/school.html", _school_context(request, sheet, outcome))


@require_POST
@allowed_to("review")
def agree(request: HttpRequest, pk: int) -> HttpResponse:
    """One click for all: 认可系统取数, 同意自评, both, or 核定要素全部符合."""
    if not reviewable(request.user).filter(pk=pk).exists():
        raise Http404
    act = request.POST.get("act")
    with refusals_as_messages(request):
        if act == "figures":
            accept_figures(pk, by=request.user)
            messages.success(request, "已认可系统取数。")
        elif act == "both":
            _report(request, agree_with_school(pk, by=request.user, accept=True), "已认可系统取数并同意自评")
        elif act == "answers":
            _report(request, agree_with_school(pk, by=request.user), "同意自评")
        elif act == "present":
            _report(request, confirm_present(pk, by=request.user), "核定要素全部符合")
    return redirect("ratings:review_school", pk)


@require_GET
@allowed_to("review")
def next_school(request: HttpRequest, pk: int) -> HttpResponse:
    """The next school below this one that still waits for a judgement, from the top again after the last."""
    here = get_object_or_404(reviewable(request.user), pk=pk)
    spec = scheme_spec(here.scheme)
    rows = reviewable(request.user).filter(scheme=here.scheme, status=Status.COUNTY).in_order()
    waiting = [one for one in load_sheets(spec, rows, elsewhere=scored_elsewhere(here.scheme, spec, request.user)) if one.is_waiting]
    place = (here.school.order, here.school.code)
    later = [one for one in waiting if (one.assessment.school.order, one.assessment.school.code) > place]
    found = next((one for one in [*later, *waiting] if one.assessment.pk != pk), None)
    if found is None:
        messages.success(request, "没有其他待判断的党校。")
        return redirect("ratings:review")
    return redirect("ratings:review_school", found.assessment.pk)


def open_sheet(request: HttpRequest, pk: int) -> SchoolSheet:
    """The school's sheet as far as this reviewer may know it; not found for any other county."""
    assessment = get_object_or_404(reviewable(request.user), pk=pk)
    spec = scheme_spec(assessment.scheme)
    return load_sheets(spec, [assessment], elsewhere=scored_elsewhere(assessment.scheme, spec, request.user))[0]


def locked_sentence(assessment: Assessment, user) -> str:
    """Why nothing of this school may be written by the county now; empty when it may."""
    row = Score(assessment=assessment, item=Item(), stage=Stage.COUNTY)
    return uneditable(row, user, Writer(assessment, user, assessment.tie))


def said_by_school(line: Line) -> list[tuple[str, str]]:
    """The school's answers in words; empty where it was asked nothing."""
    return answers_in_words(line.own, line.bound) if line.own else []


def _report(request: HttpRequest, agreement: Agreement, act: str) -> None:
    left = f"；还有 {len(agreement.left)} 项要由初评判断：{'、'.join(agreement.left)}" if agreement.left else ""
    messages.success(request, f"{act}：填好 {agreement.filled} 个小项{left}。")


def _school_context(request: HttpRequest, sheet: SchoolSheet, outcome) -> dict:
    assessment = sheet.assessment
    locked = locked_sentence(assessment, request.user)
    wanted = request.GET.get("show", "waiting" if not locked else "all")
    wanted = wanted if wanted in LISTS else "waiting"
    evidence = Evidence.objects.visible_to(request.user).kept().filter(assessment=assessment).select_related("item")
    sheet = replace(sheet, evidence=by_item(evidence), requests=_asked_back(assessment))
    asked = [line for line in sheet.lines if not line.computed]
    touched = {saved.bound.item.code for saved in failed(outcome)}
    listed = [line for line in asked if _is_wanted(line, wanted) or line.item.code in touched]
    division = division_of(sheet.spec, request.GET.get("part", ""), (line.item.code for line in listed))
    shown = [
        (line, _row(line, outcome, locked), said_by_school(line))
        for line in listed
        if division.shows(line.item.code) or line.item.code in touched
    ]
    return {
        "sheet": sheet,
        "assessment": assessment,
        "locked": locked,
        "show": wanted,
        "division": division,
        "lists": {name: (label, sum(_is_wanted(line, name) for line in asked)) for name, label in LISTS.items()},
        "computed": [line for line in sheet.lines if line.computed],
        "lines": shown,
        "errors": [error for _, row, _ in shown if row for error in row.row_errors],
        "agreeable": agreeable(sheet.spec, sheet.entries[Stage.SELF], sheet.waiting),
        "present": undecided(sheet.spec, sheet.waiting),
        "due": due(assessment, Stage.COUNTY if assessment.status == Status.COUNTY else Stage.SELF),
        "may_recall": assessment.returned_to == Status.COUNTY and is_overdue(assessment, Stage.SELF),
        "may_return": not locked and assessment.returns < assessment.scheme.return_limit,
        "is_county": assessment.status == Status.COUNTY,
    }


def _is_wanted(line: Line, wanted: str) -> bool:
    return wanted == "all" or (line.waiting or line.owes_reason if wanted == "waiting" else bool(line.difference))


def _row(line: Line, outcome, locked: str):
    if line.county is None:
        return None
    return row_form(line.county, line.bound, outcome, locked=locked or ("本大项由其他初评人负责。" if line.elsewhere else ""))


def _asked_back(assessment: Assessment) -> dict[str, str]:
    """What the county's last return asked for, by item code."""
    if not assessment.returns:
        return {}
    named = ReturnedItem.objects.filter(move__assessment=assessment, move__from_status=Status.COUNTY).order_by("move_id")
    return dict(named.values_list("item__code", "comment"))
