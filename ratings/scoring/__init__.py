"""Points, totals, star and trace of a school: pure functions on exact fractions, no database."""

from ratings.rules.rounding import show, show_rate

from .advice import advise
from .inputs import Blocked, Entry, SchoolInput, Sheet, entry_from_json, entry_to_json
from .items import ItemOutcome
from .outcome import Outcome, score_all, score_school, was_visited
from .stage import (
    REASON_SHARE,
    Owed,
    StageSheet,
    answered_apart,
    asked_part,
    defined_system,
    difference,
    known_points,
    known_system,
    most_of,
    owed_at,
    owed_codes,
    owed_in,
    stage_sheet,
    system_part,
)
from .totals import Totals

__all__ = [
    "REASON_SHARE",
    "Blocked",
    "Entry",
    "ItemOutcome",
    "Outcome",
    "Owed",
    "SchoolInput",
    "Sheet",
    "StageSheet",
    "Totals",
    "advise",
    "answered_apart",
    "asked_part",
    "defined_system",
    "difference",
    "entry_from_json",
    "entry_to_json",
    "known_points",
    "known_system",
    "most_of",
    "owed_at",
    "owed_codes",
    "owed_in",
    "score_all",
    "score_school",
    "show",
    "show_rate",
    "stage_sheet",
    "system_part",
    "was_visited",
]
