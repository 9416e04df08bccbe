"""自评: a school's own assessments, the task list, one item, all items on one sheet."""

from collections.abc import Callable, Collection

from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ratings.criteria.spec import BoundItem, ItemSpec, SchemeSpec
from ratings.criteria.standards import MANY, Division, division_of, narrowed
from ratings.enums import RUNNING, Stage, Status
from ratings.models import Assessment, Evidence, Goal, Item, Move, Result, Score
from ratings.sheets import Line, SchoolSheet, own_sheet
from ratings.sheets.answering import LIVE, SAVED, Posted
from ratings.sheets.forms import (
    AnswersForm,
    Outcome,
    ReturnForm,
    answers_in_words,
    failed,
    read_row,
    save_row,
    save_rows,
)
from ratings.workflow import (
    STEPS,
    Step,
    allowed_steps,
    must_recuse,
    returned_items,
    scheme_spec,
    shown_at,
    take_step,
    with_figures,
)
from ratings.workflow.blocking import standing_against
from ratings.workflow.deadlines import last_day
from ratings.workflow.requests import requests_of, with_requests
from schools.models import Role
from schools.permissions import allowed_to
from schools.refusals import refusals_as_messages, refusals_in, seen_again
from schools.saving import SEEN, Refused
from schools.site.asked import number
from schools.site.years import years_of
from schools.uploads import check_upload, handed_out

from .evidence import MOST, attach, record_choices, take_back, uneditable_item
from .forms import EvidenceForm, GoalForm, StepForm
from .selfcheck import further_steps, is_open, ladders_of, self_check, set_goal, standing_of, tells_all
from .submission import (
    FORWARD,
    HANDED_IN,
    OWN_STEPS,
    confirmation_code,
    due_of,
    duties_of,
    last_return,
    mendings_of,
    missing_of,
    needs_signature,
    next_step,
    other_steps,
    receipt_move,
    sign,
    valid_signature,
)


def own_assessment(
    request: HttpRequest, pk: int, read: Callable[[QuerySet], QuerySet] = lambda rows: rows
) -> Assessment:
    """The school's own; `has_others` tells of other years, `read` brings what a page shows besides."""
    visible = Assessment.objects.visible_to(request.user)
    rows = visible.select_related("scheme__city", "school", "panel").prefetch_related("extensions")
    return get_object_or_404(
        read(rows).annotate(has_others=Exists(visible.exclude(pk=OuterRef("pk")))), pk=pk
    )


@require_GET
@allowed_to("self_assess")
def assessment_list(request: HttpRequest) -> HttpResponse:
    """The school's assessments by year; that of the current year, the one that is open, or a single one
    opens at once unless all are asked for.
    """
    visible = (
        Assessment.objects.visible_to(request.user).select_related("scheme").prefetch_related("extensions")
    )
    assessments = list(visible.order_by("-scheme__year"))
    open_ones = [one for one in assessments if one.status in LIVE and one.scheme.phase in RUNNING]
    current = [one for one in assessments if one.scheme.year == years_of(request.user).current]
    plain = current or (assessments if len(assessments) == 1 else open_ones)
    if len(plain) == 1 and "all" not in request.GET:
        return redirect("ratings:assessment", plain[0].pk)
    rows = [(one, due_of(one) if one in open_ones else None) for one in assessments]
    return render(request, "ratings/selfassessment/list.html", {"rows": rows})


