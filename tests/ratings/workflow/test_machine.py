"""Random years: two schools, everybody who acts on them, any step at any time; the rules of the regulation
hold after each.
"""

import datetime as dt
from collections import Counter

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule, run_state_machine_as_test

from ratings.committee.settling import decide
from ratings.enums import Stage, Status
from ratings.judging.sheets import reopen_sheet, submit_sheet
from ratings.models import Assessment, JudgeSheet, Scheme
from ratings.workflow import grant_extension, is_overdue
from ratings.workflow.blocking import CHECKS
from schools.saving import Refused
from tests.ratings.played_year import OWN, play_year, rows_of
from tests.ratings.playing import PlayingYear
from tests.ratings.regulation import MAY, ROLES, WITH_SCHOOL

LONG_AGO = dt.date(2020, 1, 6)
NUMBER, SEAT = st.integers(0, 1), st.integers(0, 2)

#: Where a school may stand when a random year begins: rounds of going on without trouble, then these steps.
ROUNDS = {"county": 1, "returned": 1, "late": 1, "city": 2, "decided": 3}
AFTERWARDS = {
    "asked": [("ask_decline", "head")],
    "confirming": [("send_to_head", "filler")],
    "returned": [("return_", "county")],
    "late": [("return_", "county")],
}
PLACE = st.sampled_from(["empty", "filled", *AFTERWARDS, "county", "city", "decided"])


class Year(PlayingYear):
    """What may happen in a year, in any order."""

    begin: tuple[str, str] | None = None

    @initialize(places=st.tuples(PLACE, PLACE), passed=st.booleans())
    def year_has_come_so_far(self, places: tuple[str, str], passed: bool):
        """Anywhere between nothing filled in and a settled year, or where the test says."""
        places = self.begin or places
        for number, place in enumerate(places):
            self.bring_to(number, place)
        if places == ("decided", "decided"):
            self.settle()
        self.deadline_is_set(passed)

    def bring_to(self, number: int, place: str) -> None:
        if place in ("filled", "confirming"):
            self.world.fill([self.row(number)], Stage.SELF)
        for _ in range(ROUNDS.get(place, 0)):
            self.go_on(self.row(number))
        for step, role in AFTERWARDS.get(place, ()):
            self.take(self.row(number), step, role)
        if place == "late":
            self.let_mending_pass(number)

    def deadline_is_set(self, passed: bool) -> None:
        day = LONG_AGO if passed else timezone.localdate() + dt.timedelta(days=30)
        Scheme.objects.filter(pk=self.world.scheme.pk).update(self_due=day)

    def let_mending_pass(self, number: int) -> None:
        Assessment.objects.filter(pk=self.row(number).pk, status=Status.RETURNED).update(return_due=LONG_AGO)

    @rule(number=NUMBER, step=st.sampled_from(sorted(MAY)), role=st.sampled_from(ROLES))
    def anybody_tries_anything(self, number: int, step: str, role: str):
        self.take(self.row(number), step, role)

    @rule(number=NUMBER, pick=st.integers(0, 11))
    def the_right_person_tries(self, number: int, pick: int):
        row = self.row(number)
        fitting = self.side(row).fitting()
        if fitting:
            self.take(row, *fitting[pick % len(fitting)])

    @rule(number=NUMBER)
    def school_goes_on(self, number: int):
        self.go_on(self.row(number))

    @rule(
        number=NUMBER, role=st.sampled_from(("filler", "head", "county", "office")), code=st.sampled_from(OWN)
    )
    def somebody_answers_for_the_school(self, number: int, role: str, code: str):
        row = self.row(number)
        status = self.side(row).status
        open_to = {
            "draft": ("filler", "head"),
            "confirming": ("head",),
            "returned": ("filler", "head") if code == "K2" else (),
        }
        expected = role in open_to.get(status, ()) and not is_overdue(row, Stage.SELF)
        self.write(rows_of(row, Stage.SELF).get(item__code=code), self.world.person(role, row), expected)

    @rule(number=NUMBER, role=st.sampled_from(("head", "county", "county_lead")))
    def somebody_answers_for_the_county(self, number: int, role: str):
        row = self.row(number)
        score = rows_of(row, Stage.COUNTY).order_by("version", "item__order").first()
        if score is not None:
            self.write(
                score, self.world.person(role, row), role != "head" and self.side(row).status == "county"
            )

    @rule(number=NUMBER, seat=SEAT, own=st.booleans())
    def judge_answers_on_own_or_other_sheet(self, number: int, seat: int, own: bool):
        row, judge = self.row(number), self.world.judges[seat]
        score = rows_of(row, Stage.CITY, judge).order_by("version", "item__order").first()
        if score is not None:
            waiting = JudgeSheet.objects.filter(assessment=row, judge__user=judge, submitted_at=None).exists()
            writer = judge if own else self.world.judges[seat - 1]
            self.write(score, writer, own and waiting and self.side(row).status == "city")

    @rule(number=NUMBER, seat=SEAT)
    def sheet_is_handed_in(self, number: int, seat: int):
        row, judge = self.row(number), self.world.judges[seat]
        sheet = row.sheets.filter(judge__user=judge).first()
        if sheet is not None:
            complete = not rows_of(row, Stage.CITY, judge).filter(answers__isnull=True).exists()
            expected = complete and sheet.submitted_at is None and self.side(row).status == "city"
            self.attempt("hand in", lambda: submit_sheet(sheet, by=judge), Refused, expected)

    @rule(number=NUMBER, seat=SEAT, role=st.sampled_from(("office", "chair")))
    def sheet_is_given_back(self, number: int, seat: int, role: str):
        row, by = self.row(number), self.world.people[role]
        sheet = row.sheets.filter(judge__user=self.world.judges[seat]).first()
        if sheet is not None:
            expected = role == "office" and sheet.submitted_at is not None and self.side(row).status == "city"
            self.attempt(
                "give back", lambda: reopen_sheet(sheet, by=by, reason="漏评一项"), Refused, expected
            )

    @rule(number=NUMBER, star=st.sampled_from((None, 0, 3, 4, 5)))
    def committee_decides(self, number: int, star: int | None):
        row, chair = self.row(number), self.world.people["chair"]
        under_review = self.side(row).status in ("city", "settled") and self.phase == "scoring"
        expected = None if under_review else False
        self.attempt("decide", lambda: decide(row, by=chair, star=star), Refused, expected)

    @rule()
    def chair_settles(self):
        self.settle()

    @rule(passed=st.booleans())
    def deadline_is_moved(self, passed: bool):
        self.deadline_is_set(passed)

    @rule(number=NUMBER)
    def time_for_mending_passes(self, number: int):
        self.let_mending_pass(number)

    @rule(number=NUMBER, days=st.integers(1, 90))
    def school_gets_more_time(self, number: int, days: int):
        row, office = self.row(number), self.world.people["office"]
        day = timezone.localdate() + dt.timedelta(days=days)
        if self.side(row).status in WITH_SCHOOL and self.attempt(
            "extend",
            lambda: grant_extension(row, Stage.SELF, day, by=office, reason="停电"),
            Refused,
            None,
        ):
            assert not is_overdue(self.row(number), Stage.SELF)

    @rule()
    def every_year_can_be_ended(self):
        if any(one.moves.filter(step="submit").exists() for one in self.world.assessments):
            self.try_to_end()


