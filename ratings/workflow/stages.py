"""Opening a scheme and its stages: the empty score rows that each stage owes."""

from collections.abc import Collection

from django.db import transaction
from django.utils import timezone

from ratings.criteria.checking import check_scheme, errors
from ratings.criteria.spec import SchemeSpec
from ratings.criteria.storing import hold_scheme, read_scheme
from ratings.criteria.versions import freeze
from ratings.enums import Aggregation, Phase, Stage, Status
from ratings.models import Assessment, Item, Judge, JudgeSheet, Move, Scheme, Score
from ratings.scoring import owed_codes
from schools import audit
from schools.models import School
from schools.saving import Refused, insert_many

from .snapshots import scheme_spec


def open_scheme(scheme: Scheme, *, by, proposed_by=None) -> None:
    """编制中 → 申报中: freeze the first version and give every school of the city its assessment and empty
    self rows.

    Raises Refused while the scheme check finds an error. Those take part that are in operation on the last
    day of the 统计期; what changes later is an act of the office.
    """
    with transaction.atomic():
        locked = hold_scheme(scheme.pk)
        if locked.phase != Phase.DRAFTING:
            raise Refused(f"方案处于“{locked.get_phase_display()}”阶段，不能再启动。")
        spec = read_scheme(locked)
        refused = errors(check_scheme(spec))
        if refused:
            raise Refused([str(finding) for finding in refused])
        version = freeze(locked, reason="启动评定", by=by, spec=spec)
        locked.phase = Phase.OPEN
        locked.save(update_fields=["phase"])
        schools = School.objects.filter(city=locked.city).open_on(locked.period_end)
        assessments = enter(locked, schools, spec, by=by, step="open")
        detail = {"学校": len(assessments), "版本": version.digest}
        if proposed_by:
            detail["提议人"] = str(proposed_by)
        audit.record("open", by=by, city=locked.city, subject=str(locked), detail=detail)
    scheme.refresh_from_db()


def enter(
    scheme: Scheme, schools: Collection[School], spec: SchemeSpec, *, by, step: str, comment: str = ""
) -> list[Assessment]:
    """What a school has in a year from its first moment: its assessment with the move and empty self rows."""
    insert_many([Assessment(scheme=scheme, school=school) for school in schools])
    assessments = list(Assessment.objects.filter(scheme=scheme, school__in=schools).select_related("school"))
    for assessment in assessments:
        assessment.scheme = scheme
    move = {"from_status": Status.DRAFT, "to_status": Status.DRAFT, "by": by, "at": timezone.now()}
    insert_many([Move(assessment=row, step=step, comment=comment, **move) for row in assessments])
    items = _items(scheme)
    insert_many([row for assessment in assessments for row in _owed(assessment, spec, Stage.SELF, items)])
    return assessments


def open_self_rows(assessment: Assessment, spec: SchemeSpec) -> None:
    """The rows the school owes; those that are there stay. For criteria that were corrected after opening."""
    _open_rows(assessment, spec, Stage.SELF)


def open_county_rows(assessment: Assessment, spec: SchemeSpec) -> None:
    """The rows 初评 owes at this school; rows of an earlier submission stay."""
    _open_rows(assessment, spec, Stage.COUNTY)


def open_city_rows(
    assessment: Assessment,
    spec: SchemeSpec | None = None,
    *,
    settled: bool = False,
    joining: Collection[Judge] = (),
) -> None:
    """The rows each judge owes (合议: one agreed set) and their sheets.

    A school without sheets gets one of each member of the panel, or of who took over that member's there;
    afterwards only who is `joining` gets one, so that no school is asked again for every seat that changes.
    现场 items are owed only where the school was visited. Called when a school reaches the city and whenever
    its panel or its 走访 changes; a row that somebody already answered is never removed.
    """
    waiting = assessment.status == Status.CITY or (settled and assessment.status == Status.SETTLED)
    if assessment.panel_id is None or not (waiting or joining):
        return
    spec = spec or scheme_spec(assessment.scheme)
    judges = [None] if spec.aggregation == Aggregation.JOINT else _asked(assessment, joining)
    _drop_others(assessment, _open_rows(assessment, spec, Stage.CITY, judges))
    sheets = [JudgeSheet(assessment=assessment, judge=judge) for judge in judges]
    held = set(assessment.sheets.values_list("judge_id", flat=True))
    insert_many([sheet for sheet in sheets if sheet.judge_id not in held])


def _asked(assessment: Assessment, joining: Collection[Judge]) -> list[Judge]:
    seated = list(Judge.objects.filter(sheets__assessment=assessment))
    if not seated and not joining:
        asked = dict.fromkeys(assessment.panel.judges.all())
        changes = assessment.seat_changes.filter(panel=assessment.panel_id)
        for change in changes.select_related("judge", "successor"):
            asked.pop(change.judge, None)
            if change.successor:
                asked[change.successor] = None
        return list(asked)
    return [*seated, *(judge for judge in joining if judge not in seated)]


def _drop_others(assessment: Assessment, owed: list[Score]) -> None:
    """Take away the empty rows of the city that are not owed any more."""
    keep = {(row.item_id, row.judge_id) for row in owed}
    empty = assessment.scores.filter(stage=Stage.CITY, answers__isnull=True)
    rows = empty.values_list("pk", "item_id", "judge_id")
    empty.filter(pk__in=[pk for pk, *owner in rows if tuple(owner) not in keep]).delete()


def _open_rows(assessment: Assessment, spec: SchemeSpec, stage: str, judges=(None,)) -> list[Score]:
    """Everything the stage owes; what was not there yet is added."""
    owed = _owed(assessment, spec, stage, _items(assessment.scheme), judges)
    held = set(assessment.scores.values_list("item_id", "stage", "judge_id"))
    insert_many([row for row in owed if (row.item_id, row.stage, row.judge_id) not in held])
    return owed


def _owed(
    assessment: Assessment, spec: SchemeSpec, stage: str, items: dict[str, int], judges=(None,)
) -> list[Score]:
    codes = owed_codes(spec, stage, visited=assessment.visited)
    return [
        Score(assessment=assessment, item_id=items[code], stage=stage, judge=judge)
        for judge in judges
        for code in codes
    ]


def _items(scheme: Scheme) -> dict[str, int]:
    return dict(Item.objects.filter(scheme=scheme).values_list("code", "pk"))
