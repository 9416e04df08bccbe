"""县级初评: the overview of the county's schools, and one school."""

from dataclasses import replace

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ratings.criteria.standards import division_of
from ratings.enums import Stage, Status
from ratings.models import Assessment, Category, Division, Evidence, Item, ReturnedItem, Score
from ratings.sheets import WITH_SCHOOL, Line, SchoolSheet, load_sheets
from ratings.sheets.forms import AdjustmentForm, ReturnForm, answers_in_words, failed, row_form, save_rows
from ratings.sheets.loading import by_item
from ratings.workflow import Writer, due, is_overdue, scheme_spec, take_step, uneditable
from ratings.workflow.deadlines import return_deadline
from schools.calendar.checking import caveat
from schools.permissions import allowed_to
from schools.refusals import refusals_as_messages, refusals_in, turned_away

from .agreeing import (
    Agreement,
    accept_figures,
    agree_with_school,
    agreeable,
    confirm_present,
    undecided,
    withdraw_adjustment,
)
from .agreeing import adjust as set_adjustment
from .changes import changes_of, late_shares
from .confirming import confirmation_of, reviewers, scored_elsewhere, set_division
from .forms import ConfirmForm, DivisionForm
from .overview import VIEWS, current_scheme, grid_of, overview, reviewable

LISTS = {"waiting": "待判断", "differing": "与自评有差异", "all": "全部小项"}


@require_GET
@allowed_to("review")
def desk(request: HttpRequest) -> HttpResponse:
    """The county's schools, those that wait for a judgement first; totals, spread and differences of all of
    them.
    """
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
    """One school: figures, records and evidence beside 自评 and 初评. A post saves every changed row of the
    page.
    """
    sheet = open_sheet(request, pk)
    outcome = {}
    if request.method == "POST":
        rows = [(score, sheet.spec.bound[code]) for code, score in sheet.rows[Stage.COUNTY].items()]
        outcome = save_rows(request.POST, rows, by=request.user)
        if not failed(outcome):
            messages.success(
                request, f"已保存 {len(outcome)} 个小项。" if outcome else "没有需要保存的改动。"
            )
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
    waiting = [
        one
        for one in load_sheets(spec, rows, elsewhere=scored_elsewhere(here.scheme, spec, request.user))
        if one.is_waiting
    ]
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
    return load_sheets(spec, [assessment], elsewhere=scored_elsewhere(assessment.scheme, spec, request.user))[
        0
    ]


def locked_sentence(assessment: Assessment, user) -> str:
    """Why nothing of this school may be written by the county now; empty when it may."""
    row = Score(assessment=assessment, item=Item(), stage=Stage.COUNTY)
    return uneditable(row, user, Writer(assessment, user, assessment.tie))


def said_by_school(line: Line) -> list[tuple[str, str]]:
    """The school's answers in words; empty where it was asked nothing."""
    return answers_in_words(line.own, line.bound) if line.own else []


def _report(request: HttpRequest, agreement: Agreement, act: str) -> None:
    left = (
        f"；还有 {len(agreement.left)} 项要由初评判断：{'、'.join(agreement.left)}" if agreement.left else ""
    )
    messages.success(request, f"{act}：填好 {agreement.filled} 个小项{left}。")


def _school_context(request: HttpRequest, sheet: SchoolSheet, outcome) -> dict:
    assessment = sheet.assessment
    locked = locked_sentence(assessment, request.user)
    wanted = request.GET.get("show", "waiting" if not locked else "all")
    wanted = wanted if wanted in LISTS else "waiting"
    evidence = (
        Evidence.objects.visible_to(request.user).kept().filter(assessment=assessment).select_related("item")
    )
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
        "lists": {
            name: (label, sum(_is_wanted(line, name) for line in asked)) for name, label in LISTS.items()
        },
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
    return wanted == "all" or (
        line.waiting or line.owes_reason if wanted == "waiting" else bool(line.difference)
    )


def _row(line: Line, outcome, locked: str):
    if line.county is None:
        return None
    return row_form(
        line.county,
        line.bound,
        outcome,
        locked=locked or ("本大项由其他初评人负责。" if line.elsewhere else ""),
    )


def _asked_back(assessment: Assessment) -> dict[str, str]:
    """What the county's last return asked for, by item code."""
    if not assessment.returns:
        return {}
    named = ReturnedItem.objects.filter(
        move__assessment=assessment, move__from_status=Status.COUNTY
    ).order_by("move_id")
    return dict(named.values_list("item__code", "comment"))


