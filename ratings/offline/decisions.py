"""decisions.xlsx: where the committee decided otherwise than the scores say, and the meeting at which it
decided. The workbook may be absent: then the committee followed every computed star, and no meeting is kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils import timezone

from ratings.committee.basis import taken_on
from ratings.committee.meetings import Ballot, check_ballot, check_meeting, counted_votes
from ratings.committee.settling import accept_computed
from ratings.criteria.spec import SchemeSpec
from ratings.documents.official import parse_number
from ratings.enums import Star, Status
from ratings.models import Assessment, Decision, Meeting
from ratings.scoring import Outcome
from ratings.sheets.evaluation import Evaluation
from schools.importing.schools import SchoolRow, check_school
from schools.saving import Refused, insert_many
from schools.workbooks import Column, Problem, Row, read_workbook

DECISIONS = "decisions.xlsx"
#: Stands for every school without a row of its own.
ALL = "全部"
STARS = {star.label: star.value for star in Star}
OF_MEETING = ("会议日期", "应到", "实到", "会议纪要")
VOTES = ("同意", "不同意", "弃权")


@dataclass(frozen=True)
class DecisionRow:
    """What the committee decided of one school. The meeting is not stored yet; None where none is named."""

    school: str
    star: int | None
    reason: str
    meeting: Meeting | None
    ballot: Ballot
    row: Row

    def problems(self, outcome: Outcome) -> Iterator[str]:
        """What a deviation owes and does not have."""
        if self.star is None or outcome.verdict is None or self.star == outcome.star:
            return
        what = f"审定为{Star(self.star).label}，与计算结果{Star(outcome.star).label}不同"
        if not self.reason:
            yield f"{what}，请在“理由”写明依据的事实"
        if self.meeting is None:
            yield f"{what}，须写明会议（会议日期、应到、实到、会议纪要）和表决票数"
        elif self.ballot.votes_for is None:
            yield f"{what}，请在“同意”填写票数"


@dataclass
class Decisions:
    """`meeting` is that of the schools without a row of their own."""

    rows: dict[str, DecisionRow] = field(default_factory=dict)
    meeting: Meeting | None = None

    def problems(self, outcomes: Mapping[str, Outcome], lapsed: Collection[str]) -> Iterator[Problem]:
        """Deviations that nobody could stand by, and schools there is nothing to decide on, at their rows."""
        for school, one in self.rows.items():
            if school in lapsed:
                text = "没有提交自评的党校不作审定，请删去这一行"
                yield Problem(DECISIONS, "", one.row.number, "学校编码", text)
                continue
            for text in one.problems(outcomes[school]):
                yield Problem(DECISIONS, "", one.row.number, "审定星级", text)


def read_decisions(
    path: Path, spec: SchemeSpec, schools: Mapping[str, SchoolRow], warnings: list[str]
) -> Decisions:
    """The rows as far as they are right in themselves; raises WorkbookError with every other row."""
    found = Decisions()
    if not path.is_file():
        return found
    optional = ("审定星级", "理由", *OF_MEETING, *VOTES)
    columns = [Column("学校编码", aliases=("编码",)), *(Column(one, required=False) for one in optional)]
    workbook = read_workbook(path)
    table = workbook.first_sheet.table(columns)
    for row in table:
        one = _read(row, spec)
        if one.school == ALL:
            found.meeting = one.meeting
        elif one.school and one.school not in schools:
            check_school(row, one.school, schools, hint=f"；全部党校的写“{ALL}”")
        elif one.school in found.rows:
            row.problem("学校编码", f"学校“{one.school}”重复")
        found.rows |= {} if one.school == ALL else {one.school: one}
    table.raise_if_any()
    warnings.extend(map(str, [*table.warnings, *workbook.left_out()]))
    return found


def _read(row: Row, spec: SchemeSpec) -> DecisionRow:
    school = row.code("学校编码", required=True)
    star = row.choice("审定星级", STARS, required=school != ALL)
    if star not in (None, Star.NONE.value, *(band.star for band in spec.bands)):
        row.problem("审定星级", f"本方案不设{Star(star).label}")
    ballot = Ballot(*(row.integer(name, lowest=0, highest=999) for name in VOTES))
    meeting = _meeting(row, spec)
    if meeting is not None:
        with _said_at(row):
            check_ballot(meeting, ballot, counted=False)
    return DecisionRow(school, star, row.text("理由", longest=500), meeting, ballot, row)


def _meeting(row: Row, spec: SchemeSpec) -> Meeting | None:
    """The meeting that a row names, whole or not at all."""
    if all(row.get(heading) in (None, "") for heading in OF_MEETING):
        return None
    day, number = row.date("会议日期", required=True), row.text("会议纪要", required=True, longest=40)
    expected, present = (row.integer(name, required=True, lowest=1, highest=999) for name in ("应到", "实到"))
    if None in (day, expected, present) or not number:
        return None
    with _said_at(row):
        number = parse_number(number, name="会议纪要文号")
        named = Meeting(held_on=day, expected=expected, present=present, number=number)
        check_meeting(spec, named)
        return named
    return None


#: Where in the row a refusal of the product's own rules belongs.
PLACES = {"held_on": "会议日期", "present": "实到", "number": "会议纪要", "votes_for": "同意"}


@contextmanager
def _said_at(row: Row) -> Iterator[None]:
    """What is refused inside stands at its cell."""
    try:
        yield
    except Refused as refused:
        said = refused.message_dict if hasattr(refused, "error_dict") else {"number": refused.messages}
        for name, sentences in said.items():
            for sentence in sentences:
                row.problem(PLACES[name], sentence.rstrip("。"))


def store_decisions(evaluation: Evaluation, decisions: Decisions) -> None:
    """What the workbook says of a school, the computed star of every other; nobody is named for it."""
    held = _stored_meetings(evaluation, decisions)
    at, waiting = timezone.now(), Assessment.objects.filter(scheme=evaluation.scheme, status=Status.CITY)
    codes = dict(waiting.values_list("school__code", "pk"))
    rows = [(codes[code], one) for code, one in decisions.rows.items() if code in codes]
    insert_many([_decision(evaluation, pk, one, held.get(_key(one.meeting)), at) for pk, one in rows])
    accept_computed(evaluation, by=None, meeting=held.get(_key(decisions.meeting)))


def _stored_meetings(evaluation: Evaluation, decisions: Decisions) -> dict[Any, Meeting]:
    """Each meeting once, however many rows name it."""
    named = [decisions.meeting, *(one.meeting for one in decisions.rows.values())]
    held: dict[Any, Meeting] = {}
    for meeting in named:
        if meeting is not None and _key(meeting) not in held:
            meeting.scheme, meeting.at = evaluation.scheme, timezone.now()
            meeting.save()
            held[_key(meeting)] = meeting
    return held


def _key(meeting: Meeting | None) -> Any:
    return meeting and (meeting.held_on, meeting.expected, meeting.present, meeting.number)


def _decision(
    evaluation: Evaluation, assessment: int, one: DecisionRow, meeting: Meeting | None, at: datetime
) -> Decision:
    outcome = evaluation.outcomes[str(assessment)]
    reason = one.reason if one.star != outcome.star else ""
    votes = counted_votes(one.ballot)
    taken = {"meeting": meeting, "reason": reason, "at": at, **votes, **taken_on(outcome)}
    return Decision(assessment_id=assessment, star=one.star, **taken)
