"""Pictures of a rehearsal as SVG text; the page shows the table of each beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ratings.enums import Star
from ratings.results.charts import Series, rates
from schools.workbooks import ColumnOut, SheetOut

from .running import Case, CategoryMean, Rehearsal

HEIGHT, STEP, WIDTH = 150, 96, 34


def stars_picture(found: Rehearsal) -> SafeString:
    """Two columns a star: then light, now dark, each with its figure on top."""
    rows = found.distribution
    most = max((max(then, now) for _, then, now in rows), default=0) or 1
    body = format_html_join("", "{}", ((_pair(place, row, most),) for place, row in enumerate(rows)))
    width, base = len(rows) * STEP + 24, HEIGHT + 28
    line = format_html('<line class="chart-grid" x1="8" y1="{}" x2="{}" y2="{}"/>', base, width - 8, base)
    spoken = "；".join(f"{Star(star).label}：当年 {then} 所，模拟 {now} 所" for star, then, now in rows)
    return format_html(
        '<svg class="chart" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" '
        'aria-label="{2}">{3}{4}</svg>',
        width,
        base + 30,
        spoken,
        line,
        body,
    )


def _pair(place: int, row: tuple[int, int, int], most: int) -> SafeString:
    star, then, now = row
    left, base = place * STEP + 22, HEIGHT + 28
    columns = [("chart-then", left, then), ("chart-column", left + WIDTH + 2, now)]
    drawn = [
        (style, x, base - round(count * HEIGHT / most), round(count * HEIGHT / most), count)
        for style, x, count in columns
    ]
    bars = format_html_join(
        "",
        '<rect class="{}" x="{}" y="{}" width="34" height="{}"/><text class="chart-figure" x="{}" '
        'y="{}" text-anchor="middle">{}</text>',
        ((style, x, top, height, x + WIDTH // 2, top - 6, count) for style, x, top, height, count in drawn),
    )
    label = format_html(
        '<text class="chart-label" x="{}" y="{}" text-anchor="middle">{}</text>',
        left + WIDTH + 1,
        base + 20,
        Star(star).label,
    )
    return bars + label


def categories_picture(means: Sequence[CategoryMean]) -> SafeString | str:
    """Mean rates of the categories both years have; nothing where they share none."""
    shared = [one for one in means if one.then is not None and one.now is not None]
    if not shared:
        return ""
    now = Series("模拟平均得分率", "own", tuple(one.now / one.now_full for one in shared))
    then = Series("当年平均得分率", "city", tuple(one.then / one.then_full for one in shared))
    return rates([one.name for one in shared], [now, then])


def rehearsal_sheets(found: Rehearsal) -> list[SheetOut]:
    """Everything the page shows, for all schools."""
    then, now = f"{found.base.year}年度", "模拟"
    labels = [Star(star).label for star in found.levels]
    return [
        SheetOut(
            "星级分布",
            ["星级", ColumnOut(then, "int"), ColumnOut(now, "int")],
            [[Star(s).label, a, b] for s, a, b in found.distribution],
        ),
        SheetOut(
            "星级变动", [f"{then}＼{now}", *(ColumnOut(label, "int") for label in labels)], _flows(found)
        ),
        SheetOut("逐校", _case_columns(then, now), [_case(case) for case in found.cases]),
        SheetOut("限制", _limit_columns(then, now), [list(vars(one).values()) for one in found.limits]),
        SheetOut("门槛加减1分", _threshold_columns(labels), list(_thresholds(found))),
        SheetOut(
            "大项平均", _mean_columns(then, now), [list(vars(one).values()) for one in found.categories]
        ),
        SheetOut(
            "假设",
            [
                ColumnOut("位置", width=16),
                ColumnOut("情况", width=60),
                ColumnOut("怎样计", width=30),
                ColumnOut("党校数", "int"),
            ],
            [[one.where, one.text, one.counted, one.schools] for one in found.assumptions],
        ),
    ]


def _flows(found: Rehearsal) -> list[list[Any]]:
    return [[Star(old).label, *(count for _, count in row)] for old, row in found.flows]


def _case_columns(then: str, now: str) -> list[ColumnOut]:
    names = [ColumnOut("学校编码"), ColumnOut("党校", width=28), ColumnOut("县（市、区）", width=16)]
    figures = [
        ColumnOut(f"{side}{what}", kind)
        for what, kind in (("总分", "decimal"), ("星级", "text"))
        for side in (then, now)
    ]
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
