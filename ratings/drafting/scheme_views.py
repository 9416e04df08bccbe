"""评定方案: what every school can read before it is rated, and where the work on it begins."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ratings.criteria.intake import Intake, examine, take_over
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
from ratings.enums import Phase
from ratings.models import Erratum, OpeningProposal, Scheme
from ratings.rules import RuleError
from ratings.workflow.opening import (
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
from schools.audit.exports import XLSX, export
from schools.importing import pending
from schools.permissions import allowed_to, may
from schools.refusals import refusals_as_messages, refusals_in, turned_away
from schools.saving import Refused
from schools.site.asked import number
from schools.workbooks import WorkbookError, clean_text, write_workbook

from .forms import CopyForm, DeadlinesForm, OpeningForm, SchemeWorkbookForm, TakeOverForm
from .overview import list_links, place_of, scheme_links

PAGE_SIZE, WORD_LIMIT = 20, 40


@require_GET
@allowed_to("read_criteria")
def scheme_list(request: HttpRequest) -> HttpResponse:
    """The city's schemes, newest first; the office starts a new one here."""
    word = clean_text(request.GET.get("q", ""))[:WORD_LIMIT]
    schemes = (
        Scheme.objects.visible_to(request.user).annotate(version_count=Count("versions")).order_by("-year")
    )
    found = schemes.filter(name__icontains=word) if word else schemes
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "ratings/drafting/schemes/list.html",
        {"page": page, "word": word, "links": list_links(request.user)},
    )