@pytest.fixture
def machine(db, tmp_path) -> type[Year]:
    return type("RandomYear", (Year,), {"world": play_year(tmp_path / "year", schools=2), "seen": Counter()})


def play(
    machine: type[Year], *, years: int, steps: int, phases=(Phase.reuse, Phase.generate, Phase.shrink)
) -> None:
    """A year that fails is shortened but not explained: that would take minutes."""
    chosen = settings(
        max_examples=years,
        stateful_step_count=steps,
        phases=phases,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    run_state_machine_as_test(machine, settings=chosen)


def test_random_years_keep_to_the_regulation(machine):
    play(machine, years=8, steps=20)

    assert machine.seen["submit"]


def test_random_years_notice_when_nothing_is_checked(machine, monkeypatch):
    for step in CHECKS:
        monkeypatch.setitem(CHECKS, step, ())

    with pytest.raises(AssertionError, match="went through"):
        play(machine, years=80, steps=20, phases=[Phase.generate])  # ends with the first year that shows it


@pytest.mark.deep
@pytest.mark.parametrize(
    ("begin", "steps"),
    [
        (("confirming", "confirming"), {"take_back", "submit"}),
        (("asked", "asked"), {"decline"}),
        (("county", "returned"), {"recommend", "resubmit", "return_"}),
        (("late", "late"), {"recall", "lapse", "extend"}),
        (("city", "decided"), {"send_back"}),
        (("decided", "decided"), {"settle", "reopen"}),
    ],
)
def test_many_random_years_keep_to_the_regulation_wherever_they_begin(machine, begin, steps):
    machine.begin = begin

    play(machine, years=40, steps=50)

    assert steps <= set(machine.seen)
