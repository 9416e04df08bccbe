"""Points, totals, star and trace of a school: pure functions on exact fractions, no database."""

from ratings.rounding import round2, show, show_rate

from .advice import Advice, advise, in_words
from .entries import entry_from_json, entry_to_json
from .inputs import Blocked, Entry, Problem, SchoolInput, Sheet
from .items import ItemOutcome, asked_part, system_part
from .outcome import Outcome, score_all, score_school, was_visited
from .stars import Verdict
from .totals import Totals

__all__ = [
    "Advice",
    "Blocked",
    "Entry",
    "ItemOutcome",
    "Outcome",
    "Problem",
    "SchoolInput",
    "Sheet",
    "Totals",
    "Verdict",
    "advise",
    "asked_part",
    "entry_from_json",
    "entry_to_json",
    "in_words",
    "round2",
    "score_all",
    "score_school",
    "show",
    "show_rate",
    "system_part",
    "was_visited",
]
