"""评审组: setting up panels, seating judges, giving schools to panels; and, for the office, how far their
sheets are: who has handed in, never what anybody gave.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from ratings.criteria.storing import hold_scheme
from ratings.enums import Aggregation, Phase, Stage, Status
from ratings.models import Assessment, Judge, JudgeSheet, Panel, Scheme, Score
from ratings.scoring.items import LEAST_SHEETS
from ratings.workflow import away, conflicts, hold_assessments, open_city_rows, scheme_spec
from schools import audit
from schools.models import Appointment, AuditEntry, School, User
from schools.models.people import Role
from schools.permissions import may
from schools.saving import Refused, Shown, hold, hold_one, last_saved, refuse
from schools.workbooks import ColumnOut, SheetOut

from .sheets import complete_in, is_closed, stuck
from .visits import visit_of

ARRANGEABLE = (Phase.OPEN, Phase.SCORING)
#: Schools that no panel scores: not taking part, or decided already.
OUTSIDE = (Status.DECLINED, Status.LAPSED, Status.SETTLED)
LABEL_LIMIT = 40
#: Rows that somebody has typed into: a remark without an answer is work done as well.
BEGUN = Q(answers__isnull=False) | ~Q(remark="")


def create_panel(scheme: Scheme, name: str, *, by: User) -> Panel:
    """An empty panel; its judges are seated one by one."""
    name = " ".join(name.split())
    with transaction.atomic():
        scheme = hold_scheme(scheme.pk)
        refuse(closed_to(scheme, by), _name_refusal(scheme, name))
        panel = Panel.objects.create(scheme=scheme, name=name)
        record_panel(panel, by, {"设立": name})
    return panel


def seat_judge(panel: Panel, *, label: str, user: User | None, by: User) -> Judge:
    """Seat a judge, with an account or on paper only. The account of a judge of this scheme brings its own
    seat along.

    Schools that the panel already has get the rows of the new judge at once, but for those that are complete.
    """
    with transaction.atomic():
        panel = held_panel(panel, by)
        hold_schools(panel)
        judge = named_judge(panel.scheme, " ".join(label.split()), user)
        if panel.judges.filter(pk=judge.pk).exists():
            raise Refused(f"{judge.label}已在本组。")
        schools = School.objects.filter(assessments__panel=panel)
        refuse(
            *conflicts([judge], schools), "本组评分表已全部提交，不能再增加评委。" if is_closed(panel) else ""
        )
        panel.judges.add(judge)
        waiting = panel.assessments.exclude(status__in=OUTSIDE).exclude(pk__in=complete_in(panel))
        waiting = waiting.filter(Q(status=Status.CITY) | Q(sheets__isnull=False)).distinct()
        for row in waiting.select_related("scheme", "panel"):
            open_city_rows(row, joining=[judge])
        record_panel(panel, by, {"增加评委": judge.label})
    return judge


def unseat_judge(panel: Panel, judge: Judge, *, by: User) -> None:
    """Take a judge who has not scored anything yet out of the panel; who has, leaves by `leaving.replace`."""
    with transaction.atomic():
        panel = held_panel(panel, by)
        hold_schools(panel)
        require_member(panel, judge, "不在本组。")
        refuse(*_unseat_refusals(panel, judge))
        panel.judges.remove(judge)
        if panel.leader_id == judge.pk:
            set_leader(panel, None)
        Score.objects.filter(assessment__panel=panel, judge=judge).delete()
        JudgeSheet.objects.filter(assessment__panel=panel, judge=judge).delete()
        record_panel(panel, by, {"减少评委": judge.label})


def shown_panel(panel: Panel) -> Shown:
    """Who sits in the panel and who leads it, as its page shows."""
    trail = AuditEntry.objects.filter(
        city=panel.scheme.city_id, action="panel", subject=f"{panel.scheme} {panel.name}"
    )
    members = list(panel.judges.order_by("pk").values_list("pk", flat=True))
    return Shown(
        {"本组成员和组长": [panel.leader_id, members]},
        {"本组成员和组长": lambda: last_saved((trail, "user__name", "at"))},
    )


def choose_leader(panel: Panel, judge: Judge, *, by: User, seen: str | None = None) -> None:
    """组长: keeps the agreed sheet of a 合议, which therefore needs one with an account."""
    with transaction.atomic():
        panel = held_panel(panel, by)
        shown_panel(panel).refuse_changed(seen)
        require_member(panel, judge, "不在本组，不能任组长。")
        if panel.scheme.aggregation == Aggregation.JOINT:
            if judge.user_id is None:
                raise Refused(f"{judge.label}没有账号，不能填写合议评分表，请另定组长。")
            refuse(*conflicts([judge], School.objects.filter(assessments__panel=panel)))
        set_leader(panel, judge)
        record_panel(panel, by, {"组长": judge.label})


def assign(
    panel: Panel, assessments: Iterable[Assessment], *, by: User, seen: Collection[str] | None = None
) -> int:
    """Give schools to a panel: all of them or, with every reason named, none. Returns how many changed.

    Schools that are not yet with the city get their rows when they arrive there. `seen` holds the school and
    its panel, as the lines of the page sent them: whom a colleague has given away since, is named.
    """
    with transaction.atomic():
        panel = held_panel(panel, by)
        wanted = Assessment.objects.filter(scheme=panel.scheme, pk__in=[row.pk for row in assessments])
        rows = hold_assessments(wanted.exclude(panel=panel))
        refuse(*_given_away(rows, seen))
        refuse(
            *panel_gaps(panel),
            *_assign_refusals(rows),
            *conflicts(panel.judges.all(), [row.school for row in rows]),
        )
        refuse("本组评分表已全部提交，不能再增加党校。" if rows and is_closed(panel) else "")
        for row in rows:
            row.panel = panel
            row.save(update_fields=["panel"])
        # Empty rows and sheets of the panel the schools had before; nobody has scored there.
        Score.objects.filter(~BEGUN, assessment__in=rows, stage=Stage.CITY).delete()
        JudgeSheet.objects.filter(assessment__in=rows).delete()
        _open_rows(panel, rows)
        if rows:
            record_panel(panel, by, {"党校": [row.school.name for row in rows]})
    return len(rows)


def seen_in_panel(row: Assessment) -> str:
    """What the line of a school says of it, for its hidden field."""
    return f"{row.pk}:{row.panel_id or ''}"


def _given_away(rows: Sequence[Assessment], seen: Collection[str] | None) -> list[str]:
    """Schools that are no longer where the page showed them."""
    if seen is None:
        return []
    moved = [row for row in rows if seen_in_panel(row) not in seen]
    return [
        f"您打开本页以后，{row.school.name}已分给{row.panel.name}，没有改分。请核对后重新办理。"
        if row.panel
        else f"您打开本页以后，{row.school.name}的分组有变化，没有办理。请核对后重新办理。"
        for row in moved
    ]


def held_panel(panel: Panel, by: User) -> Panel:
    """The panel under lock, after its scheme, whose phase allows it to be arranged."""
    scheme = hold_scheme(panel.scheme_id)
    refuse(closed_to(scheme, by))
    held = hold_one(Panel.objects.all(), panel.pk)
    held.scheme = scheme
    return held


def hold_schools(panel: Panel) -> None:
    """The schools of a panel under lock, in the order of `assign`: answers are saved and sheets opened only
    by whoever holds the school, so none slips in between looking and changing who sits.
    """
    hold(Assessment.objects.filter(panel=panel).only("pk"))


def require_member(panel: Panel, judge: Judge, sentence: str) -> None:
    if not panel.judges.filter(pk=judge.pk).exists():
        raise Refused(f"{judge.label}{sentence}")


def set_leader(panel: Panel, judge: Judge | None) -> None:
    panel.leader = judge
    panel.save(update_fields=["leader"])


def panel_gaps(panel: Panel) -> list[str]:
    """What the panel still needs before it may be given schools."""
    judges, gaps = len(panel.judges.all()), []
    if judges < LEAST_SHEETS:
        gaps.append(f"{panel.name}现有 {judges} 名成员，至少须有 {LEAST_SHEETS} 名。")
    if panel.scheme.aggregation == Aggregation.JOINT and panel.leader_id is None:
        gaps.append(f"{panel.name}还没有定组长，合议评分表由组长填写。")
    return gaps


def candidates(scheme: Scheme) -> QuerySet[User]:
    """Accounts that hold the judge's role in the city today."""
    held = Appointment.objects.in_force().filter(role=Role.JUDGE, city=scheme.city_id)
    return User.objects.filter(is_active=True, pk__in=held.values("user")).order_by("name", "username")


