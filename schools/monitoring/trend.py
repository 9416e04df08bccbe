"""Months in a row as a line of columns (SVG from the server), each with the table it was drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db.models import Count, Sum

from schools.models import School, TrainingClass

from .overview import Seen
from .standing import MONTHS, View, last_day

#: Of the picture, with _trend.html: from column to column, width and greatest height of one, the base line.
STEP, WIDTH, HEIGHT, FOOT = 22, 14, 56, 74


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
    """A line of columns for the first figure, and the table of all. The highest column bears its figure, a
    month without anything is a short stroke.
    """
    values = list(next(iter(figures.values())))
    top = max(values)
    bars, words = [], []
    for index, (month, value) in enumerate(zip(months, values, strict=True)):
        left, height = index * STEP + 4, round(value / top * HEIGHT, 1) if value else 1
        words.append(f"{month} {value}")
        bars.append(
            {
                "name": month.rpartition("年")[2].removesuffix("月"),
                "value": value,
                "left": left,
                "middle": left + WIDTH / 2,
                "top": FOOT - height,
                "height": height,
            }
        )
    return {
        "bars": bars,
        "peak": bars[values.index(top)] if top else None,
        "peak_value": f"{top:,}",
        "width": len(values) * STEP + 8,
        "words": f"{label}：{'，'.join(words)}",
        "headings": months,
        "rows": [(name, [f"{value:,}" for value in row]) for name, row in figures.items()],
    }
