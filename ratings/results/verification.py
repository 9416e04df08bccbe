"""公开包 and 核验包: a published year as a ZIP that anybody, or a named verifier, can check without this
program.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone

from ratings.criteria.spec import BoundItem, SchemeSpec, digest
from ratings.enums import Star, Trigger
from ratings.models import Adjustment, Assessment, RestrictionCase, Result, Scheme, SchemeVersion
from ratings.rules import Condition, Part, Question, Reference, Vocabulary, reference_key, to_text
from ratings.rules.evaluation import maximum
from ratings.rules.syntax import (
    Add,
    Cases,
    Checklist,
    Deduct,
    Graded,
    Judged,
    Levels,
    Number,
    Operand,
    Ratio,
    Term,
    Test,
)
from ratings.scoring import Entry, SchoolInput, entry_to_json
from ratings.sheets.evaluation import Evaluation, evaluate
from schools import audit

HERE = Path(__file__).parent
SCRIPT = "recompute.py"
#: One moment for every file in a package, so that equal contents give equal bytes.
NO_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Verifier:
    """Who checks, and why this person is given single scores."""

    name: str
    reason: str


@dataclass(frozen=True)
class Package:
    name: str
    content: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def canonical(content: Any) -> bytes:
    """The JSON text that digests are taken over: the SHA-256 of such a file is the digest of its content."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def readable(content: Any) -> bytes:
    """JSON for people as well."""
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def verification_package(scheme: Scheme, *, to: Verifier) -> Package:
    """核验包（内部）: everything that decides a star, school by school, judges as numbers, with script and
    guide.
    """
    evaluation = evaluate(scheme, with_self=True)
    results = list(Result.objects.filter(scheme=scheme).order_by("order", "school_code"))
    files = {
        "scheme.json": canonical(evaluation.version.content),
        "rules.json": readable(rules_of(evaluation.spec)),
        "schools.json": readable(_schools(evaluation, results)),
        "results.json": readable([_result(result) for result in results]),
        SCRIPT: (HERE / SCRIPT).read_bytes(),
    }
    facts = {
        "verifier": to.name,
        "reason": to.reason,
        "made": f"{timezone.localtime():%Y年%m月%d日 %H:%M}",
        "audit_head": audit.chain_head(scheme.city),
    }
    guide = (HERE / "reading_guide.md").read_text(encoding="utf-8")
    files["说明.md"] = guide.format(year=scheme.year, city=scheme.city.name, **facts).encode()
    return _package("核验包（内部）", scheme, evaluation.version, files, facts)


def public_package(scheme: Scheme) -> Package:
    """公开包: criteria, stars and digests. Names the schools that the bulletin names; of the others only how
    many.
    """
    version = scheme.versions.latest("number")
    results = list(Result.objects.filter(scheme=scheme).order_by("order", "school_code"))
    stars = [
        {
            "school": one.school_name,
            "county": one.county_name,
            "star": Star(one.star).label,
            "digest": one.digest,
        }
        for one in results
        if one.star != Star.NONE
    ]
    unnamed = sorted(one.digest for one in results if one.star == Star.NONE)
    files = {
        "scheme.json": canonical(version.content),
        "stars.json": readable({"stars": stars, "unrated": len(unnamed), "unrated_digests": unnamed}),
    }
    bulletin = scheme.bulletin.digest if hasattr(scheme, "bulletin") else ""
    facts = {"scheme": scheme.name, "year": scheme.year, "bulletin_digest": bulletin}
    return _package("公开包", scheme, version, files, facts)


