"""评审组: setting up panels, seating judges, giving schools to panels."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q

from ratings.criteria.spec import SchemeSpec
from ratings.enums import Aggregation, Phase, Stage, Status
from ratings.models import Assessment, Judge, JudgeSheet, Panel, Scheme, Score
from ratings.scoring.items import LEAST_SHEETS
from ratings.workflow import conflicts, open_city_rows, scheme_spec
from schools import audit
from schools.models import Appointment, School, User
from schools.models.people import Role
from schools.permissions import may
from schools.saving import Refused, refuse

from .sheets import is_closed

ARRANGEABLE = (Phase.OPEN, Phase.SCORING)
#: Schools that no panel scores: not taking part, or decided already.
OUTSIDE = (Status.DECLINED, Status.LAPSED, Status.SETTLED)
LABEL_LIMIT = 40
#: Rows that somebody has typed into: a remark without an answer is work done as well.
BEGUN = Q(answers__isnull=False) | ~Q(remark="")


def create_panel(scheme: Scheme, name: str, *, by: User) -> Panel:
    """An empty panel; its judges are seated one by one."""
    name = " ".join(name.split())
    refuse(*_common(scheme, by), *_name_refusals(scheme, name))
    with transaction.atomic():
        panel = Panel.objects.create(scheme=scheme, name=name)
        _record(panel, by, {"设立": name})
    return panel


def seat_judge(panel: Panel, *, label: str, user: User | None, by: User) -> Judge:
    """Seat a judge, with an account or on paper only. The account of a judge of this scheme brings its own
    seat along.

    Schools that the panel already has get the rows of the new judge at once.
    """
    refuse(*_common(panel.scheme, by))
    with transaction.atomic():
        panel = _held(panel)
        judge = _judge(panel.scheme, " ".join(label.split()), user)
        if panel.judges.filter(pk=judge.pk).exists():
            raise Refused(f"{judge.label}已在本组。")
        schools = School.objects.filter(assessments__panel=panel)
        refuse(
            *conflicts([judge], schools), "本组评分表已全部提交，不能再增加评委。" if is_closed(panel) else ""
        )
        panel.judges.add(judge)
        _open_rows(panel)
        _record(panel, by, {"增加评委": judge.label})
    return judge


def unseat_judge(panel: Panel, judge: Judge, *, by: User) -> None:
    """Take a judge who has not scored anything yet out of the panel; who must recuse at one of its schools
    goes as long as no sheet is handed in, and what was begun goes too, since it can never be handed in as a
    whole.
    """
    refuse(*_common(panel.scheme, by))
    with transaction.atomic():
        panel = _held(panel)
        if not panel.judges.filter(pk=judge.pk).exists():
            raise Refused(f"{judge.label}不在本组。")
        refuse(*_unseat_refusals(panel, judge))
        panel.judges.remove(judge)
        if panel.leader_id == judge.pk:
            panel.leader = None
            panel.save(update_fields=["leader"])
        rows = Score.objects.filter(assessment__panel=panel, judge=judge)
        begun = list(
            rows.filter(BEGUN)
            .values_list("assessment__school__name", flat=True)
            .distinct()
            .order_by("assessment__school__name")
        )
        rows.delete()
        JudgeSheet.objects.filter(assessment__panel=panel, judge=judge).delete()
        _record(panel, by, {"减少评委": judge.label} | ({"作废未提交的评分": begun} if begun else {}))


def choose_leader(panel: Panel, judge: Judge, *, by: User) -> None:
    """组长: keeps the agreed sheet of a 合议, which therefore needs one with an account."""
    refuse(*_common(panel.scheme, by))
    with transaction.atomic():
        panel = Panel.objects.select_for_update().get(pk=panel.pk)
        if not panel.judges.filter(pk=judge.pk).exists():
            raise Refused(f"{judge.label}不在本组，不能任组长。")
        if panel.scheme.aggregation == Aggregation.JOINT and judge.user_id is None:
            raise Refused(f"{judge.label}没有账号，不能填写合议评分表，请另定组长。")
        if panel.scheme.aggregation == Aggregation.JOINT:
            refuse(*conflicts([judge], School.objects.filter(assessments__panel=panel)))
        panel.leader = judge
        panel.save(update_fields=["leader"])
        _record(panel, by, {"组长": judge.label})


def assign(panel: Panel, assessments: Iterable[Assessment], *, by: User) -> int:
    """Give schools to a panel: all of them or, with every reason named, none. Returns how many changed.

    Schools that are not yet with the city get their rows when they arrive there.
    """
    scheme = panel.scheme
    refuse(*_common(scheme, by))
    with transaction.atomic():
        panel = Panel.objects.select_for_update().get(pk=panel.pk)
        wanted = Assessment.objects.filter(scheme=scheme, pk__in=[one.pk for one in assessments]).exclude(
            panel=panel
        )
        rows = list(wanted.select_for_update(of=("self",)).select_related("school", "panel").order_by("pk"))
        refuse(
            *panel_gaps(panel),
            *_assign_refusals(rows),
            *conflicts(panel.judges.all(), [row.school for row in rows]),
        )
        refuse("本组评分表已全部提交，不能再增加党校。" if rows and is_closed(panel) else "")
        for row in rows:
            row.panel = panel
            row.save(update_fields=["panel"])
        _clear_rows(rows)
        _open_rows(panel, rows)
        if rows:
            _record(panel, by, {"党校": [row.school.name for row in rows]})
    return len(rows)


def _held(panel: Panel) -> Panel:
    """The panel under lock, then its schools in the order of `assign`: answers are saved and sheets opened
    only by whoever holds the school, so none slips in between looking and changing who sits.
    """
    held = Panel.objects.select_for_update().get(pk=panel.pk)
    list(
        Assessment.objects.select_for_update(of=("self",))
        .filter(panel=held)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    return held


def panel_gaps(panel: Panel) -> list[str]:
    """What the panel still needs before it may be given schools."""
    judges = len(panel.judges.all())
    gaps = (
        [] if judges >= LEAST_SHEETS else [f"{panel.name}现有 {judges} 名成员，至少须有 {LEAST_SHEETS} 名。"]
    )
    if panel.scheme.aggregation == Aggregation.JOINT and panel.leader_id is None:
        gaps.append(f"{panel.name}还没有定组长，合议评分表由组长填写。")
    return gaps


def candidates(scheme: Scheme):
    """Accounts that hold the judge's role in the city today."""
    held = Appointment.objects.in_force().filter(role=Role.JUDGE, city=scheme.city_id)
    return User.objects.filter(is_active=True, pk__in=held.values("user")).order_by("name", "username")


