"""What the rating asks of each person on the workbench and its figures there; what it adds to the pages of
schools, to handing over and to the daily job.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter, itemgetter

from django.db.models import (
    BooleanField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.shortcuts import resolve_url
from django.utils import timezone

from ratings.enums import PUBLIC_PHASES, RUNNING, Aggregation, Phase, Stage, Star, Status
from ratings.judging.seats import judged_by
from ratings.models import (
    Assessment,
    Bulletin,
    Erratum,
    JudgeSheet,
    Motion,
    Result,
    Scheme,
    Score,
    SeatChange,
    SheetConfirmation,
)
from ratings.publication.bulletin import EDITABLE
from ratings.selfassessment.figures import figures_left
from ratings.selfassessment.submission import due_of, last_return
from ratings.sheets.answering import LIVE
from ratings.workflow.deadlines import in_self_window, last_day
from schools.calendar.workdays import add_workdays
from schools.desk.announcing import Announcement
from schools.models import AuditEntry, Role, School, User
from schools.models.scope import SCHOOL_ROLES
from schools.permissions import may, role_of
from schools.site.contributions import Task, Tile
from schools.site.years import nearest
from schools.templatetags.ui import day as day_words

from .recused import stuck_tasks

#: A deadline is said these working days before.
WORKDAYS_BEFORE = (5, 1)


def self_assessment_tasks(user: User) -> Iterator[Task]:
    """The open self-assessment, as far as it is this person's turn and the time for it has come, with its
    deadline and how far it is filled in.
    """
    if role_of(user) not in SCHOOL_ROLES:
        return
    for one in filled(Assessment.objects.visible_to(user).filter(status__in=LIVE, scheme__phase__in=RUNNING)):
        early = one.status == Status.DRAFT and not one.begun and not one.asked_for
        if early or (one.status == Status.CONFIRMING and role_of(user) == Role.FILLER):
            continue
        last = due_of(one)
        overdue = last is not None and last < timezone.now()
        title, page, hint, tag = _words(one)
        kind = "bad" if overdue or one.status == Status.RETURNED else "warn"
        yield Task(
            title,
            resolve_url(page, one.pk),
            hint,
            "已截止" if overdue else tag,
            kind,
            last and timezone.localtime(last).date(),
        )


def filled(assessments: QuerySet[Assessment]) -> QuerySet[Assessment]:
    """With how many rows of the self-assessment the school owes and has begun, and whether its time has
    come.
    """
    own = Q(scores__stage=Stage.SELF)
    begun = Count("scores", filter=own & Q(scores__answers__isnull=False))
    rows = assessments.select_related("scheme").prefetch_related("extensions")
    asked_for = ExpressionWrapper(in_self_window(timezone.localdate()), BooleanField())
    return rows.annotate(owed=Count("scores", filter=own), begun=begun, asked_for=asked_for)


def _words(one: Assessment) -> tuple[str, str, str, str]:
    """Title, page, hint and tag by status."""
    year = one.scheme.year
    if one.status == Status.RETURNED:
        move = last_return(one)
        return f"{year}年度自评被退回，请补正", "ratings:assessment", move.comment if move else "", "需补正"
    if one.status == Status.CONFIRMING:
        return f"确认并提交{year}年度自评", "ratings:assessment_check", "填报人已填好，等您核对确认", "待确认"
    tag = "填写中" if one.begun else "尚未开始"
    return (
        f"填写{year}年度自评",
        "ratings:assessment",
        f"已填 {one.begun} / {one.owed} 项，其余由系统取数或由评审方核定",
        tag,
    )


def figure_tasks(user: User) -> Iterator[Task]:
    """One task per running scheme in which figures are still owed, once the schools assess themselves."""
    if not may(user, "type_figures"):
        return
    running = Scheme.objects.visible_to(user).filter(phase__in=RUNNING, custom_metrics__isnull=False)
    for scheme in running.filter(in_self_window(timezone.localdate(), "")).distinct():
        left = figures_left(scheme, user)
        if left:
            address = resolve_url("ratings:scheme_figures", scheme.pk)
            yield Task(f"填报{scheme.year}年度自定义指标", address, f"还有 {left} 个数没有填", "待填报")


def rating_tasks(user: User) -> Iterator[Task]:
    """What the year of the rating asks of this person now."""
    if not may(user, "follow_rating"):
        return
    visible, decides = Scheme.objects.visible_to(user), may(user, "read_board")
    schemes = visible.exclude(phase=Phase.ARCHIVED).select_related("bulletin").order_by("-year")
    schemes = list(_with_waiting(schemes) if decides else schemes)
    if not schemes and may(user, "edit_scheme") and not visible.exists():
        hint = "还没有评定方案：可以新建，也可以导入工作簿"
        yield Task(
            f"制定{timezone.localdate().year}年度评定方案", resolve_url("ratings:schemes"), hint, "待制定"
        )
    tasks_of = _committee_tasks if decides else _reader_tasks
    for scheme in _current(schemes):
        yield from tasks_of(scheme, user)


def _current(schemes: list[Scheme]) -> list[Scheme]:
    """Of the years whose results are out only the latest."""
    public = [scheme for scheme in schemes if scheme.is_public]
    return [scheme for scheme in schemes if scheme not in public[1:]]


def _committee_tasks(scheme: Scheme, user: User) -> Iterator[Task]:
    yield from _second_person_tasks(scheme, user)
    phase, board = scheme.get_phase_display(), resolve_url("ratings:board", scheme.pk)
    if scheme.phase == Phase.DRAFTING and may(user, "edit_scheme") and scheme.opening_by is None:
        page = resolve_url("ratings:scheme_edit", scheme.pk)
        yield Task(f"继续起草{scheme.year}年度评定方案", page, "写好以后检查，再提议启动", phase)
    elif scheme.phase == Phase.SCORING:
        yield from _motion_task(scheme, user, board)
        yield Task(f"{scheme.year}年度评审进行中", board, "查看还缺哪些评分和审定意见", phase, "info")
    elif scheme.phase in EDITABLE:
        yield Task(f"{scheme.year}年度评定结果已审定", board, "审定总表：各校得分、星级和提示", phase, "ok")
        yield _bulletin_task(scheme, user)


def _motion_task(scheme: Scheme, user: User, board: str) -> Iterator[Task]:
    """What the office recorded waits for the chair; what the chair sent back waits for the office."""
    page = f"{board}?view=by_hand"
    if may(user, "decide") and scheme.recorded:
        title = f"确认 {scheme.recorded} 项会改变星级的审定"
        yield Task(title, page, f"{scheme.year}年度，办公室已按会议登记，确认以后生效", "待确认")
    if may(user, "propose_decision") and scheme.sent_back:
        title = f"{scheme.sent_back} 项审定登记被退回"
        yield Task(title, page, f"{scheme.year}年度，主任已写明理由，重新登记或收回", "被退回", "bad")


def _bulletin_task(scheme: Scheme, user: User) -> Task:
    bulletin: Bulletin | None = getattr(scheme, "bulletin", None)
    if bulletin is None:
        return Task(
            f"起草{scheme.year}年度通报", resolve_url("ratings:bulletins"), "按审定结果自动生成初稿", "待起草"
        )
    hint = f"{bulletin.title}；发文字号{'：' + bulletin.number if bulletin.number else '尚未填写'}"
    if may(user, "issue_bulletin") and bulletin.number:
        page, title, tag = "ratings:bulletin", f"审核并印发{scheme.year}年度通报", "待印发"
    else:
        page = "ratings:bulletin_edit" if may(user, "write_bulletin") else "ratings:bulletin"
        title, tag = f"修改{scheme.year}年度通报文稿", "草稿"
    return Task(title, resolve_url(page, bulletin.pk), hint, tag)


def _reader_tasks(scheme: Scheme, user: User) -> Iterator[Task]:
    """The criteria while they are new, the result once it is out."""
    if scheme.phase in RUNNING:
        url = resolve_url("ratings:scheme", scheme.pk)
        yield Task(
            f"{scheme.year}年度评定方案", url, "对照标准安排全年工作", scheme.get_phase_display(), "info"
        )
    elif scheme.phase == Phase.PUBLISHED and role_of(user) in SCHOOL_ROLES:
        result = Result.objects.visible_to(user).filter(scheme=scheme).first()
        if result:
            title = f"{scheme.year}年度评定结果：{result.get_star_display()}"
            url = resolve_url("ratings:result", result.pk)
            yield Task(title, url, "查看星级是怎样得出的，还可以怎样改进", "已通报", "ok")


def _with_waiting(schemes: QuerySet[Scheme]) -> QuerySet[Scheme]:
    """Joins the proposal and the correction that wait, so that the workbench asks nothing more.

    The models allow one of each.
    """
    opening = Q(opening_proposals__withdrawn_at=None, opening_proposals__confirmed_at=None)
    return schemes.annotate(
        opening=FilteredRelation("opening_proposals", condition=opening),
        opening_by=F("opening__proposed_by"),
        opening_name=F("opening__proposed_by__name"),
        opening_at=F("opening__proposed_at"),
        correction=FilteredRelation("errata", condition=Q(errata__state=Erratum.State.PROPOSED)),
        correction_pk=F("correction__pk"),
        correction_by=F("correction__prepared_by"),
        correction_name=F("correction__prepared_by__name"),
        correction_at=F("correction__proposed_at"),
        correction_reason=F("correction__reason"),
        recorded=_motions(returned_at__isnull=True),
        sent_back=_motions(returned_at__isnull=False),
    )


def _motions(**which) -> Subquery:
    """How many acts of two people wait in a scheme."""
    waiting = Motion.objects.filter(assessment__scheme=OuterRef("pk"), **which).order_by()
    counted = waiting.values("assessment__scheme").annotate(number=Count("pk")).values("number")
    return Subquery(counted)


def _second_person_tasks(scheme: Scheme, user: User) -> Iterator[Task]:
    """For one scheme of `_with_waiting`: the message may have been read days ago, the work stays until it is
    done.
    """
    own = (None, user.pk)
    if may(user, "check_scheme") and scheme.phase == Phase.DRAFTING and scheme.opening_by not in own:
        # Whether the draft was changed since then is said on the page: comparing it costs too much here.
        hint = f"{scheme.opening_name} {_day(scheme.opening_at)} 提议，核对方案后确认"
        page = resolve_url("ratings:scheme_opening", scheme.pk)
        yield Task(f"确认启动{scheme.year}年度评定", page, hint, "待确认")
    if may(user, "sign_erratum") and not scheme.is_public and scheme.correction_by not in own:
        hint = f"{scheme.correction_name} {_day(scheme.correction_at)} 提请：{scheme.correction_reason}"
        page = resolve_url("ratings:erratum_sign", scheme.correction_pk)
        yield Task(f"签发{scheme.year}年度评定方案的更正", page, hint, "待签发")


def _day(moment: datetime) -> str:
    local = timezone.localdate(moment)
    return f"{local.month}月{local.day}日"


def review_tasks(user: User) -> Iterator[Task]:
    """One query, whatever the number of schools; a school counts as judged once every row of 初评 has an
    answer.
    """
    if not may(user, "review"):
        return
    unscored = Score.objects.filter(assessment=OuterRef("pk"), stage=Stage.COUNTY, answers__isnull=True)
    rows = Assessment.objects.visible_to(user).filter(
        scheme__phase__in=RUNNING, scheme__has_county_stage=True
    )
    county, returned = Q(status=Status.COUNTY), Q(status=Status.RETURNED, returned_to=Status.COUNTY)
    late = returned & Q(return_due__lt=timezone.localdate())
    found = list(
        rows.filter(county | late)
        .annotate(unscored=Exists(unscored), year=F("scheme__year"), due=F("scheme__county_due"))
        .order_by("-scheme__year", "school__order")
        .values("status", "unscored", "year", "due")
    )
    with_county = [one for one in found if one["status"] == Status.COUNTY]
    waiting = [one for one in with_county if one["unscored"]]
    judged = [one for one in with_county if not one["unscored"]]
    desk = f"{resolve_url('ratings:review')}?year={{}}"
    yield from _schools_task("初评：{} 所党校待判断", waiting, desk, "{}年度，学校已提交自评", "待判断")
    if may(user, "confirm_review"):
        hint = "{}年度，研究建议星级和初评意见"
        yield from _schools_task("集体确认：{} 所党校已评完", judged, f"{desk}&view=judged", hint, "待确认")
    overdue = [{**one, "due": None} for one in found if one["status"] != Status.COUNTY]
    hint = "{}年度，可以收回，按现有内容继续初评"
    yield from _schools_task("退回补正：{} 所党校逾期", overdue, f"{desk}&view=returned", hint, "逾期", "bad")


def _schools_task(
    title: str, rows: Sequence[Mapping], url: str, hint: str, tag: str, kind: str = "warn"
) -> Iterator[Task]:
    """One task for all these schools of a year, with its last day; `url` and `hint` take the year."""
    for year in sorted({row["year"] for row in rows}):
        due = [last_day(row["due"]) for row in rows if row["year"] == year]
        yield Task(title.format(len(due)), url.format(year), hint.format(year), tag, kind, due=due[0])


def judging_tasks(user: User) -> Iterator[Task]:
    """One query for a judge and three for the office, whatever the number of schools."""
    if may(user, "judge"):
        yield from _judge_tasks(user)
    elif may(user, "arrange_panels"):
        yield from _panel_tasks(user)


def _judge_tasks(user: User) -> Iterator[Task]:
    """Own sheets that are not handed in; of a 合议 only the leader's."""
    own = Q(judge__user=user) | Q(judge__isnull=True, assessment__panel__leader__user=user)
    sheets = JudgeSheet.objects.filter(
        own, assessment=OuterRef("pk"), submitted_at__isnull=True, entered_by__isnull=True
    )
    agreed = JudgeSheet.objects.filter(
        judge__isnull=True, assessment=OuterRef("pk"), submitted_at__isnull=False
    )
    followed = SeatChange.objects.filter(assessment=None, successor__user=user)
    said = SheetConfirmation.objects.filter(
        Q(judge__user=user) | Q(judge__in=followed.values("judge")), sheet=OuterRef("pk")
    )
    typed = Q(submitted_by=user) | Q(submitted_by__in=followed.values("judge__user"))
    owed = Exists(agreed.exclude(typed, entered_by__isnull=True).exclude(Exists(said)))
    running = judged_by(user).filter(status=Status.CITY, scheme__phase__in=RUNNING)
    open_rows = running.annotate(owed=owed).filter(Exists(sheets) | Q(owed=True))
    rows = Score.objects.filter(assessment=OuterRef("pk"), stage=Stage.CITY, answers__isnull=True)
    whose = rows.filter(
        Q(judge__user=user) | Q(judge__isnull=True, assessment__scheme__aggregation=Aggregation.JOINT)
    )
    found = list(
        open_rows.prefetch_related(None)
        .annotate(unscored=Exists(whose), year=F("scheme__year"), due=F("scheme__city_due"))
        .values("unscored", "owed", "year", "due")
    )
    agreed_on = [one for one in found if one["owed"]]
    own_rows = [one for one in found if not one["owed"]]
    waiting, ready = ([one for one in own_rows if one["unscored"] is unscored] for unscored in (True, False))
    desk = f"{resolve_url('ratings:judging')}?year={{}}"
    yield from _schools_task("评审：{} 所党校待判断", waiting, desk, "{}年度，本人评分表", "待判断")
    yield from _schools_task("评审：{} 所党校已评完", ready, desk, "{}年度，核对后提交评分表", "待提交")
    hint = "{}年度，组长已提交合议评分表"
    yield from _schools_task("合议：{} 所党校待您确认", agreed_on, f"{desk}&show=all", hint, "待确认")


