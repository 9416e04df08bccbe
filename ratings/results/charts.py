"""Pictures of results as SVG text, built on the server; every page that shows one shows its table as well."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ratings.rules.rounding import rounded, show

#: A polygon of fewer corners says nothing; bars do.
LEAST_CORNERS = 3
RADIUS = 105
CENTRE = (230, 165)
RINGS = 4
BAR_HEIGHT = 46
TREND_HEIGHT = 120


@dataclass(frozen=True)
class Series:
    """One line of a picture: a share from 0 to 1 for each axis; `style` is own, county or city, and names the
    class of the line.
    """

    label: str
    style: str
    shares: tuple[Fraction, ...]


def rates(axes: Sequence[str], series: Sequence[Series]) -> SafeString:
    """Shares by axis: a radar, or bars where there are too few axes for one. The first series is the subject,
    the rest are comparisons.
    """
    return _radar(axes, series) if len(axes) >= LEAST_CORNERS else _bars(axes, series)


def trend(points: Sequence[tuple[str, Fraction]], *, full: int, label: str) -> SafeString:
    """Totals of successive years as columns with their figures on top."""
    step = 88
    columns = []
    for index, (name, value) in enumerate(points):
        height = round(min(float(value) / full, 1) * TREND_HEIGHT, 1)
        left, top = index * step + 20, 24 + TREND_HEIGHT - height
        columns.append((left, top, height, left + 24, top - 6, show(value), left + 24, name))
    body = format_html_join(
        "",
        '<rect class="chart-column" x="{}" y="{}" width="48" height="{}"/>'
        '<text class="chart-figure" x="{}" y="{}" text-anchor="middle">{}</text>'
        '<text class="chart-label" x="{}" y="166" text-anchor="middle">{}</text>',
        columns,
    )
    width = max(len(points), 3) * step + 12
    base = format_html(
        '<line class="chart-grid" x1="8" y1="{}" x2="{}" y2="{}"/>',
        24 + TREND_HEIGHT,
        width - 8,
        24 + TREND_HEIGHT,
    )
    return _picture(width, 180, label, base + body)


def _radar(axes: Sequence[str], series: Sequence[Series]) -> SafeString:
    count = len(axes)
    rings = [_polygon([Fraction(ring, RINGS)] * count) for ring in range(1, RINGS + 1)]
    grid = format_html_join("", '<polygon class="chart-grid" points="{}"/>', ((ring,) for ring in rings))
    spokes = format_html_join(
        "",
        '<line class="chart-grid" x1="{}" y1="{}" x2="{}" y2="{}"/>',
        ((*CENTRE, *_corner(i, count, 1)) for i in range(count)),
    )
    lines = format_html_join(
        "",
        '<polygon class="chart-line chart-{}" points="{}"/>',
        ((one.style, _polygon(one.shares)) for one in reversed(series)),
    )
    own = series[0].shares
    names = format_html_join(
        "",
        '<text class="chart-label" x="{}" y="{}" text-anchor="{}">{} {}</text>',
        ((*_label_at(i, count), axes[i], percent(own[i])) for i in range(count)),
    )
    return _picture(460, 330, _summary(axes, series[0]), grid + spokes + lines + names)


def _bars(axes: Sequence[str], series: Sequence[Series]) -> SafeString:
    rows = []
    for index, name in enumerate(axes):
        top = index * BAR_HEIGHT
        rows.append(
            (
                top + 16,
                name,
                percent(series[0].shares[index]),
                top + 22,
                top + 22,
                round(float(series[0].shares[index]) * 440, 1),
            )
        )
    body = format_html_join(
        "",
        '<text class="chart-label" x="10" y="{}">{} {}</text><rect class="chart-track" x="10" '
        'y="{}" width="440" height="12"/>'
        '<rect class="chart-column" x="10" y="{}" width="{}" height="12"/>',
        rows,
    )
    return _picture(460, len(axes) * BAR_HEIGHT + 8, _summary(axes, series[0]), body)


def _picture(width: int, height: int, label: str, body: SafeString) -> SafeString:
    return format_html(
        '<svg class="chart" viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="{}">{}</svg>',
        width,
        height,
        width,
        height,
        label,
        body,
    )


def _corner(index: int, count: int, share: Fraction | int) -> tuple[float, float]:
    angle = 2 * math.pi * index / count - math.pi / 2
    length = RADIUS * min(max(float(share), 0), 1)
    return round(CENTRE[0] + length * math.cos(angle), 1), round(CENTRE[1] + length * math.sin(angle), 1)


def _polygon(shares: Sequence[Fraction]) -> str:
    return " ".join("{},{}".format(*_corner(index, len(shares), share)) for index, share in enumerate(shares))


def _label_at(index: int, count: int) -> tuple[float, float, str]:
    angle = 2 * math.pi * index / count - math.pi / 2
    x, y = CENTRE[0] + (RADIUS + 14) * math.cos(angle), CENTRE[1] + (RADIUS + 16) * math.sin(angle) + 5
    anchor = "middle" if abs(math.cos(angle)) < 0.3 else "start" if math.cos(angle) > 0 else "end"
    return round(x, 1), round(y, 1), anchor


def percent(share: Fraction) -> str:
    """A share as a whole percentage, half up, for labels; tables show the exact rate."""
    return f"{rounded(share * 100, 0)}%"


def _summary(axes: Sequence[str], own: Series) -> str:
    figures = "，".join(f"{name} {percent(share)}" for name, share in zip(axes, own.shares, strict=True))
    return f"{own.label}：{figures}"
