"""评委变动: a judge leaves one school or the whole panel when sheets are begun or handed in; who follows.

What was written is voided with a reason and kept apart (`VoidedSheet`), so that nothing which counts reads
it. Nobody signs under what another gave: whoever takes over starts with an empty sheet. A sheet that was
handed in stays when its judge leaves the panel, unless the judge must recuse at the school.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from ratings.enums import Aggregation, Status
from ratings.models import Assessment, Judge, JudgeSheet, Panel, SeatChange, VoidedSheet
from ratings.workflow import conflicts, must_recuse, open_city_rows, tie
from schools import audit
from schools.messages.inbox import notify
from schools.models import Appointment, School, User
from schools.models.people import Role
from schools.permissions import may
from schools.saving import Refused, Shown, hold_one, refuse

from .panels import (
    BEGUN,
    OUTSIDE,
    candidates,
    held_panel,
    hold_schools,
    leaving_refusals,
    named_judge,
    record_panel,
    require_member,
    set_leader,
    shown_panel,
)
from .sheets import (
    REASON_LIMIT,
    complete_in,
    is_closed,
    is_own,
    label_of,
    locked_sheet,
    own_rows,
    plain_rows,
    sheet_digest,
)

#: What the office writes as the reason where the judge must recuse, whether or not the system knows of a tie.
RECUSED = "回避"
NO_REASON = f"请写明理由，不超过 {REASON_LIMIT} 字。"


def changes_at(assessment: Assessment) -> QuerySet[SeatChange]:
    """Those by which a sheet at this school was voided."""
    here = Q(assessment=assessment) | Q(voided__assessment=assessment)
    rows = SeatChange.objects.filter(here).distinct().prefetch_related("voided")
    return rows.select_related("judge", "successor", "by")


def shown_leaving(sheets: Iterable[JudgeSheet]) -> Shown:
    """How far the sheets are that would be voided, as the page says."""
    return Shown({"评分表": [[one.pk, one.submitted_at, sheet_digest(one)] for one in sheets]})


def sheets_of(panel: Panel, judge: Judge) -> list[JudgeSheet]:
    """The judge's sheets at those schools of the panel that are not decided yet; `tied` as in `stuck`."""
    rows = JudgeSheet.objects.filter(assessment__panel=panel, judge=judge)
    rows = rows.exclude(assessment__status__in=OUTSIDE)
    tied = tie(OuterRef("judge__user"), OuterRef("assessment__school"))
    return list(rows.select_related("judge__user", "assessment__school").annotate(tied=tied).order_by("pk"))


def is_blank(sheet: JudgeSheet) -> bool:
    """Nothing was written: the sheet is dropped, and there is nothing to void."""
    return not sheet.submitted_at and not own_rows(sheet).filter(BEGUN).exists()


def is_voided_by_leaving(sheet: JudgeSheet) -> bool:
    """Of `sheets_of`: what is not handed in, or by somebody who must recuse, goes with its judge."""
    return not sheet.submitted_at or bool(sheet.tied)


def void_sheet(
    sheet: JudgeSheet,
    *,
    reason: str,
    by: User,
    label: str = "",
    user: User | None = None,
    seen: str | None = None,
) -> SeatChange:
    """作废 one sheet; with a label or an account it is handed over (移交) to that judge, for this school.

    The agreed sheet of a 合议 begins anew, empty, with the leader.
    """
    reason = _reason(reason)
    with transaction.atomic():
        panel = held_panel(sheet.assessment.panel, by)
        locked = locked_sheet(sheet.pk)
        school = locked.assessment
        refuse(
            f"{school.school.name}处于“{school.get_status_display()}”，评分表不能作废。"
            if school.status in OUTSIDE
            else "",
            "不能作废本人的评分表，请由办公室另一人办理。" if is_own(locked, by) else "",
            must_recuse(by, school.school),
        )
        shown_leaving([locked]).refuse_changed(seen)
        follows = _successor(panel, label, user, school, leaving=locked.judge)
        change = _changed(panel, locked.judge, follows, reason, by, school)
        _void(locked, change)
        joint = panel.scheme.aggregation == Aggregation.JOINT
        if joint or follows:
            open_city_rows(school, joining=[follows] if follows else ())
    return change