def _panel_tasks(user: User) -> Iterator[Task]:
    """Schools with the city that no panel has, and sheets still out."""
    rows = Assessment.objects.visible_to(user).filter(
        status=Status.CITY, scheme__phase__in=RUNNING, scheme__imported=False
    )
    out = Count("sheets", filter=Q(sheets__submitted_at__isnull=True))
    states = rows.order_by("scheme_id").annotate(out=out, year=F("scheme__year"), due=F("scheme__city_due"))
    listed = states.values("scheme_id", "year", "due", "panel_id", "out")
    for scheme, schools in groupby(listed, key=itemgetter("scheme_id")):
        mine = list(schools)
        board, year, due = resolve_url("ratings:panel_board", scheme), mine[0]["year"], mine[0]["due"]
        unassigned = [one for one in mine if one["panel_id"] is None]
        hint = "{}年度，已报送到市级"
        yield from _schools_task("{} 所党校尚未分到评审组", unassigned, f"{board}?panel=none", hint, "待分组")
        sheets = sum(one["out"] for one in mine)
        if sheets:
            hint = f"{year}年度，查看各组进度"
            yield Task(f"{sheets} 份评分表尚未提交", board, hint, "评审中", "info", last_day(due))
    yield from stuck_tasks(rows)


def rating_tiles(user: User) -> Iterator[Tile]:
    """The latest results of the scope: one's own star, or how many schools hold which."""
    if not may(user, "read_results") or user.identity.city_id is None:
        return
    scheme = latest_scheme(user)
    if scheme is None:
        return
    results = Result.objects.visible_to(user).filter(scheme=scheme)
    if role_of(user) in SCHOOL_ROLES:
        result = results.first()
        if result:
            note = "未申报" if result.total is None else f"总分 {result.total}"
            url = resolve_url("ratings:result", result.pk)
            yield Tile(f"{scheme.year}年度星级", note=note, url=url, stars=result.star)
        return
    counts = Counter(results.filter(lapsed=False).values_list("star", flat=True))
    note = "、".join(f"{Star(star).label} {counts[star]}" for star in sorted(counts, reverse=True))
    url = f"{resolve_url('ratings:results')}?year={scheme.year}"
    if may(user, "read_board"):
        url = resolve_url("ratings:board", scheme.pk)
    yield Tile(f"{scheme.year}年度评定", str(sum(counts.values())), "所参评", note, url)


