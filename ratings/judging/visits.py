"""走访: whether the city visited a school decides who answers its 现场 items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from ratings.criteria.storing import hold_scheme
from ratings.enums import PUBLIC_PHASES, RUNNING, Stage, Status
from ratings.models import Assessment, Feedback, JudgeSheet, Scheme, Score
from ratings.workflow import hold_assessment, hold_assessments, open_city_rows, scheme_spec
from schools import audit
from schools.models import Liaison, School, User, Visit
from schools.permissions import may
from schools.saving import Refused, refuse, save_versioned

FINISHED = (Status.SETTLED, Status.DECLINED, Status.LAPSED)


def mark_visited(scheme: Scheme, assessments: Iterable[int], visited: bool, *, by: User) -> int:
    """Set 已走访 for several schools, all or none; returns how many changed.

    Judges score 现场 items only where the school was visited; elsewhere 初评 stands for them. The mark cannot
    change once a sheet is submitted, nor be taken back once somebody scored a 现场 item.
    """
    if not may(by, "arrange_panels"):
        raise Refused("走访情况由市评委会办公室登记。")
    with transaction.atomic():
        scheme = hold_scheme(scheme.pk)
        if scheme.phase not in RUNNING:
            raise Refused(f"方案处于“{scheme.get_phase_display()}”阶段，不能再改走访情况。")
        other = Assessment.objects.filter(scheme=scheme, pk__in=list(assessments)).exclude(visited=visited)
        rows = hold_assessments(other)
        refuse(*_refusals(rows, visited))
        spec = scheme_spec(scheme)
        for row in rows:
            row.visited = visited
            row.save(update_fields=["visited"])
            open_city_rows(row, spec)
        if rows:
            detail = {"已走访" if visited else "未走访": [row.school.name for row in rows]}
            audit.record("panel", by=by, city=scheme.city, subject=str(scheme), detail=detail)
    return len(rows)


def _refusals(rows: Sequence[Assessment], visited: bool) -> list[str]:
    submitted = JudgeSheet.objects.filter(assessment__in=rows, submitted_at__isnull=False)
    closed = set(submitted.values_list("assessment_id", flat=True))
    scores = Score.objects.filter(stage=Stage.CITY, item__onsite=True, answers__isnull=False)
    onsite = () if visited else scores.filter(assessment__in=rows).values_list("assessment_id", flat=True)
    scored = set(onsite) - closed
    return [
        *(
            f"{row.school.name}处于“{row.get_status_display()}”，不能改走访情况。"
            for row in rows
            if row.status in FINISHED
        ),
        *(
            f"{row.school.name}已有评委提交评分表，须先退回评分表，再改走访情况。"
            for row in rows
            if row.pk in closed
        ),
        *(f"{row.school.name}的现场项已经评分，不能改为未走访。" for row in rows if row.pk in scored),
    ]


MOST_VISITS = 20


def visits_of(school: School, year: int) -> QuerySet[Visit]:
    """The year's visits by the people who guided the school, newest first, with how many problems are still
    open.
    """
    guides = Liaison.objects.filter(school=school).values("user")
    unsolved = Count("problems", filter=Q(problems__closed_at__isnull=True))
    rows = Visit.objects.kept().filter(school=school, by__in=guides, on__year=year)
    return rows.select_related("by").annotate(unsolved=unsolved).order_by("-on", "pk")[:MOST_VISITS]


def closed(scheme: Scheme) -> str:
    """Why nothing is written any more, since the school can read it; empty before."""
    return "结果已经通报，反馈意见不再修改。" if scheme.phase in PUBLIC_PHASES else ""


def save_feedback(
    assessment: Assessment, values: Mapping[str, object], *, version: int, by: User
) -> Feedback:
    """Store the note; raises Stale if somebody saved since `version`, Refused once the year is public."""
    with transaction.atomic():
        refuse(closed(hold_assessment(assessment.pk).scheme))  # and holds back a second first note
        feedback = Feedback.objects.filter(assessment=assessment).first()
        if feedback is None:
            return Feedback.objects.create(
                assessment=assessment, version=1, by=by, at=timezone.now(), **values
            )
        return save_versioned(feedback, values, version=version, by=by)
