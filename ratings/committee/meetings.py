"""评委会会议: entered once, named by every decision; what cannot be said of a meeting or of its vote is
refused.

No regulation at hand sets a quorum, so none is enforced: a vote of not more than half of those present is
warned of.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from ratings.criteria.spec import SchemeSpec
from ratings.criteria.storing import hold_scheme
from ratings.enums import Phase
from ratings.models import Decision, Meeting, Motion, RestrictionCase, Scheme
from schools import audit
from schools.models import User
from schools.numbers import chinese_date
from schools.saving import Refused, hold, save_versioned
from schools.uploads import CheckedUpload

NO_MEETING = "还没有登记评委会会议，请先登记会议（日期、应到和实到人数、会议纪要）。"


class Ballot(NamedTuple):
    """How the committee voted; a vote may be left out where nothing deviates."""

    votes_for: int | None = None
    votes_against: int | None = None
    votes_abstained: int | None = None


def latest_meeting(scheme: Scheme) -> Meeting | None:
    """The one that is chosen unless somebody chooses another."""
    return Meeting.objects.filter(scheme=scheme).first()


def record_meeting(
    scheme: Scheme,
    values: Mapping[str, Any],
    *,
    by: User,
    upload: CheckedUpload | None = None,
) -> Meeting:
    """Enter a meeting of the year. `values` hold day, counts and number of the minutes. Raises Refused."""
    with transaction.atomic():
        locked = _deciding(scheme)
        meeting = Meeting(scheme=locked, **values, by=by, at=timezone.now())
        check_meeting(locked, meeting, upload)
        if upload is not None:
            for name, value in _kept(meeting, upload).items():
                setattr(meeting, name, value)
        meeting.save()
        _record(meeting, by, "登记")
    return meeting


def change_meeting(
    meeting: Meeting,
    values: Mapping[str, Any],
    *,
    version: int,
    by: User,
    upload: CheckedUpload | None = None,
) -> Meeting:
    """Correct what was entered, as long as no decision names the meeting. Raises Stale or Refused."""
    with transaction.atomic():
        locked = _deciding(meeting.scheme)
        check_meeting(locked, Meeting(scheme=locked, file=meeting.file, **values), upload)
        if upload is not None:
            values = {**values, **_kept(meeting, upload)}
        changed = save_versioned(meeting, values, version=version, by=by, check=_refuse_used)
        _record(changed, by, "更改")
    return changed


def _refuse_used(meeting: Meeting) -> None:
    if is_used(meeting):
        raise Refused("已经有审定意见或待确认事项用了这次会议，不能再改；会议另有补充的，请另登一次。")


def is_used(meeting: Meeting) -> bool:
    """Whether anything was decided, or is to be, in its name."""
    return used_meetings(Meeting.objects.filter(pk=meeting.pk)).get().used


def used_meetings(meetings: QuerySet[Meeting]) -> QuerySet[Meeting]:
    """With `used`: whether anything was decided, or is to be, in the name of each."""
    decided, found, waiting = (
        Exists(model.objects.filter(meeting=OuterRef("pk"))) for model in (Decision, RestrictionCase, Motion)
    )
    return meetings.annotate(used=decided | found | waiting)


def named(scheme: Scheme, meeting: Meeting | None) -> Meeting:
    """The meeting that a decision names, held until the end so that nobody rewrites it: the one given, else
    the latest. Raises Refused.
    """
    chosen = meeting or latest_meeting(scheme)
    if chosen is None:
        raise Refused(NO_MEETING)
    held = hold(Meeting.objects.filter(pk=chosen.pk, scheme=scheme))
    if not held:
        raise Refused("所选会议不是本年度的会议，请重新选择。")
    return held[0]


def check_ballot(meeting: Meeting, ballot: Ballot, *, counted: bool) -> None:
    """Refuses votes that do not add up; `counted` says that without a vote nothing is decided."""
    if ballot.votes_for is None:
        if counted or any(ballot[1:]):
            sentence = "请填写同意票数。" if counted else "填写表决票数时，请填写同意票数。"
            raise Refused({"votes_for": sentence})
        return
    votes = sum(vote or 0 for vote in ballot)
    if votes > meeting.present:
        raise Refused(
            {"votes_for": f"三项票数合计 {votes} 票，多于这次会议实到的 {meeting.present} 人，请核对。"}
        )
    if ballot.votes_for <= (ballot.votes_against or 0):
        raise Refused({"votes_for": "同意票数应多于不同意票数，请核对。"})


def ballot_warning(meeting: Meeting, votes_for: int | None) -> str:
    """Said, and left to the committee: most of those present did not agree."""
    if votes_for is None or 2 * votes_for > meeting.present:
        return ""
    return f"同意 {votes_for} 票，没有超过实到 {meeting.present} 人的半数，请对照评委会议事规则核对。"


def counted_votes(ballot: Ballot) -> dict[str, int | None]:
    """The columns of a vote: once it was counted, what was left empty is no vote."""
    none = None if ballot.votes_for is None else 0
    return {name: none if vote is None else vote for name, vote in ballot._asdict().items()}


def _deciding(scheme: Scheme) -> Scheme:
    locked = hold_scheme(scheme.pk)
    if locked.phase != Phase.SCORING:
        raise Refused(f"方案处于“{locked.get_phase_display()}”阶段，不能登记会议。")
    return locked


def check_meeting(scheme: Scheme | SchemeSpec, meeting: Meeting, upload: CheckedUpload | None = None) -> None:
    """Refuses what cannot be said of a meeting of the year, at the field it is about."""
    first, today = scheme.period_start, timezone.localdate()
    if meeting.held_on > today:
        raise Refused({"held_on": "会议日期晚于今天，会议开过以后再登记。"})
    if not first <= meeting.held_on or meeting.held_on.year > scheme.year + 1:
        span = f"{chinese_date(first)}至{scheme.year + 1}年12月31日之间"
        raise Refused({"held_on": f"{scheme.year}年度的会议日期应在{span}，请核对。"})
    if not 1 <= meeting.present <= meeting.expected:
        raise Refused({"present": f"实到人数应在 1 至应到的 {meeting.expected} 人之间，请核对。"})
    if not (meeting.number or meeting.file or upload):
        raise Refused({"number": "请填写会议纪要文号，或者上传会议纪要文件。"})


def _kept(meeting: Meeting, upload: CheckedUpload) -> dict[str, Any]:
    meeting.file.save(upload.name, ContentFile(upload.content), save=False)
    return {
        "file": meeting.file.name,
        "file_name": upload.name,
        "size": upload.size,
        "digest": upload.sha256,
        "content_type": upload.kind.content_type,
    }


def _record(meeting: Meeting, by: User, act: str) -> None:
    detail = {"办理": act, "会议": str(meeting), "纪要文件摘要": meeting.digest}
    audit.record("meeting", by=by, city=meeting.scheme.city, subject=str(meeting.scheme), detail=detail)
