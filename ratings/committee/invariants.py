"""What must always be true of a rating; run in tests, before publication and by hand (`check_invariants`)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import pairwise

from django.db.models import F, Q

from ratings.criteria.spec import digest
from ratings.criteria.versions import spec_of
from ratings.enums import PUBLIC_PHASES, Aggregation, Phase, Stage, Star, Status
from ratings.models import Adjustment, Assessment, Move, Result, Scheme, SchemeVersion, Score
from ratings.scoring.panel import LEAST_SHEETS
from ratings.sheets.evaluation import evaluate

from .settling import figures_of, result_content, trace_of

Check = Callable[[Scheme], Iterator[str]]
CHECKS: dict[str, Check] = {}

#: Phases in which results exist.
SETTLED_PHASES = (Phase.SETTLED, Phase.NOTICE, *PUBLIC_PHASES)


def invariant(name: str) -> Callable[[Check], Check]:
    """Register a check under the Chinese name it is reported with."""

    def register(check: Check) -> Check:
        CHECKS[name] = check
        return check

    return register


def violations(scheme: Scheme) -> list[str]:
    """Every violated rule of one scheme as "name：what is wrong"; empty when all hold."""
    return [f"{name}：{text}" for name, check in CHECKS.items() for text in check(scheme)]


@invariant("方案版本摘要")
def version_digests(scheme: Scheme) -> Iterator[str]:
    for version in SchemeVersion.objects.filter(scheme=scheme):
        if digest(version.content) != version.digest:
            yield f"第 {version.number} 版内容与摘要不符"


@invariant("评定申报齐全")
def one_result_each(scheme: Scheme) -> Iterator[str]:
    if scheme.phase not in SETTLED_PHASES:
        return
    owed = Assessment.objects.filter(scheme=scheme).exclude(status=Status.DECLINED)
    for name in owed.filter(result__isnull=True).values_list("school__name", flat=True):
        yield f"{name}没有评定结果"
    for name in Result.objects.filter(scheme=scheme, assessment__status=Status.DECLINED).values_list(
        "school_name", flat=True
    ):
        yield f"{name}不参评，却有评定结果"
    for name in owed.exclude(status__in=[Status.SETTLED, Status.LAPSED]).values_list(
        "school__name", flat=True
    ):
        yield f"{name}的状态不是已审定或未申报"


@invariant("总分等于各部分之和")
def totals_add_up(scheme: Scheme) -> Iterator[str]:
    rows = Result.objects.filter(scheme=scheme, total__isnull=False).values_list(
        "school_name", "base", "bonus", "total", "figures"
    )
    for name, base, bonus, total, figures in rows:  # in Python: SQLite adds decimals as binary floats
        if base + bonus != total:
            yield f"{name}总分不等于基础分加加分"
        if sum((Decimal(points) for points in figures["categories"].values()), Decimal(0)) != base:
            yield f"{name}各大项之和不等于基础分"


@invariant("结果摘要")
def result_digests(scheme: Scheme) -> Iterator[str]:
    for result in Result.objects.filter(scheme=scheme).select_related("version"):
        if digest(result_content(result)) != result.digest:
            yield f"{result.school_name}的评定结果与摘要不符"


@invariant("星级与审定意见一致")
def stars_follow_decisions(scheme: Scheme) -> Iterator[str]:
    results = Result.objects.filter(scheme=scheme).select_related("assessment__decision")
    for result in results:
        decision = getattr(result.assessment, "decision", None)
        if decision is None and result.assessment.status == Status.SETTLED:
            yield f"{result.school_name}已审定，却没有审定意见"
        if decision is not None and decision.star != result.star:
            yield f"{result.school_name}的星级与审定意见不同"
        if decision is not None and decision.computed != result.computed_star:
            yield f"{result.school_name}的审定意见与计算星级的关系记错"


@invariant("重算一致")
def replay(scheme: Scheme) -> Iterator[str]:
    """Score the stored sheets again by the frozen version: same figures, same star, for every
    published year.
    """
    if scheme.phase not in SETTLED_PHASES:
        return
    evaluation = evaluate(scheme)
    for result in Result.objects.filter(scheme=scheme):
        outcome = evaluation.outcomes.get(str(result.assessment_id))
        if outcome is None or outcome.problems or outcome.verdict is None:
            yield f"{result.school_name}现在无法重算"
        elif outcome.star != result.computed_star or figures_of(evaluation.spec, outcome) != result.figures:
            yield f"{result.school_name}重算结果不同"
        elif trace_of(evaluation.spec, outcome, decided=result.star) != result.trace:
            yield f"{result.school_name}重算过程不同"


@invariant("评分在分值以内")
def scores_in_range(scheme: Scheme) -> Iterator[str]:
    over = Score.objects.filter(assessment__scheme=scheme, points__gt=F("item__points"))
    for school, code in over.values_list("assessment__school__name", "item__code"):
        yield f"{school} {code} 得分超过分值"
    adjusted = Adjustment.objects.filter(assessment__scheme=scheme).filter(
        Q(points__gt=F("item__points")) | Q(reason="")
    )
    for school, code in adjusted.values_list("assessment__school__name", "item__code"):
        yield f"{school} {code} 核定得分超过分值或没有理由"
    unscored = Score.objects.filter(assessment__scheme=scheme, answers__isnull=True, points__isnull=False)
    for school, code in unscored.values_list("assessment__school__name", "item__code"):
        yield f"{school} {code} 有得分却没有作答"


@invariant("评委人数")
def panels_complete(scheme: Scheme) -> Iterator[str]:
    if scheme.phase not in SETTLED_PHASES:
        return
    if not any(bound.owed_by_reviewers for bound in spec_of(scheme.versions.latest("number")).bound.values()):
        return
    sheets: dict[int, set[int | None]] = {}
    scored = (
        Score.objects.filter(assessment__scheme=scheme, stage=Stage.CITY, answers__isnull=False)
        .values_list("assessment_id", "judge_id")
        .distinct()
    )
    for assessment, judge in scored:
        sheets.setdefault(assessment, set()).add(judge)
    least = 1 if scheme.aggregation == Aggregation.JOINT else LEAST_SHEETS
    for pk, name in Assessment.objects.filter(scheme=scheme, status=Status.SETTLED).values_list(
        "pk", "school__name"
    ):
        if len(sheets.get(pk, ())) < least:
            yield f"{name}的评委评分表不足 {least} 份"


@invariant("流转记录连贯")
def moves_connect(scheme: Scheme) -> Iterator[str]:
    moves: dict[int, list[tuple[str, str]]] = {}
    for pk, before, after in (
        Move.objects.filter(assessment__scheme=scheme)
        .order_by("id")
        .values_list("assessment_id", "from_status", "to_status")
    ):
        moves.setdefault(pk, []).append((before, after))
    for pk, name, status in Assessment.objects.filter(scheme=scheme).values_list(
        "pk", "school__name", "status"
    ):
        chain = moves.get(pk, [])
        if chain and chain[0][0] != Status.DRAFT:
            yield f"{name}的流转记录缺开头"
        if any(first[1] != second[0] for first, second in pairwise(chain)) or (
            chain and chain[-1][1] != status
        ):
            yield f"{name}的流转记录与现在的状态接不上"
        if not chain and status not in (Status.DRAFT,):
            yield f"{name}没有流转记录"


@invariant("星级范围")
def stars_within_bands(scheme: Scheme) -> Iterator[str]:
    offered = {Star.NONE.value, *scheme.bands.values_list("star", flat=True)}
    for name in (
        Result.objects.filter(scheme=scheme).exclude(star__in=offered).values_list("school_name", flat=True)
    ):
        yield f"{name}的星级不在本方案的星级标准之内"


@invariant("通报文件")
def bulletin_file(scheme: Scheme) -> Iterator[str]:
    bulletin = getattr(scheme, "bulletin", None)
    if scheme.phase in PUBLIC_PHASES and (bulletin is None or not bulletin.pdf):
        yield "已通报的方案没有通报文件"
    if bulletin is None or not bulletin.pdf:
        return
    if not bulletin.pdf.storage.exists(bulletin.pdf.name):
        yield "通报文件找不到"
        return
    with bulletin.pdf.open() as kept:
        if hashlib.sha256(kept.read()).hexdigest() != bulletin.digest:
            yield "通报文件与摘要不符"


@invariant("启动通知文件")
def opening_notice_file(scheme: Scheme) -> Iterator[str]:
    notice = getattr(scheme, "opening_notice", None)
    if notice is None or not notice.is_issued:
        return
    if not notice.pdf.storage.exists(notice.pdf.name):
        yield "存档的启动通知文件不见了"
        return
    with notice.pdf.open() as kept:
        if hashlib.sha256(kept.read()).hexdigest() != notice.digest:
            yield "存档的启动通知文件与摘要不符"
