"""Many rows of one reviewer in one form: read, save what was changed, show what could not be saved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from ratings.answering import SAVED, Row, Saved, read_entry
from ratings.answering import save_rows as save_of_one
from ratings.criteria.spec import BoundItem
from ratings.forms.answers import AnswersForm, Posted, read_row
from ratings.models import Score
from ratings.scoring import entry_to_json
from schools.models import User
from schools.workbooks import clean_text

Outcome = dict[int, tuple[Saved, Posted]]


def save_rows(data: Mapping[str, str], rows: Iterable[tuple[Score, BoundItem]], *, by: User) -> Outcome:
    """Save every row of the form that differs from what is stored, school by school; by score id, what became of each."""
    typed: dict[int, Posted] = {}
    schools: dict[int, dict[int, Row]] = defaultdict(dict)
    for score, bound in rows:
        posted = read_row(data, score.pk)
        if posted.complete and _says_something(score, bound, posted):
            typed[score.pk] = posted
            schools[score.assessment_id][score.pk] = Row(posted.version, posted.answers, posted.remark, posted.na)
    saved = (one for assessment, changed in schools.items() for one in save_of_one(assessment, changed, by=by))
    return {one.score.pk: (one, typed[one.score.pk]) for one in saved}


def failed(outcome: Outcome) -> list[Saved]:
    """The saves that left their row as it was."""
    return [saved for saved, _ in outcome.values() if saved.state != SAVED]


def row_form(score: Score, bound: BoundItem, outcome: Outcome, *, locked: str = "") -> AnswersForm:
    """The row as the page shows it: stored, or as typed beside what was wrong."""
    saved, posted = outcome.get(score.pk, (None, None))
    return AnswersForm(saved.score if saved else score, bound, locked=locked, posted=posted, saved=saved)


def _says_something(score: Score, bound: BoundItem, posted: Posted) -> bool:
    """An unscored row with nothing ticked and nothing typed is no judgement yet, unless declared to be one."""
    remark = score.remark if posted.remark is None else clean_text(posted.remark)
    if score.answers is None and not (posted.na or posted.declared or any(posted.answers.values())):
        return remark != score.remark
    entry, errors = read_entry(bound, score.stage, posted.answers, na=posted.na)
    return bool(errors) or (entry and entry_to_json(entry)) != score.answers or remark != score.remark
