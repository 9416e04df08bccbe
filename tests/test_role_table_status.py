"""The role table's second half: what opens and what may be written at each status of one's own school."""

import pytest
from django.test import Client
from django.urls import reverse

from ratings.enums import Status
from ratings.judging.sheets import own_rows, shown_sheet
from ratings.models import Adjustment, Assessment, Judge, JudgeSheet, MetricSnapshot, Move, Panel, Score
from ratings.review.agreeing import shown_adjustment
from ratings.workflow import live_figures, open_city_rows, scheme_spec, shown_at, with_figures
from ratings.workflow.showing import FIGURED
from schools.models import Role
from tests.rating_factories import meet
from tests.ratings.county_year import county_scheme

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bare_refusals")]

ALL = set(Status)
SUBMITTED = ALL - {Status.DRAFT, Status.CONFIRMING}
WITH_JUDGES = {Status.CITY, Status.SETTLED}
TAKING_PART = ALL - {Status.DECLINED}
SCHOOL, COUNTY, COMMITTEE = ("filler", "head"), ("county", "county_lead"), ("office", "chair")
#: Roles that open a page about the school, and the statuses at which it exists for them.
READS: dict[str, dict[tuple[str, ...], set[str]]] = {
    "assessment": {SCHOOL: ALL},
    "assessment_item": {SCHOOL: ALL},
    "assessment_sheet": {SCHOOL: ALL},
    "assessment_check": {SCHOOL: ALL},
    "assessment_receipt": {SCHOOL: SUBMITTED},
    "form_self": {SCHOOL: ALL, (*COUNTY, *COMMITTEE): SUBMITTED},
    "review_school": {COUNTY: TAKING_PART},
    "review_confirm": {("county_lead",): {Status.COUNTY}},
    "review_return": {COUNTY: {Status.COUNTY}},
    "review_adjust": {COUNTY: SUBMITTED - {Status.DECLINED}},
    "sheets": {("office",): ALL},
    "progress_school": {COMMITTEE: ALL},
    "city_adjust": {("office",): {Status.CITY}},
    "judging_school": {("judge",): WITH_JUDGES},
    "judging_item": {("judge",): WITH_JUDGES},
    "judging_submit": {("judge",): WITH_JUDGES},
    "judging_panel": {("judge",): WITH_JUDGES},
    "form_sheet": {("judge",): WITH_JUDGES, ("office",): ALL},
    "decide": {COMMITTEE: TAKING_PART},
}
#: Acts by name: who may do them at which status; anybody else, and anybody at another status, changes
#: nothing.
WRITES: dict[str, dict[tuple[str, ...], set[str]]] = {
    "own answer": {SCHOOL: {Status.DRAFT, Status.CONFIRMING, Status.RETURNED}},
    "county answer": {COUNTY: {Status.COUNTY}},
    "judge's answer": {("judge",): {Status.CITY}},
    "send_to_head": {("filler",): {Status.DRAFT}},
    "take_back": {("filler",): {Status.CONFIRMING}},
    "submit": {("head",): {Status.DRAFT, Status.CONFIRMING}},
    "resubmit": {("head",): {Status.RETURNED}},
    "withdraw": {("head",): {Status.COUNTY}},
    "agree": {COUNTY: {Status.COUNTY}},
    "adjust": {COUNTY: {Status.COUNTY}},
    "return": {COUNTY: {Status.COUNTY}},
    "confirm": {("county_lead",): {Status.COUNTY}},
    "judge agrees": {("judge",): {Status.CITY}},
    "judge submits": {("judge",): {Status.CITY}},
    "city adjusts": {("office",): {Status.CITY}},
    "decide": {("chair",): {Status.CITY}},
}


#: Those near another status, or at which hardly anything is open, are left to the deep run.
LEFT_TO_DEEP = {Status.CONFIRMING, Status.DECLINED, Status.LAPSED}
STATUSES = [
    pytest.param(status, marks=pytest.mark.deep) if status in LEFT_TO_DEEP else status for status in Status
]


@pytest.fixture
def people(appoint):
    return {role.value: appoint(role.value) for role in Role}


@pytest.fixture
def assessment(city, school, people) -> Assessment:
    """The school before its county, with a panel of one judge whose rows exist already."""
    found = county_scheme(city, [school], year=2028).assessments.get()
    found.panel = Panel.objects.create(scheme=found.scheme, name="第一组")
    found.panel.judges.add(Judge.objects.create(scheme=found.scheme, label="评委", user=people["judge"]))
    found.status = Status.CITY
    found.save(update_fields=["panel", "status"])
    open_city_rows(found)
    return found


