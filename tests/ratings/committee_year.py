"""A year before the committee: two stages, three judges, self-assessments, a restriction with a condition;
nothing decided.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from fractions import Fraction

from django.utils import timezone

from ratings.committee import motions
from ratings.committee.meetings import Ballot
from ratings.criteria.spec import BandSpec, CategorySpec, ItemSpec, RestrictionSpec, SchemeSpec
from ratings.criteria.storing import create_scheme
from ratings.criteria.versions import freeze
from ratings.enums import Aggregation, Phase, Stage, Status, Trigger
from ratings.models import (
    Assessment,
    Item,
    Judge,
    JudgeSheet,
    MetricSnapshot,
    Motion,
    Move,
    Panel,
    Restriction,
    Scheme,
    Score,
)
from schools.models import Region, School, User
from schools.saving import insert_many
from tests.rating_factories import meet

#: What must stay with the judges and the reviewers.
JUDGES = ("评委暗号甲子", "评委暗号乙丑", "评委暗号丙寅")
REMARK = "评分暗号丁卯"
OPINION = "教学扎实，建议评为五星。"
#: Of the nine who came to the meeting.
VOTES = Ballot(7, 1, 1)


def committee_spec(city: Region, year: int) -> SchemeSpec:
    """Full marks with 10 classes and 30 + 30 points; the condition proposes a cap below 5 classes."""
    return SchemeSpec(
        name=f"{city.name}{year}年度星级评定方案",
        year=year,
        organiser=f"中共{city.name}委组织部",
        city=city.name,
        categories=(CategorySpec("K", "办班"), CategorySpec("L", "教学"), CategorySpec("M", "保障")),
        items=(
            ItemSpec("K1", "办班总量", Fraction(40), "档(办班期数: ≥10→40; ≥4→30; 其他→0)", category="K"),
            ItemSpec("L1", "听课", Fraction(30), "分(0—30)", category="L"),
            ItemSpec("M1", "保障", Fraction(30), "分(0—30)", category="M"),
        ),
        bands=(BandSpec(5, "总分≥90"), BandSpec(4, "总分≥80"), BandSpec(3, "总分≥60")),
        restrictions=(
            RestrictionSpec(
                "Y1", "发生责任事故", Trigger.MANUAL.value, effect_text="最高三星", basis="认定材料"
            ),
            RestrictionSpec(
                "Y2",
                "办班偏少",
                Trigger.CONDITION.value,
                effect_text="最高三星",
                condition_text="办班期数<5",
                basis="登记",
            ),
        ),
        has_county_stage=True,
        county_weight=Fraction(0),
        city_weight=Fraction(1),
        aggregation=Aggregation.MEAN.value,
        period_start=datetime.date(year, 1, 1),
        period_end=datetime.date(year, 11, 30),
    )


def committee_year(
    city: Region, schools: Iterable[School], *, by: User, year: int = 2026, classes: str = "12"
) -> Scheme:
    """Every school scored alike at 98 points: 自评 30, 初评 29, judges 28, 29, 30 on L1 and 29 on M1, sheets
    handed in.
    """
    spec = committee_spec(city, year)
    scheme = create_scheme(spec, city=city)
    freeze(scheme, reason="启动", spec=spec)
    scheme.phase = Phase.SCORING
    scheme.save(update_fields=["phase"])
    meet(scheme)
    judges = [Judge.objects.create(scheme=scheme, label=label) for label in JUDGES]
    panel = Panel.objects.create(scheme=scheme, name=f"第一评审组{year}", leader=judges[0])
    panel.judges.set(judges)
    values = {
        "status": Status.CITY,
        "panel": panel,
        "visited": True,
        "suggested_star": 5,
        "county_opinion": OPINION,
    }
    insert_many([Assessment(scheme=scheme, school=school, **values) for school in schools])
    rows = list(Assessment.objects.filter(scheme=scheme))
    now = timezone.now()
    for step, before, after in (
        ("submit", Status.DRAFT, Status.COUNTY),
        ("recommend", Status.COUNTY, Status.CITY),
    ):
        insert_many(
            [Move(assessment=row, step=step, from_status=before, to_status=after, at=now) for row in rows]
        )
    final = MetricSnapshot.Moment.FINAL
    insert_many(
        [
            MetricSnapshot(assessment=row, moment=final, values={"办班期数": classes}, taken_at=now)
            for row in rows
        ]
    )
    insert_many(
        [
            JudgeSheet(assessment=row, judge=judge, submitted_at=now, submitted_by=by)
            for row in rows
            for judge in judges
        ]
    )
    items = {item.code: item for item in Item.objects.filter(scheme=scheme)}
    insert_many([score for row in rows for score in _scores(row, items, judges)])
    return scheme


def recorder(scheme: Scheme) -> User:
    """Somebody of the office, another person than the chair."""
    user, _ = User.objects.get_or_create(username=f"recorder-{scheme.city_id}", defaults={"name": "办公室丁"})
    return user


def confirmed(motion: Motion, *, by: User) -> None:
    """The chair confirms it, whatever is shown."""
    motions.confirm(motion, by=by)


def deviate(row: Assessment, star: int, *, by: User, reason: str = "集体研究", ballot=VOTES) -> None:
    """Another star than the computed one, recorded by the office and confirmed by the chair."""
    motion = motions.propose_star(row, star, by=recorder(row.scheme), reason=reason, ballot=ballot)
    confirmed(motion, by=by)


def found_by_meeting(
    row: Assessment, restriction: Restriction, *, by: User, basis: str, kind: str = Motion.Kind.RESTRICT
) -> None:
    """A restriction that no condition proposes, found (or lifted) by two."""
    values = {"reason": basis, "ballot": Ballot(9, 0, 0), "by": recorder(row.scheme)}
    confirmed(motions.propose_case(row, kind, restriction, **values), by=by)


def set_city(assessment: Assessment, code: str, *points: int) -> None:
    """The judges' points of one item, in their order."""
    scores = Score.objects.filter(assessment=assessment, item__code=code, stage=Stage.CITY).order_by(
        "judge_id"
    )
    for score, value in zip(scores, points, strict=True):
        score.answers = {"答": {"得分": str(value)}}
        score.save(update_fields=["answers"])


def _scores(row: Assessment, items: dict[str, Item], judges: list[Judge]) -> list[Score]:
    def score(code: str, stage: str, points: int, judge: Judge | None = None) -> Score:
        answers = {"答": {"得分": str(points)}}
        return Score(
            assessment=row,
            item=items[code],
            stage=stage,
            judge=judge,
            answers=answers,
            points=points,
            remark=REMARK,
        )

    found = [
        score(code, stage, points)
        for code in ("L1", "M1")
        for stage, points in ((Stage.SELF, 30), (Stage.COUNTY, 29))
    ]
    for judge, points in zip(judges, (28, 29, 30), strict=True):
        found += [score("L1", Stage.CITY, points, judge), score("M1", Stage.CITY, 29, judge)]
    return found
