"""Months in a row as a line of columns (SVG from the server), each with the table it was drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, Sum
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from schools.models import School, TrainingClass

from .overview import Seen
from .standing import MONTHS, View, last_day

STEP, WIDTH, HEIGHT = 22, 14, 56


@dataclass(frozen=True)
class Trend:
    """A picture and its table: rows of (name, figures by month)."""

    picture: SafeString
    headings: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def of_months(seen: Sequence[Seen], view: View) -> Trend:
    """Classes of a scope by month, from what the page has read already."""
    begun = [month for month in MONTHS if date(view.year, month, 1) <= view.end]
    classes = [sum(one.standing.months[month - 1] for one in seen) for month in begun]
    schools = [sum(bool(one.standing.months[month - 1]) for one in seen) for month in begun]
    names = tuple(f"{month}月" for month in begun)
    rows = (
        ("办班（期）", tuple(f"{value:,}" for value in classes)),
        ("有培训的党校（所）", tuple(f"{value:,}" for value in schools)),
    )
    return Trend(columns(names, classes, f"{view.year}年各月办班期数"), names, rows)


def of_school(school: School, view: View) -> Trend:
    """Classes, attendance and money of a school by month, last year and this; one query."""
    months = [
        (year, month)
        for year in (view.year - 1, view.year)
        for month in MONTHS
        if date(year, month, 1) <= view.end
    ]
    sums = {}
    for year, month in months:
        inside = Q(starts_on__range=(date(year, month, 1), last_day(year, month)))
        sums |= {
            f"n{year}_{month}": Count("pk", filter=inside),
            f"a{year}_{month}": Sum("attendance", filter=inside, default=0),
        }
    found = TrainingClass.objects.filter(school=school).kept().aggregate(**sums)
    classes = [found[f"n{year}_{month}"] for year, month in months]
    attendance = [found[f"a{year}_{month}"] for year, month in months]
    names = tuple(f"{str(year)[2:]}年{month}月" for year, month in months)
    rows = (
        ("办班（期）", tuple(f"{value:,}" for value in classes)),
        ("参训（人次）", tuple(f"{value:,}" for value in attendance)),
    )
    return Trend(columns(names, classes, f"{view.year - 1}年以来各月办班期数"), names, rows)


def columns(names: Sequence[str], values: Sequence[int], label: str) -> SafeString:
    """A sparkline of columns; the highest bears its figure, a month without anything a short stroke."""
    top = max(values, default=0)
    parts = []
    for index, value in enumerate(values):
        height = round(value / top * HEIGHT, 1) if top and value else 1
        parts.append(
            (
                "chart-column" if value else "chart-track",
                index * STEP + 4,
                18 + HEIGHT - height,
                WIDTH,
                height,
            )
        )
    bars = format_html_join("", '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>', parts)
    marked = []
    if top:
        peak = list(values).index(top)
        marked.append((peak * STEP + 4 + WIDTH / 2, 13, f"{top:,}"))
    figures = format_html_join(
        "", '<text class="chart-figure" x="{}" y="{}" text-anchor="middle">{}</text>', marked
    )
    labels = format_html_join(
        "",
        '<text class="chart-label" x="{}" y="{}" text-anchor="middle">{}</text>',
        (
            (index * STEP + 4 + WIDTH / 2, 18 + HEIGHT + 14, name.rpartition("年")[2].removesuffix("月"))
            for index, name in enumerate(names)
        ),
    )
    width = max(len(values), 1) * STEP + 8
    words = "，".join(f"{name} {value}" for name, value in zip(names, values, strict=True))
    return format_html(
        '<svg class="chart spark" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" '
        'aria-label="{2}：{3}">{4}</svg>',
        width,
        18 + HEIGHT + 18,
        label,
        words,
        bars + figures + labels,
    )