def put(assessment: Assessment, status: str) -> None:
    """As if the school had come there."""
    back = (
        {"returned_to": Status.COUNTY, "return_due": "2028-12-01"}
        if status == Status.RETURNED
        else {"returned_to": "", "return_due": None}
    )
    Assessment.objects.filter(pk=assessment.pk).update(status=status, **back)


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def arguments(assessment: Assessment) -> dict[str, list]:
    """What each address takes."""
    one = [assessment.pk]
    special = {
        "assessment_item": [*one, "L1"],
        "review_adjust": [*one, "K1"],
        "city_adjust": [*one, "K1"],
        "judging_item": [*one, "L1"],
        "form_sheet": [assessment.sheets.get().pk],
        "decide": [assessment.scheme_id, *one],
    }
    return {name: special.get(name, one) for name in READS}


@pytest.mark.parametrize("status", STATUSES)
def test_each_page_opens_to_its_roles_at_its_statuses_only(status, assessment, people):
    put(assessment, status)
    clients = {role: signed_in(user) for role, user in people.items()}
    wrong = []

    for name, args in arguments(assessment).items():
        for role, client in clients.items():
            code = client.get(reverse(f"ratings:{name}", args=args)).status_code
            if (code == 200) != allowed(READS[name], role, status) or code >= 500:
                wrong.append(f"{name} {role}: {code}")

    assert wrong == []


def allowed(rules: dict[tuple[str, ...], set[str]], role: str, status: str) -> bool:
    return any(role in roles and status in statuses for roles, statuses in rules.items())


def acts(assessment: Assessment) -> dict[str, tuple[str, dict]]:
    """Address and data of each act, good enough to go through where it is allowed."""

    def row(stage: str) -> tuple[str, dict]:
        score = assessment.scores.get(stage=stage, item__code="L1")
        data = {
            f"s{score.pk}-version": score.version,
            f"s{score.pk}-answer-得分": "1",
            f"s{score.pk}-remark": "新的",
        }
        return reverse("ratings:answer", args=[score.pk]), data

    def at(name: str, *more) -> str:
        return reverse(f"ratings:{name}", args=[assessment.pk, *more])

    def seen(code: str) -> dict[str, str]:
        """As if the page had just been opened: what is refused is refused for its role and status."""
        shown = shown_at(assessment, code)
        return {"seen": (with_figures(shown, live_figures(assessment)) if code in FIGURED else shown).seen}

    assessment.refresh_from_db()
    sheet, bound = assessment.sheets.get(), scheme_spec(assessment.scheme).bound["K1"]
    snapshot = assessment.snapshots.order_by("taken_at", "id").last()
    figures = {
        "points": "1",
        "reason": "现场核对",
        "seen": shown_adjustment(bound, snapshot, []).seen,
    }
    return {
        "own answer": row("self"),
        "county answer": row("county"),
        "judge's answer": row("city"),
        **{
            code: (at("assessment_step", code), seen(code))
            for code in ("send_to_head", "take_back", "submit", "resubmit", "withdraw")
        },
        "agree": (at("review_agree"), {"act": "both"} | seen("agree")),
        "adjust": (at("review_adjust", "K1"), figures),
        "return": (at("review_return"), {"comment": "请补正", "item-L1": "请核对"} | seen("return_")),
        "confirm": (at("review_confirm"), {"star": "5", "opinion": "同意"} | seen("recommend")),
        "judge agrees": (at("judging_agree"), {}),
        "judge submits": (
            at("judging_submit"),
            {"seen": shown_sheet(sheet, own_rows(sheet).select_related("item")).seen},
        ),
        "city adjusts": (at("city_adjust", "K1"), figures),
        "decide": (
            reverse("ratings:decide", args=[assessment.scheme_id, assessment.pk]),
            {"meeting": meet(assessment.scheme).pk},
        ),
    }


def everything(assessment: Assessment) -> list:
    """All that the acts could change."""
    rows = [Score, Adjustment, Move, JudgeSheet, MetricSnapshot]
    return [sorted(map(str, model.objects.filter(assessment=assessment).values_list())) for model in rows] + [
        list(
            Assessment.objects.filter(pk=assessment.pk).values_list(
                "status", "version", "suggested_star", "county_opinion", "decision"
            )
        )
    ]


@pytest.mark.parametrize("status", STATUSES)
def test_a_forbidden_act_changes_nothing_at_any_status(status, assessment, people):
    put(assessment, status)
    before, wrong = everything(assessment), []
    clients = {role: signed_in(user) for role, user in people.items()}

    for name, (address, data) in acts(assessment).items():
        refused = [role for role in people if not allowed(WRITES[name], role, status)]
        wrong += [
            f"{name} {role}: error"
            for role in refused
            if clients[role].post(address, data).status_code >= 500
        ]
        if everything(assessment) != before:
            wrong.append(f"{name} by one of {refused}")
            before = everything(assessment)

    assert wrong == []


def test_an_allowed_act_does_change_something(assessment, people):
    for name, role, status in (
        ("own answer", "filler", Status.DRAFT),
        ("county answer", "county", Status.COUNTY),
    ):
        put(assessment, status)
        before = everything(assessment)
        address, data = acts(assessment)[name]

        signed_in(people[role]).post(address, data)

        assert everything(assessment) != before, name
