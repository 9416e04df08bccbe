"""A settled or published year in a city, made by the real steps from a few joint sheets."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from fractions import Fraction

from django.utils import timezone

from ratings.committee.settling import accept_computed, settle
from ratings.criteria.spec import BandSpec, CategorySpec, ItemSpec, RestrictionSpec, SchemeSpec
from ratings.criteria.storing import create_scheme
from ratings.criteria.versions import freeze
from ratings.enums import Aggregation, Phase, Stage, Status, Trigger
from ratings.models import (
    Adjustment,
    Assessment,
    Bulletin,
    Decision,
    Item,
    Judge,
    Meeting,
    MetricSnapshot,
    Move,
    RestrictionCase,
    Scheme,
    Score,
)
from ratings.publication.bulletin import BULLETIN
from ratings.sheets.evaluation import evaluate
from schools.models import Region, School

#: Words that must never leave the committee's side.
JUDGE_LABEL, REMARK, ADJUSTMENT_REASON, DECISION_REASON = (
    "评委暗号丁零",
    "评分暗号戊寅",
    "核定暗号己卯",
    "审定暗号庚辰",
)
SECRETS = (JUDGE_LABEL, REMARK, ADJUSTMENT_REASON, DECISION_REASON)


def spec_for(city: Region, year: int) -> SchemeSpec:
    """Three categories: one counted by the system, two judged."""
    return SchemeSpec(
        name=f"{city.name}{year}年度星级评定方案",
        year=year,
        organiser=f"中共{city.name}委组织部",
        city=city.name,
        categories=(CategorySpec("K", "办班"), CategorySpec("L", "教学"), CategorySpec("M", "保障")),
        items=(
            ItemSpec(
                "K1",
                "办班总量",
                Fraction(40),
                "档(办班期数: ≥10→40; ≥5→30; 其他→0)",
                category="K",
                standard="全年办班不少于10期",
            ),
            ItemSpec("L1", "听课", Fraction(30), "分(0—30)", category="L"),
            ItemSpec("M1", "保障", Fraction(30), "分(0—30)", category="M"),
        ),
        bands=(BandSpec(5, "总分≥90"), BandSpec(4, "总分≥80"), BandSpec(3, "总分≥70")),
        restrictions=(
            RestrictionSpec(
                "Y1", "发生责任事故", Trigger.MANUAL.value, effect_text="最高三星", basis="认定材料"
            ),
        ),
        has_county_stage=False,
        aggregation=Aggregation.JOINT.value,
        period_start=datetime.date(year, 1, 1),
        period_end=datetime.date(year, 11, 30),
    )


def open_year(
    city: Region,
    schools: Iterable[School],
    *,
    year: int = 2025,
    scored: bool = True,
    spec: SchemeSpec | None = None,
) -> Scheme:
    """A scheme under review; with `scored` every school has a sheet, the first an adjustment as well."""
    spec = spec or spec_for(city, year)
    scheme = create_scheme(spec, city=city)
    freeze(scheme, reason="启动", spec=spec)
    scheme.phase = Phase.SCORING
    scheme.save(update_fields=["phase"])
    judge = Judge.objects.create(scheme=scheme, label=JUDGE_LABEL)
    items = {item.code: item for item in Item.objects.filter(scheme=scheme)}
    for place, school in enumerate(schools):
        assessment = Assessment.objects.create(scheme=scheme, school=school, status=Status.CITY)
        Move.objects.create(
            assessment=assessment,
            step="submit",
            from_status=Status.DRAFT,
            to_status=Status.CITY,
            at=timezone.now(),
        )
        MetricSnapshot.objects.create(
            assessment=assessment,
            moment=MetricSnapshot.Moment.FINAL,
            values={"办班期数": "9"},
            taken_at=timezone.now(),
        )
        if not scored:
            continue
        for code, points in (("L1", 29 - place % 5 * 3), ("M1", 28)):
            answers = {"答": {"得分": str(points)}}
            Score.objects.create(
                assessment=assessment,
                item=items[code],
                stage=Stage.CITY,
                judge=judge,
                answers=answers,
                remark=REMARK,
            )
        if place == 0:
            values = {"points": 38, "reason": ADJUSTMENT_REASON, "at": timezone.now()}
            Adjustment.objects.create(assessment=assessment, item=items["K1"], stage=Stage.CITY, **values)
    return scheme


def meet(scheme: Scheme, **values) -> Meeting:
    """A meeting of the committee, entered."""
    held = {"held_on": scheme.period_start, "expected": 11, "present": 9, "number": "示评纪〔2026〕3号"}
    return Meeting.objects.create(scheme=scheme, at=timezone.now(), **{**held, **values})


def settled_year(city: Region, schools: Iterable[School], *, year: int = 2025) -> Scheme:
    """The same year settled, with a draft of the bulletin. The second school is restricted, the third decided
    otherwise.
    """
    scheme = open_year(city, schools, year=year)
    meeting = meet(scheme)
    assessments = list(Assessment.objects.filter(scheme=scheme).order_by("pk"))
    if len(assessments) > 1:
        restriction = scheme.restrictions.get()
        RestrictionCase.objects.create(
            assessment=assessments[1],
            restriction=restriction,
            basis="认定书",
            meeting=meeting,
            at=timezone.now(),
        )
    evaluation = evaluate(scheme)
    if len(assessments) > 2:
        computed = evaluation.outcomes[str(assessments[2].pk)].star
        Decision.objects.create(
            assessment=assessments[2],
            star=3,
            computed=computed,
            reason=DECISION_REASON,
            meeting=meeting,
            at=timezone.now(),
        )
    accept_computed(evaluation, by=None, meeting=meeting)
    settle(evaluation, by=None)
    BULLETIN.draft(scheme, issued_on=datetime.date(year, 12, 28))
    scheme.refresh_from_db()
    return scheme


def published_year(city: Region, schools: Iterable[School], *, year: int = 2025) -> Scheme:
    """The same year made public without rendering its document, which takes seconds."""
    scheme = settled_year(city, schools, year=year)
    scheme.phase, scheme.published_at = (
        Phase.PUBLISHED,
        timezone.make_aware(datetime.datetime(year, 12, 28, 9)),
    )
    scheme.save(update_fields=["phase", "published_at"])
    return scheme


def numbered(scheme: Scheme) -> Bulletin:
    """The draft with everything that issuing asks for."""
    bulletin = scheme.bulletin
    bulletin.number = "示组通〔2025〕12号"
    bulletin.save(update_fields=["number"])
    return bulletin


def follows_on(draft: Scheme) -> Scheme:
    """The draft with a 统计期 that begins where that of the year before ended, so that its check says
    nothing.
    """
    before = Scheme.objects.get(city=draft.city, year=draft.year - 1)
    draft.period_start = before.period_end + datetime.timedelta(days=1)
    draft.save(update_fields=["period_start"])
    return draft
