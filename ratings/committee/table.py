"""The results of a year as one sheet of a workbook."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from ratings.criteria.spec import SchemeSpec
from ratings.models import Result
from schools.workbooks import ColumnOut, SheetOut


def columns_of(spec: SchemeSpec) -> list[str]:
    """Codes in the order of the rating table: each category before its items, bonus headings and
    items last.
    """
    codes: list[str] = []
    for category in spec.categories:
        codes += [category.code, *(item.code for item in spec.items if item.category == category.code)]
    return codes + [item.code for item in spec.items if item.category is None]


def results_sheet(spec: SchemeSpec, results: list[Result]) -> SheetOut:
    """One row a school: final points of every category and item, totals, restrictions, star."""
    codes = columns_of(spec)
    numbers = [ColumnOut(code, "decimal") for code in [*codes, "基础分", "加分", "总分"]]
    head = [
        ColumnOut("学校编码", width=14),
        ColumnOut("学校名称", width=28),
        ColumnOut("县（市、区）", width=14),
    ]
    return SheetOut(
        "评定结果", [*head, *numbers, ColumnOut("限制性情形"), ColumnOut("星级")], _rows(spec, codes, results)
    )


def _rows(spec: SchemeSpec, codes: list[str], results: list[Result]) -> Iterator[list[Any]]:
    for result in results:
        points = {
            **result.figures.get("items", {}),
            **result.figures.get("categories", {}),
            **_bonus_headings(spec, result),
        }
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
            sum(
                (
                    Decimal(items.get(item.code) or 0)
                    for item in spec.bonus_items
                    if item.category == category.code
                ),
                Decimal("0.00"),
            )
        )
        for category in spec.categories
        if category.code not in scored
    }
