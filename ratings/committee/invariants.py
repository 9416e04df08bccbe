"""What must always be true of a rating; run in tests, before publication and by hand (`check_invariants`)."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from django.db.models import F, Q, QuerySet

from ratings.criteria.spec import digest
from ratings.criteria.versions import spec_of
from ratings.enums import PUBLIC_PHASES, Aggregation, Phase, Stage, Star, Status
from ratings.judging.sheets import digest_of
from ratings.models import (
    Adjustment,
    Assessment,
    Bulletin,
    Decision,
    Evidence,
    Meeting,
    Move,
    OpeningNotice,
    Result,
    Scheme,
    SchemeVersion,
    Score,
    VoidedSheet,
)
from ratings.rules import maximum
from ratings.scoring.items import LEAST_SHEETS
from ratings.sheets.evaluation import evaluate
from ratings.workflow import scheme_spec

from .readiness import decision_of
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
    yield from _named("{}没有评定结果", owed.filter(result__isnull=True), "school__name")
    declined = Result.objects.filter(scheme=scheme, assessment__status=Status.DECLINED)
    yield from _named("{}不参评，却有评定结果", declined, "school_name")
    unsettled = owed.exclude(status__in=[Status.SETTLED, Status.LAPSED])
    yield from _named("{}的状态不是已审定或未申报", unsettled, "school__name")


def _named(sentence: str, rows: QuerySet, *names: str) -> Iterator[str]:
    """The sentence for every row, filled with what these columns say."""
    return (sentence.format(*values) for values in rows.values_list(*names))


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
    for result in Result.objects.filter(scheme=scheme).select_related("assessment__decision"):
        decision = decision_of(result.assessment)
        if decision is None:
            if result.assessment.status == Status.SETTLED:
                yield f"{result.school_name}已审定，却没有审定意见"
            continue
        if decision.star != result.star:
            yield f"{result.school_name}的星级与审定意见不同"
        if decision.computed != result.computed_star:
            yield f"{result.school_name}的审定意见与计算星级的关系记错"


@invariant("改变星级由两人办理")
def deviations_take_two(scheme: Scheme) -> Iterator[str]:
    """Of what names its meeting: decisions from before that, and years from workbooks, were one person's."""
    decided = Decision.objects.filter(assessment__scheme=scheme, meeting__isnull=False, by__isnull=False)
    alone = decided.exclude(star=F("computed")).filter(recorded_by__isnull=True)
    yield from _named("{}的审定与计算不同，却没有登记人", alone, "assessment__school__name")
    elsewhere = decided.exclude(meeting__scheme=scheme)
    yield from _named("{}的审定记的是别的年度的会议", elsewhere, "assessment__school__name")


@invariant("会议纪要文件")
def minutes_files(scheme: Scheme) -> Iterator[str]:
    for meeting in Meeting.objects.filter(scheme=scheme).exclude(file=""):
        if not meeting.file.storage.exists(meeting.file.name):
            yield f"{meeting.held_on}会议的纪要文件找不到"
            continue
        with meeting.file.open() as file:
            if hashlib.sha256(file.read()).hexdigest() != meeting.digest:
                yield f"{meeting.held_on}会议的纪要文件与摘要不符"


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
    over, names = Q(points__gt=F("item__points")), ("assessment__school__name", "item__code")
    scores = Score.objects.filter(assessment__scheme=scheme)
    # What was answered may come to more than the item is worth, which then counts; its parts have their ends.
    for school, code, points in scores.filter(over).values_list(*names, "points"):
        bound = scheme_spec(scheme).bound[code]
        parts = (bound.item.rule.parts[index] for index in bound.asked_parts)
        if points > sum(maximum(part, item_points=bound.item.points) for part in parts):
            yield f"{school} {code} 得分超过计分规则的上限"
    adjusted = Adjustment.objects.filter(over | Q(reason=""), assessment__scheme=scheme)
    yield from _named("{} {} 核定得分超过分值或没有理由", adjusted, *names)
    unscored = scores.filter(answers__isnull=True, points__isnull=False)
    yield from _named("{} {} 有得分却没有作答", unscored, *names)


@invariant("评委人数")
def panels_complete(scheme: Scheme) -> Iterator[str]:
    if scheme.phase not in SETTLED_PHASES:
        return
    bound = spec_of(scheme.versions.latest("number")).bound.values()
    if not any(item.owed_by_reviewers for item in bound):
        return
    least = 1 if scheme.aggregation == Aggregation.JOINT else LEAST_SHEETS
    settled = Assessment.objects.filter(scheme=scheme, status=Status.SETTLED)
    scored = Score.objects.filter(assessment__in=settled, stage=Stage.CITY, answers__isnull=False)
    sheets = Counter(assessment for assessment, _ in set(scored.values_list("assessment_id", "judge_id")))
    for pk, name in settled.values_list("pk", "school__name"):
        if sheets[pk] < least:
            yield f"{name}的评委评分表不足 {least} 份"


