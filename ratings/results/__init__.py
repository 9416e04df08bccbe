"""From scores and decisions to results: score a whole scheme, decide, settle it, explain it."""

from .comparing import ItemStages, stages_of, total_gap
from .deciding import DECIDABLE, Ballot, accept_all, acceptable, confirm_case, decide, offered_stars, withdraw_case
from .explaining import figures_of, next_star_of, trace_of
from .loading import Evaluation, evaluate
from .readiness import UNDECIDED, Gap, GapKind, decision_of, missing_at, missing_for_settling, open_sheets, proposed
from .settling import NotSettled, accept_computed, settle, settle_scheme

__all__ = [
    "DECIDABLE",
    "UNDECIDED",
    "Ballot",
    "Evaluation",
    "Gap",
    "GapKind",
    "ItemStages",
    "NotSettled",
    "accept_all",
    "accept_computed",
    "acceptable",
    "confirm_case",
    "decide",
    "decision_of",
    "evaluate",
    "figures_of",
    "missing_at",
    "missing_for_settling",
    "next_star_of",
    "offered_stars",
    "open_sheets",
    "proposed",
    "settle",
    "settle_scheme",
    "stages_of",
    "total_gap",
    "trace_of",
    "withdraw_case",
]
