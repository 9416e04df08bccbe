"""The board to take along: 会议材料, numbered copies that are collected again, and the results of a year
as one sheet of a workbook.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, NamedTuple

from ratings.criteria.spec import SchemeSpec
from ratings.documents.papers import RatingPaper
from ratings.enums import Star
from ratings.models import Result
from ratings.rules.rounding import show
from schools.workbooks import ColumnOut, SheetOut

from .board import Case, Deliberation
from .readiness import decision_of

#: More copies than a committee has members would only lie about.
MOST_COPIES = 30


class Line(NamedTuple):
    """One school as the members of the committee read it: aggregated figures, never a single judge's."""

    school: str
    county: str
    points: list[str]
    bonus: str
    total: str
    star: str
    suggested: str
    decided: str
    notes: str


@dataclass(frozen=True, kw_only=True)
class Materials(RatingPaper):
    """`printing` counts the batches of one scheme, so that a number tells which batch a sheet comes from."""

    columns: list[tuple[str, str]]
    lines: list[Line]
    has_county: bool
    copies: int
    printing: int
    order: str

    template: ClassVar[str] = "documents/papers/materials.html"
    name: ClassVar[str] = "星级评定会议材料"

    @property
    def numbers(self) -> list[str]:
        """What stands on each copy: 第1次印制 编号 03（共 15 份）."""
        return [
            f"第{self.printing}次印制 编号 {number:02d}（共 {self.copies} 份）"
            for number in range(1, self.copies + 1)
        ]


def materials_of(
    board: Deliberation, cases: Sequence[Case], *, copies: int, printing: int, order: str
) -> Materials:
    """The chosen schools in the order given."""
    scheme = board.evaluation.scheme
    return Materials(
        year=scheme.year,
        scheme=scheme.name,
        columns=board.columns,
        lines=[_line(case) for case in cases],
        has_county=scheme.has_county_stage,
        copies=copies,
        printing=printing,
        order=order,
    )


def workbook_sheets(materials: Materials) -> list[SheetOut]:
    """A sheet a copy; the number stands on every row, so that no part of a sheet is without it."""
    columns = [
        ColumnOut("编号", width=34),
        ColumnOut("党校", width=28),
        ColumnOut("县（市、区）", width=14),
        *(f"{name} {full}" for name, full in materials.columns),
        *("加分", "总分", "计算星级"),
        *(["县级建议"] if materials.has_county else []),
        "审定",
        ColumnOut("提示", width=40),
    ]
    return [
        SheetOut(f"编号{place:02d}", columns, _rows(materials, number))
        for place, number in enumerate(materials.numbers, start=1)
    ]


def _rows(materials: Materials, number: str) -> Iterator[list[str]]:
    for school, county, points, bonus, total, star, suggested, decided, notes in materials.lines:
        advice = [suggested] if materials.has_county else []
        yield [number, school, county, *points, bonus, total, star, *advice, decided, notes]


def _line(case: Case) -> Line:
    return Line(
        school=case.assessment.school.name,
        county=case.county_name,
        points=[cell.points or "—" for cell in case.cells],
        bonus="—" if case.total is None else show(case.outcome.totals.bonus),
        total="—" if case.total is None else show(case.total),
        star="未申报" if case.lapsed else _star(case.star),
        suggested=_star(case.assessment.suggested_star),
        decided=_star(case.decision.star if case.decision else None),
        notes="；".join(_notes(case)),
    )


def _notes(case: Case) -> Iterator[str]:
    yield from case.near
    yield from (f"评委分歧 {item.code}" for item in case.spreads)
    yield from (f"前后相差大 {item.code}" for item in case.gaps)
    yield from (f"限制性情形 {cap.code}" if cap.code else "五星比例上限" for cap in case.caps)
    yield from (f"{restriction.code} 待认定" for restriction in case.proposed)
    if case.decision and case.decision.deviates:
        yield f"与计算不同：{case.decision.reason}"
    if case.changed:
        yield case.changed
    yield from (f"待主任确认：{motion.words}" for motion in case.pending)
    if case.lacking:
        yield f"缺 {len(case.lacking)} 项"


def _star(star: int | None) -> str:
    return "—" if star is None else Star(star).label


def results_sheet(spec: SchemeSpec, results: Sequence[Result]) -> SheetOut:
    """One row a school: final points of every category and item, totals, restrictions, star, and why it is
    another than the computed one. The results come with `assessment__decision`.
    """
    codes = codes_of(spec)
    columns = [
        ColumnOut("学校编码", width=14),
        ColumnOut("学校名称", width=28),
        ColumnOut("县（市、区）", width=14),
        *(ColumnOut(code, "decimal") for code in (*codes, "基础分", "加分", "总分")),
        *("限制性情形", "星级", "计算星级"),
        ColumnOut("与计算不同的理由", width=40),
    ]
    rows = (
        [
            *(result.school_code, result.school_name, result.county_name),
            *_points(spec, codes, result),
            *(result.base, result.bonus, result.total),
            "、".join(result.restrictions),
            *(result.get_star_display(), result.get_computed_star_display()),
            reason_of(result),
        ]
        for result in results
    )
    return SheetOut("评定结果", columns, rows)


def reason_of(result: Result) -> str:
    """Why the committee decided otherwise than the scores say; empty where it did not."""
    decision = decision_of(result.assessment)
    return decision.reason if decision and result.deviates else ""


def codes_of(spec: SchemeSpec) -> list[str]:
    """Codes in the order of the rating table: each category before its items, bonus headings and
    items last.
    """
    codes: list[str] = []
    for category in spec.categories:
        codes += [category.code, *(item.code for item in spec.items if item.category == category.code)]
    return codes + [item.code for item in spec.items if item.category is None]


def _points(spec: SchemeSpec, codes: Sequence[str], result: Result) -> list[Any]:
    """Points by code, 不适用 in words; nothing for a school without scores."""
    if result.total is None:
        return [None] * len(codes)
    items = result.figures["items"]
    points = {**items, **result.figures["categories"]}
    for category in spec.categories:
        # A heading that holds bonus items only shows their sum before any cap.
        held = [item.code for item in spec.bonus_items if item.category == category.code]
        bonus = [Decimal(items.get(code) or 0) for code in held]
        points.setdefault(category.code, sum(bonus, Decimal("0.00")))
    return ["不适用" if points[code] is None else Decimal(points[code]) for code in codes]
