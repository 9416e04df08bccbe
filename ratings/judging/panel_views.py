"""评审组: the office sets up panels, seats judges, gives them schools and sees how far the sheets are."""

from collections.abc import Iterable
from operator import attrgetter

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ratings.criteria.spec import SchemeSpec
from ratings.criteria.versions import current_spec
from ratings.enums import Stage
from ratings.models import Assessment, Feedback, Item, Judge, JudgeSheet, Panel, Scheme, Score
from ratings.scoring import owed_codes
from ratings.sheets.forms import Outcome, answers_in_words, failed, row_form, save_rows
from ratings.workflow import scheme_spec, shut
from schools.audit.exports import export
from schools.permissions import allowed_to
from schools.refusals import refusals_as_messages, refusals_in
from schools.saving import SEEN, Refused
from schools.site.asked import number
from schools.site.years import nearest, years_of

from .confirming import members_before
from .forms import FeedbackForm, PanelForm, PanelSchoolFilterForm, ReopenForm, ScanForm, SeatForm
from .leaving import changes_at, successors
from .panels import (
    OUTSIDE,
    assign,
    choose_leader,
    closed_to,
    create_panel,
    panel_gaps,
    panels_of,
    progress_sheet,
    schools_of,
    seat_judge,
    sheets_at,
    shown_panel,
    unseat_judge,
    with_state,
)
from .sheets import (
    attach_scan,
    cancel_entry,
    check_entry,
    check_refusal,
    label_of,
    own_rows,
    reopen_sheet,
    sheet_owed,
    shown_sheet,
    start_entry,
)
from .visits import closed, save_feedback, visit_of, withdraw_visits

PAGE_SIZE = 50


@require_GET
@allowed_to("arrange_panels")
def of_the_year(request: HttpRequest) -> HttpResponse:
    """The panels of the current year, where the navigation leads."""
    schemes = Scheme.objects.visible_to(request.user)
    with_panels = schemes.filter(imported=False) | schemes.filter(year=years_of(request.user).current)
    scheme = nearest(request.user, with_panels, attrgetter("year"))
    if scheme is None:
        return render(request, "ratings/judging/panels/board.html", {"scheme": None})
    return redirect("ratings:panel_board", scheme.pk)


def _scheme(request: HttpRequest, pk: int) -> Scheme:
    onsite = Exists(Item.objects.filter(scheme=OuterRef("pk"), onsite=True))
    rows = Scheme.objects.visible_to(request.user).select_related("city").annotate(onsite=onsite)
    return get_object_or_404(rows, pk=pk)


@require_http_methods(["GET", "POST"])
@allowed_to("arrange_panels")
def board(request: HttpRequest, pk: int) -> HttpResponse:
    """Panels and schools of one scheme; a post sets up a panel."""
    scheme = _scheme(request, pk)
    form = PanelForm(request.POST or None)
    if form.is_valid():
        with refusals_in(form):
            made = create_panel(scheme, form.cleaned_data["name"], by=request.user)
            messages.success(request, f"已设立{made.name}，请安排评委。")
            return redirect("ratings:panel", made.pk)
    panels = panels_of(scheme)
    narrowing = PanelSchoolFilterForm(request.GET, panels=[panel for panel, _ in panels])
    context = {
        "scheme": scheme,
        "closed": closed_to(scheme, request.user),
        "panels": panels,
        "form": form,
        "narrowing": narrowing,
        "page": Paginator(narrowing.narrow(schools_of(scheme)), PAGE_SIZE).get_page(request.GET.get("page")),
        "query": request.GET.urlencode(),
    }
    return render(request, "ratings/judging/panels/board.html", context)


@require_POST
@allowed_to("arrange_panels")
def schools(request: HttpRequest, pk: int) -> HttpResponse:
    """The ticked schools: give them to a panel, go on to register their visit, or say that there was none."""
    scheme = _scheme(request, pk)
    ticked = Assessment.objects.visible_to(request.user).filter(
        scheme=scheme, pk__in=_numbers(request, "school")
    )
    act = request.POST.get("act")
    if not ticked.exists():
        messages.error(request, "请先勾选党校。")
    elif act == "assign":
        _assign(request, scheme, ticked)
    elif act == "visited":
        first, *others = ticked.in_order().values_list("pk", flat=True)
        return redirect(reverse("ratings:site_visit", args=[first], query={"also": others}))
    elif act == "unvisited":
        with refusals_as_messages(request):
            changed = withdraw_visits(scheme, [row.pk for row in ticked], by=request.user)
            messages.success(request, f"已登记 {changed} 所为未走访。")
    return redirect(f"{redirect('ratings:panel_board', pk).url}?{request.POST.get('query', '')}")


def _assign(request: HttpRequest, scheme: Scheme, ticked: QuerySet[Assessment]) -> None:
    wanted = Panel.objects.filter(scheme=scheme, pk__in=_numbers(request, "panel")).first()
    if wanted is None:
        messages.error(request, "请选择评审组。")
        return
    with refusals_as_messages(request):
        changed = assign(wanted, ticked, by=request.user, seen=request.POST.getlist(SEEN))
        messages.success(request, f"已把 {changed} 所党校分给{wanted.name}。")