def _judge(scheme: Scheme, label: str, user: User | None) -> Judge:
    if user is not None:
        if not candidates(scheme).filter(pk=user.pk).exists():
            raise Refused(f"{user}没有本市评委的任职，请先由安全管理员授权。")
        held = Judge.objects.filter(scheme=scheme, user=user).first()
        if held is not None:
            return held
        label = label or str(user)
    if not label:
        raise Refused("请选择评委账号；没有账号的评委请填写姓名。")
    if len(label) > LABEL_LIMIT:
        raise Refused(f"评委姓名最多 {LABEL_LIMIT} 个字。")
    judge, made = Judge.objects.get_or_create(scheme=scheme, label=label, defaults={"user": user})
    if not made and user is not None:
        raise Refused(f"本方案已有名为“{label}”的评委，请换一个署名。")
    return judge


def _common(scheme: Scheme, by: User) -> list[str]:
    if not may(by, "arrange_panels"):
        return ["评审组由市评委会办公室安排。"]
    return (
        []
        if scheme.phase in ARRANGEABLE
        else [f"方案处于“{scheme.get_phase_display()}”阶段，不能调整评审组。"]
    )


def _name_refusals(scheme: Scheme, name: str) -> list[str]:
    if not name:
        return ["请填写评审组名称。"]
    if len(name) > LABEL_LIMIT:
        return [f"评审组名称最多 {LABEL_LIMIT} 个字。"]
    return [f"本方案已有“{name}”。"] if Panel.objects.filter(scheme=scheme, name=name).exists() else []


def _unseat_refusals(panel: Panel, judge: Judge) -> list[str]:
    if not panel.assessments.exclude(status__in=(Status.DECLINED, Status.LAPSED)).exists():
        return []
    tied = conflicts(
        [judge], School.objects.filter(assessments__in=panel.assessments.exclude(status__in=OUTSIDE))
    )
    if not tied and Score.objects.filter(BEGUN, assessment__panel=panel, judge=judge).exists():
        return [f"{judge.label}已经开始评分，不能移出本组。"]
    submitted = JudgeSheet.objects.filter(assessment__panel=panel, judge=judge, submitted_at__isnull=False)
    if schools := list(submitted.order_by("pk").values_list("assessment__school__name", flat=True)):
        remedy = (
            f"；如因回避须移出，请先退回其{'、'.join(schools)}的评分表，移出后由接替的评委重新评分"
            if tied
            else ""
        )
        return [f"{judge.label}已提交评分表，不能移出本组{remedy}。"]
    refusals = (
        []
        if panel.judges.count() > LEAST_SHEETS
        else [f"本组已有党校，移出后不足 {LEAST_SHEETS} 人，请先安排接替的评委。"]
    )
    if panel.scheme.aggregation == Aggregation.JOINT and panel.leader_id == judge.pk:
        refusals.append(f"{judge.label}是组长，请先另定组长。")
    return refusals


def _assign_refusals(rows: list[Assessment]) -> list[str]:
    scored = Score.objects.filter(BEGUN, assessment__in=rows, stage=Stage.CITY).values_list(
        "assessment_id", flat=True
    )
    submitted = JudgeSheet.objects.filter(assessment__in=rows, submitted_at__isnull=False).values_list(
        "assessment_id", flat=True
    )
    begun = {*scored, *submitted}
    return [
        f"{row.school.name}处于“{row.get_status_display()}”，不再评审。"
        for row in rows
        if row.status in OUTSIDE
    ] + [f"{row.school.name}已由{row.panel}开始评分，不能改组。" for row in rows if row.pk in begun]


def _clear_rows(rows: list[Assessment]) -> None:
    """Empty rows and sheets of the panel the schools had before; nobody has scored there."""
    Score.objects.filter(~BEGUN, assessment__in=rows, stage=Stage.CITY).delete()
    JudgeSheet.objects.filter(assessment__in=rows).delete()


def _open_rows(panel: Panel, rows: list[Assessment] | None = None) -> None:
    if rows is None:
        rows = list(panel.assessments.filter(status=Status.CITY).select_related("scheme", "panel"))
    arrived = [row for row in rows if row.status == Status.CITY]
    spec: SchemeSpec | None = scheme_spec(panel.scheme) if arrived else None
    for row in arrived:
        open_city_rows(row, spec)


def _record(panel: Panel, by: User, detail: dict) -> None:
    audit.record(
        "panel", by=by, city=panel.scheme.city, subject=f"{panel.scheme} {panel.name}", detail=detail
    )
