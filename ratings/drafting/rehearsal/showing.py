"""Pictures of a rehearsal as SVG text; the page shows the table of each beside it."""

from __future__ import annotations

from collections.abc import Sequence
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
    most = max((count for _, *counts in rows for count in counts), default=0) or 1
    body = format_html_join("", "{}", ((_pair(place, row, most),) for place, row in enumerate(rows)))
    width, base = len(rows) * STEP + 24, HEIGHT + 28
    line = format_html('<line class="chart-grid" x1="8" y1="{0}" x2="{1}" y2="{0}"/>', base, width - 8)
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
    columns = []
    for style, x, count in (("chart-then", left, then), ("chart-column", left + WIDTH + 2, now)):
        height = round(count * HEIGHT / most)
        columns.append((style, x, base - height, height, x + WIDTH // 2, base - height - 6, count))
    bars = format_html_join(
        "",
        '<rect class="{}" x="{}" y="{}" width="34" height="{}"/><text class="chart-figure" x="{}" '
        'y="{}" text-anchor="middle">{}</text>',
        columns,
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
    shared = [category for category in means if None not in (category.then, category.now)]
    if not shared:
        return ""
    now = tuple(category.now / category.now_full for category in shared)
    then = tuple(category.then / category.then_full for category in shared)
    series = [Series("模拟平均得分率", "own", now), Series("当年平均得分率", "city", then)]
    return rates([category.name for category in shared], series)


def rehearsal_sheets(found: Rehearsal) -> list[SheetOut]:
    """Everything the page shows, for all schools."""
    then, now = sides = f"{found.base.year}年度", "模拟"
    stars = _columns("int", *(Star(star).label for star in found.levels))
    totals = _columns("decimal", *(f"{side}总分" for side in sides))
    levels = [f"{side}星级" for side in sides]
    counts = [f"{side}{count}" for side in sides for count in ("涉及党校", "因此降低")]
    means = [f"{side}{mean}" for side in sides for mean in ("平均分", "满分")]
    return [
        SheetOut(
            "星级分布",
            ["星级", *_columns("int", then, now)],
            [[Star(star).label, *schools] for star, *schools in found.distribution],
        ),
        SheetOut(
            "星级变动",
            [f"{then}＼{now}", *stars],
            [[Star(star).label, *(count for _, count in row)] for star, row in found.flows],
        ),
        SheetOut(
            "逐校",
            [
                ColumnOut("学校编码"),
                ColumnOut("党校", width=28),
                ColumnOut("县（市、区）", width=16),
                *totals,
                *_columns("text", *levels, "变动"),
                ColumnOut("原因", width=90),
            ],
            [_case(case) for case in found.cases],
        ),
        SheetOut(
            "限制",
            [ColumnOut("编码", width=16), ColumnOut("限制", width=50), *_columns("int", *counts)],
            [[*limit] for limit in found.limits],
        ),
        SheetOut(
            "门槛加减1分",
            [
                ColumnOut("星级"),
                ColumnOut("现在的门槛", width=24),
                ColumnOut("改为", width=24),
                *stars,
                *_columns("int", "上升", "下降"),
            ],
            [
                [shift.label, shift.before, shift.after, *schools, len(shift.rising), len(shift.falling)]
                for shift, schools in found.shifts
            ],
        ),
        SheetOut(
            "大项平均",
            [ColumnOut("编码"), ColumnOut("大项", width=20), *_columns("decimal", *means)],
            [[*category] for category in found.categories],
        ),
        SheetOut(
            "假设",
            [
                ColumnOut("位置", width=16),
                ColumnOut("情况", width=60),
                ColumnOut("怎样计", width=30),
                ColumnOut("党校数", "int"),
            ],
            [[*note] for note in found.assumptions],
        ),
    ]


def _columns(kind: str, *headings: str) -> list[ColumnOut]:
    return [ColumnOut(heading, kind) for heading in headings]


def _case(case: Case) -> list[Any]:
    school = case.assessment.school
    return [
        school.code,
        school.name,
        school.county.name if school.county else "",
        *(side.totals.total if side.totals else None for side in (case.then, case.now)),
        *(Star(side.star).label for side in (case.then, case.now)),
        "上升" if case.change > 0 else "下降" if case.change else "不变",
        "；".join(case.reasons),
    ]
