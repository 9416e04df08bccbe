"""评委会会议, and what takes two people at one school: the office records, the chair confirms."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ratings.enums import Phase
from ratings.models import Assessment, Meeting, Motion, RestrictionCase, Scheme
from schools.permissions import allowed_to, may
from schools.refusals import done, refusals_as_messages, refusals_in
from schools.saving import SEEN, Refused
from schools.site.asked import number
from schools.uploads import handed_out

from . import motions
from .board import Deliberation, deliberate
from .forms import MeetingForm, ReturnForm, WithdrawCaseForm
from .meetings import change_meeting, is_used, record_meeting, used_meetings
from .settling import confirm_case, withdraw_case
from .two_people import case_form, meetings_of, motion_form, takes_two
from .views import case_page, warn_of_vote, while_deciding

Kind = Motion.Kind


def _year(request: HttpRequest, pk: int) -> Scheme:
    return get_object_or_404(Scheme.objects.visible_to(request.user).select_related("city"), pk=pk)


def _visible(request: HttpRequest) -> QuerySet[Meeting]:
    years = Scheme.objects.visible_to(request.user)
    return Meeting.objects.filter(scheme__in=years).select_related("scheme__city", "by")


@require_http_methods(["GET", "POST"])
@allowed_to("record_meeting")
def meeting_list(request: HttpRequest, pk: int) -> HttpResponse:
    """The meetings of a year, and the form that enters another; afterwards back to where it was missing."""
    scheme = _year(request, pk)
    form = MeetingForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            values, upload = form.values, form.cleaned_data["upload"]
            meeting = record_meeting(scheme, values, upload=upload, by=request.user)
            return done(request, f"已登记{meeting}。", *_way_back(request, scheme))
    context = {
        "scheme": scheme,
        "meetings": used_meetings(_visible(request).filter(scheme=scheme)),
        "form": form if scheme.phase == Phase.SCORING else None,
        "school": number(request.GET.get("school", "")),
    }
    return render(request, "ratings/committee/meetings.html", context)


def _way_back(request: HttpRequest, scheme: Scheme) -> tuple:
    """To the school at which the meeting was missing, or to the board."""
    school = number(request.GET.get("school", ""))
    if school and Assessment.objects.visible_to(request.user).filter(pk=school, scheme=scheme).exists():
        return "ratings:decide", scheme.pk, school
    return "ratings:board", scheme.pk


@require_http_methods(["GET", "POST"])
@allowed_to("record_meeting")
def meeting_edit(request: HttpRequest, pk: int, meeting: int) -> HttpResponse:
    """Correcting a meeting that nothing rests on yet."""
    stored = get_object_or_404(_visible(request), pk=meeting, scheme=pk)
    if request.method == "GET" and is_used(stored):
        messages.warning(request, "已经有审定意见或待确认事项用了这次会议，不能再改。")
        return redirect("ratings:meetings", pk)
    # The form writes into a row of its own, so that the page keeps what is stored.
    form = MeetingForm(
        request.POST or None, request.FILES or None, instance=_visible(request).get(pk=stored.pk)
    )
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            values, version = form.values, form.cleaned_data["version"]
            upload = form.cleaned_data["upload"]
            changed = change_meeting(stored, values, version=version, upload=upload, by=request.user)
            return done(request, f"已改为{changed}。", "ratings:meetings", pk)
    context = {"scheme": stored.scheme, "meeting": stored, "form": form}
    return render(request, "ratings/committee/meeting.html", context)


@require_GET
@allowed_to("record_meeting")
def meeting_file(request: HttpRequest, pk: int, meeting: int) -> FileResponse:
    """The minutes."""
    stored = get_object_or_404(_visible(request).exclude(file=""), pk=meeting, scheme=pk)
    return handed_out(stored.file, stored.file_name, stored.content_type)


@require_POST
@allowed_to("propose_decision")
@while_deciding
def propose(request: HttpRequest, scheme: Scheme, assessment: Assessment) -> HttpResponse:
    """The office records another star than the computed one."""
    standing = deliberate(scheme, only=assessment.pk)
    form = motion_form(request.user, standing, meetings_of(scheme), request.POST)
    if form is not None and form.is_valid():
        data = form.cleaned_data
        with refusals_in(form):
            motion = motions.propose_star(
                assessment,
                data["star"],
                by=request.user,
                reason=data["reason"],
                ballot=form.ballot,
                meeting=data["meeting"],
                seen=request.POST.get(SEEN, ""),
            )
            return _recorded(request, motion)
    return case_page(request, standing, motion_form=form)


def _recorded(request: HttpRequest, motion: Motion) -> HttpResponse:
    warn_of_vote(request, motion.meeting, motion.votes_for)
    sentence = f"已登记：{motion.words}。评委会主任确认以后生效。"
    return done(request, sentence, "ratings:decide", motion.assessment.scheme_id, motion.assessment_id)


@require_POST
@allowed_to("confirm_restriction")
@while_deciding
def confirm_restriction(request: HttpRequest, scheme: Scheme, assessment: Assessment) -> HttpResponse:
    """A restriction is found to apply, by a named person where its condition is met, else by the meeting."""
    standing = deliberate(scheme, only=assessment.pk)
    form = case_form(request.user, standing, meetings_of(scheme), request.POST)
    if form is not None and form.is_valid():
        restriction, basis = form.cleaned_data["restriction"], form.cleaned_data["basis"]
        with refusals_in(form):
            if may(request.user, "propose_decision") and takes_two(standing, restriction.code):
                return _recorded(
                    request, _propose(request, form, assessment, Kind.RESTRICT, restriction, basis)
                )
            confirm_case(assessment, restriction, basis=basis, by=request.user)
            sentence = f"已认定限制性情形 {restriction.code}，星级已按规定重新计算。"
            return done(request, sentence, "ratings:decide", scheme.pk, assessment.pk)
    return case_page(request, standing, case_form=form)


@require_POST
@allowed_to("confirm_restriction")
@while_deciding
def withdraw_restriction(
    request: HttpRequest, scheme: Scheme, assessment: Assessment, case: int
) -> HttpResponse:
    """A finding is taken back with a reason, by the meeting where that raises the star."""
    if not RestrictionCase.objects.filter(pk=case).exists():
        raise Refused("这一认定已被撤销，不用再撤销。")
    cases = RestrictionCase.objects.select_related("restriction")
    held, standing = (
        get_object_or_404(cases, pk=case, assessment=assessment),
        deliberate(scheme, only=assessment.pk),
    )
    by_meeting = takes_two(standing, held.restriction.code)
    records = by_meeting and may(request.user, "propose_decision")
    form = WithdrawCaseForm(request.POST, case=held, by_meeting=records, meetings=meetings_of(scheme))
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        with refusals_in(form, "reason"):
            if records:
                return _recorded(
                    request, _propose(request, form, assessment, Kind.LIFT, held.restriction, reason)
                )
            withdraw_case(assessment, held.restriction, reason=reason, by=request.user)
            sentence = f"已撤销对 {held.restriction.code} 的认定，理由已记入审计记录。"
            return done(request, sentence, "ratings:decide", scheme.pk, assessment.pk)
    return case_page(request, standing, withdrawal=form)


def _propose(
    request: HttpRequest, form, assessment: Assessment, kind: str, restriction, reason: str
) -> Motion:
    return motions.propose_case(
        assessment,
        kind,
        restriction,
        by=request.user,
        reason=reason,
        ballot=form.ballot,
        meeting=form.cleaned_data["meeting"],
        seen=request.POST.get(SEEN, ""),
    )


def _motion(assessment: Assessment, pk: int) -> Motion | None:
    rows = Motion.objects.filter(assessment=assessment).select_related("assessment__scheme", "restriction")
    return rows.filter(pk=pk).first()


def _gone(request: HttpRequest, standing: Deliberation) -> HttpResponse:
    messages.error(request, motions.GONE)
    return case_page(request, standing)


@require_POST
@allowed_to("decide")
@while_deciding
def confirm_motion(request: HttpRequest, scheme: Scheme, assessment: Assessment, motion: int) -> HttpResponse:
    """The chair confirms what the office recorded, as it was shown."""
    held = _motion(assessment, motion)
    if held is None:
        return _gone(request, deliberate(scheme, only=assessment.pk))
    with refusals_as_messages(request):
        motions.confirm(held, by=request.user, seen=request.POST.get(SEEN, ""))
        return done(request, f"已确认：{held.words}。", "ratings:decide", scheme.pk, assessment.pk)
    return case_page(request, deliberate(scheme, only=assessment.pk))


@require_POST
@allowed_to("decide")
@while_deciding
def return_motion(request: HttpRequest, scheme: Scheme, assessment: Assessment, motion: int) -> HttpResponse:
    """… or sends it back with a reason."""
    held = _motion(assessment, motion)
    if held is None:
        return _gone(request, deliberate(scheme, only=assessment.pk))
    form = ReturnForm(request.POST, motion=held)
    if form.is_valid():
        with refusals_in(form, "reason"):
            motions.send_back(held, by=request.user, reason=form.cleaned_data["reason"])
            return done(request, "已退回办公室，理由已写明。", "ratings:decide", scheme.pk, assessment.pk)
    return case_page(request, deliberate(scheme, only=assessment.pk), returning=form)


@require_POST
@allowed_to("propose_decision")
@while_deciding
def withdraw_motion(
    request: HttpRequest, scheme: Scheme, assessment: Assessment, motion: int
) -> HttpResponse:
    """The office drops what it recorded."""
    held = _motion(assessment, motion)
    if held is None:
        return _gone(request, deliberate(scheme, only=assessment.pk))
    with refusals_as_messages(request):
        motions.take_back(held, by=request.user)
        return done(request, f"已收回：{held.words}。", "ratings:decide", scheme.pk, assessment.pk)
    return case_page(request, deliberate(scheme, only=assessment.pk))