def _numbers(request: HttpRequest, name: str) -> list[int]:
    return [key for value in request.POST.getlist(name) if (key := number(value)) is not None]


@require_POST
@allowed_to("arrange_panels")
def export_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Panels, visits and progress as a workbook; no scores."""
    scheme = _scheme(request, pk)
    sheet = progress_sheet(scheme)
    return export(f"{scheme.year}年度评审进度", [sheet], by=request.user, rows=len(sheet.rows))


def _panel(request: HttpRequest, pk: int) -> Panel:
    panels = Panel.objects.filter(scheme__in=Scheme.objects.visible_to(request.user))
    return get_object_or_404(panels.select_related("scheme__city", "leader"), pk=pk)


@require_http_methods(["GET", "POST"])
@allowed_to("arrange_panels")
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """One panel: its judges and schools; a post seats a judge."""
    found = _panel(request, pk)
    form = SeatForm(request.POST or None, scheme=found.scheme, offered=successors(found))
    if form.is_valid():
        with refusals_in(form):
            seated = seat_judge(found, **form.cleaned_data, by=request.user)
            messages.success(request, f"{seated.label}已加入{found.name}。")
            return redirect("ratings:panel", pk)
    context = {
        "panel": found,
        "closed": closed_to(found.scheme, request.user),
        "form": form,
        "judges": with_state(found.judges.select_related("user")),
        "gaps": panel_gaps(found),
        "schools": schools_of(found.scheme).filter(panel=found),
        "seen": shown_panel(found).seen,
    }
    return render(request, "ratings/judging/panels/panel.html", context)


@require_POST
@allowed_to("arrange_panels")
def judge(request: HttpRequest, pk: int, judge: int) -> HttpResponse:
    """Make a member the leader, or take a member out."""
    found = _panel(request, pk)
    member = get_object_or_404(Judge, scheme=found.scheme_id, pk=judge)
    with refusals_as_messages(request):
        if request.POST.get("act") == "leader":
            choose_leader(found, member, by=request.user, seen=request.POST.get(SEEN, ""))
            messages.success(request, f"{member.label}任组长。")
        elif request.POST.get("act") == "remove":
            unseat_judge(found, member, by=request.user)
            messages.success(request, f"{member.label}已移出{found.name}。")
    return redirect("ratings:panel", pk)


def _school(request: HttpRequest, pk: int) -> Assessment:
    rows = Assessment.objects.visible_to(request.user).select_related(
        "school", "scheme", "panel", "site_visit"
    )
    return get_object_or_404(rows, pk=pk)


@require_GET
@allowed_to("manage_sheets")
def sheets(request: HttpRequest, pk: int) -> HttpResponse:
    """Every sheet at one school: how far it is, never what it says."""
    assessment = _school(request, pk)
    spec = scheme_spec(assessment.scheme)
    rows = sheets_at(assessment)
    members = members_before(sheet for sheet, _ in rows)
    context = {
        "assessment": assessment,
        "sheets": rows,
        "members": members,
        "waiting": any(one.at is None for one in members),
        "changes": changes_at(assessment),
        "closed": assessment.status in OUTSIDE or closed_to(assessment.scheme, request.user),
        "owed": len(owed_codes(spec, Stage.CITY, visited=assessment.visited)),
        "onsite": any(item.onsite for item in spec.items),
        "visit": visit_of(assessment),
    }
    return render(request, "ratings/judging/panels/sheets.html", context)


def _sheet(request: HttpRequest, pk: int) -> JudgeSheet:
    rows = JudgeSheet.objects.filter(assessment__in=Assessment.objects.visible_to(request.user))
    beside = ("assessment__scheme", "assessment__school", "assessment__panel", "judge", "entered_by", "scan")
    return get_object_or_404(rows.select_related(*beside), pk=pk)


@require_http_methods(["GET", "POST"])
@allowed_to("manage_sheets")
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a submitted sheet back, with a reason."""
    sheet = _sheet(request, pk)
    label = label_of(sheet.judge)
    form = ReopenForm(request.POST or None)
    if form.is_valid():
        with refusals_in(form):
            reopen_sheet(sheet, **form.cleaned_data, by=request.user)
            messages.success(request, f"{label}的评分表已退回。")
            return redirect("ratings:sheets", sheet.assessment_id)
    context = {"sheet": sheet, "label": label, "form": form}
    return render(request, "ratings/judging/panels/reopen.html", context)


@require_POST
@allowed_to("manage_sheets")
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """Register oneself as the one who types a paper sheet in, or give that up."""
    sheet = _sheet(request, pk)
    if request.POST.get("act") == "cancel":
        with refusals_as_messages(request):
            cancel_entry(sheet, by=request.user)
            messages.success(request, "已取消代录。")
        return redirect("ratings:sheets", sheet.assessment_id)
    with refusals_as_messages(request):
        start_entry(sheet, by=request.user)
    sheet.refresh_from_db()
    return _back(request, sheet)


