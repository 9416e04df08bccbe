"""The state diagram of the manual, drawn from the table itself so that the two cannot differ."""

from __future__ import annotations

from ratings.enums import Status

from .steps import FIRST_STAGE, RETURNED_FROM, STEPS

ENTRANCES = (Status.COUNTY, Status.CITY)


def mermaid() -> str:
    """A Mermaid state diagram: one arrow per step and pair of statuses."""
    lines = ["stateDiagram-v2", *(f"    {status.value}: {status.label}" for status in Status), f"    [*] --> {Status.DRAFT.value}"]
    for step in STEPS.values():
        targets = ENTRANCES if step.target in (FIRST_STAGE, RETURNED_FROM) else (step.target,)
        lines += [f"    {source} --> {target}: {step.label}" for source in step.sources for target in targets]
    lines.append(f"    {Status.CITY.value} --> {Status.SETTLED.value}: 审定（全方案一次）")
    return "\n".join(lines)