@require_GET
@allowed_to("review")
def grid(request: HttpRequest) -> HttpResponse:
    """School × item: what is scored, what waits, what differs; each cell leads to its school."""
    scheme, spec, sheets = _desk(request)
    shown = [one for one in sheets if one.submitted]
    division = division_of(spec, request.GET.get("part", ""))
    context = {"scheme": scheme, "spec": spec, "grid": grid_of(spec, shown, division), "division": division}
    context["left_out"] = len(sheets) - len(shown)
    return render(request, "ratings/review/grid.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("review")
def item(request: HttpRequest, code: str) -> HttpResponse:
    """One item over all schools of the county. 保存并下一项 saves what was changed and goes on down the
    scheme.
    """
    scheme, spec, sheets = _desk(request)
    codes = [one for one, bound in spec.bound.items() if bound.owed_by_reviewers]
    if code not in codes:
        raise Http404
    open_ones = [
        one for one in sheets if one.assessment.status == Status.COUNTY and code in one.rows[Stage.COUNTY]
    ]
    outcome = {}
    if request.method == "POST":
        outcome = save_rows(
            request.POST,
            [(one.rows[Stage.COUNTY][code], spec.bound[code]) for one in open_ones],
            by=request.user,
        )
        if not failed(outcome):
            return _go_on(request, scheme, codes, code, len(outcome))
    everything = request.GET.get("show") == "all"
    kept = {saved.score.assessment_id for saved in failed(outcome)}
    shown = [
        one
        for one in open_ones
        if everything or code in one.waiting or code in one.reasons_owed or one.assessment.pk in kept
    ]
    rows = [_answers_row(request, one, code, outcome) for one in shown]
    place = codes.index(code)
    context = {
        "scheme": scheme,
        "bound": spec.bound[code],
        "words": spec.words[code],
        "rows": rows,
        "errors": [error for _, _, row, _ in rows for error in row.row_errors],
        "everything": everything,
        "size": len(open_ones),
        "waiting": sum(code in one.waiting for one in open_ones),
        "position": place + 1,
        "codes": codes,
        "previous": codes[place - 1] if place else "",
    }
    return render(request, "ratings/review/item.html", context)


@require_GET
@allowed_to("review")
def changes(request: HttpRequest) -> HttpResponse:
    """Figures that changed since the schools submitted; the final count is taken when the county reports to
    the city.
    """
    scheme = current_scheme(request.user, request.GET.get("year", ""))
    if scheme is None:
        return render(request, "ratings/review/empty.html")
    spec = scheme_spec(scheme)
    rows = list(reviewable(request.user).filter(scheme=scheme).exclude(status__in=WITH_SCHOOL).in_order())
    context = {"scheme": scheme, "schools": changes_of(spec, rows), "late": late_shares(spec, rows)}
    return render(request, "ratings/review/changes.html", context)


def _desk(request: HttpRequest):
    scheme = current_scheme(request.user, request.GET.get("year", ""))
    if scheme is None:
        raise Http404
    spec = scheme_spec(scheme)
    rows = reviewable(request.user).filter(scheme=scheme).exclude(status__in=WITH_SCHOOL).in_order()
    return scheme, spec, load_sheets(spec, rows, elsewhere=scored_elsewhere(scheme, spec, request.user))


def _answers_row(request: HttpRequest, sheet: SchoolSheet, code: str, outcome):
    elsewhere = "本大项由其他初评人负责。" if code in sheet.elsewhere else ""
    locked = locked_sentence(sheet.assessment, request.user) or elsewhere
    line = sheet.line(code)
    return sheet, line, row_form(line.county, line.bound, outcome, locked=locked), said_by_school(line)


def _go_on(request: HttpRequest, scheme, codes: list[str], code: str, saved: int) -> HttpResponse:
    query = f"?year={scheme.year}" + ("&show=all" if request.GET.get("show") == "all" else "")
    messages.success(request, f"{code} 已保存 {saved} 所。" if saved else f"{code} 没有需要保存的改动。")
    place = codes.index(code) + 1
    if place < len(codes):
        return redirect(reverse("ratings:review_item", args=[codes[place]]) + query)
    return redirect(reverse("ratings:review_grid") + f"?year={scheme.year}")


@require_http_methods(["GET", "POST"])
@allowed_to("review")
def adjust(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """核定 of one item's system part, beside the figures it would replace."""
    sheet = open_sheet(request, pk)
    bound = sheet.spec.bound.get(code)
    if bound is None or not bound.system_parts or not sheet.submitted:
        raise Http404
    line = sheet.line(code)
    found = line.adjustment
    start = {"points": found.points, "reason": found.reason} if found else {}
    form = AdjustmentForm(request.POST or None, full=line.system_full, initial=start)
    locked = locked_sentence(sheet.assessment, request.user)
    if request.method == "POST" and (form.is_valid() or "withdraw" in request.POST):
        with refusals_in(form):
            if "withdraw" in request.POST:
                withdraw_adjustment(pk, code, by=request.user)
                messages.success(request, f"{code} 已恢复系统取数。")
            else:
                set_adjustment(
                    pk,
                    code,
                    points=form.cleaned_data["points"],
                    reason=form.cleaned_data["reason"],
                    by=request.user,
                )
                messages.success(request, f"{code} 系统取数部分已核定为 {form.cleaned_data['points']} 分。")
            return redirect("ratings:review_school", pk)
    context = {"assessment": sheet.assessment, "line": line, "form": form, "locked": locked}
    return render(request, "ratings/review/adjust.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("review")
def return_school(request: HttpRequest, pk: int) -> HttpResponse:
    """退回补正 of named items; the page says until when the school may correct them."""
    sheet = open_sheet(request, pk)
    assessment = sheet.assessment
    if assessment.status != Status.COUNTY:
        return turned_away(
            request, f"本校处于“{assessment.get_status_display()}”，不能退回。", "ratings:review_school", pk
        )
    form = ReturnForm(request.POST or None, spec=sheet.spec)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            take_step(
                assessment, "return_", by=request.user, comment=form.cleaned_data["comment"], items=form.items
            )
            messages.success(
                request,
                f"已退回{assessment.school.short_name or assessment.school.name}补正 {len(form.items)} "
                "个小项。",
            )
            return redirect("ratings:review")
    day = return_deadline(timezone.localdate())
    context = {"assessment": assessment, "form": form, "day": day, "caveat": caveat(day.year, "补正期限")}
    return render(
        request,
        "ratings/review/return.html",
        {**context, "left": assessment.scheme.return_limit - assessment.returns},
    )


@require_POST
@allowed_to("review")
def recall(request: HttpRequest, pk: int) -> HttpResponse:
    """收回: the school let its time for corrections pass, the review goes on with what there is."""
    assessment = get_object_or_404(reviewable(request.user), pk=pk)
    with refusals_as_messages(request):
        take_step(assessment, "recall", by=request.user)
        messages.success(request, "已收回，按现有内容继续初评。")
    return redirect("ratings:review_school", pk)


@require_http_methods(["GET", "POST"])
@allowed_to("confirm_review")
def division(request: HttpRequest) -> HttpResponse:
    """Which reviewer scores which category."""
    scheme = current_scheme(request.user, request.GET.get("year", ""))
    if scheme is None:
        return render(request, "ratings/review/empty.html")
    county = request.user.identity.county
    categories = Category.objects.filter(scheme=scheme, items__isnull=False).distinct()
    held = Division.objects.filter(category__scheme=scheme, county=county).values_list(
        "category_id", "user_id"
    )
    start = {f"category-{category}": str(user) for category, user in held}
    form = DivisionForm(
        request.POST or None, categories=categories, reviewers=reviewers(county), initial=start
    )
    if request.method == "POST" and form.is_valid():
        set_division(scheme, county, form.chosen)
        messages.success(request, "初评分工已保存。")
        return redirect("ratings:review")
    return render(request, "ratings/review/division.html", {"scheme": scheme, "form": form})


@require_http_methods(["GET", "POST"])
@allowed_to("confirm_review")
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """集体确认: totals, differences and what still stands against it, then 建议星级 and 初评意见."""
    sheet = open_sheet(request, pk)
    assessment = sheet.assessment
    if assessment.status != Status.COUNTY:
        return turned_away(
            request, f"本校处于“{assessment.get_status_display()}”，不在初评中。", "ratings:review_school", pk
        )
    found = confirmation_of(sheet)
    suggested = found.star if assessment.suggested_star is None else assessment.suggested_star
    form = ConfirmForm(
        request.POST or None,
        spec=sheet.spec,
        initial={"star": suggested, "opinion": assessment.county_opinion},
    )
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            take_step(assessment, "recommend", by=request.user, **form.cleaned_data)
            messages.success(
                request, f"{assessment.school.short_name or assessment.school.name}已报送市评审。"
            )
            return redirect("ratings:review")
    context = {"sheet": sheet, "assessment": assessment, "found": found, "form": form}
    return render(request, "ratings/review/confirm.html", context)
