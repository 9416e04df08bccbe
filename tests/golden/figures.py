"""Every total of every year, each figure behind it, and the audit trail, as lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction

from ratings.committee.comparing import stages_of
from ratings.committee.settling import figures_of, trace_of
from ratings.models import Assessment, Decision, Result, Scheme
from ratings.sheets.evaluation import evaluate
from schools.models import AuditEntry
from tests.golden.documents import without_digests

STAGES = ("自评", "初评", "评审", "得分", "极差")


def audit_lines() -> Iterator[str]:
    """The trail in its order, without times and digests."""
    for entry in AuditEntry.objects.order_by("city", "number"):
        yield (
            f"{entry.city or '系统'} {entry.number} {entry.action}（{entry.action_label}） "
            f"{entry.user_label}·{entry.role_label}"
        )
        yield f"    {entry.subject}  {without_digests(entry.detail)}"


def totals() -> Iterator[tuple[str, list[str]]]:
    """One file a year of a city."""
    for scheme in Scheme.objects.select_related("city").order_by("city", "year"):
        yield f"{scheme.city}{scheme.year}", list(_year(scheme))


def _year(scheme: Scheme) -> Iterator[str]:
    evaluation = evaluate(scheme, with_self=True, with_drafts=True)
    yield f"{scheme.name} {scheme.get_phase_display()}"
    for version in scheme.versions.order_by("number"):
        yield f"版本 {version.number} {version.digest} {version.reason}"
    results = {row.assessment_id: row for row in Result.objects.filter(scheme=scheme)}
    decisions = {row.assessment_id: row for row in Decision.objects.filter(assessment__scheme=scheme)}
    for row in Assessment.objects.filter(scheme=scheme).select_related("school").in_order():
        yield ""
        yield f"=== {row.school.code} {row.school} {row.get_status_display()}"
        if str(row.pk) in evaluation.inputs:
            yield from _outcome(evaluation, str(row.pk))
        for move in row.moves.order_by("pk"):
            yield (
                f"流转 {move.step} {move.from_status}→{move.to_status} {move.digest} {move.comment}"
            ).rstrip()
        if row.pk in decisions:
            one = decisions[row.pk]
            yield f"审定 {one.star} 计算 {one.computed} {one.reason}".rstrip()
        if row.pk in results:
            yield from _result(results[row.pk])


def _outcome(evaluation, key: str) -> Iterator[str]:
    given, outcome = evaluation.inputs[key], evaluation.outcomes[key]
    yield "取数 " + "  ".join(f"{name}={_exact(value)}" for name, value in sorted(given.metrics.items()))
    for (stage, code), points in sorted(given.adjustments.items()):
        yield f"核定 {stage} {code} {_exact(points)}"
    yield f"限制 {'、'.join(sorted(given.cases))}" if given.cases else "限制 无"
    for line in stages_of(evaluation, key):
        shown = (line.own, line.county, line.city, line.final, line.spread)
        yield f"小项 {line.code} " + "  ".join(
            f"{word} {_exact(points)}" for word, points in zip(STAGES, shown, strict=True)
        )
    for problem in outcome.problems:
        yield f"缺 {problem.text} {problem.code}".rstrip()
    figures = figures_of(evaluation.spec, outcome)
    yield from (f"{name} {_json(value)}" for name, value in figures.items() if name != "items")
    if outcome.verdict is not None:
        yield f"计算星级 {outcome.star}"
        yield from _trace(trace_of(evaluation.spec, outcome))


def _trace(trace: dict) -> Iterator[str]:
    for item in trace["items"]:
        yield f"步骤 {item['code']} {item['points']}/{item['full']} {'；'.join(item['steps'])}"
    yield from (f"步骤 {step}" for step in (*trace["totals"], *trace["star"]))


def _result(result: Result) -> Iterator[str]:
    """What was frozen; of its figures and steps only whether they are those above."""
    yield (
        f"结果 {result.star} 计算 {result.computed_star} 基础 {result.base} 加分 {result.bonus} "
        f"总分 {result.total} {result.digest}"
    )
    yield f"结果限制 {_json(result.restrictions)} 下一星级 {_json(result.next_star)}"
    yield f"结果步骤 {'；'.join(result.trace['star'])}" if result.trace else "结果步骤 无"


def _json(value) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _exact(value: Fraction | None) -> str:
    return "—" if value is None else str(value)
