"""评定方案: what every school can read before it is rated, and where the work on it begins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ratings.criteria.changes import Changes, RowChange
from ratings.criteria.checking import Finding
from ratings.criteria.intake import examine, take_over
from ratings.criteria.spec import renamed
from ratings.criteria.standards import standards_of
from ratings.criteria.storing import read_scheme
from ratings.criteria.versions import current_spec
from ratings.criteria.workbook import scheme_sheets, template_sheets
from ratings.criteria.years import (
    changes_between,
    copy_scheme,
    next_year,
    notes_of,
    previous_scheme,
    standing_spec,
    write_notes,
)
from ratings.enums import PUBLIC_PHASES, Phase
from ratings.models import Erratum, OpeningProposal, Scheme
from ratings.rules import RuleError
from ratings.selfassessment.figures import figure_metrics
from ratings.workflow.opening import (
    PERIOD,
    Checks,
    acknowledge,
    checks_of,
    confirm,
    deadline_hints,
    is_void,
    obstacles,
    propose,
    standing_proposal,
    withdraw_proposal,
)
from schools.audit.exports import export, workbook_file
from schools.importing import pending
from schools.models import User
from schools.permissions import allowed_to, may
from schools.refusals import refusals_as_messages, refusals_in, turned_away
from schools.saving import Refused
from schools.site.asked import number
from schools.workbooks import WorkbookError, clean_text

from .forms import CopyForm, DeadlinesForm, OpeningForm, SchemeWorkbookForm, TakeOverForm

PAGE_SIZE, WORD_LIMIT = 20, 40


def scheme_for(request: HttpRequest, pk: int) -> Scheme:
    """The scheme, if it exists for this person."""
    schemes = Scheme.objects.visible_to(request.user).select_related("city", "copied_from", "edited_by")
    return get_object_or_404(schemes, pk=pk)


@require_GET
@allowed_to("read_criteria")
def scheme_list(request: HttpRequest) -> HttpResponse:
    """The city's schemes, newest first; the office starts a new one here."""
    word = clean_text(request.GET.get("q", ""))[:WORD_LIMIT]
    visible = Scheme.objects.visible_to(request.user).order_by("-year")
    schemes = visible.filter(name__icontains=word).annotate(version_count=Count("versions"))
    page = Paginator(schemes, PAGE_SIZE).get_page(request.GET.get("page"))
    links = []
    if may(request.user, "edit_scheme"):
        newest = visible.first()
        if newest and newest.phase != Phase.DRAFTING:
            links.append(("复制为新年度方案", reverse("ratings:scheme_copy", args=[newest.pk])))
        links.append(("新建空白方案", reverse("ratings:scheme_start")))
    context = {"page": page, "word": word, "links": links}
    return render(request, "ratings/drafting/schemes/list.html", context)


