"""What the system computed at one school, and who has adjusted it."""

from __future__ import annotations

from ratings.criteria.spec import SchemeSpec
from ratings.enums import Stage
from ratings.models import Assessment
from ratings.sheets import Line, load_sheets


def system_lines(assessment: Assessment, spec: SchemeSpec, *, only: str = "") -> list[Line]:
    """Items with a computed part, or the one named, with the 核定 of either stage."""
    (sheet,) = load_sheets(spec, [assessment], reader=Stage.CITY)
    return [line for line in sheet.lines if line.bound.system_parts and only in ("", line.code)]