def _package(
    kind: str, scheme: Scheme, version: SchemeVersion, files: Mapping[str, bytes], facts: Mapping[str, Any]
) -> Package:
    """The files with a manifest of their digests."""
    manifest = {
        "kind": kind,
        **facts,
        "scheme_digest": version.digest,
        "versions": versions_of(scheme),
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in {**files, "manifest.json": readable(manifest)}.items():
            package.writestr(zipfile.ZipInfo(name, NO_TIME), content, zipfile.ZIP_DEFLATED)
    return Package(f"{scheme.year}年度星级评定{kind}.zip", buffer.getvalue())


def versions_of(scheme: Scheme) -> list[dict[str, Any]]:
    """Every frozen version with its reason and digest."""
    rows = scheme.versions.order_by("number").values_list("number", "at", "reason", "digest")
    return [
        {"number": number, "at": timezone.localtime(at).isoformat(), "reason": reason, "digest": sha}
        for number, at, reason, sha in rows
    ]


def _schools(evaluation: Evaluation, results: Iterable[Result]) -> list[dict[str, Any]]:
    adjustments = Prefetch("adjustments", Adjustment.objects.select_related("item"))
    cases = Prefetch("cases", RestrictionCase.objects.select_related("restriction"))
    rows = Assessment.objects.filter(scheme=evaluation.scheme).select_related("decision__meeting")
    assessments = rows.prefetch_related(adjustments, cases).in_bulk()
    numbers = _judge_numbers(evaluation)
    return [_school(evaluation, result, assessments[result.assessment_id], numbers) for result in results]


def _school(
    evaluation: Evaluation, result: Result, assessment: Assessment, numbers: Mapping[str, int]
) -> dict[str, Any]:
    school = evaluation.inputs[str(assessment.pk)]
    decision = getattr(assessment, "decision", None)
    return {
        "code": result.school_code,
        "name": result.school_name,
        "county_name": result.county_name,
        "visited": assessment.visited,
        "self": _entries(evaluation.own.get(str(assessment.pk), {})),
        **decisive(school, numbers),
        "adjustment_reasons": {
            f"{one.stage} {one.item.code}": one.reason
            for one in assessment.adjustments.all()
            if (one.stage, one.item.code) in school.adjustments
        },
        "cases": {case.restriction.code: case.basis for case in assessment.cases.all()},
        "decision": decision and decision.star,
        "decision_reason": decision.reason if decision else "",
        "decision_meeting": str(decision.meeting) if decision and decision.meeting else "",
    }


def _judge_numbers(evaluation: Evaluation) -> dict[str, int]:
    """A number for every judge of the year, in an order that tells nothing about names or seats."""
    labels = {sheet.judge for school in evaluation.inputs.values() for sheet in school.city}
    ordered = sorted(labels, key=lambda label: digest([evaluation.version.digest, label]))
    return {label: number for number, label in enumerate(ordered, 1)}


def decisive(school: SchoolInput, numbers: Mapping[str, int]) -> dict[str, Any]:
    """What the star of a school hangs on, besides proven restrictions and the decision; judges by number."""
    ordered = sorted(school.city, key=lambda sheet: numbers[sheet.judge])
    adjustments: dict[str, dict[str, str]] = {"county": {}, "city": {}}
    for (stage, code), points in sorted(school.adjustments.items()):
        adjustments[str(stage)][code] = str(Fraction(points))
    return {
        "submitted": school.submitted,
        "figures": {name: str(value) for name, value in sorted(school.metrics.items()) if value is not None},
        "county": _entries(school.county),
        "judges": [numbers[sheet.judge] for sheet in ordered],
        "city": [_entries(sheet.entries) for sheet in ordered],
        "adjustments": adjustments,
    }


def _entries(entries: Mapping[str, Entry]) -> dict[str, Any]:
    return {code: entry_to_json(entry) for code, entry in sorted(entries.items())}


def _result(result: Result) -> dict[str, Any]:
    """A published result with everything that its digest covers."""
    covered = ("lapsed", "computed_star", "star", "restrictions", "figures", "trace", "digest")
    return {
        "code": result.school_code,
        "name": result.school_name,
        "county": result.county_name,
        **{name: getattr(result, name) for name in covered},
    }


Node = list | str
NOTHING = "0"
#: The condition of a band or a case that takes whatever is left.
ALWAYS = ["且"]


def rules_of(spec: SchemeSpec) -> dict[str, Any]:
    """Every rule, star and restriction; `text` repeats the line that was parsed."""
    return {
        "items": {code: _item(bound, spec.vocabulary) for code, bound in spec.bound.items()},
        "bands": [
            {"star": band.star, "text": band.condition_text, "when": _condition(band.condition)}
            for band in spec.bands
        ],
        "restrictions": [
            {
                "code": entry.code,
                "trigger": entry.trigger,
                "star": entry.effect.star,
                "when": _condition(entry.condition) if entry.trigger == Trigger.CONDITION else None,
            }
            for entry in spec.restrictions
        ],
    }


def _item(bound: BoundItem, vocabulary: Vocabulary) -> dict[str, Any]:
    """`system` is what figures alone give, `asked` what people's answers give; null where nobody is asked."""

    def total(places: Iterable[int]) -> Node:
        return [
            "+",
            *(_part(bound.item.rule.parts[place], vocabulary, bound.item.points) for place in places),
        ]

    asked = total(bound.asked_parts) if bound.asked_parts else None
    return {"text": to_text(bound.item.rule), "system": total(bound.system_parts), "asked": asked}


def _part(part: Part, vocabulary: Vocabulary, item_points: Fraction) -> Node:
    match part:
        case Checklist():
            return [
                "+",
                *(["×", _number(one.points), _happened(one.subject, vocabulary)] for one in part.ticks),
            ]
        case Graded():
            return ["first", [[_test(band.test, part.subject), _number(band.points)] for band in part.bands]]
        case Cases():
            return [
                "first",
                [
                    [_condition(case.condition) if case.condition else ALWAYS, _number(case.points)]
                    for case in part.cases
                ],
            ]
        case Ratio():
            rate = (
                ["÷", _operand(part.numerator), _operand(part.denominator)]
                if part.denominator
                else _operand(part.numerator)
            )
            goal = _number(part.target) if part.target else "1"
            return ["×", ["min", ["÷", rate, goal], "1"], _number(part.points)]
        case Deduct():
            return [
                "max",
                ["-", str(maximum(part, item_points=item_points)), _terms(part.terms, vocabulary)],
                _number(part.floor),
            ]
        case Add():
            return ["min", _terms(part.terms, vocabulary), str(maximum(part, item_points=item_points))]
        case Levels():
            return ["level", part.name, {level.word: _number(level.points) for level in part.levels}]
        case Judged():
            return ["answer", part.name]


def _terms(terms: tuple[Term, ...], vocabulary: Vocabulary) -> Node:
    return ["+", *(["×", _number(term.points), _times(term, vocabulary)] for term in terms)]


def _times(term: Term, vocabulary: Vocabulary) -> Node:
    """How often a reason to add or deduct counts."""
    if isinstance(term.subject, Condition):
        return ["first", [[_condition(term.subject), _beyond(term)], [ALWAYS, NOTHING]]]
    if not term.per:
        return _happened(term.subject, vocabulary)
    name = (
        _operand(term.subject) if vocabulary.metric(term.subject) else ["answer", term.subject.name, NOTHING]
    )
    return _steps(term, name)


def _beyond(term: Term) -> Node:
    """Once, or the whole steps beyond the bound of the condition."""
    if not term.per:
        return "1"
    first = term.subject.comparisons[0]
    value, bound = _operand(first.left), _number(first.value)
    return _steps(term, ["-", bound, value] if first.op in "<≤" else ["-", value, bound])


def _steps(term: Term, quantity: Node) -> Node:
    return ["max", ["floor", ["÷", quantity, str(term.per.size)]], NOTHING]


def _happened(reference: Reference, vocabulary: Vocabulary) -> Node:
    """1 for a tick or a figure above zero, else 0."""
    name = _operand(reference) if vocabulary.metric(reference) else ["answer", reference.name, NOTHING]
    return [">", name, NOTHING]


def _test(test: Test | None, subject: Operand) -> Node:
    if test is None:
        return ALWAYS
    value = _operand(subject)
    if test.high is not None:
        return ["且", ["≥", value, _number(test.low)], ["≤", value, _number(test.high)]]
    return [test.op, value, _number(test.low)]


def _condition(condition: Condition) -> Node:
    return ["且", *([one.op, _operand(one.left), _number(one.value)] for one in condition.comparisons)]


def _operand(operand: Operand) -> Node:
    return ["answer", operand.name] if isinstance(operand, Question) else ["figure", reference_key(operand)]


def _number(number: Number) -> str:
    return str(number.value)