def named_judge(scheme: Scheme, label: str, user: User | None) -> Judge:
    if user is not None:
        if not candidates(scheme).filter(pk=user.pk).exists():
            raise Refused(f"{user}没有本市评委的任职，请先由安全管理员授权。")
        seated = Judge.objects.filter(scheme=scheme, user=user).first()
        if seated is not None:
            return seated
        label = label or str(user)
    if not label:
        raise Refused("请选择评委账号；没有账号的评委请填写姓名。")
    if len(label) > LABEL_LIMIT:
        raise Refused(f"评委姓名最多 {LABEL_LIMIT} 个字。")
    judge, made = Judge.objects.get_or_create(scheme=scheme, label=label, defaults={"user": user})
    if not made and user is not None:
        raise Refused(f"本方案已有名为“{label}”的评委，请换一个署名。")
    return judge


def closed_to(scheme: Scheme, by: User) -> str:
    """Why this person cannot arrange the panels of the scheme now, or ""."""
    if not may(by, "arrange_panels"):
        return "评审组由市评委会办公室安排。"
    if scheme.phase not in ARRANGEABLE:
        return f"方案处于“{scheme.get_phase_display()}”阶段，不能调整评审组。"
    return ""


def _name_refusal(scheme: Scheme, name: str) -> str:
    if not name:
        return "请填写评审组名称。"
    if len(name) > LABEL_LIMIT:
        return f"评审组名称最多 {LABEL_LIMIT} 个字。"
    return f"本方案已有“{name}”。" if Panel.objects.filter(scheme=scheme, name=name).exists() else ""