@require_GET
@allowed_to("self_assess")
def assessment_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The task list: what is done, what is left, by when."""
    assessment = own_assessment(request, pk, read=with_requests)
    sheet = own_sheet(assessment)
    word, open_only = request.GET.get("q", "").strip(), "open" in request.GET
    steps = allowed_steps(request.user, assessment)
    returned = last_return(assessment) if assessment.status == Status.RETURNED else None
    mendings = mendings_of(sheet, returned) if returned else []
    context = {
        "assessment": assessment,
        "sheet": sheet,
        "groups": narrowed(sheet.groups, word, open_only=open_only),
        "large": len(sheet.lines) > MANY,
        "word": word,
        "open_only": open_only,
        "due": due_of(assessment),
        "live": assessment.status in LIVE,
        "returned": returned,
        "mendings": mendings,
        "mend_next": next((line for line, touched in mendings if not touched), None),
        "duties": duties_of(assessment, steps),
        "step": next((step for step in steps if step.code in FORWARD), None),
        "other_steps": other_steps(assessment, steps),
        "submitted": receipt_move(assessment),
        "requests": requests_of(assessment),
        "first_open": next((line for line in sheet.lines if line.is_open), None),
    }
    return render(request, "ratings/selfassessment/tasks.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("self_assess")
def item_page(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """One item: standard, rule, figures, questions, evidence. One form holds it all, so that no button loses
    what another part holds.
    """
    assessment = own_assessment(request, pk)
    item = get_object_or_404(Item, scheme=assessment.scheme, code=code)
    form = EvidenceForm(request.POST or None, request.FILES or None, records=record_choices(assessment))
    row = None
    if request.method == "POST":
        row = _save_item(request, assessment, item, form)
        if (row is None or row.state == SAVED) and form.is_valid():
            return _onward(request, assessment, item)
    return render(
        request, "ratings/selfassessment/item.html", _item_context(request, assessment, item, form, row)
    )


def _save_item(
    request: HttpRequest, assessment: Assessment, item: Item, form: EvidenceForm
) -> AnswersForm | None:
    """Answers first, then evidence; what went wrong stands in the row or in the form."""
    score = assessment.scores.filter(stage=Stage.SELF, item=item).first()
    row = None
    if score is not None and read_row(request.POST, score.pk).complete:
        row = save_row(request.POST, score.pk, by=request.user)
        if row.state != SAVED:
            return row
        if row.left_open and request.POST.get("act") == "next":
            messages.warning(request, row.left_open)
    if form.is_valid():
        with refusals_in(form):
            _save_evidence(request, assessment, item, form)
    return row


def _save_evidence(request: HttpRequest, assessment: Assessment, item: Item, form: EvidenceForm) -> None:
    for wanted in form.wanted:
        attach(assessment, item, by=request.user, **wanted)
    removed = number(request.POST.get("remove", ""))
    if removed is not None:
        kept = Evidence.objects.kept()
        evidence = get_object_or_404(kept, pk=removed, assessment=assessment, item=item)
        take_back(evidence, by=request.user)


def _onward(request: HttpRequest, assessment: Assessment, item: Item) -> HttpResponse:
    """To the next item, or back to this one after attaching or taking back, or to the list."""
    if request.POST.get("act") == "attach" or "remove" in request.POST:
        return redirect(f"{resolve_url('ratings:assessment_item', assessment.pk, item.code)}#evidence")
    if request.POST.get("back") == "check":
        return redirect("ratings:assessment_check", assessment.pk)
    items = assessment.scheme.items.filter(order__gt=item.order)
    if assessment.status == Status.RETURNED:  # the others can only be read
        items = items.filter(pk__in=returned_items(assessment))
    following = items.order_by("order").first()
    if following is None:
        return redirect("ratings:assessment", assessment.pk)
    return redirect("ratings:assessment_item", assessment.pk, following.code)


def _item_context(
    request: HttpRequest, assessment: Assessment, item: Item, form: EvidenceForm, row: AnswersForm | None
) -> dict:
    sheet = own_sheet(assessment, only=item.code)
    line = sheet.line(item.code)
    if line is None:
        raise Http404
    locked = uneditable_item(assessment, item, request.user)
    if row is None and line.own is not None:
        row = AnswersForm(line.own, line.bound, locked=locked)
    before, after = _beside(
        sheet.spec, item.code, among=returned_items(assessment, "item__code") if line.request else ()
    )
    return {
        "assessment": assessment,
        "sheet": sheet,
        "line": line,
        "ladders": ladders_of(line),
        "tells_all": tells_all(line),
        "further": further_steps(line),
        "row": row,
        "locked": locked,
        "form": form,
        "room": MOST - len(line.evidence),
        "before": before,
        "after": after,
        "last_year": _last_year(request, assessment, line),
        "back": request.POST.get("back", request.GET.get("back", "")),
    }


def _beside(
    spec: SchemeSpec, code: str, *, among: Collection[str] = ()
) -> tuple[ItemSpec | None, ItemSpec | None]:
    """The items before and after, in the order of the table; only of those `among` where some are named."""
    items = [item for item in spec.items if not among or item.code in among]
    place = next(index for index, item in enumerate(items) if item.code == code)
    return items[place - 1] if place else None, items[place + 1] if place + 1 < len(items) else None


def _last_year(request: HttpRequest, assessment: Assessment, line: Line) -> dict | None:
    """Points of the item of the same name in the newest earlier result the school may read."""
    results = Result.objects.visible_to(request.user).filter(
        school=assessment.school_id, scheme__year__lt=assessment.scheme.year
    )
    result = results.select_related("scheme").order_by("-scheme__year").first()
    if result is None:
        return None
    found = next((one for one in result.trace.get("items", ()) if one["name"] == line.item.name), None)
    return {"result": result, "item": found} if found else None


@require_http_methods(["GET", "POST"])
@allowed_to("self_assess")
def sheet_page(request: HttpRequest, pk: int) -> HttpResponse:
    """All items in one form, for people who type fast; without scripts one button saves them all."""
    assessment = own_assessment(request, pk)
    outcome: Outcome = {}
    if request.method == "POST":
        outcome = _save_sheet(request, assessment)
        left = failed(outcome)
        if not left:
            messages.success(request, f"已保存 {len(outcome)} 项。" if outcome else "没有改动。")
            return redirect(request.get_full_path())
        messages.error(request, f"有 {len(left)} 项没有保存，请看各项的提示；其余各项已保存。")
    sheet = own_sheet(assessment)
    named = {line.code: line for line in sheet.lines if line.request}
    division = division_of(sheet.spec, request.GET.get("part", ""), waiting=named)
    context = {
        "assessment": assessment,
        "sheet": sheet,
        "due": due_of(assessment),
        "division": division,
        "named": [line for code, line in named.items() if division.shows(code)],
        "groups": _sheet_groups(request, sheet, outcome, division),
        "errors": [error for row in outcome.values() for error in row.row_errors],
    }
    return render(request, "ratings/selfassessment/sheet.html", context)


def _save_sheet(request: HttpRequest, assessment: Assessment) -> Outcome:
    bound = scheme_spec(assessment.scheme).bound
    scores = assessment.scores.filter(stage=Stage.SELF).select_related("item")
    rows = [(score, bound[score.item.code]) for score in scores]
    return save_rows(request.POST, rows, by=request.user, wanted=_is_begun)


def _is_begun(score: Score, bound: BoundItem, posted: Posted) -> bool:
    """Rows that were changed or declared are saved; an untouched row stays 尚未开始."""
    return score.answers is not None or posted.says_something


def _sheet_groups(
    request: HttpRequest, sheet: SchoolSheet, outcome: Outcome, division: Division
) -> list[tuple]:
    """Each category shown with its lines and their rows; a row that was just typed keeps what was typed."""
    mending = sheet.assessment.status == Status.RETURNED
    closed = ""
    if sheet.owed and not mending:
        closed = uneditable_item(sheet.assessment, sheet.owed[0].own.item, request.user)

    def row(line: Line) -> AnswersForm | None:
        if line.own is None:
            return None
        locked = "退回补正时只能修改所列小项。" if mending and not line.request else closed
        return outcome.get(line.own.pk) or AnswersForm(line.own, line.bound, locked=locked)

    shown = ((group, [line for line in group.lines if division.shows(line.code)]) for group in sheet.groups)
    return [(group, [(line, row(line)) for line in lines]) for group, lines in shown if lines]


@require_GET
@allowed_to("self_assess")
def check_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Every answer before it is handed on, what is missing by name, and the one button that hands it on."""
    return _check_page(request, own_assessment(request, pk))


