"""Who may write the answers of a stage at this moment: the question every saving asks first."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists
from django.utils import timezone

from ratings.enums import Aggregation, Phase, Stage, Status
from ratings.models import Assessment, Division, Judge, JudgeSheet, ReturnedItem, Score
from schools.models import Liaison, User
from schools.models.people import Role

from .deadlines import due, is_overdue

WRITERS = {
    Stage.SELF: (Role.FILLER, Role.HEAD),
    Stage.COUNTY: (Role.COUNTY, Role.COUNTY_LEAD),
    Stage.CITY: (Role.JUDGE, Role.OFFICE),
}
OPEN_STATUS = {Stage.SELF: (Status.DRAFT, Status.CONFIRMING, Status.RETURNED), Stage.COUNTY: (Status.COUNTY,), Stage.CITY: (Status.CITY,)}


def uneditable(score: Score, user: User) -> str:
    """Why `user` may not write this row now, as a sentence; "" when it may be written."""
    assessment, stage = score.assessment, score.stage
    role = user.identity.role if user.identity else None
    if role not in WRITERS[stage]:
        return f"当前身份不能填写{Stage(stage).label}。"
    if assessment.scheme.phase not in (Phase.OPEN, Phase.SCORING):
        return f"方案处于“{assessment.scheme.get_phase_display()}”阶段，不能再填写。"
    if assessment.status not in OPEN_STATUS[stage]:
        return f"申报处于“{assessment.get_status_display()}”，{Stage(stage).label}不能再填写。"
    if is_overdue(assessment, stage):
        last = timezone.localtime(due(assessment, stage))
        return f"{Stage(stage).label}已于 {last:%Y年%m月%d日} 24 时截止，所填内容没有保存；如需延期请联系市评委会办公室。"
    return _OWN_RULES[stage](score, user, role)


def _self(score: Score, user: User, role: str) -> str:
    status = score.assessment.status
    if status == Status.CONFIRMING and role == Role.FILLER:
        return "已交负责人确认，如需修改请先取回。"
    if status == Status.RETURNED and score.item_id not in returned_items(score.assessment):
        return "退回补正时只能修改所列小项。"
    return ""


def returned_items(assessment: Assessment, key: str = "item_id") -> dict[Any, str]:
    """What the last return, or the last correction of the criteria, asks for: comment by item id, or by another `key` of the row."""
    last = assessment.moves.filter(to_status=Status.RETURNED).order_by("-id").values("pk")[:1]
    return dict(ReturnedItem.objects.filter(move=last).values_list(key, "comment"))


def _county(score: Score, user: User, role: str) -> str:
    category = score.item.category_id
    division = Division.objects.in_force().filter(category=category, county=score.assessment.school.county_id).exclude(user=user)
    other = division.select_related("user").first() if category and role == Role.COUNTY else None
    return f"本大项由 {other.user} 初评。" if other else ""


def _city(score: Score, user: User, role: str) -> str:
    sheet = JudgeSheet.objects.filter(assessment=score.assessment, judge=score.judge_id).first()
    if sheet is None:
        return "本校没有分给这位评委。"
    if sheet.submitted_at:
        return "评分表已提交，不能再修改；如确需修改，请市评委会办公室退回。"
    if role == Role.OFFICE:
        return "" if sheet.entered_by_id == user.pk else "只有登记代录的人可以录入这份评分表。"
    if sheet.entered_by_id:
        return "这份评分表由办公室按签字原件代录。"
    return "" if seat_of(score.assessment, user) == score.judge_id else "只能填写本人的评分表。"


def seat_of(assessment: Assessment, user: User) -> int | str | None:
    """The judge id whose sheet `user` writes at this school; None stands for the agreed sheet, "" for no seat at all.

    Whoever guides the school has no seat there, however the panel came to have it.
    """
    if assessment.panel_id is None:
        return ""
    guides = Liaison.objects.current().filter(user=user, school=assessment.school_id)
    judge = Judge.objects.filter(~Exists(guides), panels=assessment.panel_id, user=user).first()
    if judge is None:
        return ""
    if assessment.scheme.aggregation == Aggregation.JOINT:
        return None if assessment.panel.leader_id == judge.pk else ""
    return judge.pk


_OWN_RULES = {Stage.SELF: _self, Stage.COUNTY: _county, Stage.CITY: _city}
