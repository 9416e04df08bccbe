"""What a year run from workbooks leaves behind: results.xlsx, trace.json, bulletin.pdf."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from ratings.committee.materials import results_sheet
from ratings.criteria.spec import SchemeSpec
from ratings.enums import Star
from ratings.models import Bulletin, Result, Scheme
from schools.workbooks import ColumnOut, SheetOut, write_workbook

FILES = ("results.xlsx", "trace.json", "bulletin.pdf")


def write_year(scheme: Scheme, spec: SchemeSpec, folder: Path, warnings: list[str]) -> None:
    """Write the three files from what was published, not from what was read."""
    folder.mkdir(parents=True, exist_ok=True)
    results = list(Result.objects.filter(scheme=scheme).order_by("order", "school_code"))
    write_workbook(
        folder / "results.xlsx",
        [results_sheet(spec, results), _counts_sheet(results), _warnings_sheet(warnings)],
    )
    trace = {
        "方案": scheme.name,
        "年度": scheme.year,
        "版本摘要": scheme.versions.latest("number").digest,
        "学校": [_traced(r) for r in results],
    }
    (folder / "trace.json").write_text(json.dumps(trace, ensure_ascii=False, indent=1), encoding="utf-8")
    with Bulletin.objects.get(scheme=scheme).pdf.open() as pdf:
        (folder / "bulletin.pdf").write_bytes(pdf.read())


def _counts_sheet(results: list[Result]) -> SheetOut:
    counts = Counter(result.star for result in results)
    rows = [[star.label, counts[star]] for star in sorted(Star, reverse=True) if counts[star]]
    return SheetOut("星级统计", [ColumnOut("星级"), ColumnOut("学校数", "int")], rows)


def _warnings_sheet(warnings: list[str]) -> SheetOut:
    return SheetOut("提示", [ColumnOut("提示", width=100)], [[warning] for warning in warnings] or [["无"]])


def _traced(result: Result) -> dict[str, Any]:
    return {
        "学校编码": result.school_code,
        "学校名称": result.school_name,
        "县（市、区）": result.county_name,
        "未申报": result.lapsed,
        "分项": result.figures,
        "限制性情形": result.restrictions,
        "计算星级": Star(result.computed_star).label,
        "星级": Star(result.star).label,
        "计算过程": result.trace,
        "离上一星级": result.next_star,
        "摘要": result.digest,
    }