@require_GET
@allowed_to("read_criteria")
def scheme_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The criteria as frozen in the version that counts; before opening, as they stand."""
    scheme = scheme_for(request, pk)
    errata = Erratum.objects.visible_to(request.user).filter(scheme=scheme, state=Erratum.State.SIGNED)
    try:
        standards = standards_of(scheme)
    except RuleError:  # only a draft can hold a line that cannot be read yet; the check says where
        standards = None
    context = {
        "scheme": scheme,
        "standards": standards,
        "links": _ways_on(request.user, scheme),
        "errata": errata.select_related("version"),
    }
    return render(request, "ratings/drafting/schemes/scheme.html", context)


def _ways_on(user: User, scheme: Scheme) -> list[tuple[str, str, str]]:
    """Everything this person may do with the scheme now, in the order of the work: its name, its address,
    what waits there. A draft is seen by the committee alone.
    """
    drafting, office = scheme.phase == Phase.DRAFTING, may(user, "edit_scheme")
    committee = may(user, "read_draft")
    ways = []
    if drafting:
        ways.append(("scheme_edit", "编制方案", "大项、小项、规则、星级标准和评定办法"))
        ways.append(("scheme_checks", "启动前检查", "错误须改正，提示须知悉"))
    compared = "新增、取消和改动的内容，逐项对照" + ("，写上变化说明" if office and drafting else "")
    ways.append(("scheme_changes", "本年度调整说明", compared))
    if committee:
        ways.append(("rehearsal", "模拟", "用上年数据试算，看各星级会有多少"))
    if drafting:
        ways.append(("scheme_opening", "启动评定", "一人提议，另一人确认"))
    ways.append(("opening_notice", "启动通知", "开展年度评定的通知和附件"))
    if not drafting:
        ways += _ways_in_the_year(user, scheme, committee)
    if office:
        ways.append(("scheme_copy", "复制为新年度方案", "由本年度带出下一年度的草稿"))
    return [(label, reverse(f"ratings:{name}", args=[scheme.pk]), hint) for name, label, hint in ways]


def _ways_in_the_year(user: User, scheme: Scheme, committee: bool) -> list[tuple[str, str, str]]:
    """Those there are once the scheme is open."""
    ways = []
    if committee:
        ways.append(("scheme_errata", "更正", "启动后发现错误的，签发更正"))
    elif scheme.versions.count() > 1:
        ways.append(("scheme_errata", "更正", "启动后签发的更正"))
    ways.append(("methodology", "方法说明", "标准、规则、门槛和计算次序"))
    if may(user, "read_voided") and scheme.panels.filter(changes__isnull=False).exists():
        ways.append(("seat_changes", "评委变动", "更换评委、作废的评分表和理由"))
    if figure_metrics(scheme, user):
        ways.append(("scheme_figures", "填报自定义指标", "方案指定由您填报的数"))
    if may(user, "self_check") and scheme.phase not in PUBLIC_PHASES:
        ways.append(("self_checks", "对标自查", "对照本年度标准，看本校今天到哪一步"))
    return ways


@require_http_methods(["GET", "POST"])
@allowed_to("edit_scheme")
def copy(request: HttpRequest, pk: int) -> HttpResponse:
    """One page, defaults filled in, one click."""
    source = scheme_for(request, pk)
    year = next_year(source)
    name = renamed(standing_spec(source).name, source.year, year)
    form = CopyForm(request.POST or None, initial={"year": year, "name": name})
    if form.is_valid():
        with refusals_in(form, "year"):
            copied = copy_scheme(source, **form.cleaned_data, by=request.user)
            messages.success(
                request,
                f"已由{source.year}年度复制为{copied.year}年度方案草稿，共 {copied.items.count()} 个小项。",
            )
            return redirect("ratings:scheme", copied.pk)
    return render(request, "ratings/drafting/schemes/copy.html", {"scheme": source, "form": form})


#: How the field of a note begins; the key of its change follows.
NOTE = "note-"


@require_http_methods(["GET", "POST"])
@allowed_to("read_criteria", post="edit_scheme")
def changes(request: HttpRequest, pk: int) -> HttpResponse:
    """本年度调整说明: what differs from the year before, and the priority behind each change; the office
    writes it while drafting.
    """
    scheme = scheme_for(request, pk)
    others = Scheme.objects.visible_to(request.user).exclude(pk=pk).order_by("-year").in_bulk()
    previous = previous_scheme(scheme)
    before = others.get(number(request.GET.get("with", ""))) or others.get(previous and previous.pk)
    found = changes_between(before, scheme) if before else None
    noted = before is not None and before == previous
    writes = noted and scheme.phase == Phase.DRAFTING and may(request.user, "edit_scheme")
    if request.method == "POST":
        return _save_notes(request, scheme, found.rows if writes else ())
    context = {
        "scheme": scheme,
        "before": before,
        "others": list(others.values()),
        "changes": found,
        "sections": _with_notes(found, notes_of(scheme) if noted else {}),
        "writes": writes,
    }
    return render(request, "ratings/drafting/schemes/changes.html", context)


def _with_notes(found: Changes | None, notes: Mapping[str, str]) -> list[tuple[str, list]]:
    sections = found.sections if found else ()
    return [(name, [(row, notes.get(row.key, "")) for row in rows]) for name, rows in sections]


def _save_notes(request: HttpRequest, scheme: Scheme, rows: Iterable[RowChange]) -> HttpResponse:
    """Notes on these changes are stored; what was typed on another is shown once more, so that it is not
    lost.
    """
    keys = {row.key for row in rows}
    typed = {name.removeprefix(NOTE): text for name, text in request.POST.items() if name.startswith(NOTE)}
    kept = {key: text for key, text in typed.items() if key in keys}
    written = write_notes(scheme, kept, by=request.user)
    messages.success(request, f"已保存 {written} 条变化说明。" if written else "变化说明没有改动。")
    known = notes_of(scheme) | kept
    for key, text in typed.items():
        if text.strip() and text != known.get(key):
            messages.warning(request, f"有一条变化说明没有保存，它所说的内容与上年度已经没有差别：“{text}”")
    return redirect("ratings:scheme_changes", scheme.pk)


@require_http_methods(["GET", "POST"])
@allowed_to("check_scheme")
def checks(request: HttpRequest, pk: int) -> HttpResponse:
    """Every finding with the place to mend it; warnings are taken note of, one by one or all at once."""
    scheme = scheme_for(request, pk)
    if scheme.phase != Phase.DRAFTING:
        messages.warning(request, f"方案处于“{scheme.get_phase_display()}”阶段，内容已经锁定，不再检查。")
        return redirect("ratings:scheme", pk)
    found = checks_of(scheme)
    if request.method == "POST":
        if noted := _take_note(request, scheme, found):
            messages.success(request, f"已记录您知悉 {noted} 条提示。")
        else:
            messages.warning(request, "方案刚刚有改动，或提示已经有人确认，请按下面的结果重新核对。")
        return redirect("ratings:scheme_checks", pk)
    context = {
        "scheme": scheme,
        "checks": found,
        "errors": [(finding, _place_of(scheme, finding)) for finding in found.errors],
        "warnings": [
            (number, remark, _place_of(scheme, remark.finding))
            for number, remark in enumerate(found.warnings)
        ],
    }
    return render(request, "ratings/drafting/schemes/checks.html", context)


def _take_note(request: HttpRequest, scheme: Scheme, found: Checks) -> int:
    """Of the warning whose number was posted, else of all; tells how many were noted."""
    only = None
    if "warning" in request.POST:
        chosen = number(request.POST["warning"])
        if chosen is None or chosen >= len(found.warnings):
            return 0
        only = found.warnings[chosen].finding
    return acknowledge(scheme, seen=request.POST.get("digest", ""), by=request.user, only=only)


def _place_of(scheme: Scheme, finding: Finding) -> str:
    """The address where what a finding is about is edited."""
    if finding.where == PERIOD:
        return f"{reverse('ratings:scheme_parameters', args=[scheme.pk])}#id_period_start"
    editor = reverse("ratings:scheme_edit", args=[scheme.pk])
    return f"{editor}?{urlencode({'where': finding.where})}" if finding.where else editor


@require_http_methods(["GET", "POST"])
@allowed_to("check_scheme", post="propose_opening")
def opening(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the opening stands; the office proposes here, a second person is led to the confirmation."""
    scheme = scheme_for(request, pk)
    if scheme.phase != Phase.DRAFTING:
        confirmed = OpeningProposal.objects.filter(scheme=scheme, confirmed_at__isnull=False)
        proposal = confirmed.select_related("proposed_by", "confirmed_by").first()
        return render(
            request, "ratings/drafting/schemes/opened.html", {"scheme": scheme, "proposal": proposal}
        )
    form = DeadlinesForm(request.POST or None, scheme=scheme)
    if form.is_valid():
        with refusals_in(form):
            propose(scheme, by=request.user, deadlines=form.cleaned_data)
            messages.success(request, "已提议启动，等待另一人确认。")
            return redirect("ratings:scheme_opening", pk)
    proposal = standing_proposal(scheme)
    void = proposal is not None and is_void(proposal, scheme)
    context = {
        "scheme": scheme,
        "form": form,
        "checks": checks_of(scheme),
        "hints": deadline_hints(scheme),
        "proposal": proposal,
        "void": void,
        "waiting": proposal is not None and not void,
        "own": proposal is not None and proposal.proposed_by_id == request.user.pk,
    }
    return render(request, "ratings/drafting/schemes/opening.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("check_scheme")
def opening_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """The second person sees what will happen and says so in words."""
    scheme = scheme_for(request, pk)
    if scheme.phase != Phase.DRAFTING:
        return turned_away(request, "方案已经启动。", "ratings:scheme_opening", pk)
    proposal = standing_proposal(scheme)
    if proposal is None or proposal.proposed_by_id == request.user.pk:
        return turned_away(request, "没有等待您确认的启动提议。", "ratings:scheme_opening", pk)
    form = OpeningForm(request.POST or None)
    if form.is_valid():
        with refusals_in(form):
            confirm(scheme, number(request.POST.get("proposal", "")), by=request.user)
            messages.success(
                request, f"{scheme.year}年度评定已启动，{scheme.assessments.count()} 所党校可以自评。"
            )
            return redirect("ratings:scheme", pk)
    reasons = obstacles(scheme, checks_of(scheme))
    if is_void(proposal, scheme):
        reasons.append("提议之后方案有改动，原提议已失效。")
    context = {
        "scheme": scheme,
        "proposal": proposal,
        "form": form,
        "reasons": reasons,
        "hints": deadline_hints(scheme),
    }
    return render(request, "ratings/drafting/schemes/opening_confirm.html", context)


@require_POST
@allowed_to("check_scheme")
def opening_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """The proposer withdraws, or the second person does not agree."""
    scheme = scheme_for(request, pk)
    with refusals_as_messages(request):
        withdraw_proposal(scheme, by=request.user)
        messages.success(request, "启动提议已撤回，方案可以继续修改。")
    return redirect("ratings:scheme_opening", pk)


#: A workbook between check and confirmation: its token and name, what it was checked against.
SESSION_KEY = "pending_scheme"


@require_POST
@allowed_to("read_criteria")
def scheme_export(request: HttpRequest, pk: int) -> HttpResponse:
    """The scheme as one workbook: the version that counts, or a draft as it stands."""
    scheme = scheme_for(request, pk)
    spec = current_spec(scheme) if scheme.versions.exists() else read_scheme(scheme)
    return export(f"{scheme.year}年度评定方案", scheme_sheets(spec), by=request.user, rows=len(spec.items))


@require_GET
@allowed_to("import_scheme")
def scheme_template(request: HttpRequest) -> FileResponse:
    """An empty workbook with its explanation."""
    year, city = timezone.localdate().year + 1, request.user.identity.city.name
    return workbook_file("评定方案工作簿模板", template_sheets(year=year, city=city))


@require_http_methods(["GET", "POST"])
@allowed_to("import_scheme")
def scheme_import(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Upload and check; then, by a second press, the same workbook for good. With `pk` into that draft and no
    other.
    """
    draft = scheme_for(request, pk) if pk else None
    if draft is not None and draft.phase != Phase.DRAFTING:
        refused = "工作簿没有导入。" if request.method == "POST" else ""
        messages.error(
            request,
            f"{refused}《{draft.name}》已是“{draft.get_phase_display()}”，内容不能再替换，修改须按更正办理。",
        )
        return redirect("ratings:scheme", draft.pk)
    if request.method == "POST" and "confirm" in request.POST:
        return _confirmed(request, draft)
    form = SchemeWorkbookForm(request.POST or None, request.FILES or None)
    if not form.is_valid():
        return _import_page(request, draft, form=form)
    _forget(request)
    return _checked(request, draft, *form.cleaned_data["workbook"])


def _checked(request: HttpRequest, draft: Scheme | None, name: str, content: bytes) -> HttpResponse:
    """The page of a workbook that was read: everything wrong with it, or what it would do."""
    try:
        intake = examine(content, name=name, city=request.user.identity.city, draft=draft)
    except WorkbookError as error:
        return _import_page(request, draft, problems=error.problems, name=name)
    request.session[SESSION_KEY] = {
        "token": pending.keep(content),
        "name": name,
        "seen": intake.seen,
        "target": intake.target and intake.target.pk,
        "draft": draft and draft.pk,
    }
    return _import_page(request, draft, intake=intake, name=name, consent=TakeOverForm(target=intake.target))


def _confirmed(request: HttpRequest, draft: Scheme | None) -> HttpResponse:
    """Take over what was checked; a draft made meanwhile is not what the person agreed to replace."""
    kept = request.session.get(SESSION_KEY)
    content = pending.shown_on(request, kept) if kept and kept["draft"] == (draft and draft.pk) else None
    if content is None:
        messages.error(request, pending.GONE)
        return redirect(request.path)
    name = kept["name"]
    try:
        intake = examine(content, name=name, city=request.user.identity.city, draft=draft)
    except WorkbookError as error:
        _forget(request)
        return _import_page(request, draft, problems=error.problems, name=name)
    consent = TakeOverForm(request.POST, target=intake.target)
    if not consent.is_valid():
        return _import_page(request, draft, intake=intake, name=name, consent=consent)
    with refusals_as_messages(request):
        if kept["target"] != (intake.target and intake.target.pk):
            raise Refused("核对之后本市的方案草案有增减，没有导入。请按下面重新核对的结果确认。")
        scheme = take_over(intake, seen=kept["seen"], by=request.user)
        _forget(request)
        messages.success(request, f"已导入《{scheme.name}》：{len(intake.spec.items)} 个小项和加分项。")
        return redirect("ratings:scheme", scheme.pk)
    _forget(request)
    return _checked(request, draft, name, content)


def _forget(request: HttpRequest) -> None:
    if kept := request.session.pop(SESSION_KEY, None):
        pending.discard(kept["token"])


def _import_page(request: HttpRequest, draft: Scheme | None, **context: Any) -> HttpResponse:
    kept = request.session.get(SESSION_KEY) or {}
    known = {"draft": draft, "form": SchemeWorkbookForm(), "consent": None, "seen": kept.get("token", "")}
    return render(request, "ratings/drafting/workbook/import.html", {**known, **context})
