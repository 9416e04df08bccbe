"""A rehearsal as a workbook, one sheet a question."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from ratings.enums import Star
from schools.workbooks import ColumnOut, SheetOut

from .running import Case, Rehearsal


def rehearsal_sheets(found: Rehearsal) -> list[SheetOut]:
    """Everything the page shows, for all schools."""
    then, now = f"{found.base.year}年度", "模拟"
    labels = [Star(star).label for star in found.levels]
    return [
        SheetOut(
            "星级分布", ["星级", ColumnOut(then, "int"), ColumnOut(now, "int")], [[Star(s).label, a, b] for s, a, b in found.distribution]
        ),
        SheetOut("星级变动", [f"{then}＼{now}", *(ColumnOut(label, "int") for label in labels)], _flows(found)),
        SheetOut("逐校", _case_columns(then, now), [_case(case) for case in found.cases]),
        SheetOut("限制", _limit_columns(then, now), [list(vars(one).values()) for one in found.limits]),
        SheetOut("门槛加减1分", _threshold_columns(labels), list(_thresholds(found))),
        SheetOut("大项平均", _mean_columns(then, now), [list(vars(one).values()) for one in found.categories]),
        SheetOut(
            "假设",
            [ColumnOut("位置", width=16), ColumnOut("情况", width=60), ColumnOut("怎样计", width=30), ColumnOut("党校数", "int")],
            [[one.where, one.text, one.counted, one.schools] for one in found.assumptions],
        ),
    ]


def _flows(found: Rehearsal) -> list[list[Any]]:
    return [[Star(old).label, *(count for _, count in row)] for old, row in found.flows]


def _case_columns(then: str, now: str) -> list[ColumnOut]:
    names = [ColumnOut("学校编码"), ColumnOut("党校", width=28), ColumnOut("县（市、区）", width=16)]
    figures = [ColumnOut(f"{side}{what}", kind) for what, kind in (("总分", "decimal"), ("星级", "text")) for side in (then, now)]
    return [*names, *figures, ColumnOut("变动"), ColumnOut("原因", width=90)]


def _case(case: Case) -> list[Any]:
    school = case.assessment.school
    change = case.now.star - case.then.star
    return [
        school.code,
        school.name,
        school.county.name if school.county else "",
        _total(case.then),
        _total(case.now),
        Star(case.then.star).label,
        Star(case.now.star).label,
        "上升" if change > 0 else "下降" if change else "不变",
        "；".join(case.reasons),
    ]


def _total(outcome) -> Fraction | None:
    return outcome.totals.total if outcome.totals else None


def _limit_columns(then: str, now: str) -> list[ColumnOut]:
    counts = [ColumnOut(f"{side}{what}", "int") for side in (then, now) for what in ("涉及党校", "因此降低")]
    return [ColumnOut("编码", width=16), ColumnOut("限制", width=50), *counts]


def _threshold_columns(labels: list[str]) -> list[ColumnOut]:
    return [
        ColumnOut("星级"),
        ColumnOut("现在的门槛", width=24),
        ColumnOut("改为", width=24),
        *(ColumnOut(label, "int") for label in labels),
        ColumnOut("上升", "int"),
        ColumnOut("下降", "int"),
    ]


def _thresholds(found: Rehearsal) -> Iterator[list[Any]]:
    for threshold, shift, counts in found.shifts:
        yield [threshold.label, threshold.text, shift.text, *counts, len(shift.rising), len(shift.falling)]


def _mean_columns(then: str, now: str) -> list[ColumnOut]:
    figures = [ColumnOut(f"{side}{what}", "decimal") for side in (then, now) for what in ("平均分", "满分")]
    return [ColumnOut("编码"), ColumnOut("大项", width=20), *figures]
