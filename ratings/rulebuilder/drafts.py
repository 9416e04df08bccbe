"""What stands in the small forms: plain texts, as people typed them, wrong ones included."""

from __future__ import annotations

from dataclasses import dataclass, field

Values = dict[str, str]

CHECKLIST, GRADED, RATIO, DEDUCT, ADD, LEVELS, JUDGED, TEXT = "checklist", "graded", "ratio", "deduct", "add", "levels", "judged", "text"
#: Kind → its word in the language and what it is for, in the order in which people look for it.
KINDS = {
    CHECKLIST: ("清单", "具备一样，得一样的分"),
    GRADED: ("档", "按数字分档给分"),
    RATIO: ("比", "按完成比例给分"),
    DEDUCT: ("扣", "从满分往下扣"),
    ADD: ("加", "从零往上加，有上限"),
    LEVELS: ("评", "由人评定等次"),
    JUDGED: ("分", "由人在范围内给分"),
}
#: Conditions on records offered for a metric, beside those already written.
LIMITS = 2
#: Beyond this many subjects a 档 is no longer readable as a table.
MOST_SUBJECTS = 6
#: The comparison a fresh line of 档 starts with.
USUAL = "≥"


@dataclass
class Draft:
    """One part. `values` are the single fields, `rows` the lines below them; `subjects` are the metrics that a 档 compares."""

    kind: str
    values: Values = field(default_factory=dict)
    rows: list[Values] = field(default_factory=list)
    subjects: list[Values] = field(default_factory=list)


def empty_draft(kind: str) -> Draft:
    """A fresh part with room for what it usually holds."""
    match kind:
        case "graded":
            return Draft(kind, {"other": "0"}, [{"op0": USUAL} for _ in range(3)], [{}])
        case "levels":
            return Draft(kind, {}, [{"word": word} for word in "ABCD"])
        case "checklist" | "deduct" | "add":
            return Draft(kind, {"floor": "0"} if kind == DEDUCT else {}, [{} for _ in range(3)])
        case _:
            return Draft(kind)


def is_blank(row: Values) -> bool:
    """Nothing typed; a comparison that was merely preselected does not count."""
    return not any(text.strip() for name, text in row.items() if not name.startswith("op"))