def self_check_tiles(user: User) -> Iterator[Tile]:
    """对标自查 of the year that is under way, with the goals the school has set itself."""
    if role_of(user) not in SCHOOL_ROLES:
        return
    running = Assessment.objects.visible_to(user).filter(scheme__phase__in=RUNNING, scheme__imported=False)
    goals = ~Q(goals__text="")
    counted = running.annotate(
        set_goals=Count("goals", filter=goals),
        done_goals=Count("goals", filter=goals & Q(goals__done=True)),
    )
    one = nearest(user, counted.select_related("scheme"), attrgetter("scheme.year"))
    if one is not None:
        note = f"已完成 {one.done_goals} 项" if one.set_goals else "对照标准看差距、定目标；只供本校使用"
        url = resolve_url("ratings:self_checks", one.scheme_id)
        yield Tile(f"{one.scheme.year}年度对标自查", str(one.set_goals), "项目标", note, url)


def latest_scheme(user: User) -> Scheme | None:
    """The current year of the city, or the nearest, with published results."""
    return nearest(user, Scheme.objects.visible_to(user).published(), attrgetter("year"))


#: Acts whose lines in the audit trail say points or stars.
SCORING_ACTS = ("adjust", "restrict", "propose", "send_back", "decide", "settle")


def scores_before_publication() -> Callable[[AuditEntry], bool]:
    """Whether a line of the audit trail says points or stars of a year that is not public yet."""
    unpublished = Scheme.objects.exclude(phase__in=PUBLIC_PHASES).values_list("city", "year", "name")
    waiting = [(city, words) for city, year, name in unpublished for words in (f"{year}年度", name)]
    return lambda entry: (
        entry.action in SCORING_ACTS
        and any(entry.city_id == city and words in entry.subject for city, words in waiting)
    )


