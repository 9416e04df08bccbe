"""流转: the table of steps and how one is taken, who may write, deadlines, figures, rows each stage owes."""

from .blocking import blockers, missing_in
from .deadlines import due, due_now, grant_extension, is_overdue, shown_deadlines
from .holding import hold_all, hold_assessment, hold_assessments
from .onsite import shut, shut_codes
from .recusal import (
    Writer,
    away,
    conflicts,
    must_recuse,
    recusal,
    returned_items,
    sheet_conflict,
    tie,
    uneditable,
)
from .showing import frozen_sheet, shown_at, with_figures
from .snapshots import city_figures, figures_of, live_figures, scheme_spec
from .stages import open_city_rows, open_county_rows, open_scheme
from .steps import STAGE_OF, STEPS, TURN_OF, Step
from .taking import allowed_steps, take_step, void_signature

__all__ = [
    "STAGE_OF",
    "STEPS",
    "TURN_OF",
    "Step",
    "Writer",
    "allowed_steps",
    "away",
    "blockers",
    "city_figures",
    "conflicts",
    "due",
    "due_now",
    "figures_of",
    "frozen_sheet",
    "grant_extension",
    "hold_all",
    "hold_assessment",
    "hold_assessments",
    "is_overdue",
    "live_figures",
    "missing_in",
    "must_recuse",
    "open_city_rows",
    "open_county_rows",
    "open_scheme",
    "recusal",
    "returned_items",
    "scheme_spec",
    "sheet_conflict",
    "shown_at",
    "shown_deadlines",
    "shut",
    "shut_codes",
    "take_step",
    "tie",
    "uneditable",
    "void_signature",
    "with_figures",
]