def follow(change: SeatChange, *, by: User, label: str = "", user: User | None = None) -> Judge:
    """Name who takes over a sheet that was voided without a successor; may be the same judge after all, but
    for one who must recuse.
    """
    with transaction.atomic():
        panel = held_panel(change.panel, by)
        held = hold_one(SeatChange.objects.all(), change.pk, "assessment__school", "judge")
        if held.successor_id or held.judge_id is None or held.assessment is None:
            raise Refused("这份评分表已有人接替，或不须另行安排。")
        hold_schools(panel)
        if held.assessment.status in OUTSIDE:
            raise Refused("本校已审定或不再评审，不能再安排接替的评委。")
        refuse(must_recuse(by, held.assessment.school))
        follows = _successor(panel, label, user, held.assessment)
        if follows is None:
            raise Refused("请选择评委账号；没有账号的评委请填写姓名。")
        held.successor = follows
        held.save(update_fields=["successor"])
        open_city_rows(held.assessment, joining=[follows])
        detail = {"接替": follows.label, "党校": held.assessment.school.name}
        record_panel(panel, by, {"作废的评分表": label_of(held.judge), **detail})
        _tell_successor(held)
    return follows


def replace(
    panel: Panel,
    judge: Judge,
    *,
    reason: str,
    by: User,
    label: str = "",
    user: User | None = None,
    seen: str | None = None,
) -> SeatChange:
    """更换: the judge leaves the panel, and who follows takes over what was not handed in.

    Complete schools stay complete: sheets handed in count, and where enough are in nobody is asked anew.
    """
    reason = _reason(reason)
    with transaction.atomic():
        panel = held_panel(panel, by)
        hold_schools(panel)
        require_member(panel, judge, "不在本组。")
        sheets = sheets_of(panel, judge)
        shown_replacing(panel, sheets).refuse_changed(seen)
        if judge.user_id == by.pk:
            raise Refused("不能更换本人，请由办公室另一人办理。")
        leaving = [sheet for sheet in sheets if is_voided_by_leaving(sheet)]
        follows = _successor(panel, label, user, leaving=judge)
        refuse(
            *(must_recuse(by, sheet.assessment.school) for sheet in leaving),
            *(
                leaving_refusals(panel, judge, followed=follows is not None)
                if panel.assessments.exists()
                else ()
            ),
        )
        change = _changed(panel, judge, follows, reason, by)
        for sheet in leaving:
            _void(sheet, change)
        panel.judges.remove(judge)
        if panel.leader_id == judge.pk:
            set_leader(panel, None)
        if follows:
            _seat(panel, follows, leaving)
    return change


def _seat(panel: Panel, follows: Judge, voided: list[JudgeSheet]) -> None:
    """Seats who follows, with rows at the schools that are not complete without."""
    panel.judges.add(follows)
    complete = complete_in(panel)
    for sheet in voided:
        if sheet.assessment_id not in complete:
            open_city_rows(sheet.assessment, joining=[follows])


def shown_replacing(panel: Panel, sheets: list[JudgeSheet]) -> Shown:
    """Who sits in the panel, and how far the judge's sheets are."""
    return Shown({**shown_panel(panel).parts, **shown_leaving(sheets).parts}, shown_panel(panel).savers)


def _reason(text: str) -> str:
    reason = text.strip()
    refuse(NO_REASON if not reason or len(reason) > REASON_LIMIT else "")
    return reason


def _successor(
    panel: Panel,
    label: str,
    user: User | None,
    school: Assessment | None = None,
    *,
    leaving: Judge | None = None,
) -> Judge | None:
    """The judge named by label or account, who may sit there: at one school, or at all that the panel has."""
    label = " ".join(label.split())
    if not label and user is None:
        return None
    if panel.scheme.aggregation == Aggregation.JOINT and school is not None:
        raise Refused("合议评分表由组长填写，不指定接替的评委；须换人的，请先另定组长。")
    judge = named_judge(panel.scheme, label, user)
    if judge == leaving:
        raise Refused("接替的评委不能是本人。")
    here = _places(panel, school)
    recused = _recused(here).filter(judge=judge).values_list("assessment__school__name", flat=True)
    refuse(
        f"{judge.label}已在评审，请另选接替的评委。"
        if _seated(panel, school).filter(pk=judge.pk).exists()
        else "",
        *conflicts([judge], [one.school for one in here.select_related("school")]),
        *(f"{judge.label}因应当回避作废了{name}的评分表，不能再评审该校。" for name in set(recused)),
    )
    return judge


def successors(
    panel: Panel, school: Assessment | None = None, leaving: Judge | None = None
) -> QuerySet[User]:
    """The accounts that may follow there."""
    here = _places(panel, school)
    tied = School.objects.filter(pk__in=here.values("school"))
    tied = tied.annotate(tied=tie(OuterRef(OuterRef("pk")), OuterRef("pk"))).exclude(tied="")
    out = Q(pk__in=_seated(panel, school).exclude(user=None).values("user"))
    out |= Q(pk__in=_recused(here).exclude(judge__user=None).values("judge__user"))
    return candidates(panel.scheme).exclude(out).exclude(pk=leaving and leaving.user_id).exclude(Exists(tied))


