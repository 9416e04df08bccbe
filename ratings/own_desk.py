"""What the self-assessment says on the workbench of a school."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from ratings.answering import LIVE
from ratings.enums import Phase, Stage, Status
from ratings.models import Assessment
from ratings.submission import due_of, last_return
from schools.desk import Task, Tile
from schools.models import Role, User
from schools.permissions import may, role_of


def self_assessment_tasks(user: User) -> Iterator[Task]:
    """The open self-assessment, as far as it is this person's turn, with its deadline and how far it is filled in."""
    if not may(user, "self_assess"):
        return
    rows = Q(scores__stage=Stage.SELF)
    counted = Count("scores", filter=rows), Count("scores", filter=rows & Q(scores__answers__isnull=False))
    open_ones = Assessment.objects.visible_to(user).filter(status__in=LIVE, scheme__phase__in=(Phase.OPEN, Phase.SCORING))
    for one in open_ones.select_related("scheme").prefetch_related("extensions").annotate(owed=counted[0], begun=counted[1]):
        if one.status == Status.CONFIRMING and role_of(user) == Role.FILLER:
            continue
        last = due_of(one)
        overdue = last is not None and last < timezone.now()
        title, page, hint, tag = _words(one)
        kind = "bad" if overdue or one.status == Status.RETURNED else "warn"
        yield Task(title, reverse(page, args=[one.pk]), hint, "已截止" if overdue else tag, kind, last and timezone.localtime(last).date())


def _words(one: Assessment) -> tuple[str, str, str, str]:
    """Title, page, hint and tag by status."""
    year = one.scheme.year
    if one.status == Status.RETURNED:
        move = last_return(one)
        return f"{year}年度自评被退回，请补正", "ratings:assessment", move.comment if move else "", "需补正"
    if one.status == Status.CONFIRMING:
        return f"确认并提交{year}年度自评", "ratings:assessment_check", "填报人已填好，等您核对确认", "待确认"
    tag = "填写中" if one.begun else "尚未开始"
    return f"填写{year}年度自评", "ratings:assessment", f"已填 {one.begun} / {one.owed} 项，其余由系统取数或由评审方核定", tag


def self_check_tiles(user: User) -> Iterator[Tile]:
    """对标自查 of the year that is under way, with the goals the school has set itself."""
    if not may(user, "self_check"):
        return
    running = Assessment.objects.visible_to(user).filter(scheme__phase__in=(Phase.OPEN, Phase.SCORING), scheme__imported=False)
    counted = Count("goals", filter=~Q(goals__text="")), Count("goals", filter=~Q(goals__text="") & Q(goals__done=True))
    one = running.select_related("scheme").annotate(set_goals=counted[0], done_goals=counted[1]).order_by("-scheme__year").first()
    if one is not None:
        note = f"已完成 {one.done_goals} 项" if one.set_goals else "对照标准看差距、定目标；只供本校使用"
        url = reverse("ratings:self_checks", args=[one.scheme_id])
        yield Tile(f"{one.scheme.year}年度对标自查", str(one.set_goals), "项目标", note, url)
