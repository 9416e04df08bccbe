"""Who may write what a stage says of a school, 回避 included: the question every writer asks first.

Whoever guides a school or works for it says nothing of it at 初评 or 评审: types no answer, sets no 核定,
enters and checks no paper sheet, hands nothing in, takes no step of the review. The school's own stage is
not concerned.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.db.models import Case, Exists, Expression, OuterRef, Value, When

from ratings.enums import Aggregation, Phase, Stage, Status
from ratings.models import Assessment, Division, Judge, JudgeSheet, ReturnedItem, Score
from schools.models import Appointment, Liaison, School, User
from schools.models.people import Role
from schools.models.scope import SCHOOL_ROLES

from .deadlines import day_words, due, is_overdue
from .onsite import shut
from .steps import STAGE_OF

WRITERS = {
    Stage.SELF: (Role.FILLER, Role.HEAD),
    Stage.COUNTY: (Role.COUNTY, Role.COUNTY_LEAD),
    Stage.CITY: (Role.JUDGE, Role.OFFICE),
}
#: What ties a person to a school today: rows with `user` and `school`, and the words for it.
TIES = (
    (Liaison.objects.current, "挂点联系指导{}"),
    (lambda: Appointment.objects.in_force().filter(role__in=SCHOOL_ROLES), "是{}的工作人员"),
)


def tie(user: Any, school: Any) -> Expression:
    """The words for what ties the one to the other, "" for nothing; either may be a row or an OuterRef."""
    ways = [When(Exists(rows().filter(user=user, school=school)), then=Value(words)) for rows, words in TIES]
    return Case(*ways, default=Value(""))


def away(user: str, city: str) -> Expression:
    """Why the person of this column cannot score any more, "" for whoever can and for who has no account."""
    closed = User.objects.filter(pk=OuterRef(user), is_active=False)
    held = Appointment.objects.in_force().filter(role=Role.JUDGE, user=OuterRef(user), city=OuterRef(city))
    return Case(
        When(**{f"{user}__isnull": True}, then=Value("")),
        When(Exists(closed), then=Value("账号已停用")),
        When(~Exists(held), then=Value("评委任期已结束")),
        default=Value(""),
    )


def must_recuse(user: User, school: School) -> str:
    """The sentence for the person who must recuse at the school, or ""."""
    words = School.objects.filter(pk=school.pk).values_list(tie(user, OuterRef("pk")), flat=True)
    return recusal(words.get(), school)


def recusal(words: str, school: School) -> str:
    """The sentence of `must_recuse`, where the words of the tie were read with the rows."""
    if not words:
        return ""
    return f"您{words.format(school.name)}，应当回避，不能参加对该校的评分；请联系市评委会办公室另行安排。"


def conflicts(judges: Iterable[Judge], schools: Iterable[School]) -> list[str]:
    """One sentence for every judge who may not score one of the schools today; two queries for any number."""
    seated = {judge.user_id: judge.label for judge in judges if judge.user_id}
    named = {school.pk: school.name for school in schools}
    sentences = []
    for rows, words in TIES:
        tied = rows().filter(user__in=seated, school__in=named).values_list("user_id", "school_id")
        sentences += [
            f"{seated[user]}{words.format(named[pk])}，不能评审该校。" for user, pk in sorted(set(tied))
        ]
    return sentences


def uneditable(score: Score, user: User, writer: Writer | None = None) -> str:
    """Why `user` may not write this row now, as a sentence; "" when it may be written.

    Whoever asks about many rows of one school keeps one `writer` for them.
    """
    return (writer or Writer(score.assessment, user)).refusal(score)


class Writer:
    """One person before one school: what its rows have in common is read once for all of them."""

    def __init__(self, assessment: Assessment, user: User, words: str | None = None):
        """`words` are those of the tie, where they were read with the row."""
        self.assessment, self.user, self.words = assessment, user, words
        self.role = user.identity.role if user.identity else None

    def refusal(self, score: Score) -> str:
        """Role and 回避, then phase, status and deadline, then the rules of the stage."""
        stage, assessment = score.stage, self.assessment
        if self.role not in WRITERS[stage]:
            return f"当前身份不能填写{Stage(stage).label}。"
        if stage != Stage.SELF and self.tied:
            return self.tied
        if assessment.scheme.phase not in (Phase.OPEN, Phase.SCORING):
            return f"方案处于“{assessment.scheme.get_phase_display()}”阶段，不能再填写。"
        if STAGE_OF.get(assessment.status) != stage:
            return f"申报处于“{assessment.get_status_display()}”，{Stage(stage).label}不能再填写。"
        if is_overdue(assessment, stage):
            last = day_words(due(assessment, stage))
            return (
                f"{Stage(stage).label}已于 {last} 24 时截止，所填内容没有保存；如需延期请联系市评委会办公室。"
            )
        return {Stage.SELF: self._self, Stage.COUNTY: self._county, Stage.CITY: self._city}[stage](score)

    @cached_property
    def tied(self) -> str:
        school = self.assessment.school
        return must_recuse(self.user, school) if self.words is None else recusal(self.words, school)

    def _self(self, score: Score) -> str:
        status = self.assessment.status
        if status == Status.CONFIRMING and self.role == Role.FILLER:
            return "已交负责人确认，如需修改请先取回。"
        if status == Status.RETURNED and score.item_id not in self._returned:
            return "退回补正时只能修改所列小项。"
        return ""

    @cached_property
    def _returned(self) -> dict[int, str]:
        return returned_items(self.assessment)

    def _county(self, score: Score) -> str:
        other = self._others.get(score.item.category_id) if self.role == Role.COUNTY else None
        return f"本大项由 {other} 初评。" if other else ""

    @cached_property
    def _others(self) -> dict[int, User]:
        """By category, the colleague who scores it."""
        scheme, county = self.assessment.scheme_id, self.assessment.school.county_id
        rows = Division.objects.in_force().filter(category__scheme=scheme, county=county)
        return {
            division.category_id: division.user
            for division in rows.exclude(user=self.user).select_related("user")
        }

    def _city(self, score: Score) -> str:
        """Whose sheet it is, then whether the item is open at all; a sheet as a whole has no item."""
        return self._not_theirs(score) or shut(
            self.assessment, onsite=score.item_id is not None and score.item.onsite
        )

    def _not_theirs(self, score: Score) -> str:
        sheet = self._sheets.get(score.judge_id)
        if sheet is None:
            return "本校没有分给这位评委。"
        if sheet.submitted_at:
            return "评分表已提交，不能再修改；如确需修改，请市评委会办公室退回。"
        if self.role == Role.OFFICE:
            own = sheet.entered_by_id == self.user.pk
            return sheet_conflict(sheet, self.assessment) if own else "只有登记代录的人可以录入这份评分表。"
        if sheet.entered_by_id:
            return "这份评分表由办公室按签字原件代录。"
        return "" if self._seat == score.judge_id else "只能填写本人的评分表。"

    @cached_property
    def _sheets(self) -> dict[int | None, JudgeSheet]:
        return {sheet.judge_id: sheet for sheet in self.assessment.sheets.select_related("judge")}

    @cached_property
    def _seat(self) -> int | str | None:
        """The judge's id of the sheet this person keeps; None stands for the agreed sheet, "" for no seat.

        Who took over the sheet of one school sits there without belonging to the panel.
        """
        if self.assessment.scheme.aggregation != Aggregation.JOINT:
            return next((key for key, one in self._sheets.items() if one.judge.user_id == self.user.pk), "")
        leader = self.assessment.panel and self.assessment.panel.leader
        return None if leader and leader.user_id == self.user.pk else ""


def sheet_conflict(sheet: JudgeSheet, assessment: Assessment) -> str:
    """Why nobody enters or checks this sheet: who signed it, of an agreed one the leader, must recuse."""
    judge = sheet.judge or (assessment.panel.leader if assessment.panel else None)
    return next(iter(conflicts([judge], [assessment.school])), "") if judge else ""


def returned_items(assessment: Assessment, key: str = "item_id") -> dict[Any, str]:
    """What the last return, or correction of the criteria, asks for: comment by item id or another `key`."""
    last = assessment.moves.filter(to_status=Status.RETURNED).order_by("-id").values("pk")[:1]
    return dict(ReturnedItem.objects.filter(move=last).values_list(key, "comment"))
