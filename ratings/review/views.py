"""县级初评: the overview of the county's schools, one school, one item over all schools, the confirmation."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from operator import attrgetter

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ratings.criteria.spec import SchemeSpec
from ratings.criteria.standards import division_of
from ratings.enums import UNFINISHED, Stage, Status
from ratings.models import Assessment, Category, Division, Evidence, Item, ReturnedItem, Scheme, Score
from ratings.sheets import Line, SchoolSheet
from ratings.sheets.forms import (
    AnswersForm,
    Outcome,
    ReturnForm,
    answers_in_words,
    failed,
    row_form,
    save_rows,
)
from ratings.sheets.sheet import by_item
from ratings.workflow import (
    Writer,
    due_now,
    is_overdue,
    live_figures,
    scheme_spec,
    shown_at,
    take_step,
    uneditable,
    with_figures,
)
from ratings.workflow.deadlines import return_deadline
from schools.calendar.checking import caveat
from schools.models import School, User
from schools.permissions import allowed_to
from schools.refusals import refusals_as_messages, refusals_in, seen_again, turned_away
from schools.saving import SEEN

from .agreeing import (
    accept_figures,
    agree_with_school,
    agreeable,
    filled_by_all_well,
    shown_adjustment,
    withdraw_adjustment,
)
from .agreeing import adjust as set_adjustment
from .confirming import ELSEWHERE, confirmation_of, reviewers, set_division, shown_division
from .forms import ConfirmForm, DivisionForm, adjustment_form
from .overview import (
    VIEWS,
    changes_of,
    current_scheme,
    differences_of,
    grid_of,
    late_shares,
    overview,
    reviewable,
    sheets_of,
)

#: Parts of the list of a school's items: the words of the filter, and which lines belong there.
LISTS: dict[str, tuple[str, Callable[[Line], object]]] = {
    "waiting": ("待判断", lambda line: line.waiting or line.owes_reason),
    "differing": ("与自评有差异", attrgetter("difference")),
    "all": ("全部小项", lambda line: True),
}


@require_GET
@allowed_to("review")
def desk(request: HttpRequest) -> HttpResponse:
    """The county's schools, those that wait for a judgement first; totals, spread and differences of all of
    them.
    """
    scheme = _current(request)
    if scheme is None:
        return render(request, "ratings/review/empty.html")
    rows = reviewable(request.user).filter(scheme=scheme).in_order()
    spec, sheets = sheets_of(scheme, rows, request.user)
    word = request.GET.get("q", "").strip()
    view = request.GET.get("view", "all" if word else "waiting")
    schools = overview(spec, sheets, view if view in VIEWS else "waiting", word)
    context = {"scheme": scheme, "overview": schools, "view": view, "word": word}
    return render(request, "ratings/review/desk.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("review")
def school(request: HttpRequest, pk: int) -> HttpResponse:
    """One school: figures, records and evidence beside 自评 and 初评. A post saves every changed row of the
    page.
    """
    sheet = open_sheet(request, pk)
    outcome: Outcome = {}
    if request.method == "POST":
        rows = [(score, sheet.spec.bound[code]) for code, score in sheet.rows[Stage.COUNTY].items()]
        outcome = save_rows(request.POST, rows, by=request.user)
        if not failed(outcome):
            saved = f"已保存 {len(outcome)} 个小项。" if outcome else "没有需要保存的改动。"
            messages.success(request, saved)
            return redirect(f"{reverse('ratings:review_school', args=[pk])}?{request.GET.urlencode()}")
    return render(request, "ratings/review/school.html", _school_context(request, sheet, outcome))


#: What one click fills in, and how the next page begins to say so.
CLICKS = {
    "both": (partial(agree_with_school, accept=True), "已认可系统取数并同意自评"),
    "answers": (agree_with_school, "同意自评"),
    "present": (partial(agree_with_school, all_present=True), "核定要素全部符合"),
}


@require_POST
@allowed_to("review")
def agree(request: HttpRequest, pk: int) -> HttpResponse:
    """One click for all: 认可系统取数, 同意自评, both, or 核定要素全部符合."""
    if not reviewable(request.user).filter(pk=pk).exists():
        raise Http404
    act, seen = request.POST.get("act"), request.POST.get(SEEN, "")
    with refusals_as_messages(request):
        if act == "figures":
            accept_figures(pk, by=request.user, seen=seen)
            messages.success(request, "已认可系统取数。")
        elif act in CLICKS:
            fill, words = CLICKS[act]
            filled, left = fill(pk, by=request.user, seen=seen)
            rest = f"；还有 {len(left)} 项要由初评判断：{'、'.join(left)}" if left else ""
            messages.success(request, f"{words}：填好 {filled} 个小项{rest}。")
    return redirect("ratings:review_school", pk)


@require_GET
@allowed_to("review")
def next_school(request: HttpRequest, pk: int) -> HttpResponse:
    """The next school below this one that still waits for a judgement, from the top again after the last."""
    here = get_object_or_404(reviewable(request.user), pk=pk)
    rows = reviewable(request.user).filter(scheme=here.scheme, status=Status.COUNTY).exclude(pk=pk)
    _, sheets = sheets_of(here.scheme, rows.in_order(), request.user)
    waiting = [sheet.assessment for sheet in sheets if sheet.is_waiting]
    later = [row for row in waiting if _place(row.school) > _place(here.school)]
    if not waiting:
        messages.success(request, "没有其他待判断的党校。")
        return _list_of(here.scheme)
    return redirect("ratings:review_school", (later or waiting)[0].pk)


def _list_of(scheme: Scheme) -> HttpResponse:
    """Back to the schools of the year that was worked on."""
    return redirect(f"{reverse('ratings:review')}?year={scheme.year}")


def _place(school: School) -> tuple[int, str]:
    return school.order, school.code


def _current(request: HttpRequest) -> Scheme | None:
    return current_scheme(request.user, request.GET.get("year", ""))


def open_sheet(request: HttpRequest, pk: int) -> SchoolSheet:
    """The school's sheet as far as this reviewer may know it; not found for any other county."""
    assessment = get_object_or_404(reviewable(request.user), pk=pk)
    _, (sheet,) = sheets_of(assessment.scheme, [assessment], request.user)
    return sheet