@invariant("作废的评分表")
def voided_sheets_unchanged(scheme: Scheme) -> Iterator[str]:
    for one in VoidedSheet.objects.filter(assessment__scheme=scheme).select_related("assessment__school"):
        if digest_of(one.rows) != one.digest:
            yield f"{one.assessment.school.name}作废的评分表与摘要不符"


@invariant("流转记录连贯")
def moves_connect(scheme: Scheme) -> Iterator[str]:
    moves: dict[int, list[tuple[str, str]]] = defaultdict(list)
    rows = Move.objects.filter(assessment__scheme=scheme).order_by("id")
    for pk, before, after in rows.values_list("assessment_id", "from_status", "to_status"):
        moves[pk].append((before, after))
    schools = Assessment.objects.filter(scheme=scheme)
    for pk, name, status in schools.values_list("pk", "school__name", "status"):
        yield from _breaks(name, moves[pk], status)


def _breaks(name: str, moves: Sequence[tuple[str, str]], status: str) -> Iterator[str]:
    """Where one school's moves do not lead from the draft to where it stands."""
    if not moves:
        if status != Status.DRAFT:
            yield f"{name}没有流转记录"
        return
    if moves[0][0] != Status.DRAFT:
        yield f"{name}的流转记录缺开头"
    reached = [after for _, after in moves]
    left = [before for before, _ in moves[1:]]
    if reached != [*left, status]:
        yield f"{name}的流转记录与现在的状态接不上"


@invariant("星级范围")
def stars_within_bands(scheme: Scheme) -> Iterator[str]:
    offered = {Star.NONE.value, *scheme.bands.values_list("star", flat=True)}
    outside = Result.objects.filter(scheme=scheme).exclude(star__in=offered)
    return _named("{}的星级不在本方案的星级标准之内", outside, "school_name")


@invariant("通报文件")
def bulletin_file(scheme: Scheme) -> Iterator[str]:
    bulletin = getattr(scheme, "bulletin", None)
    if bulletin and bulletin.pdf:
        yield from _kept_file(bulletin, lost="通报文件找不到", altered="通报文件与摘要不符")
        yield from _issued_text(bulletin, "通报文稿在印发以后被改动，与存档的通报文件不符")
    elif scheme.phase in PUBLIC_PHASES:
        yield "已通报的方案没有通报文件"


@invariant("启动通知文件")
def opening_notice_file(scheme: Scheme) -> Iterator[str]:
    notice = getattr(scheme, "opening_notice", None)
    if notice and notice.is_issued:
        yield from _kept_file(notice, lost="存档的启动通知文件不见了", altered="存档的启动通知文件与摘要不符")
        yield from _issued_text(notice, "启动通知的文稿在印发以后被改动，与存档的文件不符")


def _issued_text(document: Bulletin | OpeningNotice, altered: str) -> Iterator[str]:
    """Whether the text is still the one from which the file was made."""
    if document.text_digest != document.digest_of_text():
        yield altered


def evidence_files(scheme: Scheme, *, quick: bool = False) -> Iterator[str]:
    """Every file of the year, those taken back too: there, as long as it was and, unless `quick`, with the
    digest it was taken in with. Not among the checks before publication, which do not wait for a disk.
    """
    stored = Evidence.objects.filter(assessment__scheme=scheme, kind=Evidence.Kind.FILE)
    for one in stored.select_related("assessment__school").order_by("pk").iterator(chunk_size=500):
        if fault := _fault_of(one, quick):
            yield f"佐证材料文件：{one.assessment.school}“{one.name}”{fault}"


def _fault_of(evidence: Evidence, quick: bool) -> str:
    storage, name = evidence.file.storage, evidence.file.name
    try:
        if storage.size(name) != evidence.size:
            return "的大小与登记的不同，文件被改动过"
        if quick:
            return ""
        with storage.open(name) as file:
            digest_of = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "的文件找不到或读不出来"
    return "" if digest_of == evidence.digest else "与摘要不符，文件被改动过"


def _kept_file(document: Bulletin | OpeningNotice, *, lost: str, altered: str) -> Iterator[str]:
    """Whether the printed file is there and still the one whose digest was taken."""
    if not document.pdf.storage.exists(document.pdf.name):
        yield lost
        return
    with document.pdf.open() as file:
        if hashlib.sha256(file.read()).hexdigest() != document.digest:
            yield altered
