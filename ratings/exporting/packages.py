"""公开包 and 核验包: a published year as a ZIP that anybody, or a named verifier, can check without this program."""

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

from django.utils import timezone

from ratings.criteria.spec import digest
from ratings.enums import Star
from ratings.models import Adjustment, Assessment, Decision, RestrictionCase, Result, Scheme
from ratings.results import Evaluation, evaluate
from ratings.scoring import Entry, SchoolInput, entry_to_json
from schools import audit

from .machine import rules_of

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
    """核验包（内部）: everything that decides a star, school by school, judges as numbers, with script and guide."""
    evaluation = evaluate(scheme, with_self=True)
    results = list(Result.objects.filter(scheme=scheme).order_by("order", "school_code"))
    files = {
        "scheme.json": canonical(evaluation.version.content),
        "rules.json": readable(rules_of(evaluation.spec)),
        "schools.json": readable(_schools(evaluation, results)),
        "results.json": readable([_result(result) for result in results]),
        SCRIPT: (HERE / SCRIPT).read_bytes(),
    }
    made = f"{timezone.localtime():%Y年%m月%d日 %H:%M}"
    head = audit.chain_head(scheme.city)
    guide = (HERE / "reading_guide.md").read_text(encoding="utf-8")
    said = {"year": scheme.year, "city": scheme.city.name, "verifier": to.name, "reason": to.reason, "made": made, "audit_head": head}
    files["说明.md"] = guide.format(**said).encode()
    manifest = {
        "kind": "核验包（内部）",
        "made": made,
        "verifier": to.name,
        "reason": to.reason,
        "audit_head": head,
        "scheme_digest": evaluation.version.digest,
        "versions": versions_of(scheme),
        "files": _sums(files),
    }
    return Package(f"{scheme.year}年度星级评定核验包（内部）.zip", _zip({**files, "manifest.json": readable(manifest)}))


def public_package(scheme: Scheme) -> Package:
    """公开包: criteria, stars and digests. Names the schools that the bulletin names; of the others only how many."""
    version = scheme.versions.latest("number")
    results = list(Result.objects.filter(scheme=scheme).order_by("order", "school_code"))
    stars = [
        {"school": one.school_name, "county": one.county_name, "star": Star(one.star).label, "digest": one.digest}
        for one in results
        if one.star != Star.NONE
    ]
    unnamed = sorted(one.digest for one in results if one.star == Star.NONE)
    files = {
        "scheme.json": canonical(version.content),
        "stars.json": readable({"stars": stars, "unrated": len(unnamed), "unrated_digests": unnamed}),
    }
    manifest = {
        "kind": "公开包",
        "scheme": scheme.name,
        "year": scheme.year,
        "scheme_digest": version.digest,
        "versions": versions_of(scheme),
        "bulletin_digest": scheme.bulletin.digest if hasattr(scheme, "bulletin") else "",
        "files": _sums(files),
    }
    return Package(f"{scheme.year}年度星级评定公开包.zip", _zip({**files, "manifest.json": readable(manifest)}))


def versions_of(scheme: Scheme) -> list[dict[str, Any]]:
    """Every frozen version with its reason and digest."""
    rows = scheme.versions.order_by("number").values_list("number", "at", "reason", "digest")
    return [
        {"number": number, "at": timezone.localtime(at).isoformat(), "reason": reason, "digest": sha} for number, at, reason, sha in rows
    ]


def _schools(evaluation: Evaluation, results: Iterable[Result]) -> list[dict[str, Any]]:
    scheme = evaluation.scheme
    reasons = {
        (one.assessment_id, one.stage, one.item.code): one.reason
        for one in Adjustment.objects.filter(assessment__scheme=scheme).select_related("item")
    }
    basis: dict[int, dict[str, str]] = {}
    for assessment, code, text in RestrictionCase.objects.filter(assessment__scheme=scheme).values_list(
        "assessment_id", "restriction__code", "basis"
    ):
        basis.setdefault(assessment, {})[code] = text
    decisions = {one.assessment_id: one for one in Decision.objects.filter(assessment__scheme=scheme)}
    visited = dict(Assessment.objects.filter(scheme=scheme).values_list("pk", "visited"))
    numbers = _judge_numbers(evaluation)
    found = []
    for result in results:
        key = result.assessment_id
        school, decision = evaluation.inputs[str(key)], decisions.get(key)
        found.append(
            {
                "code": result.school_code,
                "name": result.school_name,
                "county_name": result.county_name,
                "visited": visited[key],
                "self": _entries(evaluation.own.get(str(key), {})),
                **decisive(school, numbers),
                "adjustment_reasons": {f"{stage} {code}": reasons[key, stage, code] for stage, code in sorted(school.adjustments)},
                "cases": dict(sorted(basis.get(key, {}).items())),
                "decision": None if decision is None else decision.star,
                "decision_reason": "" if decision is None else decision.reason,
            }
        )
    return found


def _judge_numbers(evaluation: Evaluation) -> dict[str, int]:
    """A number for every judge of the year, in an order that tells nothing about names or seats."""
    labels = {sheet.judge for school in evaluation.inputs.values() for sheet in school.city}
    ordered = sorted(labels, key=lambda label: digest([evaluation.version.digest, label]))
    return {label: number for number, label in enumerate(ordered, 1)}


def decisive(school: SchoolInput, numbers: Mapping[str, int]) -> dict[str, Any]:
    """What the star of a school hangs on, besides proven restrictions and the decision; judges by number."""
    ordered = sorted(school.city, key=lambda sheet: numbers[sheet.judge])
    return {
        "submitted": school.submitted,
        "figures": {name: str(value) for name, value in sorted(school.metrics.items()) if value is not None},
        "county": _entries(school.county),
        "judges": [numbers[sheet.judge] for sheet in ordered],
        "city": [_entries(sheet.entries) for sheet in ordered],
        "adjustments": _adjusted(school),
    }


def _entries(entries: Mapping[str, Entry]) -> dict[str, Any]:
    return {code: entry_to_json(entry) for code, entry in sorted(entries.items())}


def _adjusted(school: SchoolInput) -> dict[str, dict[str, str]]:
    """核定 by stage and item."""
    found: dict[str, dict[str, str]] = {"county": {}, "city": {}}
    for (stage, code), points in sorted(school.adjustments.items()):
        found[str(stage)][code] = str(Fraction(points))
    return found


def _result(result: Result) -> dict[str, Any]:
    """A published result with everything that its digest covers."""
    return {
        "code": result.school_code,
        "name": result.school_name,
        "county": result.county_name,
        "lapsed": result.lapsed,
        "computed_star": result.computed_star,
        "star": result.star,
        "restrictions": result.restrictions,
        "figures": result.figures,
        "trace": result.trace,
        "digest": result.digest,
    }


def _sums(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def _zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(zipfile.ZipInfo(name, NO_TIME), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