def locked_sentence(assessment: Assessment, user: User) -> str:
    """Why nothing of this school may be written by the county now; empty when it may."""
    row = Score(assessment=assessment, item=Item(), stage=Stage.COUNTY)
    return uneditable(row, user, Writer(assessment, user, assessment.tie))


#: An item as the county reads it: the line, the county's own row as a form, what the school said in words.
AskedLine = tuple[Line, AnswersForm | None, list[tuple[str, str]]]


def _asked(line: Line, outcome: Outcome, locked: str) -> AskedLine:
    said = answers_in_words(line.own, line.bound) if line.own else []
    if line.county is None:
        return line, None, said
    locked = locked or (ELSEWHERE if line.elsewhere else "")
    return line, row_form(line.county, line.bound, outcome, locked=locked), said


def _errors(lines: Iterable[AskedLine]) -> list[tuple[str, str]]:
    return [error for _, row, _ in lines if row for error in row.row_errors]


def _school_context(request: HttpRequest, sheet: SchoolSheet, outcome: Outcome) -> dict:
    assessment = sheet.assessment
    locked = locked_sentence(assessment, request.user)
    evidence = Evidence.objects.visible_to(request.user).kept().filter(assessment=assessment)
    sheet = replace(
        sheet, evidence=by_item(evidence.select_related("item")), requests=_asked_back(assessment)
    )
    return {
        "sheet": sheet,
        "assessment": assessment,
        "locked": locked,
        **_lists(request, sheet, outcome, locked),
        "computed": [line for line in sheet.lines if line.computed],
        "agreeable": agreeable(sheet.spec, sheet.entries[Stage.SELF], sheet.waiting),
        "present": filled_by_all_well(sheet.spec, sheet.waiting),
        "due": due_now(assessment),
        "may_recall": assessment.returned_to == Status.COUNTY and is_overdue(assessment, Stage.SELF),
        "may_return": not locked and assessment.returns < assessment.scheme.return_limit,
        "seen": shown_at(assessment, "agree").seen,
    }


def _lists(request: HttpRequest, sheet: SchoolSheet, outcome: Outcome, locked: str) -> dict:
    """The asked items of the list and part that are wanted."""
    show = request.GET.get("show", "all" if locked else "waiting")
    show = show if show in LISTS else "waiting"
    asked = [line for line in sheet.lines if not line.computed]
    listed = _in_sight(asked, LISTS[show][1], outcome)
    division = division_of(sheet.spec, request.GET.get("part", ""), [line.code for line in listed])
    shown = _in_sight(listed, lambda line: division.shows(line.code), outcome)
    lines = [_asked(line, outcome, locked) for line in shown]
    return {
        "show": show,
        "division": division,
        "lists": [
            (name, label, sum(bool(belongs(line)) for line in asked))
            for name, (label, belongs) in LISTS.items()
        ],
        "lines": lines,
        "errors": _errors(lines),
    }


def _in_sight(lines: Iterable[Line], shows: Callable[[Line], object], outcome: Outcome) -> list[Line]:
    """The lines that are wanted, and those where what was typed could not be saved."""
    kept = [saved.score for saved in failed(outcome)]
    return [line for line in lines if shows(line) or line.county in kept]