@require_GET
@allowed_to("read_criteria")
def scheme_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The criteria as frozen in the version that counts; before opening, as they stand."""
    scheme = get_object_or_404(Scheme.objects.visible_to(request.user).select_related("city"), pk=pk)
    signed = (
        Erratum.objects.visible_to(request.user)
        .filter(scheme=scheme, state=Erratum.State.SIGNED)
        .select_related("version")
    )
    try:
        standards = standards_of(scheme)
    except RuleError:  # only a draft can hold a line that cannot be read yet; the check says where
        standards = None
    context = {
        "scheme": scheme,
        "standards": standards,
        "links": scheme_links(request.user, scheme),
        "errata": signed,
    }
    return render(request, "ratings/drafting/schemes/scheme.html", context)


#: What a field of a note is called in the form.
NOTE = "note-"


def open_to(request: HttpRequest, pk: int) -> Scheme:
    """The scheme, if it exists for this person."""
    return get_object_or_404(
        Scheme.objects.visible_to(request.user).select_related("city", "copied_from"), pk=pk
    )


@require_http_methods(["GET", "POST"])
@allowed_to("edit_scheme")
def copy(request: HttpRequest, pk: int) -> HttpResponse:
    """One page, defaults filled in, one click."""
    source = open_to(request, pk)
    year = next_year(source)
    name = renamed(standing_spec(source).name, source.year, year)
    form = CopyForm(request.POST or None, initial={"year": year, "name": name})
    if request.method == "POST" and form.is_valid():
        with refusals_in(form, "year"):
            copied = copy_scheme(source, **form.cleaned_data, by=request.user)
            messages.success(
                request,
                f"已由{source.year}年度复制为{copied.year}年度方案草稿，共 {copied.items.count()} 个小项。",
            )
            return redirect("ratings:scheme", copied.pk)
    return render(request, "ratings/drafting/schemes/copy.html", {"scheme": source, "form": form})


@require_http_methods(["GET", "POST"])
@allowed_to("read_criteria", post="edit_scheme")
def changes(request: HttpRequest, pk: int) -> HttpResponse:
    """本年度调整说明: what differs from the year before, and the priority behind each change; the office
    writes it while drafting.
    """
    scheme = open_to(request, pk)
    others = list(
        Scheme.objects.visible_to(request.user).exclude(pk=pk).filter(city=scheme.city_id).order_by("-year")
    )
    usual = previous_scheme(scheme)
    chosen = request.GET.get("with", "")
    before = next((one for one in others if str(one.pk) == chosen), None) or next(
        (one for one in others if one == usual), None
    )
    found = changes_between(before, scheme) if before else None
    writes = (
        may(request.user, "edit_scheme")
        and scheme.phase == Phase.DRAFTING
        and before is not None
        and before == usual
    )
    if request.method == "POST":
        return _save_notes(request, scheme, found if writes else None)
    notes = notes_of(scheme) if before == usual else {}
    sections = (
        [(name, [(row, notes.get(row.key, "")) for row in rows]) for name, rows in found.sections]
        if found
        else []
    )
    context = {
        "scheme": scheme,
        "before": before,
        "usual": usual,
        "others": others,
        "changes": found,
        "sections": sections,
    }
    return render(request, "ratings/drafting/schemes/changes.html", {**context, "writes": writes})


def _save_notes(request: HttpRequest, scheme: Scheme, found) -> HttpResponse:
    keys = {row.key for row in found.rows} if found else set()
    typed = {name.removeprefix(NOTE): text for name, text in request.POST.items() if name.startswith(NOTE)}
    written = write_notes(scheme, {key: text for key, text in typed.items() if key in keys}, by=request.user)
    messages.success(request, f"已保存 {written} 条变化说明。" if written else "变化说明没有改动。")
    standing = notes_of(scheme)
    for key, text in typed.items():
        if key not in keys and text.strip() and text != standing.get(key):
            messages.warning(request, f"有一条变化说明没有保存，它所说的内容与上年度已经没有差别：“{text}”")
    return redirect("ratings:scheme_changes", scheme.pk)


@require_http_methods(["GET", "POST"])
@allowed_to("check_scheme")
def checks(request: HttpRequest, pk: int) -> HttpResponse:
    """Every finding with the place to mend it; warnings are taken note of, one by one or all at once."""
    scheme = open_to(request, pk)
    if scheme.phase != Phase.DRAFTING:
        messages.warning(request, f"方案处于“{scheme.get_phase_display()}”阶段，内容已经锁定，不再检查。")
        return redirect("ratings:scheme", pk)
    found = checks_of(scheme)
    if request.method == "POST":
        chosen = number(request.POST.get("warning", ""))
        warnings = dict(enumerate(remark.finding for remark in found.warnings))
        every = "warning" not in request.POST
        seen = request.POST.get("digest", "")
        noted = (
            acknowledge(scheme, seen=seen, by=request.user, only=warnings.get(chosen))
            if every or chosen in warnings
            else 0
        )
        if noted:
            messages.success(request, f"已记录您知悉 {noted} 条提示。")
        else:
            messages.warning(request, "方案刚刚有改动，或提示已经有人确认，请按下面的结果重新核对。")
        return redirect("ratings:scheme_checks", pk)
    context = {
        "scheme": scheme,
        "checks": found,
        "errors": [(one, place_of(scheme, one.where)) for one in found.errors],
        "warnings": [
            (number, remark, place_of(scheme, remark.finding.where))
            for number, remark in enumerate(found.warnings)
        ],
    }
    return render(request, "ratings/drafting/schemes/checks.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("check_scheme", post="propose_opening")
def opening(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the opening stands; the office proposes here, a second person is led to the confirmation."""
    scheme = open_to(request, pk)
    if scheme.phase != Phase.DRAFTING:
        done = OpeningProposal.objects.filter(scheme=scheme, confirmed_at__isnull=False).select_related(
            "proposed_by", "confirmed_by"
        )
        return render(
            request, "ratings/drafting/schemes/opened.html", {"scheme": scheme, "proposal": done.first()}
        )
    form = DeadlinesForm(request.POST or None, scheme=scheme)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            propose(scheme, by=request.user, deadlines=form.cleaned_data)
            messages.success(request, "已提议启动，等待另一人确认。")
            return redirect("ratings:scheme_opening", pk)
    return render(request, "ratings/drafting/schemes/opening.html", _opening_context(request, scheme, form))


def _opening_context(request: HttpRequest, scheme: Scheme, form) -> dict:
    proposal = standing_proposal(scheme)
    found = checks_of(scheme)
    waiting = proposal is not None and not is_void(proposal, scheme)
    return {
        "scheme": scheme,
        "form": form,
        "checks": found,
        "hints": deadline_hints(scheme),
        "proposal": proposal,
        "void": proposal is not None and not waiting,
        "waiting": waiting,
        "own": proposal is not None and proposal.proposed_by_id == request.user.pk,
    }


@require_http_methods(["GET", "POST"])
@allowed_to("check_scheme")
def opening_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """The second person sees what will happen and says so in words."""
    scheme = open_to(request, pk)
    proposal = standing_proposal(scheme)
    if scheme.phase != Phase.DRAFTING or proposal is None or proposal.proposed_by_id == request.user.pk:
        said = "没有等待您确认的启动提议。" if scheme.phase == Phase.DRAFTING else "方案已经启动。"
        return turned_away(request, said, "ratings:scheme_opening", pk)
    form = OpeningForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            confirm(scheme, number(request.POST.get("proposal", "")), by=request.user)
            messages.success(
                request, f"{scheme.year}年度评定已启动，{scheme.assessments.count()} 所党校可以自评。"
            )
            return redirect("ratings:scheme", pk)
    reasons = obstacles(scheme, checks_of(scheme)) + (
        ["提议之后方案有改动，原提议已失效。"] if is_void(proposal, scheme) else []
    )
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
    scheme = open_to(request, pk)
    with refusals_as_messages(request):
        withdraw_proposal(scheme, by=request.user)
        messages.success(request, "启动提议已撤回，方案可以继续修改。")
    return redirect("ratings:scheme_opening", pk)