def star_heading(user: User) -> str:
    """The column names its year."""
    scheme = latest_scheme(user)
    return f"{scheme.year}年度星级" if scheme else "最近星级"


def latest_stars(schools: Sequence[School], user: User) -> dict[int, int]:
    """The star of each school in the latest published year, as far as the reader may know it."""
    scheme = latest_scheme(user)
    if scheme is None:
        return {}
    return dict(
        Result.objects.visible_to(user)
        .filter(scheme=scheme, school__in=[school.pk for school in schools])
        .values_list("school_id", "star")
    )


def stars_by_year(school: School, user: User) -> dict | None:
    """Results of one school for its page; None where the reader may see none."""
    results = (
        Result.objects.visible_to(user)
        .filter(school=school)
        .select_related("scheme")
        .defer("trace", "figures", "next_star")
    )
    found = list(results.order_by("-scheme__year"))
    return {"results": found} if found else None


def stars_in_words(school: School, user: User) -> str:
    """2025年度五星，2024年度四星: published years only, newest first."""
    results = Result.objects.visible_to(user).filter(school=school, scheme__phase__in=PUBLIC_PHASES)
    rows = results.order_by("-scheme__year").values_list("scheme__year", "star", "lapsed")[:5]
    return "，".join(f"{year}年度{'未申报' if lapsed else Star(star).label}" for year, star, lapsed in rows)


