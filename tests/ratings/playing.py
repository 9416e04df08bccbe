"""One random year in play: acts that are done if and only if the regulation has them, and what must hold
after each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from copy import deepcopy

from django.db import transaction
from hypothesis.stateful import RuleBasedStateMachine, invariant

from ratings.committee.invariants import violations
from ratings.committee.settling import NotSettled, decide, settle_scheme
from ratings.enums import Phase, Stage, Status
from ratings.judging.sheets import submit_sheet
from ratings.models import Assessment, Decision, JudgeSheet, MetricSnapshot, Move, Result, Scheme, Score
from ratings.sheets.answering import SAVED, save
from ratings.workflow import is_overdue, take_step
from schools.audit import verify
from schools.models import AuditEntry
from schools.saving import Refused

from .played_year import POSTED, PlayedYear, rows_of
from .regulation import Side

FACTS = {"return_": {"items": {"K2": "请补正"}}, "recommend": {"star": 5, "opinion": "同意"}}


class PlayingYear(RuleBasedStateMachine):
    """`world` is set by the test; every example plays in a savepoint of its own. `seen` counts
    what happened.
    """

    world: PlayedYear
    seen: Counter

    def __init__(self):
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.sides = {one.pk: Side() for one in self.world.assessments}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    @invariant()
    def regulation_holds(self) -> None:
        assert violations(Scheme.objects.get(pk=self.world.scheme.pk)) == []
        assert {one.pk: one.status for one in self.world.assessments} == {
            pk: side.status for pk, side in self.sides.items()
        }

    @property
    def phase(self) -> str:
        return Scheme.objects.values_list("phase", flat=True).get(pk=self.world.scheme.pk)

    @property
    def writable(self) -> bool:
        return self.phase in (Phase.OPEN, Phase.SCORING)

    def row(self, number: int) -> Assessment:
        return self.world.assessments[number]

    def side(self, row: Assessment) -> Side:
        return self.sides[row.pk]

    def everything(self) -> dict:
        """All that a refused act must leave alone."""
        return {
            "phase": self.phase,
            "rows": {
                pk: row
                for pk, *row in Assessment.objects.values_list(
                    "pk", "status", "version", "returned_to", "return_due"
                )
            },
            "scores": list(Score.objects.order_by("pk").values_list("pk", "answers", "version", "remark")),
            "sheets": list(JudgeSheet.objects.order_by("pk").values_list("pk", "submitted_at")),
            "decisions": list(Decision.objects.order_by("pk").values_list("assessment", "star", "at")),
            "counts": [model.objects.count() for model in (Move, Result, AuditEntry)],
            "snapshots": list(MetricSnapshot.objects.order_by("pk").values_list("pk", "taken_at")),
        }

    def attempt(self, name: str, act: Callable, refusal: type[Exception], expected: bool | None) -> bool:
        """The act is done if and only if expected (None: either way); a refusal changes nothing. Tells
        whether it was done.
        """
        before = self.everything()
        try:
            act()
        except refusal as refused:
            assert not expected, f"{name}: {refused}"
            assert str(refused)
            assert self.everything() == before
            return False
        assert expected is not False, f"{name} went through"
        self.seen[name] += 1
        return True

    def take(self, row: Assessment, step: str, role: str) -> None:
        side = self.side(row)
        before, expected = side.status, side.may(step, role, self.phase, row)
        by, facts = self.world.person(role, row), FACTS.get(step, {})
        if self.attempt(
            step, lambda: take_step(row, step, by=by, comment="理由", **facts), Refused, expected
        ):
            side.moved(step)
            move = row.moves.latest("id")
            assert (move.step, move.from_status, move.to_status, row.status) == (
                step,
                before,
                side.status,
                side.status,
            )

    def write(self, score: Score, by, expected: bool) -> None:
        """Saved if and only if it may be; anything else leaves the row as it was."""
        expected = expected and self.writable
        before = self.everything()
        saved = save(
            score.pk,
            by=by,
            version=score.version,
            posted=POSTED[score.item.code],
            declared=True,
            remark=f"第{score.version + 1}次",
        )
        assert (saved.state == SAVED) == expected, (saved.state, saved.sentence)
        self.seen[f"{score.stage} {saved.state}"] += 1
        if not expected:
            assert saved.sentence
            assert self.everything() == before

    # What would come next in a year without trouble

    def go_on(self, row: Assessment) -> None:
        acts = {
            "draft": self.hand_in,
            "confirming": self.hand_in,
            "returned": self.mend,
            "county": self.review,
            "city": self.judge,
        }
        acts.get(self.side(row).status, lambda row: None)(row)

    def hand_in(self, row: Assessment) -> None:
        if not is_overdue(row, Stage.SELF):
            for score in rows_of(row, Stage.SELF).filter(answers__isnull=True):
                self.write(score, self.world.person("head", row), True)
        self.take(row, "submit", "head")

    def mend(self, row: Assessment) -> None:
        if is_overdue(row, Stage.SELF):
            self.take(row, "recall", "county" if self.side(row).returned_to == "county" else "office")
        else:
            self.take(row, "resubmit", "head")

    def review(self, row: Assessment) -> None:
        for score in rows_of(row, Stage.COUNTY).filter(answers__isnull=True):
            self.write(score, self.world.person("county", row), True)
        self.take(row, "recommend", "county_lead")

    def judge(self, row: Assessment) -> None:
        for sheet in row.sheets.filter(submitted_at=None).select_related("judge__user"):
            for score in rows_of(row, Stage.CITY, sheet.judge.user).filter(answers__isnull=True):
                self.write(score, sheet.judge.user, True)
            submit_sheet(sheet, by=sheet.judge.user)
        decide(row, by=self.world.people["chair"])

    def settle(self) -> None:
        """Settled if nothing is missing, and not a row changed otherwise."""
        on_the_way = any(
            side.status not in ("city", "settled", "lapsed", "declined") for side in self.sides.values()
        )
        sheets = JudgeSheet.objects.filter(assessment__status=Status.CITY, submitted_at=None).exists()
        undecided = Assessment.objects.filter(status=Status.CITY, decision=None).exists()
        refused = on_the_way or sheets or undecided or self.phase != Phase.SCORING
        act = lambda: settle_scheme(self.world.scheme, by=self.world.people["chair"])  # noqa: E731
        if self.attempt("settle", act, NotSettled, False if refused else None):
            for side in self.sides.values():
                side.status = "settled" if side.status == "city" else side.status

    def try_to_end(self) -> None:
        """There is a way on to a settled year; then everything is put back to where it was."""
        kept = deepcopy(self.sides)
        with transaction.atomic():
            for number in (0, 1):
                self._bring_to_the_end(number)
            if self.phase == Phase.SCORING:
                settle_scheme(self.world.scheme, by=self.world.people["chair"])
                self.seen["end"] += 1
            assert violations(Scheme.objects.get(pk=self.world.scheme.pk)) == []
            assert verify() == []
            transaction.set_rollback(True)
        self.sides = kept
        self.world.scheme.refresh_from_db()

    def _bring_to_the_end(self, number: int) -> None:
        for _ in range(4):
            row = self.row(number)
            status = self.side(row).status
            if status in ("draft", "confirming") and is_overdue(row, Stage.SELF):
                self.take(row, "lapse", "office")
            else:
                self.go_on(row)
            if status == "city":
                return
