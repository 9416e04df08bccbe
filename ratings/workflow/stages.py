"""Opening a scheme and its stages: the empty score rows that each stage owes."""

import datetime as dt

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from ratings.criteria.checking import check_scheme, errors
from ratings.criteria.spec import SchemeSpec
from ratings.criteria.storing import hold_scheme, read_scheme
from ratings.criteria.versions import freeze
from ratings.enums import RUNNING, Aggregation, Phase, Stage, Status
from ratings.models import Assessment, Item, JudgeSheet, Move, Scheme, Score
from ratings.scoring import owed_codes
from schools import audit
from schools.messages.inbox import notify
from schools.models import Appointment, School, User
from schools.models.scope import COUNTY_ROLES
from schools.saving import Refused, insert_many
from schools.workbooks import clean_text

from .deadlines import grant_extension, is_overdue
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
        insert_many([Assessment(scheme=locked, school=school) for school in schools])
        assessments = list(Assessment.objects.filter(scheme=locked))
        at = timezone.now()
        opened = {"step": "open", "from_status": Status.DRAFT, "to_status": Status.DRAFT, "by": by, "at": at}
        insert_many([Move(assessment=assessment, **opened) for assessment in assessments])
        items = _items(locked)
        insert_many([row for assessment in assessments for row in _owed(assessment, spec, Stage.SELF, items)])
        detail = {"学校": len(assessments), "版本": version.digest}
        if proposed_by:
            detail["提议人"] = str(proposed_by)
        audit.record("open", by=by, city=locked.city, subject=str(locked), detail=detail)
    scheme.refresh_from_db()


def tell_school(assessment: Assessment, text: str, *, key: str) -> None:
    """To the people of the school and to those of its county who rate it."""
    school = assessment.school
    held = Appointment.objects.in_force().filter(
        role__in=COUNTY_ROLES, county__isnull=False, county=school.county_id
    )
    county = User.objects.filter(is_active=True, pk__in=held.order_by().values("user"))
    url = reverse("ratings:scheme", args=[assessment.scheme_id])
    notify([*User.objects.of_schools(school), *county], text, url=url, key=key, school=school)


def admissible(scheme: Scheme) -> QuerySet[School]:
    """Schools in operation today without an assessment in this year."""
    if scheme.phase not in RUNNING:
        return School.objects.none()
    return School.objects.filter(city=scheme.city_id).open_on().exclude(assessments__scheme=scheme)


def admit_school(
    scheme: Scheme, school: School, *, by, reason: str, due_on: dt.date | None = None
) -> Assessment:
    """补列参评: a school that was not there when the year was opened takes part by an act of the office, with
    more time for its 自评 where a day is named. Raises Refused.
    """
    reason = clean_text(reason)
    if not reason:
        raise Refused({"reason": "请写明补列参评的理由。"})
    with transaction.atomic():
        locked = hold_scheme(scheme.pk)
        held = School.objects.hold(school.pk)
        if not admissible(locked).filter(pk=held.pk).exists():
            raise Refused(f"现在不能补列{held.name}：已在本年度，或已关闭，或评定不在进行中。")
        assessment = Assessment.objects.create(scheme=locked, school=held)
        opened = {"step": "open", "from_status": Status.DRAFT, "to_status": Status.DRAFT, "by": by}
        Move.objects.create(assessment=assessment, at=timezone.now(), comment=f"补列参评：{reason}", **opened)
        open_self_rows(assessment, scheme_spec(locked))
        if due_on:
            grant_extension(assessment, Stage.SELF, due_on, by=by, reason=f"补列参评：{reason}"[:200])
        if is_overdue(assessment, Stage.SELF):
            raise Refused({"due_on": "自评截止时间已过，请填写这所党校自评延至哪一天（今天或以后）。"})
        audit.record(
            "move",
            by=by,
            city=locked.city,
            subject=str(assessment),
            detail={"步骤": "补列参评", "理由": reason},
        )
        tell_school(assessment, f"{assessment}已补列参评，请按时完成自评。", key=f"admitted-{assessment.pk}")
    return assessment


def open_self_rows(assessment: Assessment, spec: SchemeSpec) -> None:
    """The rows the school owes; those that are there stay. For criteria that were corrected after opening."""
    _open_rows(assessment, spec, Stage.SELF)


def open_county_rows(assessment: Assessment, spec: SchemeSpec) -> None:
    """The rows 初评 owes at this school; rows of an earlier submission stay."""
    _open_rows(assessment, spec, Stage.COUNTY)


def open_city_rows(assessment: Assessment, spec: SchemeSpec | None = None, *, settled: bool = False) -> None:
    """The rows each judge of the panel owes (合议: one agreed set) and their sheets.

    现场 items are owed only where the school was visited. Called when a school reaches the city and whenever
    its panel or its 走访 changes; a row that somebody already answered is never removed.
    """
    waiting = assessment.status == Status.CITY or (settled and assessment.status == Status.SETTLED)
    if assessment.panel_id is None or not waiting:
        return
    spec = spec or scheme_spec(assessment.scheme)
    judges = [None] if spec.aggregation == Aggregation.JOINT else list(assessment.panel.judges.all())
    _drop_others(assessment, _open_rows(assessment, spec, Stage.CITY, judges))
    sheets = [JudgeSheet(assessment=assessment, judge=judge) for judge in judges]
    held = set(assessment.sheets.values_list("judge_id", flat=True))
    insert_many([sheet for sheet in sheets if sheet.judge_id not in held])


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