def _unseat_refusals(panel: Panel, judge: Judge) -> list[str]:
    begun = Score.objects.filter(BEGUN, assessment__panel=panel, judge=judge)
    submitted = JudgeSheet.objects.filter(assessment__panel=panel, judge=judge, submitted_at__isnull=False)
    if begun.exists() or submitted.exists():
        return [f"{judge.label}已经开始评分，不能直接移出；请点“更换”，写明理由，作废或移交其评分表。"]
    return leaving_refusals(panel, judge)


def leaving_refusals(panel: Panel, judge: Judge, *, followed: bool = False) -> list[str]:
    """Why a panel with schools cannot do without the judge; too small it gets only if nobody follows."""
    if not panel.assessments.exclude(status__in=(Status.DECLINED, Status.LAPSED)).exists():
        return []
    refusals = []
    if not followed and panel.judges.count() <= LEAST_SHEETS:
        refusals.append(f"本组已有党校，移出后不足 {LEAST_SHEETS} 人，请先安排接替的评委。")
    if panel.scheme.aggregation == Aggregation.JOINT and panel.leader_id == judge.pk:
        refusals.append(f"{judge.label}是组长，请先另定组长。")
    return refusals


def _assign_refusals(rows: Sequence[Assessment]) -> list[str]:
    scores = Score.objects.filter(BEGUN, assessment__in=rows, stage=Stage.CITY)
    sheets = JudgeSheet.objects.filter(assessment__in=rows, submitted_at__isnull=False)
    begun = {key for found in (scores, sheets) for key in found.values_list("assessment_id", flat=True)}
    over = [row for row in rows if row.status in OUTSIDE]
    return [
        *(f"{row.school.name}处于“{row.get_status_display()}”，不再评审。" for row in over),
        *(f"{row.school.name}已由{row.panel}开始评分，不能改组。" for row in rows if row.pk in begun),
    ]


