"""同意初评: one click copies what the stage before said of every item not scored yet."""

from __future__ import annotations

from django.db import transaction

from ratings.criteria.spec import SchemeSpec
from ratings.enums import Stage
from ratings.models import JudgeSheet, Score
from ratings.review.agreeing import agreed_entry
from ratings.scoring import Entry, entry_from_json, owed_at, owed_codes
from ratings.sheets.answering import take_over
from ratings.workflow import scheme_spec
from schools.models import User
from schools.saving import Refused

from .sheets import locked_sheet, own_rows, refuse_writing


def earlier_stage(has_county_stage: bool) -> str:
    """Whose answers a judge may take over: 初评, or 自评 where the scheme has no county stage."""
    return Stage.COUNTY if has_county_stage else Stage.SELF


def agree(sheet: JudgeSheet, *, by: User) -> int:
    """Fill the empty rows of the sheet with the answers of the stage before; returns how many.

    What the judge has scored already stays as it is. An item that the stage before did not answer whole
    (核定要素 at 自评) stays empty for the judge. Raises Refused where the sheet may not be written.
    """
    with transaction.atomic():
        locked = locked_sheet(sheet.pk)
        refuse_writing(locked, by)
        scheme = locked.assessment.scheme
        spec = scheme_spec(scheme)
        said = _earlier(locked, spec, scheme.has_county_stage)
        rows = [
            row
            for row in own_rows(locked).filter(answers__isnull=True).select_related("item")
            if row.item.code in said
        ]
        take_over(locked.assessment, rows, said, by=by)
    if not rows:
        raise Refused("没有可以沿用的项目：各项都已评分，或须由评委核定。")
    return len(rows)


def _earlier(sheet: JudgeSheet, spec: SchemeSpec, has_county_stage: bool) -> dict[str, Entry]:
    """What the stage before said, by code, of the items that may be taken over whole."""
    rows = Score.objects.filter(
        assessment=sheet.assessment, stage=earlier_stage(has_county_stage), answers__isnull=False
    )
    stored = dict(rows.values_list("item__code", "answers"))
    found = {}
    for code in owed_codes(spec, Stage.CITY, visited=sheet.assessment.visited):
        entry = entry_from_json(stored[code]) if code in stored else None
        if not has_county_stage:
            entry = agreed_entry(spec.bound[code], entry, all_present=False)
        if entry is not None and owed_at(spec.bound[code], entry, Stage.CITY) is None:
            found[code] = entry
    return found