def _asked_back(assessment: Assessment) -> dict[str, str]:
    """What the county's last return asked for, by item code."""
    if not assessment.returns:
        return {}
    returned = ReturnedItem.objects.filter(
        move__assessment=assessment, move__from_status=Status.COUNTY
    ).order_by("move_id")
    return dict(returned.values_list("item__code", "comment"))


def _submitted(user: User, scheme: Scheme) -> QuerySet[Assessment]:
    """The county's schools that have handed something in."""
    return reviewable(user).filter(scheme=scheme).exclude(status__in=UNFINISHED).in_order()


def _submitted_sheets(request: HttpRequest) -> tuple[Scheme, SchemeSpec, list[SchoolSheet]]:
    scheme = _current(request)
    if scheme is None:
        raise Http404
    return scheme, *sheets_of(scheme, _submitted(request.user, scheme), request.user)


@require_GET
@allowed_to("review")
def grid(request: HttpRequest) -> HttpResponse:
    """School × item: what is scored, what waits, what differs; each cell leads to its school."""
    scheme, spec, sheets = _submitted_sheets(request)
    division = division_of(spec, request.GET.get("part", ""))
    shown = [sheet for sheet in sheets if sheet.submitted]
    context = {"scheme": scheme, "grid": grid_of(spec, shown, division), "division": division}
    return render(request, "ratings/review/grid.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("review")
def item(request: HttpRequest, code: str) -> HttpResponse:
    """One item over all schools of the county. 保存并下一项 saves what was changed and goes on down the
    scheme.
    """
    scheme, spec, sheets = _submitted_sheets(request)
    codes = [name for name, bound in spec.bound.items() if bound.owed_by_reviewers]
    if code not in codes:
        raise Http404
    lines = _lines_in_review(sheets, code)
    outcome: Outcome = {}
    if request.method == "POST":
        outcome = save_rows(request.POST, [(line.county, line.bound) for line in lines], by=request.user)
        if not failed(outcome):
            return _go_on(request, scheme, codes, code, len(outcome))
    everything = request.GET.get("show") == "all"
    _, belongs = LISTS["all" if everything else "waiting"]
    shown = [
        _asked(line, outcome, locked_sentence(line.sheet.assessment, request.user))
        for line in _in_sight(lines, belongs, outcome)
    ]
    place = codes.index(code)
    context = {
        "scheme": scheme,
        "bound": spec.bound[code],
        "words": spec.words[code],
        "lines": shown,
        "errors": _errors(shown),
        "everything": everything,
        "size": len(lines),
        "waiting": sum(line.waiting for line in lines),
        "position": place + 1,
        "codes": codes,
        "previous": codes[place - 1] if place else "",
    }
    return render(request, "ratings/review/item.html", context)


def _lines_in_review(sheets: Iterable[SchoolSheet], code: str) -> list[Line]:
    """The item at every school of which the county may still say something."""
    lines = [sheet.line(code) for sheet in sheets if sheet.assessment.status == Status.COUNTY]
    return [line for line in lines if line.county]


def _go_on(request: HttpRequest, scheme: Scheme, codes: Sequence[str], code: str, saved: int) -> HttpResponse:
    messages.success(request, f"{code} 已保存 {saved} 所。" if saved else f"{code} 没有需要保存的改动。")
    query = f"?year={scheme.year}"
    following = codes[codes.index(code) + 1 :]
    if not following:
        return redirect(reverse("ratings:review_grid") + query)
    query += "&show=all" if request.GET.get("show") == "all" else ""
    return redirect(reverse("ratings:review_item", args=following[:1]) + query)


@require_GET
@allowed_to("review")
def changes(request: HttpRequest) -> HttpResponse:
    """Figures that changed since the schools submitted; the final count is taken when the county reports to
    the city.
    """
    scheme = _current(request)
    if scheme is None:
        return render(request, "ratings/review/empty.html")
    spec, rows = scheme_spec(scheme), list(_submitted(request.user, scheme))
    context = {"scheme": scheme, "schools": changes_of(spec, rows), "late": late_shares(spec, rows)}
    return render(request, "ratings/review/changes.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("review")
def adjust(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """核定 of one item's system part, beside the figures it would replace."""
    sheet = open_sheet(request, pk)
    line = sheet.line(code)
    if line is None or not line.bound.system_parts or not sheet.submitted:
        raise Http404
    form = adjustment_form(request, line, line.adjustment)
    shown = shown_adjustment(line.bound, sheet.snapshot, [line.adjustment])
    seen = request.POST.get(SEEN, "")
    if "withdraw" in request.POST:
        with refusals_in(form):
            withdraw_adjustment(pk, code, by=request.user, seen=seen)
            messages.success(request, f"{code} 已恢复系统取数。")
            return redirect("ratings:review_school", pk)
    elif form.is_valid():
        with refusals_in(form):
            set_adjustment(pk, code, **form.cleaned_data, by=request.user, seen=seen)
            messages.success(request, f"{code} 系统取数部分已核定为 {form.cleaned_data['points']} 分。")
            return redirect("ratings:review_school", pk)
    locked = locked_sentence(sheet.assessment, request.user)
    context = {
        "assessment": sheet.assessment,
        "line": line,
        "form": form,
        "locked": locked,
        "seen": seen_again(request, shown, form),
    }
    return render(request, "ratings/review/adjust.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("review")
def return_school(request: HttpRequest, pk: int) -> HttpResponse:
    """退回补正 of named items; the page says until when the school may correct them."""
    sheet = open_sheet(request, pk)
    assessment = sheet.assessment
    if assessment.status != Status.COUNTY:
        return _not_in_review(request, assessment, "不能退回")
    form = ReturnForm(request.POST or None, spec=sheet.spec)
    if form.is_valid():
        with refusals_in(form):
            comment = form.cleaned_data["comment"]
            seen = request.POST.get(SEEN, "")
            take_step(assessment, "return_", by=request.user, seen=seen, comment=comment, items=form.items)
            messages.success(request, f"已退回{_short_name(assessment)}补正 {len(form.items)} 个小项。")
            return _list_of(assessment.scheme)
    day = return_deadline(timezone.localdate())
    context = {
        "assessment": assessment,
        "form": form,
        "day": day,
        "caveat": caveat(day.year, "补正期限"),
        "left": assessment.scheme.return_limit - assessment.returns,
        "seen": seen_again(request, shown_at(assessment, "return_"), form),
    }
    return render(request, "ratings/review/return.html", context)


def _short_name(assessment: Assessment) -> str:
    return assessment.school.short_name or assessment.school.name


def _not_in_review(request: HttpRequest, assessment: Assessment, words: str) -> HttpResponse:
    sentence = f"本校处于“{assessment.get_status_display()}”，{words}。"
    return turned_away(request, sentence, "ratings:review_school", assessment.pk)


@require_POST
@allowed_to("review")
def recall(request: HttpRequest, pk: int) -> HttpResponse:
    """收回: the school let its time for corrections pass, the review goes on with what there is."""
    assessment = get_object_or_404(reviewable(request.user), pk=pk)
    with refusals_as_messages(request):
        take_step(assessment, "recall", by=request.user, seen=request.POST.get(SEEN, ""))
        messages.success(request, "已收回，按现有内容继续初评。")
    return redirect("ratings:review_school", pk)


@require_http_methods(["GET", "POST"])
@allowed_to("confirm_review")
def division(request: HttpRequest) -> HttpResponse:
    """Which reviewer scores which category."""
    scheme = _current(request)
    if scheme is None:
        return render(request, "ratings/review/empty.html")
    county = request.user.identity.county
    shown = shown_division(scheme, county)
    held = Division.objects.filter(category__scheme=scheme, county=county)
    form = DivisionForm(
        request.POST or None,
        categories=Category.objects.filter(scheme=scheme, items__isnull=False).distinct(),
        reviewers=reviewers(county),
        held=dict(held.values_list("category_id", "user_id")),
    )
    if form.is_valid():
        with refusals_in(form):
            set_division(scheme, county, form.chosen, seen=request.POST.get(SEEN, ""))
            messages.success(request, "初评分工已保存。")
            return _list_of(scheme)
    context = {"scheme": scheme, "form": form, "seen": seen_again(request, shown, form)}
    return render(request, "ratings/review/division.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("confirm_review")
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """集体确认: totals, differences and what still stands against it, then 建议星级 and 初评意见."""
    assessment = get_object_or_404(reviewable(request.user), pk=pk)
    if assessment.status != Status.COUNTY:
        return _not_in_review(request, assessment, "不在初评中")
    shown = shown_at(assessment, "recommend")
    spec, (sheet,) = sheets_of(assessment.scheme, [assessment], request.user)
    figures = live_figures(assessment, spec)
    shown, confirmation = with_figures(shown, figures), confirmation_of(sheet)
    confirmation["changes"] = differences_of(spec, sheet.snapshot.values if sheet.snapshot else {}, figures)
    star = confirmation["star"] if assessment.suggested_star is None else assessment.suggested_star
    start = {"star": star, "opinion": assessment.county_opinion}
    form = ConfirmForm(request.POST or None, spec=sheet.spec, initial=start)
    if form.is_valid():
        with refusals_in(form):
            seen = request.POST.get(SEEN, "")
            take_step(assessment, "recommend", by=request.user, seen=seen, **form.cleaned_data)
            messages.success(request, f"{_short_name(assessment)}已报送市评审。")
            return _list_of(assessment.scheme)
    context = {
        "sheet": sheet,
        "assessment": assessment,
        "confirmation": confirmation,
        "form": form,
        "seen": seen_again(request, shown, form),
    }
    return render(request, "ratings/review/confirm.html", context)
