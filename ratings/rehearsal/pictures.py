"""Pictures of a rehearsal as SVG text; the page shows the table of each beside it."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ratings.charts import Series, rates
from ratings.enums import Star

from .running import CategoryMean, Rehearsal

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
        '<svg class="chart" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" aria-label="{2}">{3}{4}</svg>',
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
    drawn = [(style, x, base - round(count * HEIGHT / most), round(count * HEIGHT / most), count) for style, x, count in columns]
    bars = format_html_join(
        "",
        '<rect class="{}" x="{}" y="{}" width="34" height="{}"/><text class="chart-figure" x="{}" y="{}" text-anchor="middle">{}</text>',
        ((style, x, top, height, x + WIDTH // 2, top - 6, count) for style, x, top, height, count in drawn),
    )
    label = format_html(
        '<text class="chart-label" x="{}" y="{}" text-anchor="middle">{}</text>', left + WIDTH + 1, base + 20, Star(star).label
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