def _check_page(request: HttpRequest, assessment: Assessment, form: StepForm | None = None) -> HttpResponse:
    """`form` is the step as it was refused: what is handed on is confirmed here and nowhere else."""
    shown = shown_at(assessment, "submit")
    sheet = own_sheet(assessment)
    step = next_step(assessment, request.user)
    signing = needs_signature(assessment) and step is not None
    signature = valid_signature(sheet) if signing else None
    context = {
        "assessment": assessment,
        "sheet": sheet,
        "groups": [(group, [(line, _answers(line)) for line in group.lines]) for group in sheet.groups],
        "due": due_of(assessment),
        "step": step,
        "missing": missing_of(sheet) if step else [],
        "signing": signing,
        "signature": signature,
        "unsigned": signing and step.code in HANDED_IN and signature is None,
        "form": form,
        "seen": seen_again(request, with_figures(shown, sheet.figures), form),
    }
    return render(request, "ratings/selfassessment/check.html", context)


def _answers(line: Line) -> list[tuple[str, str]]:
    return answers_in_words(line.own, line.bound) if line.own else []


def take_if_posted(
    request: HttpRequest, assessment: Assessment, step: Step, form: StepForm | ReturnForm
) -> Move | None:
    """The step, taken with what the form says; where it is refused, every reason stands in the form."""
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            seen = request.POST.get(SEEN, "")
            move = take_step(assessment, step.code, by=request.user, seen=seen, **form.facts)
            messages.success(request, f"已{step.label}。")
            return move
    return None


