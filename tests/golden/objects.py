"""What the addresses of the role table take on the demonstration: for each kind of object a few that differ,
under a name each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ratings.enums import Phase, Stage, Status
from ratings.models import (
    Assessment,
    Bulletin,
    Erratum,
    Evidence,
    Item,
    JudgeSheet,
    Meeting,
    Panel,
    Result,
    Scheme,
)
from ratings.workflow import STEPS
from schools.models import (
    AccountChange,
    Appointment,
    Correction,
    GuidanceTeam,
    Handover,
    IssuedPlan,
    JointPartner,
    Liaison,
    Problem,
    Region,
    School,
    TrialLesson,
    User,
    Visit,
)
from schools.registry.kinds import KINDS

#: (name, arguments of the address)
Target = tuple[str, tuple]
DRAFT_KINDS = ("categories", "bands", "restrictions", "metrics")
YEAR, MONTH = 2026, 10


def distinct(rows: Iterable, name: Callable[[Any], str]) -> dict[str, Any]:
    """The first row of each name."""
    found: dict[str, Any] = {}
    for row in rows:
        found.setdefault(name(row), row)
    return found


def seats(city: Region, school: School | None = None) -> dict[str, Assessment]:
    """One assessment for each status of the running year, several of those before the judges, and one of each
    other year.
    """
    rows = (
        Assessment.objects.filter(**({"school": school} if school else {"scheme__city": city}))
        .select_related("school", "scheme")
        .order_by("-scheme__year", "pk")
    )
    return distinct(rows, _state)


def _state(row: Assessment) -> str:
    if row.scheme.phase != Phase.SCORING:
        return f"{row.scheme.year}年 {row.get_status_display()}"
    words = row.get_status_display()
    if row.status == Status.CITY:
        handed = row.sheets.filter(submitted_at__isnull=False).exists()
        begun = row.scores.filter(stage=Stage.CITY, answers__isnull=False).exists()
        words += "·已交表" if handed else "·在评" if begun else "·未评"
    return (
        f"{words}·申请不参评"
        if row.moves.filter(step="ask_decline").exists() and row.status == Status.DRAFT
        else words
    )


def _rule_shapes(items: Iterable[Item]) -> dict[str, Item]:
    """The first item of each shape of rule."""
    return distinct(items, lambda item: f"{item.rule.partition('(')[0][:12]}{'·现场' if item.onsite else ''}")


def targets(city: Region, school: School | None = None) -> dict[str, list[Target]]:
    """By kind, as `tests.test_role_table` names them; for people of a school the rating of that
    school only.
    """
    schools = list(School.objects.filter(city=city).in_order())
    last = next((one for one in reversed(schools) if one.county_id != schools[0].county_id), schools[-1])
    return {
        "": [("", ())],
        **_of_schools([schools[0], last]),
        **_of_schemes(city),
        **_of_assessments(seats(city, school)),
        **_of_results(city, school),
    }


def _keys(rows: Iterable) -> list[Target]:
    return [("", (row.pk,)) for row in rows]


def _of_schools(schools: list[School]) -> dict[str, list[Target]]:
    own, city = schools[0], schools[0].city
    return {
        "school": _keys(schools),
        "registry_list": [("", (own.pk, slug)) for slug in KINDS],
        "registry_record": [
            ("", (own.pk, slug, row.pk)) for slug in KINDS if (row := _first_record(own, slug))
        ],
        "leader": [("", (own.pk, row.pk)) for row in own.leaders.order_by("pk")[:1]],
        "correction": _keys(Correction.objects.filter(school=own)),
        "filler_post": _keys(Appointment.objects.filter(role="filler", school=own).order_by("pk")[:1]),
        "handover": _keys(Handover.objects.filter(school=own)),
        "guarded": _keys(User.objects.guarded().filter(city=city).order_by("pk")[:1]),
        "guarded_post": _keys(Appointment.objects.guarded().filter(city=city).order_by("pk")[:1]),
        "account_change": _keys(AccountChange.objects.filter(account__city=city)),
        "visit": _keys(Visit.objects.filter(school__city=city).order_by("pk")[:1]),
        "problem": _problems(city),
        "liaison_link": _keys(Liaison.objects.filter(school=own)[:1]),
        "team": _keys(GuidanceTeam.objects.filter(city=city)),
        "region": _keys([city, *(school.county for school in schools if school.county)]),
        "plan": [("", (one.pk, YEAR)) for one in schools],
        "month": [("", (one.pk, YEAR, month)) for one in schools for month in (MONTH, MONTH + 1)],
        "own_year": [("", (YEAR,)), ("", (YEAR + 1,))],
        "own_month": [("", (YEAR, MONTH))],
        "class": _keys(own.classes.order_by("pk")[:1]),
        "joint": _keys(JointPartner.objects.filter(school=own)),
        "trial": _keys(TrialLesson.objects.filter(school=own)),
        "issued": _keys(IssuedPlan.objects.filter(city=city)),
    }


def _first_record(school: School, slug: str):
    return KINDS[slug].model._base_manager.filter(school=school).order_by("pk").first()


def _problems(city: Region) -> list[Target]:
    rows = Problem.objects.filter(visit__school__city=city).order_by("pk")
    names = distinct(
        rows, lambda one: "已销号" if one.closed_at else "已上报" if one.reported_at else "未上报"
    )
    return [(name, (one.pk,)) for name, one in names.items()]


def _of_schemes(city: Region) -> dict[str, list[Target]]:
    schemes = distinct(
        Scheme.objects.filter(city=city).order_by("-year"), lambda one: one.get_phase_display()
    )
    every = [(name, (one.pk,)) for name, one in schemes.items()]
    drafts = [one for one in schemes.values() if one.phase == Phase.DRAFTING]
    errata = list(Erratum.objects.filter(scheme__city=city))
    counties = Region.objects.counties().filter(city=city).order_by("pk")
    shapes = {one.pk: _rule_shapes(one.items.order_by("order")) for one in schemes.values()}
    rated = [one for one in schemes.values() if one.phase != Phase.DRAFTING]
    kinds = [(one, kind) for one in drafts for kind in DRAFT_KINDS]
    return {
        **dict.fromkeys(("scheme", "noticed", "settled", "scoring"), every),
        "many": [(name, (*address, "remind")) for name, address in every],
        "scheme_version": [(name, (one.pk, 1)) for name, one in schemes.items()],
        "drafting": _keys(drafts),
        "draft_item": [(name, (one.pk, item.pk)) for one in drafts for name, item in shapes[one.pk].items()],
        "draft_kind": [("", (one.pk, kind)) for one, kind in kinds],
        "draft_row": [("", (one.pk, kind, row.pk)) for one, kind in kinds if (row := _first_row(one, kind))],
        "erratum": _keys(errata),
        "erratum_act": [],
        "erratum_row": [("", (one.pk, *row)) for one in errata for row in _corrected(one.scheme)],
        "checked_item": [
            (name, (one.pk, row.code))
            for one in rated[:1]
            for name, row in _rule_shapes(one.items.order_by("order")).items()
        ],
        "county": [
            (one.get_phase_display(), (one.pk, county.pk)) for one in rated for county in counties[:2]
        ],
        "panel": _keys(Panel.objects.filter(scheme__city=city)),
        "panel_judge": [],
    }


def _first_row(scheme: Scheme, kind: str):
    related = "custom_metrics" if kind == "metrics" else kind
    return getattr(scheme, related).order_by("pk").first()


def _corrected(scheme: Scheme) -> list[tuple[str, Any]]:
    """Section and name of a row that a correction may change."""
    rows = {
        "item": scheme.items.first(),
        "band": scheme.bands.first(),
        "restriction": scheme.restrictions.first(),
    }
    return [(section, row.star if section == "band" else row.code) for section, row in rows.items() if row]


def _of_assessments(rows: dict[str, Assessment]) -> dict[str, list[Target]]:
    whole = [(name, (one.pk,)) for name, one in rows.items()]
    running = [(name, one) for name, one in rows.items() if one.scheme.phase == Phase.SCORING]
    draft = next((one for _, one in running), None)
    asked = [(name, (one.pk, item.code)) for name, one in rows.items() for item in _first_of(one, asked=True)]
    counted = [
        (name, (one.pk, item.code)) for name, one in rows.items() for item in _first_of(one, asked=False)
    ]
    shapes = _rule_shapes(draft.scheme.items.order_by("order")) if draft else {}
    return {
        **dict.fromkeys(("assessment", "reviewed", "seat", "onsite"), whole),
        "item": [
            (f"{name}·{shape}", (one.pk, item.code))
            for name, one in running[:1]
            for shape, item in shapes.items()
        ]
        + asked[1:],
        "step": [
            (name, (one.pk, step))
            for name, one in running
            for step, way in STEPS.items()
            if one.status in way.sources
        ],
        "office_step": [
            (name, (one.pk, step))
            for name, one in running
            for step in ("return_", "recall", "send_back", "lapse", "decline", "refuse_decline")
        ],
        "seat_item": asked,
        "system_item": counted,
        "adjusted": counted,
        "reviewed_item": [(shape, (item.code,)) for shape, item in shapes.items()],
        "deciding": [(name, (one.scheme_id, one.pk)) for name, one in rows.items()],
        "case": [],
        "motion": [],
        "meeting": _meetings(rows.values()),
        "score": [(name, (row.pk,)) for name, one in running for row in one.scores.order_by("pk")[:1]],
        "judge_sheet": [(name, (sheet.pk,)) for name, one in rows.items() for sheet in _sheets(one)],
        "file": _keys(Evidence.objects.filter(assessment__in=rows.values())),
    }


def _meetings(assessments: Iterable[Assessment]) -> list[Target]:
    """Of the years at hand the meetings whose minutes are kept as a file."""
    schemes = {one.scheme_id for one in assessments}
    held = Meeting.objects.filter(scheme__in=schemes).exclude(file="").order_by("pk")
    return [("", (one.scheme_id, one.pk)) for one in held]


def _first_of(assessment: Assessment, *, asked: bool) -> list[Item]:
    """The first item that somebody has to score, or one that the system counts alone."""
    ids = set(assessment.scores.values_list("item", flat=True))
    items = assessment.scheme.items.order_by("order")
    return list(items.filter(pk__in=ids)[:1] if asked else items.exclude(pk__in=ids)[:1])


def _sheets(assessment: Assessment) -> Iterable[JudgeSheet]:
    """The first judge's, and one that is typed in from paper."""
    rows = assessment.sheets.order_by("pk")
    return [*rows[:1], *rows.filter(entered_by__isnull=False)]


def _of_results(city: Region, school: School | None) -> dict[str, list[Target]]:
    rows = (
        Result.objects.filter(**({"school": school} if school else {"scheme__city": city}))
        .select_related("scheme")
        .order_by("-scheme__year", "pk")
    )
    bulletins = Bulletin.objects.filter(scheme__city=city).order_by("-pk")
    return {
        "result": [
            (name, (one.pk,))
            for name, one in distinct(
                rows, lambda one: f"{one.scheme.year}年 {one.get_star_display()}"
            ).items()
        ],
        **dict.fromkeys(("bulletin", "draft"), _keys(bulletins[:1])),
    }