def _places(panel: Panel, school: Assessment | None) -> QuerySet[Assessment]:
    """Where one would follow: at the one school, or at all that the panel still has to score."""
    if school is not None:
        return Assessment.objects.filter(pk=school.pk)
    return Assessment.objects.filter(panel=panel).exclude(status__in=OUTSIDE)


def _seated(panel: Panel, school: Assessment | None) -> QuerySet[Judge]:
    if school is None:
        return Judge.objects.filter(panels=panel)
    return Judge.objects.filter(sheets__assessment=school)


def _recused(here: QuerySet[Assessment]) -> QuerySet[SeatChange]:
    """Whose sheet at one of these schools was voided because the judge must recuse."""
    return SeatChange.objects.filter(assessment__in=here, reason__contains=RECUSED)


def _changed(
    panel: Panel,
    judge: Judge | None,
    follows: Judge | None,
    reason: str,
    by: User,
    assessment: Assessment | None = None,
) -> SeatChange:
    """The record of it, and its line of the audit trail; tells whom it concerns."""
    change = SeatChange.objects.create(
        panel=panel,
        assessment=assessment,
        judge=judge,
        successor=follows,
        reason=reason,
        by=by,
        at=timezone.now(),
    )
    whole = {"减少评委": label_of(judge)} if assessment is None else {"党校": assessment.school.name}
    record_panel(panel, by, {**whole, "理由": reason} | ({"接替": follows.label} if follows else {}))
    where = assessment.school.name if assessment else panel.name
    if judge and judge.user:
        text = f"您在{where}的评审由市评委会办公室调整，不再由您评分。理由：{reason}"
        notify([judge.user], text, url=reverse("ratings:judging"), key=f"seat-{change.pk}")
    _tell_successor(change)
    return change


def _tell_successor(change: SeatChange) -> None:
    if change.successor and change.successor.user:
        where = change.assessment.school.name if change.assessment else change.panel.name
        text, key = f"请您接替评审{where}，评分表已建立。", f"seat-{change.pk}-follows"
        notify([change.successor.user], text, url=reverse("ratings:judging"), key=key)


def _void(sheet: JudgeSheet, change: SeatChange) -> None:
    """Takes the locked sheet away with its rows; what was written stands in the record from here on alone."""
    rows = own_rows(sheet).order_by("item__code")
    if not is_blank(sheet):
        voided = VoidedSheet.objects.create(
            change=change,
            assessment=sheet.assessment,
            rows=plain_rows(rows.values_list("item__code", "answers", "points", "remark")),
            digest=sheet_digest(sheet),
            submitted_at=sheet.submitted_at,
            submitted_by=sheet.submitted_by,
            entered_by=sheet.entered_by,
            scan=sheet.scan,
        )
        detail = {"作废": label_of(sheet.judge), "理由": change.reason, "摘要": voided.digest}
        city, subject = change.panel.scheme.city, str(sheet.assessment)
        audit.record("sheet", by=change.by, city=city, subject=subject, detail=detail)
        if sheet.submitted_at:
            _tell_chairs(change, sheet)
    rows.delete()
    sheet.delete()


def _tell_chairs(change: SeatChange, sheet: JudgeSheet) -> None:
    """What somebody had handed in is not taken away by the office alone in silence."""
    scheme, whose = change.panel.scheme, f"{sheet.assessment.school.name}{label_of(sheet.judge)}"
    held = Appointment.objects.in_force().filter(role=Role.CHAIR, city=scheme.city_id)
    chairs = User.objects.filter(pk__in=held.values("user"), is_active=True)
    text = f"{change.by}作废了{whose}已提交的评分。理由：{change.reason}"
    url = reverse("ratings:seat_changes", args=[scheme.pk])
    notify(chairs, text, url=url, key=f"seat-{change.pk}-{sheet.assessment_id}")


def readable(user: User, voided: VoidedSheet) -> bool:
    """Whether this person may read the scores now: the committee as those of the panel, the auditor with the
    year; that there was a sheet, and why it is void, they read at once.
    """
    assessment = voided.assessment
    if may(user, "read_board"):
        return assessment.status == Status.SETTLED or is_closed(voided.change.panel)
    return assessment.scheme.is_public