def _back(request: HttpRequest, sheet: JudgeSheet) -> HttpResponse:
    """To the page of the entry for who types, to the school's sheets for everybody else."""
    if sheet.entered_by_id == request.user.pk:
        return redirect("ratings:paper", sheet.pk)
    return redirect("ratings:sheets", sheet.assessment_id)


@require_http_methods(["GET", "POST"])
@allowed_to("manage_sheets")
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """Type in a signed sheet, all items on one page. Rows that could not be saved stay as they were typed."""
    sheet = _sheet(request, pk)
    if sheet.entered_by_id != request.user.pk:
        raise Http404
    spec = scheme_spec(sheet.assessment.scheme)
    stored = (
        own_rows(sheet)
        .select_related("item", "updated_by", "assessment__scheme", "assessment__school")
        .order_by("item__order")
    )
    outcome: Outcome = {}
    if request.method == "POST":
        typed = [(row, spec.bound[row.item.code]) for row in stored]
        outcome = save_rows(request.POST, typed, by=request.user)
        if not failed(outcome):
            messages.success(request, "已保存。")
            return redirect("ratings:paper", pk)
    locked = "评分表已提交，不能再修改。" if sheet.submitted_at else ""
    rows = _paper_rows(stored.all(), spec, outcome, locked=locked)
    context = {
        "sheet": sheet,
        "label": label_of(sheet.judge),
        "closed": shut(sheet.assessment, onsite=any(row.score.item.onsite for row in rows)),
        "rows": rows,
        "errors": [error for row in rows for error in row.row_errors],
        "form": ScanForm(),
        "missing": sheet_owed(sheet, spec),
        "locked": locked,
    }
    return render(request, "ratings/judging/panels/paper.html", context)


def _paper_rows(stored: Iterable[Score], spec: SchemeSpec, outcome: Outcome, *, locked: str) -> list:
    """As typed; what waits for the visit is only shown."""
    rows = []
    for row in stored:
        closed = locked or shut(row.assessment, onsite=row.item.onsite)
        rows.append(row_form(row, spec.bound[row.item.code], outcome, locked=closed))
    return rows


@require_POST
@allowed_to("manage_sheets")
def scan(request: HttpRequest, pk: int) -> HttpResponse:
    """Upload the scan of the signed sheet."""
    sheet = _sheet(request, pk)
    form = ScanForm(request.POST, request.FILES)
    with refusals_as_messages(request):
        if not form.is_valid():
            raise Refused([message for found in form.errors.values() for message in found])
        attach_scan(sheet, form.cleaned_data["scan"], by=request.user)
        messages.success(request, "扫描件已上传，请交办公室另一人核对。")
    return _back(request, sheet)


@require_http_methods(["GET", "POST"])
@allowed_to("manage_sheets")
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """核对: what was typed beside the scan; confirming closes the sheet."""
    sheet = _sheet(request, pk)
    label = label_of(sheet.judge)
    if request.method == "POST":
        with refusals_as_messages(request):
            check_entry(sheet, by=request.user, seen=request.POST.get(SEEN, ""))
            messages.success(request, f"{label}的评分表已核对提交。")
            return redirect("ratings:sheets", sheet.assessment_id)
        return redirect("ratings:paper_check", pk)
    context = {"sheet": sheet, "label": label, "refusal": check_refusal(sheet, request.user)}
    if not context["refusal"]:
        spec = scheme_spec(sheet.assessment.scheme)
        rows = list(own_rows(sheet).select_related("item"))
        context |= {
            "rows": [(row, answers_in_words(row, spec.bound[row.item.code])) for row in rows],
            "missing": sheet_owed(sheet, spec),
            "seen": shown_sheet(sheet, rows).seen,
        }
    return render(request, "ratings/judging/panels/check.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("give_feedback")
def feedback(request: HttpRequest, pk: int) -> HttpResponse:
    """The note and its paper; read only once the school can read it."""
    assessment = _school(request, pk)
    if not any(item.onsite for item in current_spec(assessment.scheme).items):
        raise Http404
    stored = Feedback.objects.visible_to(request.user).filter(assessment=assessment).first() or Feedback()
    over = closed(assessment.scheme)
    if over and request.method == "POST":
        raise Refused(over)
    form = None if over else FeedbackForm(request.POST or None, instance=stored)
    if form and form.is_valid():
        with refusals_in(form):
            save_feedback(assessment, form.values, version=form.cleaned_data["version"], by=request.user)
            messages.success(request, "反馈意见已保存，通报后学校可以看到。")
            return redirect("ratings:feedback", pk)
    context = {"assessment": assessment, "stored": stored, "form": form}
    return render(request, "ratings/judging/panels/feedback.html", context)
