"""The life of a scheme before it opens: copied from last year, compared with it, checked, proposed, confirmed."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from ratings.criteria.copying import copy_scheme, next_year
from ratings.criteria.shifting import renamed
from ratings.criteria.years import changes_between, notes_of, previous_scheme, standing_spec, write_notes
from ratings.enums import Phase
from ratings.forms.scheme_life import CopyForm, DeadlinesForm, OpeningForm
from ratings.models import OpeningProposal, Scheme
from ratings.places import place_of
from ratings.workflow.checks import acknowledge, checks_of, deadline_hints
from ratings.workflow.opening import confirm, is_void, obstacles, propose, standing_proposal, withdraw_proposal
from schools.asked import number
from schools.permissions import allowed_to, may
from schools.refusals import refusals_as_messages, refusals_in, turned_away

#: What a field of a note is called in the form.
NOTE = "note-"


def open_to(request: HttpRequest, pk: int) -> Scheme:
    """The scheme, if it exists for this person."""
    return get_object_or_404(Scheme.objects.visible_to(request.user).select_related("city", "copied_from"), pk=pk)


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
            messages.success(request, f"已由{source.year}年度复制为{copied.year}年度方案草稿，共 {copied.items.count()} 个小项。")
            return redirect("ratings:scheme", copied.pk)
    return render(request, "ratings/schemes/copy.html", {"scheme": source, "form": form})


@require_http_methods(["GET", "POST"])
@allowed_to("read_criteria", post="edit_scheme")
def changes(request: HttpRequest, pk: int) -> HttpResponse:
    """本年度调整说明: what differs from the year before, and the priority behind each change; the office writes it while drafting."""
    scheme = open_to(request, pk)
    others = list(Scheme.objects.visible_to(request.user).exclude(pk=pk).filter(city=scheme.city_id).order_by("-year"))
    usual = previous_scheme(scheme)
    chosen = request.GET.get("with", "")
    before = next((one for one in others if str(one.pk) == chosen), None) or next((one for one in others if one == usual), None)
    found = changes_between(before, scheme) if before else None
    writes = may(request.user, "edit_scheme") and scheme.phase == Phase.DRAFTING and before is not None and before == usual
    if request.method == "POST":
        return _save_notes(request, scheme, found if writes else None)
    notes = notes_of(scheme) if before == usual else {}
    sections = [(name, [(row, notes.get(row.key, "")) for row in rows]) for name, rows in found.sections] if found else []
    context = {"scheme": scheme, "before": before, "usual": usual, "others": others, "changes": found, "sections": sections}
    return render(request, "ratings/schemes/changes.html", {**context, "writes": writes})


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
        noted = acknowledge(scheme, seen=seen, by=request.user, only=warnings.get(chosen)) if every or chosen in warnings else 0
        if noted:
            messages.success(request, f"已记录您知悉 {noted} 条提示。")
        else:
            messages.warning(request, "方案刚刚有改动，或提示已经有人确认，请按下面的结果重新核对。")
        return redirect("ratings:scheme_checks", pk)
    context = {
        "scheme": scheme,
        "checks": found,
        "errors": [(one, place_of(scheme, one.where)) for one in found.errors],
        "warnings": [(number, remark, place_of(scheme, remark.finding.where)) for number, remark in enumerate(found.warnings)],
    }
    return render(request, "ratings/schemes/checks.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("check_scheme", post="propose_opening")
def opening(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the opening stands; the office proposes here, a second person is led to the confirmation."""
    scheme = open_to(request, pk)
    if scheme.phase != Phase.DRAFTING:
        done = OpeningProposal.objects.filter(scheme=scheme, confirmed_at__isnull=False).select_related("proposed_by", "confirmed_by")
        return render(request, "ratings/schemes/opened.html", {"scheme": scheme, "proposal": done.first()})
    form = DeadlinesForm(request.POST or None, scheme=scheme)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            propose(scheme, by=request.user, deadlines=form.cleaned_data)
            messages.success(request, "已提议启动，等待另一人确认。")
            return redirect("ratings:scheme_opening", pk)
    return render(request, "ratings/schemes/opening.html", _opening_context(request, scheme, form))


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
            messages.success(request, f"{scheme.year}年度评定已启动，{scheme.assessments.count()} 所党校可以自评。")
            return redirect("ratings:scheme", pk)
    reasons = obstacles(scheme, checks_of(scheme)) + (["提议之后方案有改动，原提议已失效。"] if is_void(proposal, scheme) else [])
    context = {"scheme": scheme, "proposal": proposal, "form": form, "reasons": reasons, "hints": deadline_hints(scheme)}
    return render(request, "ratings/schemes/opening_confirm.html", context)


@require_POST
@allowed_to("check_scheme")
def opening_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """The proposer withdraws, or the second person does not agree."""
    scheme = open_to(request, pk)
    with refusals_as_messages(request):
        withdraw_proposal(scheme, by=request.user)
        messages.success(request, "启动提议已撤回，方案可以继续修改。")
    return redirect("ratings:scheme_opening", pk)
