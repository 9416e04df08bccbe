"""合议: the agreed sheet is entered by one person; it counts once every member of the panel stands by it.

A member confirms by a click, or signs a page that is uploaded with all the names on it. A confirmation covers
the sheet as it stood: given back or changed, it is owed again. Who must recuse at the school is not asked,
nor who follows a member that had confirmed.
Years that are settled stay as they are.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, OuterRef
from django.utils import timezone

from ratings.enums import Aggregation, Stage, Status
from ratings.models import Assessment, Evidence, JudgeSheet, Scheme, Score, SeatChange, SheetConfirmation
from ratings.workflow import must_recuse, tie
from schools import audit
from schools.models import User
from schools.permissions import may
from schools.saving import Refused, refuse
from schools.uploads import CheckedUpload

from .sheets import digest_of, is_with_the_city, keep_scan, locked_sheet, sheet_digest, shown_now
from .visits import names_in

NAMES_LIMIT = 300


class Standing(NamedTuple):
    """One member before the agreed sheet: when it was confirmed, None while it is owed; whether on paper."""

    judge: int
    label: str
    user: int | None
    at: dt.datetime | None
    on_paper: bool = False


def standings(sheets: Collection[JudgeSheet]) -> Mapping[int, list[Standing]]:
    """By assessment, the members of its panel before its agreed sheet; four queries for any number."""
    held = {sheet.assessment_id: sheet for sheet in sheets}
    digests = _digests(held)
    said = {
        (one.sheet_id, one.judge_id): one
        for one in SheetConfirmation.objects.filter(sheet__in=list(sheets))
        if one.digest == digests[one.sheet_id]
    }
    found: dict[int, list[Standing]] = defaultdict(list)
    before = _predecessors(held)
    for assessment, *member in _members(held):
        sheet = held[assessment]
        own = _standing(sheet, said, *member)
        earlier = (_standing(sheet, said, *one) for one in before[assessment, own.judge])
        found[assessment].append(own if own.at else next((one for one in earlier if one.at), own))
    return found


def _standing(
    sheet: JudgeSheet,
    said: Mapping[tuple[int, int], SheetConfirmation],
    judge: int,
    label: str,
    user: int | None,
) -> Standing:
    one = said.get((sheet.pk, judge))
    typed = sheet.entered_by_id is None and user is not None and sheet.submitted_by_id == user
    at = one.at if one else sheet.submitted_at if typed else None
    return Standing(judge, label, user, at, bool(one and one.page_id))


def _predecessors(assessments: Iterable[int]) -> Mapping[tuple[int, int], list[tuple[int, str, int | None]]]:
    """By assessment and member, whom the member followed in the panel, and whom those had followed."""
    before: dict[tuple[int, int], list[tuple[int, str, int | None]]] = defaultdict(list)
    rows = SeatChange.objects.filter(panel__assessments__in=list(assessments), assessment=None)
    rows = rows.exclude(successor=None).order_by("pk")
    columns = ("panel__assessments", "successor", "judge", "judge__label", "judge__user")
    for assessment, successor, *left in rows.values_list(*columns):
        before[assessment, successor] += [tuple(left), *before[assessment, left[0]]]
    return before


def members_before(sheets: Iterable[JudgeSheet]) -> list[Standing]:
    """The standings of the agreed sheet among those of one school, once it is handed in."""
    agreed = [sheet for sheet in sheets if sheet.judge_id is None and sheet.submitted_at]
    return standings(agreed)[agreed[0].assessment_id] if agreed else []


def members_of(assessment: Assessment) -> tuple[str, ...]:
    """Who has to stand by the agreed sheet of a school, by name."""
    return tuple(label for _, _, label, _ in _members([assessment.pk]))


def _members(assessments: Iterable[int]) -> list[tuple[int, int, str, int | None]]:
    """(assessment, judge, label, account) of every member who need not recuse there."""
    rows = Assessment.objects.filter(pk__in=list(assessments), panel__judges__isnull=False).order_by()
    rows = rows.annotate(
        judge=F("panel__judges__pk"), label=F("panel__judges__label"), member=F("panel__judges__user")
    )
    rows = rows.annotate(tie=tie(OuterRef("member"), OuterRef("school"))).filter(tie="")
    return list(rows.order_by("pk", "judge").values_list("pk", "judge", "label", "member"))


def _digests(sheets: Mapping[int, JudgeSheet]) -> dict[int, str]:
    """By sheet, what it says now."""
    scores = Score.objects.filter(assessment__in=list(sheets), stage=Stage.CITY, judge__isnull=True)
    said = defaultdict(list)
    columns = ("item__code", "answers", "points", "remark")
    for assessment, *row in scores.order_by("item__code").values_list("assessment", *columns):
        said[assessment].append(row)
    return {sheet.pk: digest_of(said[assessment]) for assessment, sheet in sheets.items()}


def unconfirmed(scheme: Scheme, *, only: int | None = None) -> Mapping[int, list[str]]:
    """By assessment (all of the scheme, or one), who has still to confirm the agreed sheet handed in."""
    if scheme.aggregation != Aggregation.JOINT or scheme.imported:
        return {}
    sheets = JudgeSheet.objects.filter(
        assessment__scheme=scheme,
        assessment__status=Status.CITY,
        judge__isnull=True,
        submitted_at__isnull=False,
    )
    found = standings(sheets if only is None else sheets.filter(assessment=only))
    return {key: [one.label for one in members if one.at is None] for key, members in found.items()}


def confirm_agreed(sheet: JudgeSheet, *, by: User, seen: str | None = None) -> None:
    """A member stands by what was on the page that sent `seen`; said twice it stands once."""
    with transaction.atomic():
        locked = _held(sheet, by)
        shown_now(locked).refuse_changed(seen)
        judge = locked.assessment.panel.judges.filter(user=by).first() if may(by, "judge") else None
        if judge is None:
            raise Refused("合议评分表由本组评委确认。")
        if owed := [one for one in standings([locked])[locked.assessment_id] if one.at is None]:
            _enter(locked, [one for one in owed if one.judge == judge.pk], by)


def sign_agreed(sheet: JudgeSheet, *, names: str, upload: CheckedUpload, by: User) -> int:
    """Keep the page that the members have signed; its names are typed, so that nobody is counted who is not
    on it. Returns how many confirmations it brought.
    """
    with transaction.atomic():
        locked = _held(sheet, by)
        refuse("" if may_sign(by, locked) else "签字页由组长或市评委会办公室上传。")
        members = standings([locked])[locked.assessment_id]
        owed = [one for one in members if one.at is None]
        if not owed:
            raise Refused("本组成员都已确认，不用再上传签字页。")
        refuse(*_names_refused(names_in(names), members))
        page = keep_scan(locked, upload, by)
        _enter(locked, owed, by, page=page)
    return len(owed)


def _names_refused(typed: Collection[str], members: Iterable[Standing]) -> Iterator[str]:
    labels = {one.label: one.at for one in members}
    if strangers := [name for name in typed if name not in labels]:
        yield f"本组没有{'、'.join(strangers)}，请写评审组里的姓名。"
    if missing := [label for label, at in labels.items() if at is None and label not in typed]:
        yield f"签字页上还缺{'、'.join(missing)}；全体成员都签字以后再上传。"


def may_sign(user: User, sheet: JudgeSheet) -> bool:
    """The office, and the leader of the panel."""
    leader = sheet.assessment.panel and sheet.assessment.panel.leader
    return may(user, "manage_sheets") or bool(leader and leader.user_id == user.pk and may(user, "judge"))


def _held(sheet: JudgeSheet, by: User) -> JudgeSheet:
    """The agreed sheet, locked; raises Refused where there is nothing to confirm, or the person must
    recuse.
    """
    locked = locked_sheet(sheet.pk)
    refuse(must_recuse(by, locked.assessment.school))
    if locked.judge_id is not None:
        raise Refused("只有合议评分表须由成员确认。")
    if locked.submitted_at is None:
        raise Refused("合议评分表还没有提交，提交以后再确认。")
    if not is_with_the_city(locked):
        raise Refused("本校已审定或不在评审中，不用再确认。")
    return locked


def _enter(sheet: JudgeSheet, members: Iterable[Standing], by: User, page: Evidence | None = None) -> None:
    seal, now = sheet_digest(sheet), timezone.now()
    for one in members:
        SheetConfirmation.objects.update_or_create(
            sheet=sheet, judge_id=one.judge, defaults={"digest": seal, "page": page, "by": by, "at": now}
        )
        detail = {"合议确认": one.label, "摘要": seal} | ({"签字页 SHA-256": page.digest} if page else {})
        subject, city = str(sheet.assessment), sheet.assessment.scheme.city
        audit.record("sheet", by=by, city=city, subject=subject, detail=detail)