def self_assessments_due(today: date) -> Iterator[Announcement]:
    """Those not handed in whose last day is near; the day stands in the key, so that an extension is
    announced anew.
    """
    found = Assessment.objects.filter(status__in=LIVE, scheme__phase__in=RUNNING)
    for one in found.select_related("scheme").prefetch_related("extensions").order_by("pk"):
        last = due_of(one)
        left = None if last is None else _workdays_left(today, timezone.localtime(last).date())
        if left is None:
            continue
        what = "补正" if one.status == Status.RETURNED else "自评"
        text = (
            f"{one.scheme.year}年度星级评定{what}将于{day_words(last)}截止，目前状态："
            f"{one.get_status_display()}，请抓紧办理。"
        )
        roles = (Role.HEAD,) if one.status == Status.CONFIRMING else (Role.FILLER, Role.HEAD)
        url = resolve_url("ratings:assessment", one.pk)
        yield Announcement(f"self:{one.pk}:{last:%Y%m%d}:{left}", one.school_id, text, url, roles)


def _workdays_left(today: date, last: date) -> int | None:
    """The announcement that is due: the nearest of WORKDAYS_BEFORE, None while the day is far or when it has
    passed.
    """
    if last < today:
        return None
    return next(
        (number for number in sorted(WORKDAYS_BEFORE) if last <= add_workdays(today, number - 1)), None
    )


def assessment_duties(school: School) -> Iterator[tuple[str, str]]:
    """One line for each year whose result is not public: status, how far it is filled in, until when."""
    found = filled(
        Assessment.objects.filter(school=school).exclude(scheme__phase__in=PUBLIC_PHASES)
    ).order_by("scheme__year")
    for one in found:
        text = f"{one.scheme.year}年度：{one.get_status_display()}"
        if one.status in LIVE:
            last = due_of(one)
            text += f"，已填 {one.begun} / {one.owed} 项" + (
                f"，{timezone.localtime(last):%Y-%m-%d} 截止" if last else ""
            )
        yield "评定申报", text
    if not found:
        yield "评定申报", "没有进行中的申报"