def step_context(
    request: HttpRequest, assessment: Assessment, step: Step, form: StepForm | ReturnForm
) -> dict:
    """What the page of a step shows, to be confirmed in words."""
    allowed = step in allowed_steps(request.user, assessment)
    against = standing_against(assessment, step.code) if allowed else []
    seen = seen_again(request, shown_at(assessment, step.code), form)
    return {
        "assessment": assessment,
        "step": step,
        "allowed": allowed and not against,
        "against": [blocker.text for blocker in against],
        "form": form,
        "seen": seen,
    }


@require_http_methods(["GET", "POST"])
@allowed_to("self_assess")
def step_page(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """A step of the school. A refusal says every reason and changes nothing; what hands the answers on is
    confirmed below them, on the page that shows them all.
    """
    assessment = own_assessment(request, pk)
    if code not in OWN_STEPS:
        raise Http404
    step, posting = STEPS[code], request.method == "POST"
    form = StepForm(request.POST if posting else None, step=step)
    if posting and code in HANDED_IN and needs_signature(assessment):
        valid_signature(own_sheet(assessment))
    if take_if_posted(request, assessment, step, form):
        after = "ratings:assessment_receipt" if code in HANDED_IN else "ratings:assessment"
        return redirect(after, assessment.pk)
    if code in FORWARD and posting:
        return _check_page(request, assessment, form)
    if code in FORWARD:
        return redirect("ratings:assessment_check", assessment.pk)
    context = step_context(request, assessment, step, form)
    return render(request, "ratings/selfassessment/step.html", context)


@require_POST
@allowed_to("self_assess")
def signature(request: HttpRequest, pk: int) -> HttpResponse:
    """The scan of the signed and stamped page."""
    assessment = own_assessment(request, pk)
    upload = request.FILES.get("scan")
    with refusals_as_messages(request):
        if upload is None:
            raise Refused("请选择扫描件文件。")
        seen = request.POST.get(SEEN, "")
        sign(own_sheet(assessment), check_upload(upload), by=request.user, seen=seen)
        messages.success(request, "签字盖章页已上传。此后内容如有改动，须重新打印签字。")
    return redirect("ratings:assessment_check", assessment.pk)


@require_GET
@allowed_to("self_assess")
def confirmation(request: HttpRequest, pk: int) -> HttpResponse:
    """申报确认页: totals and 校验码 on one sheet of paper, to be signed and stamped."""
    assessment = own_assessment(request, pk)
    if not needs_signature(assessment):
        raise Http404
    sheet = own_sheet(assessment)
    code = confirmation_code(sheet)
    context = {"assessment": assessment, "sheet": sheet, "code": code, "missing": missing_of(sheet)}
    return render(request, "ratings/selfassessment/confirmation.html", context)


@require_GET
@allowed_to("self_assess")
def receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """What was handed in, when, by whom, under which digest, and what happens next; to be kept and opened
    again.
    """
    assessment = own_assessment(request, pk)
    move = receipt_move(assessment)
    if move is None:
        raise Http404
    sheet = own_sheet(assessment)
    context = {
        "assessment": assessment,
        "move": move,
        "sheet": sheet,
        "may_withdraw": STEPS["withdraw"] in allowed_steps(request.user, assessment),
        "county_due": last_day(assessment.scheme.county_due),
        "city_due": last_day(assessment.scheme.city_due),
    }
    return render(request, "ratings/selfassessment/receipt.html", context)


@require_GET
@allowed_to("read_evidence")
def evidence_file(request: HttpRequest, pk: int) -> FileResponse:
    """The file, to whoever may read it."""
    visible = Evidence.objects.visible_to(request.user).kept().filter(kind=Evidence.Kind.FILE).distinct()
    evidence = get_object_or_404(visible.select_related("assessment__school"), pk=pk)
    if request.user.identity.role == Role.JUDGE and must_recuse(request.user, evidence.assessment.school):
        raise Http404
    return handed_out(evidence.file, evidence.name, evidence.content_type)


@require_GET
@allowed_to("self_check")
def overview(request: HttpRequest, scheme: int) -> HttpResponse:
    """Where the school stands today, item by item and towards each star."""
    assessment = _own(request, scheme)
    context = {"assessment": assessment, "check": self_check(assessment, request.user)}
    return render(request, "ratings/selfassessment/selfcheck.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("self_check")
def item(request: HttpRequest, scheme: int, code: str) -> HttpResponse:
    """One item with its ladder, and the goal the school sets itself."""
    assessment = _own(request, scheme)
    standing = standing_of(assessment, code, request.user)
    if standing is None:
        raise Http404
    row = assessment.scheme.items.get(code=code)
    posting, form = request.method == "POST", None
    if posting or is_open(assessment):
        goals = Goal.objects.visible_to(request.user)
        stored = goals.filter(assessment=assessment, item=row).first() or Goal()
        form = GoalForm(request.POST or None, instance=stored)
    if posting and form.is_valid():
        with refusals_in(form):
            set_goal(assessment, row, form.values, version=form.cleaned_data["version"], by=request.user)
            messages.success(request, f"{code} 的目标已保存。")
            return redirect(f"{resolve_url('ratings:self_checks', scheme)}#item-{code}")
    context = {
        "assessment": assessment,
        "standing": standing,
        "line": standing.line,
        "form": form,
        "ladders": ladders_of(standing.line),
    }
    return render(request, "ratings/selfassessment/selfcheck_item.html", context)


def _own(request: HttpRequest, scheme: int) -> Assessment:
    visible = (
        Assessment.objects.visible_to(request.user)
        .filter(scheme__imported=False)
        .select_related("scheme__city", "school")
    )
    return get_object_or_404(visible, scheme__pk=scheme)
