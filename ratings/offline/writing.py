"""What a year run from workbooks leaves behind: results.xlsx, trace.json, bulletin.pdf."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from ratings.criteria.spec import SchemeSpec
from ratings.enums import Star
from ratings.models import Bulletin, Result, Scheme
from schools.workbooks import ColumnOut, SheetOut, write_workbook

FILES = ("results.xlsx", "trace.json", "bulletin.pdf")


def write_year(scheme: Scheme, spec: SchemeSpec, folder: Path, warnings: list[str]) -> None:
    """Write the three files from what was published, not from what was read."""
    folder.mkdir(parents=True, exist_ok=True)
    results = list(Result.objects.filter(scheme=scheme).order_by("order", "school_code"))
    write_workbook(folder / "results.xlsx", [results_sheet(spec, results), _counts_sheet(results), _warnings_sheet(warnings)])
    trace = {
        "方案": scheme.name,
        "年度": scheme.year,
        "版本摘要": scheme.versions.latest("number").digest,
        "学校": [_traced(r) for r in results],
    }
    (folder / "trace.json").write_text(json.dumps(trace, ensure_ascii=False, indent=1), encoding="utf-8")
    with Bulletin.objects.get(scheme=scheme).pdf.open() as pdf:
        (folder / "bulletin.pdf").write_bytes(pdf.read())


def columns_of(spec: SchemeSpec) -> list[str]:
    """Codes in the order of the rating table: each category before its items, bonus headings and items last."""
    codes: list[str] = []
    for category in spec.categories:
        codes += [category.code, *(item.code for item in spec.items if item.category == category.code)]
    return codes + [item.code for item in spec.items if item.category is None]


def results_sheet(spec: SchemeSpec, results: list[Result]) -> SheetOut:
    """One row a school: final points of every category and item, totals, restrictions, star."""
    codes = columns_of(spec)
    numbers = [ColumnOut(code, "decimal") for code in [*codes, "基础分", "加分", "总分"]]
    head = [ColumnOut("学校编码", width=14), ColumnOut("学校名称", width=28), ColumnOut("县（市、区）", width=14)]
    return SheetOut("评定结果", [*head, *numbers, ColumnOut("限制性情形"), ColumnOut("星级")], _rows(spec, codes, results))


def _rows(spec: SchemeSpec, codes: list[str], results: list[Result]) -> Iterator[list[Any]]:
    for result in results:
        points = {**result.figures.get("items", {}), **result.figures.get("categories", {}), **_bonus_headings(spec, result)}
        cells = [_cell(points, code, rated=result.total is not None) for code in codes]
        totals = [result.base, result.bonus, result.total]
        head = [result.school_code, result.school_name, result.county_name]
        yield [*head, *cells, *totals, "、".join(result.restrictions), result.get_star_display()]


def _cell(points: dict[str, str | None], code: str, *, rated: bool) -> Any:
    if not rated:
        return None
    return "不适用" if points[code] is None else Decimal(points[code])


def _bonus_headings(spec: SchemeSpec, result: Result) -> dict[str, str]:
    """A heading that holds bonus items only shows their sum before any cap."""
    items = result.figures.get("items", {})
    scored = {category.code for category in spec.scored_categories}
    return {
        category.code: str(
            sum((Decimal(items.get(item.code) or 0) for item in spec.bonus_items if item.category == category.code), Decimal("0.00"))
        )
        for category in spec.categories
        if category.code not in scored
    }


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
