"""Who may take which step from where: written down a second time, from the regulation and not from the table
under test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ratings.enums import Phase, Stage
from ratings.models import Assessment
from ratings.workflow import is_overdue

from .played_year import rows_of

COUNTY_ROLES = ("county", "county_lead")
ROLES = ("filler", "head", *COUNTY_ROLES, "office", "chair")
#: Statuses in which the school has the pen.
WITH_SCHOOL = ("draft", "confirming", "returned")


@dataclass
class Side:
    """What one school's assessment should be like by now."""

    status: str = "draft"
    returned_to: str = ""
    returns: dict[str, int] = field(default_factory=dict)
    asked: bool = False

    def may(self, step: str, role: str, phase: str, row: Assessment) -> bool:
        """Whether the regulation lets this role take this step now."""
        scope, condition = MAY[step]
        # While one school is taken back the year is scored again, and another may follow it.
        wanted = (Phase.SETTLED, Phase.SCORING) if step == "reopen" else (Phase.OPEN, Phase.SCORING)
        return phase in wanted and self.status in scope.get(role, ()) and condition(self, role, row)

    def fitting(self) -> list[tuple[str, str]]:
        """Steps with those who take them, as far as the status goes."""
        return [
            (step, role)
            for step, (scope, _) in MAY.items()
            for role in ROLES
            if self.status in scope.get(role, ())
        ]

    def moved(self, step: str) -> None:
        """The step was taken."""
        source = self.status
        self.status = self.returned_to if step in ("resubmit", "recall") else TARGETS.get(step, source)
        self.returned_to = source if step == "return_" else ""
        if step in ("ask_decline", "refuse_decline", "submit"):  # handing in is an answer of its own
            self.asked = step == "ask_decline"
        if step == "return_":
            self.returns[source] = self.returns.get(source, 0) + 1


def _in_time(side: Side, role: str, row: Assessment) -> bool:
    return not is_overdue(row, Stage.SELF)


def _late(side: Side, role: str, row: Assessment) -> bool:
    return is_overdue(row, Stage.SELF)


def _complete(side: Side, role: str, row: Assessment) -> bool:
    return _in_time(side, role, row) and not rows_of(row, Stage.SELF).filter(answers__isnull=True).exists()


def _untouched(side: Side, role: str, row: Assessment) -> bool:
    return _in_time(side, role, row) and not rows_of(row, Stage.COUNTY).filter(answers__isnull=False).exists()


def _reviewed(side: Side, role: str, row: Assessment) -> bool:
    return not rows_of(row, Stage.COUNTY).filter(answers__isnull=True).exists()


def _first_return(side: Side, role: str, row: Assessment) -> bool:
    return side.returns.get(side.status, 0) < 1


def _late_return_of_their_own(side: Side, role: str, row: Assessment) -> bool:
    return _late(side, role, row) and (role in COUNTY_ROLES) == (side.returned_to == "county")


def _asked(side: Side, role: str, row: Assessment) -> bool:
    return side.asked


def _not_asked(side: Side, role: str, row: Assessment) -> bool:
    return not side.asked


def _closed(side: Side, role: str, row: Assessment) -> bool:
    return row.school.closed_on is not None


def _always(side: Side, role: str, row: Assessment) -> bool:
    return True


Scope = dict[str, tuple[str, ...]]
#: Step → (role → statuses it leads from), and what must hold besides.
MAY: dict[str, tuple[Scope, Callable[[Side, str, Assessment], bool]]] = {
    "send_to_head": ({"filler": ("draft",)}, _complete),
    "submit": ({"head": ("draft", "confirming")}, _complete),
    "take_back": ({"filler": ("confirming",)}, _in_time),
    "withdraw": ({"head": ("county",)}, _untouched),
    "return_": ({"county": ("county",), "county_lead": ("county",), "office": ("city",)}, _first_return),
    "resubmit": ({"head": ("returned",)}, _complete),
    "recall": (dict.fromkeys((*COUNTY_ROLES, "office"), ("returned",)), _late_return_of_their_own),
    "recommend": ({"county_lead": ("county",)}, _reviewed),
    "send_back": ({"office": ("city",)}, _always),
    "lapse": ({"office": WITH_SCHOOL}, _late),
    "ask_decline": ({"head": ("draft",)}, _not_asked),
    "decline": ({"office": ("draft", "confirming")}, _asked),
    "refuse_decline": ({"office": ("draft", "confirming")}, _asked),
    "take_out": ({"office": (*WITH_SCHOOL, "county", "city")}, _closed),
    "reopen": ({"chair": ("settled",)}, _always),
}
TARGETS = {
    "send_to_head": "confirming",
    "submit": "county",
    "take_back": "draft",
    "withdraw": "draft",
    "return_": "returned",
    "recommend": "city",
    "send_back": "county",
    "lapse": "lapsed",
    "decline": "declined",
    "take_out": "declined",
    "reopen": "city",
}
