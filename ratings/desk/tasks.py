"""What the rating asks of each person on the workbench, and its figures there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, Exists, F, FilteredRelation, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from ratings.enums import PUBLIC_PHASES, Aggregation, Phase, Stage, Star, Status
from ratings.judging.seats import judged_by
from ratings.models import Assessment, Bulletin, Erratum, JudgeSheet, Result, Scheme, Score
from ratings.publication.bulletin import EDITABLE
from ratings.selfassessment.figures import figures_left
from ratings.selfassessment.submission import due_of, last_return
from ratings.sheets.answering import LIVE
from ratings.workflow.deadlines import last_day
from schools.models import Role, User
from schools.models.scope import SCHOOL_ROLES
from schools.permissions import may, role_of
from schools.site.contributions import Task, Tile

#: A deadline is said these working days before.
WORKDAYS_BEFORE = (5, 1)
RUNNING = (Phase.OPEN, Phase.SCORING)


def self_assessment_tasks(user: User) -> Iterator[Task]:
    """The open self-assessment, as far as it is this person's turn, with its deadline and how far it is
    filled in.
    """
    if role_of(user) not in SCHOOL_ROLES:
        return
    for one in _filled(
        Assessment.objects.visible_to(user).filter(status__in=LIVE, scheme__phase__in=RUNNING)
    ):
        if one.status == Status.CONFIRMING and role_of(user) == Role.FILLER:
            continue
        last = due_of(one)
        overdue = last is not None and last < timezone.now()
        title, page, hint, tag = _words(one)
        kind = "bad" if overdue or one.status == Status.RETURNED else "warn"
        yield Task(
            title,
            reverse(page, args=[one.pk]),
            hint,
            "已截止" if overdue else tag,
            kind,
            last and timezone.localtime(last).date(),
        )


def _filled(assessments: QuerySet[Assessment]) -> QuerySet[Assessment]:
    """With how many rows of the self-assessment the school owes and has begun."""
    own = Q(scores__stage=Stage.SELF)
    begun = Count("scores", filter=own & Q(scores__answers__isnull=False))
    rows = assessments.select_related("scheme").prefetch_related("extensions")
    return rows.annotate(owed=Count("scores", filter=own), begun=begun)


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
    """One task per running scheme in which figures are still owed."""
    if not may(user, "type_figures"):
        return
    running = Scheme.objects.visible_to(user).filter(phase__in=RUNNING, custom_metrics__isnull=False)
    for scheme in running.distinct():
        left = figures_left(scheme, user)
        if left:
            address = reverse("ratings:scheme_figures", args=[scheme.pk])
            yield Task(f"填报{scheme.year}年度自定义指标", address, f"还有 {left} 个数没有填", "待填报")


def rating_tasks(user: User) -> Iterator[Task]:
    """What the year of the rating asks of this person now."""
    if not may(user, "follow_rating"):
        return
    schemes = (
        Scheme.objects.visible_to(user)
        .exclude(phase=Phase.ARCHIVED)
        .select_related("bulletin")
        .order_by("-year")
    )
    schemes = _with_waiting(schemes) if may(user, "read_board") else schemes
    if may(user, "edit_scheme") and not schemes and not Scheme.objects.visible_to(user).exists():
        hint = "还没有评定方案：可以新建，也可以导入工作簿"
        yield Task(f"制定{timezone.localdate().year}年度评定方案", reverse("ratings:schemes"), hint, "待制定")
    latest = next((scheme.pk for scheme in schemes if scheme.is_public), None)
    for scheme in schemes:
        if not scheme.is_public or scheme.pk == latest:
            yield from (
                _committee_tasks(scheme, user) if may(user, "read_board") else _reader_tasks(scheme, user)
            )


def _committee_tasks(scheme: Scheme, user: User) -> Iterator[Task]:
    yield from _second_person_tasks(scheme, user)
    board = reverse("ratings:board", args=[scheme.pk])
    if scheme.phase == Phase.DRAFTING and may(user, "edit_scheme") and scheme.opening_by is None:
        page = reverse("ratings:scheme_edit", args=[scheme.pk])
        yield Task(
            f"继续起草{scheme.year}年度评定方案", page, "写好以后检查，再提议启动", scheme.get_phase_display()
        )
    elif scheme.phase == Phase.SCORING:
        yield Task(
            f"{scheme.year}年度评审进行中",
            board,
            "查看还缺哪些评分和审定意见",
            scheme.get_phase_display(),
            "info",
        )
    elif scheme.phase in EDITABLE:
        yield Task(
            f"{scheme.year}年度评定结果已审定",
            board,
            "审定总表：各校得分、星级和提示",
            scheme.get_phase_display(),
            "ok",
        )
        yield _bulletin_task(scheme, user)


def _bulletin_task(scheme: Scheme, user: User) -> Task:
    bulletin: Bulletin | None = getattr(scheme, "bulletin", None)
    if bulletin is None:
        return Task(
            f"起草{scheme.year}年度通报", reverse("ratings:bulletins"), "按审定结果自动生成初稿", "待起草"
        )
    hint = f"{bulletin.title}；发文字号{'：' + bulletin.number if bulletin.number else '尚未填写'}"
    if may(user, "issue_bulletin") and bulletin.number:
        return Task(
            f"审核并印发{scheme.year}年度通报",
            reverse("ratings:bulletin", args=[bulletin.pk]),
            hint,
            "待印发",
        )
    page = "ratings:bulletin_edit" if may(user, "write_bulletin") else "ratings:bulletin"
    return Task(f"修改{scheme.year}年度通报文稿", reverse(page, args=[bulletin.pk]), hint, "草稿")


def _reader_tasks(scheme: Scheme, user: User) -> Iterator[Task]:
    """The criteria while they are new, the result once it is out."""
    if scheme.phase in RUNNING:
        url = reverse("ratings:scheme", args=[scheme.pk])
        yield Task(
            f"{scheme.year}年度评定方案", url, "对照标准安排全年工作", scheme.get_phase_display(), "info"
        )
    elif scheme.phase == Phase.PUBLISHED and role_of(user) in SCHOOL_ROLES:
        result = Result.objects.visible_to(user).filter(scheme=scheme).first()
        if result:
            url = reverse("ratings:result", args=[result.pk])
            yield Task(
                f"{scheme.year}年度评定结果：{result.get_star_display()}",
                url,
                "查看星级是怎样得出的，还可以怎样改进",
                "已通报",
                "ok",
            )


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
    )


def _second_person_tasks(scheme: Scheme, user: User) -> Iterator[Task]:
    """For one scheme of `_with_waiting`: the message may have been read days ago, the work stays until it is
    done.
    """
    if (
        may(user, "check_scheme")
        and scheme.phase == Phase.DRAFTING
        and scheme.opening_by not in (None, user.pk)
    ):
        # Whether the draft was changed since then is said on the page: comparing it costs too much here.
        hint = f"{scheme.opening_name} {_day(scheme.opening_at)} 提议，核对方案后确认"
        yield Task(
            f"确认启动{scheme.year}年度评定",
            reverse("ratings:scheme_opening", args=[scheme.pk]),
            hint,
            "待确认",
        )
    if may(user, "sign_erratum") and not scheme.is_public and scheme.correction_by not in (None, user.pk):
        hint = f"{scheme.correction_name} {_day(scheme.correction_at)} 提请：{scheme.correction_reason}"
        yield Task(
            f"签发{scheme.year}年度评定方案的更正",
            reverse("ratings:erratum_sign", args=[scheme.correction_pk]),
            hint,
            "待签发",
        )


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
        status__in=(Status.COUNTY, Status.RETURNED), scheme__has_county_stage=True
    )
    rows = rows.filter(scheme__phase__in=RUNNING).select_related("scheme").annotate(unscored=Exists(unscored))
    found = list(rows.order_by("-scheme__year", "school__order"))
    desk = reverse("ratings:review")
    waiting = [one for one in found if one.status == Status.COUNTY and one.unscored]
    judged = [one for one in found if one.status == Status.COUNTY and not one.unscored]
    late = [
        one for one in found if one.returned_to == Status.COUNTY and one.return_due < timezone.localdate()
    ]
    if waiting:
        yield Task(
            f"初评：{len(waiting)} 所党校待判断",
            desk,
            f"{waiting[0].scheme.year}年度，学校已提交自评",
            "待判断",
            due=last_day(waiting[0].scheme.county_due),
        )
    if judged and may(user, "confirm_review"):
        url = f"{desk}?view=judged"
        yield Task(
            f"集体确认：{len(judged)} 所党校已评完",
            url,
            f"{judged[0].scheme.year}年度，研究建议星级和初评意见",
            "待确认",
            due=last_day(judged[0].scheme.county_due),
        )
    if late:
        yield Task(
            f"退回补正：{len(late)} 所党校逾期",
            f"{desk}?view=returned",
            "可以收回，按现有内容继续初评",
            "逾期",
            "bad",
        )


def judging_tasks(user: User) -> Iterator[Task]:
    """One query for either role, whatever the number of schools."""
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
    open_rows = judged_by(user).filter(status=Status.CITY, scheme__phase__in=RUNNING).filter(Exists(sheets))
    rows = Score.objects.filter(assessment=OuterRef("pk"), stage=Stage.CITY, answers__isnull=True)
    whose = rows.filter(
        Q(judge__user=user) | Q(judge__isnull=True, assessment__scheme__aggregation=Aggregation.JOINT)
    )
    found = list(
        open_rows.prefetch_related(None)
        .annotate(unscored=Exists(whose))
        .values_list("unscored", "scheme__year", "scheme__city_due")
    )
    waiting, ready = [one for one in found if one[0]], [one for one in found if not one[0]]
    desk = reverse("ratings:judging")
    if waiting:
        yield Task(
            f"评审：{len(waiting)} 所党校待判断",
            desk,
            f"{waiting[0][1]}年度，本人评分表",
            "待判断",
            due=last_day(waiting[0][2]),
        )
    if ready:
        yield Task(
            f"评审：{len(ready)} 所党校已评完", desk, "核对后提交评分表", "待提交", due=last_day(ready[0][2])
        )


def _panel_tasks(user: User) -> Iterator[Task]:
    """Schools with the city that no panel has, and sheets still out."""
    rows = Assessment.objects.visible_to(user).filter(
        status=Status.CITY, scheme__phase__in=RUNNING, scheme__imported=False
    )
    out = Count("sheets", filter=Q(sheets__submitted_at__isnull=True))
    states = list(
        rows.order_by()
        .annotate(out=out, year=F("scheme__year"), due=F("scheme__city_due"))
        .values("scheme_id", "year", "due", "panel_id", "out")
    )
    for scheme in sorted({one["scheme_id"] for one in states}):
        mine = [one for one in states if one["scheme_id"] == scheme]
        board, year, due = (
            reverse("ratings:panel_board", args=[scheme]),
            mine[0]["year"],
            last_day(mine[0]["due"]),
        )
        unassigned = sum(one["panel_id"] is None for one in mine)
        out_sheets = sum(one["out"] for one in mine)
        if unassigned:
            yield Task(
                f"{unassigned} 所党校尚未分到评审组",
                f"{board}?panel=none",
                f"{year}年度，已报送到市级",
                "待分组",
                due=due,
            )
        if out_sheets:
            yield Task(
                f"{out_sheets} 份评分表尚未提交", board, f"{year}年度，查看各组进度", "评审中", "info", due
            )


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
            note = f"总分 {result.total}" if result.total is not None else "未申报"
            yield Tile(
                f"{scheme.year}年度星级",
                note=note,
                url=reverse("ratings:result", args=[result.pk]),
                stars=result.star,
            )
        return
    counts = Counter(results.filter(lapsed=False).values_list("star", flat=True))
    note = "、".join(f"{Star(star).label} {counts[star]}" for star in sorted(counts, reverse=True))
    url = (
        reverse("ratings:board", args=[scheme.pk])
        if may(user, "read_board")
        else f"{reverse('ratings:results')}?year={scheme.year}"
    )
    yield Tile(f"{scheme.year}年度评定", str(sum(counts.values())), "所参评", note, url)


def self_check_tiles(user: User) -> Iterator[Tile]:
    """对标自查 of the year that is under way, with the goals the school has set itself."""
    if role_of(user) not in SCHOOL_ROLES:
        return
    running = Assessment.objects.visible_to(user).filter(scheme__phase__in=RUNNING, scheme__imported=False)
    counted = (
        Count("goals", filter=~Q(goals__text="")),
        Count("goals", filter=~Q(goals__text="") & Q(goals__done=True)),
    )
    one = (
        running.select_related("scheme")
        .annotate(set_goals=counted[0], done_goals=counted[1])
        .order_by("-scheme__year")
        .first()
    )
    if one is not None:
        note = f"已完成 {one.done_goals} 项" if one.set_goals else "对照标准看差距、定目标；只供本校使用"
        url = reverse("ratings:self_checks", args=[one.scheme_id])
        yield Tile(f"{one.scheme.year}年度对标自查", str(one.set_goals), "项目标", note, url)


def latest_scheme(user: User) -> Scheme | None:
    """The city's newest year with published results."""
    return Scheme.objects.visible_to(user).filter(phase__in=PUBLIC_PHASES).order_by("-year").first()