GONE = "待导入的工作簿已失效，请重新上传。"
SESSION_KEY = "pending_scheme"


@require_POST
@allowed_to("read_criteria")
def scheme_export(request: HttpRequest, pk: int) -> HttpResponse:
    """The scheme as one workbook: the version that counts, or a draft as it stands."""
    scheme = get_object_or_404(Scheme.objects.visible_to(request.user).select_related("city"), pk=pk)
    spec = current_spec(scheme) if scheme.versions.exists() else read_scheme(scheme)
    return export(f"{scheme.year}年度评定方案", scheme_sheets(spec), by=request.user, rows=len(spec.items))


@require_GET
@allowed_to("import_scheme")
def scheme_template(request: HttpRequest) -> FileResponse:
    """An empty workbook with its explanation."""
    buffer = io.BytesIO()
    write_workbook(
        buffer, template_sheets(year=timezone.localdate().year + 1, city=request.user.identity.city.name)
    )
    buffer.seek(0)
    return FileResponse(buffer, as_attachment=True, filename="评定方案工作簿模板.xlsx", content_type=XLSX)


@dataclass(frozen=True)
class Kept:
    """A workbook between check and confirmation: what it was checked against goes with it."""

    token: str
    name: str
    seen: str
    target: int | None
    draft: int | None


@require_http_methods(["GET", "POST"])
@allowed_to("import_scheme")
def scheme_import(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Upload and check; then, by a second press, the same workbook for good. With `pk` into that draft and no
    other.
    """
    draft = (
        get_object_or_404(Scheme.objects.visible_to(request.user).select_related("city"), pk=pk)
        if pk
        else None
    )
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
        return _page(request, draft, form=form)
    _forget(request)
    name, content = form.cleaned_data["workbook"]
    return _checked(request, draft, name, content)


def _checked(request: HttpRequest, draft: Scheme | None, name: str, content: bytes) -> HttpResponse:
    """The page of a workbook that was read: everything wrong with it, or what it would do."""
    try:
        intake = examine(content, name=name, city=request.user.identity.city, draft=draft)
    except WorkbookError as error:
        return _page(request, draft, problems=error.problems, name=name)
    kept = Kept(
        pending.keep(content), name, intake.seen, intake.target and intake.target.pk, draft and draft.pk
    )
    request.session[SESSION_KEY] = vars(kept)
    return _page(request, draft, intake=intake, name=name, consent=TakeOverForm(target=intake.target))


def _confirmed(request: HttpRequest, draft: Scheme | None) -> HttpResponse:
    kept = Kept(**request.session[SESSION_KEY]) if SESSION_KEY in request.session else None
    content = pending.fetch(kept.token) if kept is not None and kept.draft == (draft and draft.pk) else None
    if content is None:
        messages.error(request, GONE)
        return redirect(request.path)
    try:
        intake = examine(content, name=kept.name, city=request.user.identity.city, draft=draft)
    except WorkbookError as error:
        _forget(request)
        return _page(request, draft, problems=error.problems, name=kept.name)
    consent = TakeOverForm(request.POST, target=intake.target)
    if not consent.is_valid():
        return _page(request, draft, intake=intake, name=kept.name, consent=consent)
    with refusals_as_messages(request):
        scheme = _taken(intake, kept, by=request.user)
        _forget(request)
        messages.success(request, f"已导入《{scheme.name}》：{len(intake.spec.items)} 个小项和加分项。")
        return redirect("ratings:scheme", scheme.pk)
    _forget(request)
    return _checked(request, draft, kept.name, content)


def _taken(intake: Intake, kept: Kept, *, by) -> Scheme:
    """Take over what was checked; a draft made meanwhile is not what the person agreed to replace."""
    if kept.target != (intake.target and intake.target.pk):
        raise Refused("核对之后本市的方案草案有增减，没有导入。请按下面重新核对的结果确认。")
    return take_over(intake, seen=kept.seen, by=by)


def _forget(request: HttpRequest) -> None:
    if kept := request.session.pop(SESSION_KEY, None):
        pending.discard(kept["token"])


def _page(request: HttpRequest, draft: Scheme | None, **context: Any) -> HttpResponse:
    known = {"draft": draft, "form": SchemeWorkbookForm(), "consent": None}
    return render(request, "ratings/drafting/workbook/import.html", {**known, **context})
