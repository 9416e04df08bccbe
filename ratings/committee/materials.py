"""会议材料: numbered copies of the board for the committee's meeting, collected again afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ratings.documents.papers import RatingPaper
from ratings.enums import Star
from ratings.rules.rounding import show
from schools.workbooks import ColumnOut, SheetOut

from .board import Case, Deliberation

#: More copies than a committee has members would only lie about.
MOST_COPIES = 30


@dataclass(frozen=True)
class Line:
    """One school as the members of the committee read it: aggregated figures, never a single judge's."""

    school: str
    county: str
    points: tuple[str, ...]
    bonus: str
    total: str
    star: str
    suggested: str
    decided: str
    notes: str


@dataclass(frozen=True, kw_only=True)
class Materials(RatingPaper):
    """`printing` counts the batches of one scheme, so that a number tells which batch a sheet comes from."""

    columns: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]
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
    found: Deliberation, cases: Sequence[Case], *, copies: int, printing: int, order: str
) -> Materials:
    """The chosen schools in the order given."""
    scheme = found.evaluation.scheme
    return Materials(
        year=scheme.year,
        scheme=scheme.name,
        columns=tuple((name, full) for _, name, full in found.columns),
        lines=tuple(_line(case) for case in cases),
        has_county=scheme.has_county_stage,
        copies=copies,
        printing=printing,
        order=order,
    )


def workbook_sheets(materials: Materials) -> list[SheetOut]:
    """A sheet a copy; the number stands on every row, so that no part of a sheet is without it."""
    return [
        SheetOut(f"编号{place:02d}", _columns(materials), _rows(materials, number))
        for place, number in enumerate(materials.numbers, start=1)
    ]


def _columns(materials: Materials) -> list[ColumnOut]:
    head = [ColumnOut("编号", width=34), ColumnOut("党校", width=28), ColumnOut("县（市、区）", width=14)]
    figures = [ColumnOut(f"{name} {full}") for name, full in materials.columns]
    county = [ColumnOut("县级建议")] if materials.has_county else []
    tail = [
        ColumnOut("加分"),
        ColumnOut("总分"),
        ColumnOut("计算星级"),
        *county,
        ColumnOut("审定"),
        ColumnOut("提示", width=40),
    ]
    return [*head, *figures, *tail]


def _rows(materials: Materials, number: str) -> Iterator[list[Any]]:
    for line in materials.lines:
        county = [line.suggested] if materials.has_county else []
        yield [
            number,
            line.school,
            line.county,
            *line.points,
            line.bonus,
            line.total,
            line.star,
            *county,
            line.decided,
            line.notes,
        ]


def _line(case: Case) -> Line:
    suggested = case.assessment.suggested_star
    return Line(
        school=case.school_name,
        county=case.county_name,
        points=tuple(cell.points or "—" for cell in case.cells),
        bonus="—" if case.total is None else show(case.outcome.totals.bonus),
        total="—" if case.total is None else show(case.total),
        star="未申报" if case.lapsed else _star(case.star),
        suggested=_star(suggested),
        decided=_star(case.decision.star if case.decision else None),
        notes="；".join(_notes(case)),
    )


def _notes(case: Case) -> list[str]:
    notes = [
        *case.near,
        *(f"评委分歧 {item.code}" for item in case.spreads),
        *(f"前后相差大 {item.code}" for item in case.gaps),
    ]
    notes += [f"限制性情形 {cap.code}" if cap.code else "五星比例上限" for cap in case.caps]
    notes += [f"{one.code} 待认定" for one in case.proposed]
    return notes + ([f"缺 {len(case.lacking)} 项"] if case.lacking else [])


def _star(star: int | None) -> str:
    return "—" if star is None else Star(star).label
