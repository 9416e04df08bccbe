"""Evidence beside the answers of an item: a file, a record of the system or a note of paper, all in the
item's own form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from crispy_forms.layout import Column, Layout, Row
from django import forms
from django.db.models import Q, QuerySet

from ratings.criteria.kinds import exactly
from ratings.enums import Stage
from ratings.models import Assessment, Goal, Scheme
from ratings.workflow import Step
from schools.records.forms import VersionedForm
from schools.site.asked import FilterForm
from schools.uploads import CheckedUpload, check_upload
from schools.workbooks.cells import CellError, cell_decimal

from .figures import FigureLine, TypedFigure

BOX = {"class": "form-control"}


class EvidenceForm(forms.Form):
    """All fields are optional; what is filled in is attached. Half a note of paper is an error."""

    file = forms.FileField(
        label="文件",
        required=False,
        widget=forms.FileInput(attrs=BOX),
        error_messages={"empty": "文件是空的（0 字节），请重新选择。"},
    )
    record = forms.ChoiceField(
        label="系统内记录", required=False, widget=forms.Select(attrs={"class": "form-select"})
    )
    paper = forms.CharField(
        label="材料名称", required=False, max_length=200, widget=forms.TextInput(attrs=BOX)
    )
    copies = forms.IntegerField(
        label="份数",
        required=False,
        min_value=1,
        max_value=999,
        widget=forms.TextInput(attrs={**BOX, "inputmode": "numeric"}),
    )
    location = forms.CharField(
        label="存放处", required=False, max_length=100, widget=forms.TextInput(attrs=BOX)
    )

    def __init__(self, *args: Any, records: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.records = dict(records)
        self.fields["record"].choices = [("", "不选"), *records]
        for name, field in self.fields.items():
            field.widget.attrs["aria-describedby"] = f"id_{name}_error"

    def clean_file(self) -> CheckedUpload | None:
        """Accepted by content, size and name, or refused with a sentence."""
        upload = self.cleaned_data.get("file")
        return check_upload(upload) if upload else None

    def clean(self) -> dict:
        data = super().clean()
        parts = [name for name in ("paper", "copies", "location") if data.get(name)]
        if parts and len(parts) < 3:
            for name in ("paper", "copies", "location"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, "纸质备查请写全名称、份数和存放处。")
        return data

    @property
    def wanted(self) -> list[dict[str, Any]]:
        """What is to be attached, as arguments of `evidence.attach`."""
        data = self.cleaned_data
        found: list[dict[str, Any]] = []
        if data.get("file"):
            found.append({"upload": data["file"]})
        if data.get("record"):
            found.append({"link": (data["record"], self.records[data["record"]])})
        if data.get("paper"):
            found.append({"paper": (data["paper"], data["copies"], data["location"])})
        return found


class GoalForm(VersionedForm):
    """An empty 目标 takes the goal back."""

    class Meta:
        model = Goal
        fields = ("text", "person", "due", "done")
        widgets = {
            "text": forms.Textarea(attrs={"rows": 2}),
            "due": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }
        help_texts = {
            "text": "写到年底要达到什么，如 全年办班 12 期；不写就是不定目标。",
            "person": "写姓名或岗位，不写手机号码。",
        }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.helper.layout = Layout(
            "text",
            Row(Column("person", css_class="col-md-6"), Column("due", css_class="col-md-6")),
            "done",
            "version",
        )


class ExtensionForm(forms.Form):
    """One school's own last day of one stage, with the reason."""

    stage = forms.ChoiceField(label="阶段")
    due_on = forms.DateField(label="延至", widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(label="理由", max_length=200, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args, scheme: Scheme, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        stages = [stage for stage in Stage if scheme.has_county_stage or stage != Stage.COUNTY]
        self.fields["stage"].choices = [(stage.value, stage.label) for stage in stages]
        self.fields["due_on"].help_text = "当天 24:00 前有效；遇休息日顺延到下一个工作日。"


class StepForm(forms.Form):
    """The reason of a step that owes one; whether it is missing is said together with everything else that
    is.
    """

    comment = forms.CharField(
        label="理由", required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args, step: Step, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if not step.comment:
            del self.fields["comment"]


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
        self.typed = [
            _typed(field) for row in self.rows for field in row if self.is_bound and not field.line.closed
        ]
        self.typed = [one for one in self.typed if one is not None]

    @property
    def errors(self) -> list[tuple[str, str]]:
        """Anchors and sentences for the summary."""
        return [
            (field.name, f"{field.label}：{field.error}") for row in self.rows for field in row if field.error
        ]

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
        return rows.filter(
            Q(school__name__icontains=word)
            | Q(school__short_name__icontains=word)
            | Q(school__code__icontains=word)
        )


def _field(line: FigureLine, place: int, data: Mapping[str, str]) -> FigureField:
    name = f"figure-{line.assessment.pk}-{place}"
    stored = "" if line.value is None else exactly(line.value)
    return FigureField(line, name, data.get(name, stored).strip(), data.get(f"was-{name}", stored))


def _typed(field: FigureField) -> TypedFigure | None:
    """What is to be stored; an unreadable figure leaves its sentence at the field."""
    metric = field.line.metric
    upper = (
        None if metric.upper is None else Decimal(metric.upper.numerator) / Decimal(metric.upper.denominator)
    )
    try:
        value = cell_decimal(
            field.text or None,
            unit=metric.unit if metric.unit != "%" else "",
            lowest=0,
            highest=upper,
            places=4,
        )
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
