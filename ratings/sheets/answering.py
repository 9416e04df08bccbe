"""作答: how a person's answers reach a Score row at any stage, typed or taken over from the stage before.

Elsewhere rows are written only where nobody answers: criteria that were corrected (errata.signing), years
read from workbooks (offline.storing), the demonstration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.utils import timezone

from ratings.criteria.spec import BoundItem, SchemeSpec
from ratings.enums import Confirmation, Stage, Status
from ratings.models import Assessment, JudgeSheet, Score
from ratings.rules import Answer, AnswerError, clean_answer
from ratings.rules.rounding import rounded
from ratings.scoring import Blocked, Entry, asked_part, entry_to_json
from ratings.workflow import (
    Writer,
    figures_of,
    hold_assessment,
    hold_assessments,
    live_figures,
    scheme_spec,
    uneditable,
    void_signature,
)
from schools.metrics import figures
from schools.models import Role, School, User
from schools.models.scope import COUNTY_ROLES, NOTHING, SCHOOL_ROLES
from schools.saving import stale_sentence
from schools.workbooks import clean_text
from schools.workbooks.printable import Unprintable, fitted, replacements_noted

SAVED, CONFLICT, INVALID, REFUSED = "saved", "conflict", "invalid", "refused"
#: What a ticked box posts.
YES = "是"
#: A box that is not ticked means no and an empty count none; other questions stay open.
EMPTY_MEANS = {"tick": "否", "count": "0"}
REMARK_LIMIT = 500
#: The key of `errors` under which a sentence about the remark stands; no answer can be called so.
REMARK = "说明"
#: While an assessment is in these states its figures follow the school's records.
LIVE = (Status.DRAFT, Status.CONFIRMING, Status.RETURNED)
#: Of the column that keeps the asked part.
DECIMALS = 4


@dataclass(frozen=True)
class Saved:
    """What became of one save. Unless `state` is "saved" the row is as it was before.

    `errors` are sentences by asked name, `sentence` says in words what happened. `score` carries what is
    stored now, its version included.
    """

    score: Score
    spec: SchemeSpec
    state: str
    sentence: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def bound(self) -> BoundItem:
        return self.spec.bound[self.score.item.code]


class RowGone(Score.DoesNotExist, Http404):
    """The row is no longer owed: the school withdrew, or the judge left the panel. Pages answer that it is
    not found.
    """


class Posted(NamedTuple):
    """One row as it was typed: raw texts by asked name, a missing one is empty; a remark of None leaves the
    stored one alone.

    `declared` says that empty boxes are an answer; `complete` is False where a form did not hold the row at
    all.
    """

    version: int
    answers: Mapping[str, str]
    remark: str | None = None
    na: bool = False
    declared: bool = False
    complete: bool = True

    @property
    def answers_something(self) -> bool:
        """Whether the questions were answered; empty boxes answer nothing unless that is declared, and a
        remark alone is no answer.
        """
        return self.declared or self.na or any(self.answers.values())

    @property
    def says_something(self) -> bool:
        """Whether anything at all was filled in."""
        return self.answers_something or bool((self.remark or "").strip())


def writable_scores(user: User) -> QuerySet[Score]:
    """Rows that the identity may have to do with as a writer; whether it may write now is asked
    while saving.
    """
    return Score.objects.filter(_writing_scope(user))


def _writing_scope(user: User) -> Q:
    identity = user.identity
    if identity is None:
        return NOTHING
    if identity.role in SCHOOL_ROLES:
        return Q(stage=Stage.SELF, assessment__school=identity.school_id)
    if identity.role in COUNTY_ROLES:
        return Q(stage=Stage.COUNTY, assessment__school__county=identity.county_id)
    if identity.role == Role.JUDGE:
        agreed = Q(judge__isnull=True, assessment__panel__leader__user=user)
        return Q(stage=Stage.CITY) & (Q(judge__user=user) | agreed)
    if identity.role == Role.OFFICE:
        # The very sheets being entered: sheets of other judges at the same school stay unseen.
        entered = JudgeSheet.objects.filter(entered_by=user, assessment=OuterRef("assessment"))
        own = Exists(entered.filter(judge=OuterRef("judge"))) | Q(
            Exists(entered.filter(judge__isnull=True)), judge__isnull=True
        )
        return Q(own, stage=Stage.CITY, assessment__scheme__city=identity.city_id)
    return NOTHING


def save(
    score_pk: int,
    *,
    by: User,
    version: int,
    posted: Mapping[str, str],
    remark: str | None = None,
    na: bool = False,
    declared: bool = False,
) -> Saved:
    """Store the answers of one row, or say why not.

    The assessment is locked, so that no change of status slips in between. A save that repeats what is stored
    already succeeds whatever its version: the answer to an earlier, identical save may have been lost on the
    way. Raises RowGone where the row was taken away while it was being typed.
    """
    row = Posted(version, posted, remark, na, declared)
    with transaction.atomic():
        held = hold_assessments(Assessment.objects.filter(scores=score_pk))
        saved = _write(held[0], {score_pk: row}, by) if held else []
        if not saved:
            raise RowGone
    return saved[0]


def save_rows(assessment_pk: int, rows: Mapping[int, Posted], *, by: User) -> list[Saved]:
    """Store many rows of one assessment in one transaction; each is judged by itself, as `save` would. Keys
    are ids of scores.
    """
    with transaction.atomic():
        return _write(hold_assessment(assessment_pk), rows, by)


def _write(assessment: Assessment, rows: Mapping[int, Posted], by: User) -> list[Saved]:
    writing = _Writing(assessment, by)
    saved = [writing.write(score, rows[score.pk]) for score in writing.scores(rows)]
    writing.store()
    return saved


def take_over(
    assessment: Assessment, rows: Iterable[Score], entries: Mapping[str, Entry], *, by: User
) -> None:
    """Put what another stage said, by item code, into rows of the locked assessment.

    The caller has asked `uneditable`.
    """
    writing = _Writing(assessment, by)
    for score in rows:
        writing.set(score, entries[score.item.code], score.remark)
    writing.store()


def read_posted(score: Score, bound: BoundItem, posted: Posted) -> tuple[Entry | None, dict[str, str]]:
    """What a row's form answers. A row that was never answered stays open while nothing in it is: no reviewer
    gave 0 by writing a remark.
    """
    if score.answers is None and not posted.answers_something:
        return None, {}
    return read_entry(bound, score.stage, posted.answers, na=posted.na)


class _Writing:
    """One locked assessment while its rows are being written: criteria and figures are read once, rows stored
    together.
    """

    def __init__(self, assessment: Assessment, by: User):
        self.assessment, self.by = assessment, by
        self.spec = scheme_spec(assessment.scheme)
        self.writer = Writer(assessment, by)
        self.changed: list[Score] = []

    def scores(self, keys: Iterable[int]) -> list[Score]:
        """The rows with the locked assessment in them."""
        found = list(
            self.assessment.scores.filter(pk__in=list(keys)).select_related("item", "judge", "updated_by")
        )
        for score in found:
            score.assessment = self.assessment
        return found

    def write(self, score: Score, posted: Posted) -> Saved:
        """Judge one row and set its new values; `store` writes them."""
        refusal = uneditable(score, self.by, self.writer)
        if refusal:
            return Saved(score, self.spec, REFUSED, refusal)
        bound = self.spec.bound[score.item.code]
        entry, errors = read_posted(score, bound, posted)
        posted, replaced = _fit(posted, errors)
        unchanged = not errors and not differs(score, entry, posted.remark)
        if score.version != posted.version and not unchanged:
            return Saved(score, self.spec, CONFLICT, stale_sentence(score), errors)
        if errors:
            return Saved(score, self.spec, INVALID, "填写有误，没有保存。", errors)
        if not unchanged:
            self.set(score, entry, _remark(score, posted.remark))
        return Saved(score, self.spec, SAVED, replaced)

    def set(self, score: Score, entry: Entry | None, remark: str) -> None:
        """The new values of one row; `store` writes them."""
        bound = self.spec.bound[score.item.code]
        score.answers = _as_stored(entry)
        score.points = (
            asked_points(self.spec, bound, entry, score.stage, self._values(bound)) if entry else None
        )
        score.remark = remark
        score.version += 1
        score.updated_by, score.updated_at = self.by, timezone.now()
        self.changed.append(score)

    def store(self) -> None:
        """Store what was set. A signature covers what was signed: changed answers void it."""
        if not self.changed:
            return
        Score.objects.bulk_update(
            self.changed, ["answers", "points", "remark", "version", "updated_by", "updated_at"]
        )
        if self.changed[0].stage == Stage.SELF and self.assessment.scheme.confirmation == Confirmation.SIGNED:
            void_signature(self.assessment)

    def _values(self, bound: BoundItem) -> Mapping[str, Fraction | None]:
        """The figures the asked parts read: none for most items, and then no query either."""
        return self._figures if _asked_references(bound) else {}

    @cached_property
    def _figures(self) -> Mapping[str, Fraction | None]:
        """Every figure that any asked part of the scheme reads, while records still count; afterwards those
        of the snapshot.
        """
        if self.assessment.status not in LIVE:
            return figures_of(self.assessment)
        wanted = set().union(*map(_asked_references, self.spec.bound.values()))
        if any(metric.label in wanted for metric in self.spec.custom_metrics):
            found = live_figures(self.assessment, self.spec)
        else:
            school = self.assessment.school_id
            found = figures(
                sorted(wanted),
                schools=School.objects.filter(pk=school),
                year=self.spec.year,
                start=self.spec.period_start,
                end=self.spec.period_end,
            )[school]
        return {name: figure.value for name, figure in found.items()}


def _asked_references(bound: BoundItem) -> set[str]:
    return {reference for index in bound.asked_parts for reference in bound.part_references[index]}


def differs(score: Score, entry: Entry | None, remark: str | None) -> bool:
    """Whether the row as stored would become another one."""
    return (_as_stored(entry), _remark(score, remark)) != (score.answers, score.remark)


def _fit(posted: Posted, errors: dict[str, str]) -> tuple[Posted, str]:
    """The row with a remark that can be printed, and what was replaced in it; what cannot be goes to the
    errors.
    """
    if posted.remark is None:
        return posted, ""
    try:
        with replacements_noted() as replaced:
            remark = clean_text(fitted(posted.remark, REMARK))
    except Unprintable as refused:
        errors[REMARK] = str(refused)
        return posted, ""
    if len(remark) > REMARK_LIMIT:
        errors[REMARK] = f"说明共 {len(remark)} 字，最多 {REMARK_LIMIT} 字"
    return posted._replace(remark=remark), "".join(replaced)


def _as_stored(entry: Entry | None) -> dict | None:
    return entry_to_json(entry) if entry else None


def _remark(score: Score, typed: str | None) -> str:
    return score.remark if typed is None else clean_text(typed)


def read_entry(
    bound: BoundItem, stage: str, posted: Mapping[str, str], *, na: bool = False
) -> tuple[Entry | None, dict[str, str]]:
    """Raw texts as an entry, with a sentence for each that does not fit. None while nothing was answered yet.

    An empty level or number is simply not there yet.
    """
    if na and not bound.item.may_be_na:
        return None, {bound.item.code: "本项不能选“不适用”"}
    if na:
        return Entry(not_applicable=True), {}
    answers: dict[str, Answer] = {}
    errors: dict[str, str] = {}
    excluded = bound.excluded(stage)
    for question in bound.asked:
        raw = posted.get(question.name, "").strip() or EMPTY_MEANS.get(question.kind, "")
        if raw and question.name not in excluded:
            try:
                answers[question.name] = clean_answer(question, raw)
            except AnswerError as error:
                errors[question.name] = error.message
    return (Entry(answers=answers) if answers else None), errors


def asked_points(
    spec: SchemeSpec, bound: BoundItem, entry: Entry, stage: str, values: Mapping[str, Fraction | None]
) -> Decimal | None:
    """Points of the asked part as the column keeps them, for display; None while an answer or a figure is
    missing.
    """
    if entry.not_applicable:
        return None
    try:
        return rounded(asked_part(spec, bound, values, entry, stage), DECIMALS)
    except Blocked:
        return None
