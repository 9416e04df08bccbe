"""流转: the table of steps, taking one, deadlines, figures and the rows each stage owes."""

from .blocking import Blocker, blockers, missing_in
from .deadlines import due, grant_extension, is_overdue
from .editing import returned_items, seat_of, uneditable
from .snapshots import city_figures, figures_of, live_figures, scheme_spec, take_snapshot
from .stages import NotOpened, open_city_rows, open_county_rows, open_scheme
from .steps import STAGE_OF, STEPS, TURN_OF, Step
from .taking import NotAllowed, allowed_steps, frozen_sheet, take_step, void_signature

__all__ = [
    "STAGE_OF",
    "STEPS",
    "TURN_OF",
    "Blocker",
    "NotAllowed",
    "NotOpened",
    "Step",
    "allowed_steps",
    "blockers",
    "city_figures",
    "due",
    "figures_of",
    "frozen_sheet",
    "grant_extension",
    "is_overdue",
    "live_figures",
    "missing_in",
    "open_city_rows",
    "open_county_rows",
    "open_scheme",
    "returned_items",
    "scheme_spec",
    "seat_of",
    "take_snapshot",
    "take_step",
    "uneditable",
    "void_signature",
]
