"""The values of 自定义指标: a row of fields for every school."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django import forms
from django.db.models import Q, QuerySet

from ratings.criteria.kinds import exactly
from ratings.editing import FigureLine, TypedFigure
from ratings.models import Assessment
from schools.forms.filters import FilterForm
from schools.workbooks.cells import CellError, cell_decimal


@dataclass
class FigureField:
    """One field: what stands in it, what stood in it when the page was opened, what is wrong with it."""

    line: FigureLine
    name: str
    text: str
    was: str
    error: str = ""

    @property
    def label(self) -> str:
        """For who hears the page instead of seeing it."""
        unit = f"（{self.line.metric.unit}）" if self.line.metric.unit else ""
        return f"{self.line.assessment.school.name} {self.line.metric.label}{unit}"


class FiguresForm:
    """All fields of a page. Bound, it keeps what was typed; `typed` is what could be read."""

    def __init__(self, data: Mapping[str, str] | None, lines: Sequence[Sequence[FigureLine]]) -> None:
        self.is_bound = data is not None
        self.rows = [[_field(line, place, data or {}) for place, line in enumerate(row)] for row in lines]
        self.typed = [_typed(field) for row in self.rows for field in row if self.is_bound and not field.line.closed]
        self.typed = [one for one in self.typed if one is not None]

    @property
    def errors(self) -> list[tuple[str, str]]:
        """Anchors and sentences for the summary."""
        return [(field.name, f"{field.label}：{field.error}") for row in self.rows for field in row if field.error]

    @property
    def is_open(self) -> bool:
        """Whether anything may be typed here."""
        return any(not field.line.closed for row in self.rows for field in row)

    def refuse(self, one: TypedFigure, why: str, now: Decimal | None) -> None:
        """Put the reason at its field; what is stored now becomes what the next attempt starts from."""
        for row in self.rows:
            for field in row:
                if field.line.assessment.pk == one.assessment and field.line.metric.label == one.metric:
                    stored = "（空）" if now is None else exactly(now)
                    field.error = f"{why}现在保存的是 {stored}，您填的是 {field.text or '（空）'}。"
                    field.was = "" if now is None else exactly(now)


class FigureFilterForm(FilterForm):
    """Search schools by name; the office and the county have many."""

    q = forms.CharField(label="名称或编码", required=False, max_length=40)

    def narrow(self, rows: QuerySet[Assessment]) -> QuerySet[Assessment]:
        """The schools that fit."""
        word = self.chosen.get("q", "").strip()
        if not word:
            return rows
        return rows.filter(Q(school__name__icontains=word) | Q(school__short_name__icontains=word) | Q(school__code__icontains=word))


def _field(line: FigureLine, place: int, data: Mapping[str, str]) -> FigureField:
    name = f"figure-{line.assessment.pk}-{place}"
    stored = "" if line.value is None else exactly(line.value)
    return FigureField(line, name, data.get(name, stored).strip(), data.get(f"was-{name}", stored))


def _typed(field: FigureField) -> TypedFigure | None:
    """What is to be stored; an unreadable figure leaves its sentence at the field."""
    metric = field.line.metric
    upper = None if metric.upper is None else Decimal(metric.upper.numerator) / Decimal(metric.upper.denominator)
    try:
        value = cell_decimal(field.text or None, unit=metric.unit if metric.unit != "%" else "", lowest=0, highest=upper, places=4)
    except CellError as error:
        field.error = f"{error}。"
        return None
    return TypedFigure(field.line.assessment.pk, metric.label, _number(field.was), value)


def _number(text: str) -> Decimal | None:
    """What the page itself wrote; anything else counts as nothing."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