def _open_rows(panel: Panel, rows: Iterable[Assessment]) -> None:
    """Rows and sheets of the panel's judges, at those of its schools that have arrived with the city."""
    arrived = [row for row in rows if row.status == Status.CITY]
    spec = scheme_spec(panel.scheme) if arrived else None
    for row in arrived:
        open_city_rows(row, spec)


def record_panel(panel: Panel, by: User, detail: dict) -> None:
    audit.record(
        "panel", by=by, city=panel.scheme.city, subject=f"{panel.scheme} {panel.name}", detail=detail
    )


def panels_of(scheme: Scheme) -> list[tuple[Panel, list[str]]]:
    """Panels with members, schools and sheets counted, in one query and one more for all; and what each still
    needs before it may be given schools.
    """
    submitted = Q(assessments__sheets__submitted_at__isnull=False)
    panels = Panel.objects.filter(scheme=scheme).annotate(
        schools=Count("assessments", distinct=True),
        sheets=Count("assessments__sheets", distinct=True),
        submitted=Count("assessments__sheets", filter=submitted, distinct=True),
    )
    rows = panels.select_related("leader", "scheme").prefetch_related("judges").order_by("pk")
    return [(panel, panel_gaps(panel)) for panel in rows]


def schools_of(scheme: Scheme) -> QuerySet[Assessment]:
    """The scheme's schools in administrative order with their panel and how many sheets are in."""
    rows = Assessment.objects.filter(scheme=scheme).exclude(status=Status.DECLINED)
    submitted = Count("sheets", filter=Q(sheets__submitted_at__isnull=False))
    counted = rows.annotate(sheet_count=Count("sheets"), submitted=submitted)
    return counted.select_related("school__county", "panel", "site_visit").in_order()


def with_state(judges: QuerySet[Judge]) -> QuerySet[Judge]:
    """`gone` says why a judge with an account cannot score any more."""
    return judges.annotate(gone=away("user", "scheme__city"))


def sheets_at(assessment: Assessment) -> list[tuple[JudgeSheet, int]]:
    """Every sheet at one school, why it is `stuck`, and how many of its items are answered; three queries."""
    scores = Score.objects.filter(assessment=assessment, stage=Stage.CITY, answers__isnull=False)
    answered = dict(scores.order_by().values_list("judge_id").annotate(Count("pk")))
    sheets = JudgeSheet.objects.filter(assessment=assessment).order_by("pk")
    people = list(sheets.select_related("judge__user", "submitted_by", "entered_by", "checked_by", "scan"))
    why = {one.pk: "应当回避" if one.tied else one.gone for one in stuck(sheets)}
    for sheet in people:
        sheet.stuck = why.get(sheet.pk, "")
    return [(sheet, answered.get(sheet.judge_id, 0)) for sheet in people]


def progress_sheet(scheme: Scheme) -> SheetOut:
    """The list of schools for a workbook: panels, visits, sheets handed in."""
    columns = [
        ColumnOut("学校编码", width=14),
        ColumnOut("党校", width=28),
        ColumnOut("县（市、区）", width=14),
        *("状态", "评审组", "已走访"),
        ColumnOut("走访日期", "date"),
        ColumnOut("走访人员", width=28),
        ColumnOut("评分表", "int"),
        ColumnOut("已提交", "int"),
    ]
    rows = [
        [
            row.school.code,
            row.school.name,
            row.school.county.name if row.school.county else "",
            row.get_status_display(),
            row.panel.name if row.panel else "",
            "是" if row.visited else "否",
            *((visit.on, visit.members) if (visit := visit_of(row)) else (None, "")),
            row.sheet_count,
            row.submitted,
        ]
        for row in schools_of(scheme)
    ]
    return SheetOut("评审进度", columns, rows)
