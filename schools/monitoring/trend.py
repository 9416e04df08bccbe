"""Months in a row as a line of columns (SVG from the server), each with the table it was drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db.models import Count, Sum
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from schools.models import School, TrainingClass

from .overview import Seen
from .standing import MONTHS, View, last_day

STEP, WIDTH, HEIGHT = 22, 14, 56


def of_months(seen: Sequence[Seen], view: View) -> dict:
    """Classes of a scope by month, from what the page has read already."""
    held = [[school.months[month - 1] for school in seen] for month in view.begun]
    return _trend(
        f"{view.year}年各月办班期数",
        [f"{month}月" for month in view.begun],
        {
            "办班（期）": [sum(classes) for classes in held],
            "有培训的党校（所）": [sum(map(bool, classes)) for classes in held],
        },
    )


def of_school(school: School, view: View) -> dict:
    """Classes and attendance of a school by month, last year and this; one query."""
    first, last = date(view.year - 1, 1, 1), last_day(view.year, len(view.begun))
    rows = TrainingClass.objects.filter(school=school).kept().held_between(first, last).order_by()
    sums = {
        (year, month): counted
        for year, month, *counted in rows.values_list("starts_on__year", "starts_on__month").annotate(
            Count("pk"), Sum("attendance")
        )
    }
    months = [(view.year - 1, month) for month in MONTHS] + [(view.year, month) for month in view.begun]
    classes, attendance = zip(*(sums.get(month, (0, 0)) for month in months), strict=True)
    return _trend(
        f"{view.year - 1}年以来各月办班期数",
        [f"{str(year)[2:]}年{month}月" for year, month in months],
        {"办班（期）": classes, "参训（人次）": attendance},
    )


def _trend(label: str, months: Sequence[str], figures: dict[str, Sequence[int]]) -> dict:
    """A picture of the first figure, and the table of all."""
    return {
        "picture": columns(months, next(iter(figures.values())), label),
        "headings": months,
        "rows": [(name, [f"{value:,}" for value in values]) for name, values in figures.items()],
    }


def columns(names: Sequence[str], values: Sequence[int], label: str) -> SafeString:
    """A sparkline of columns; the highest bears its figure, a month without anything a short stroke."""
    top, foot = max(values, default=0), 18 + HEIGHT
    bars, labels = [], []
    for index, (name, value) in enumerate(zip(names, values, strict=True)):
        left = index * STEP + 4
        height = round(value / top * HEIGHT, 1) if value else 1
        bars.append(("chart-column" if value else "chart-track", left, foot - height, WIDTH, height))
        labels.append((left + WIDTH / 2, foot + 14, name.rpartition("年")[2].removesuffix("月")))
    peak = [(list(values).index(top) * STEP + 4 + WIDTH / 2, 13, f"{top:,}")] if top else []
    parts = (
        ('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>', bars),
        ('<text class="chart-figure" x="{}" y="{}" text-anchor="middle">{}</text>', peak),
        ('<text class="chart-label" x="{}" y="{}" text-anchor="middle">{}</text>', labels),
    )
    return format_html(
        '<svg class="chart spark" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" '
        'aria-label="{2}：{3}">{4}{5}{6}</svg>',
        max(len(values), 1) * STEP + 8,
        foot + 18,
        label,
        "，".join(f"{name} {value}" for name, value in zip(names, values, strict=True)),
        *(format_html_join("", shape, places) for shape, places in parts),
    )
