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
#: The tallest column of the trend: full marks with room for a bonus.
TREND_FULL = 110


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


def trend(points: Sequence[tuple[str, Fraction]], *, label: str) -> SafeString:
    """Totals of successive years as columns with their figures on top."""
    step = 88
    columns = []
    for index, (name, value) in enumerate(points):
        height = round(min(float(value) / TREND_FULL, 1) * TREND_HEIGHT, 1)
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
    foot = 24 + TREND_HEIGHT
    base = format_html('<line class="chart-grid" x1="8" y1="{}" x2="{}" y2="{}"/>', foot, width - 8, foot)
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
    for index, (name, share) in enumerate(zip(axes, series[0].shares, strict=True)):
        top = index * BAR_HEIGHT
        rows.append((top + 16, name, percent(share), top + 22, top + 22, round(float(share) * 440, 1)))
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
        '<svg class="chart" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" aria-label="{2}">'
        "{3}</svg>",
        width,
        height,
        label,
        body,
    )


def _corner(index: int, count: int, share: Fraction | int) -> tuple[float, float]:
    across, down = _direction(index, count)
    length = RADIUS * min(max(float(share), 0), 1)
    return round(CENTRE[0] + length * across, 1), round(CENTRE[1] + length * down, 1)


def _direction(index: int, count: int) -> tuple[float, float]:
    """From the centre to a corner, the first one upwards."""
    angle = 2 * math.pi * index / count - math.pi / 2
    return math.cos(angle), math.sin(angle)


def _polygon(shares: Sequence[Fraction]) -> str:
    return " ".join("{},{}".format(*_corner(index, len(shares), share)) for index, share in enumerate(shares))


def _label_at(index: int, count: int) -> tuple[float, float, str]:
    across, down = _direction(index, count)
    x, y = CENTRE[0] + (RADIUS + 14) * across, CENTRE[1] + (RADIUS + 16) * down + 5
    anchor = "start" if across > 0 else "end"
    if abs(across) < 0.3:
        anchor = "middle"
    return round(x, 1), round(y, 1), anchor


def percent(share: Fraction) -> str:
    """A share as a whole percentage, half up, for labels; tables show the exact rate."""
    return f"{rounded(share * 100, 0)}%"


def _summary(axes: Sequence[str], own: Series) -> str:
    figures = "，".join(f"{name} {percent(share)}" for name, share in zip(axes, own.shares, strict=True))
    return f"{own.label}：{figures}"
