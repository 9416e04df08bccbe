"""Points, totals, star and trace of a school: pure functions on exact fractions, no database."""

from ratings.rules.rounding import round2, show, show_rate

from .advice import Advice, advise, in_words
from .entries import entry_from_json, entry_to_json
from .inputs import Blocked, Entry, Problem, SchoolInput, Sheet
from .items import ItemOutcome
from .outcome import Outcome, score_all, score_school, was_visited
from .stage import (
    REASON_SHARE,
    Owed,
    StageSheet,
    answered_apart,
    asked_part,
    difference,
    exact_points,
    known_points,
    known_system,
    most_of,
    owed_at,
    owed_codes,
    owed_in,
    points_at,
    stage_sheet,
    system_part,
)
from .stars import Verdict
from .totals import Totals

__all__ = [
    "REASON_SHARE",
    "Advice",
    "Blocked",
    "Entry",
    "ItemOutcome",
    "Outcome",
    "Owed",
    "Problem",
    "SchoolInput",
    "Sheet",
    "StageSheet",
    "Totals",
    "Verdict",
    "advise",
    "answered_apart",
    "asked_part",
    "difference",
    "entry_from_json",
    "entry_to_json",
    "exact_points",
    "in_words",
    "known_points",
    "known_system",
    "most_of",
    "owed_at",
    "owed_codes",
    "owed_in",
    "points_at",
    "round2",
    "score_all",
    "score_school",
    "show",
    "show_rate",
    "stage_sheet",
    "system_part",
    "was_visited",
]
