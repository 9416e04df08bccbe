"""Tables of typed rows, first that of a plan, of a school or of whoever issues: a row is a month, a name and
a kind.
"""

from __future__ import annotations

from typing import Any

from django import forms

from schools.models import PlannedClass
from schools.models.teaching import ClassCategory
from schools.refusals import RecheckedForm
from schools.saving import Stale
from schools.site.asked import long_text, owe
from schools.site.typed import WholeField
from schools.workbooks import clean_text, same

from .plans import MOST_ROWS, PlanRow

MONTHS = [(number, f"{number}月") for number in range(1, 13)]
#: Empty rows below those there are; saving brings new ones.
EXTRA_ROWS = 4


class NumberedRow(forms.Form):
    """A row of a table, whose fields are told apart by its number."""

    #: What the number counts, as a screen reader says it.
    COUNTED = ""
    #: Of the fields that are no plain inputs.
    STYLES: dict[str, str] = {}

    pk = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.empty_permitted = False  # also a row nobody touched is read: it may stand for a record
        place = self.prefix.rpartition("-")[2]
        number = int(place) + 1 if place.isdigit() else 0
        for name, field in self.fields.items():
            if name != "pk":
                style = self.STYLES.get(name, "form-control")
                label = f"第 {number} {self.COUNTED}{field.label}"
                field.widget.attrs |= {"class": style, "aria-label": label}


class RowsFormSet(forms.BaseFormSet):
    """A table of such rows; a request without any is a page whose table was never touched."""

    def __init__(self, data=None, *args, prefix: str, initial=(), **kwargs) -> None:
        if data is not None and f"{prefix}-TOTAL_FORMS" not in data:
            data = {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": str(len(initial))}
        super().__init__(data, *args, prefix=prefix, initial=initial, **kwargs)


class PlanRowForm(NumberedRow):
    """A planned class. An issued one shows its name and kind, which stay the issuer's."""

    COUNTED = "行"
    STYLES = {"month": "form-select", "kind": "form-select", "remove": "form-check-input"}

    month = forms.TypedChoiceField(
        label="月份", coerce=int, required=False, empty_value=None, choices=[("", "选择"), *MONTHS]
    )
    name = forms.CharField(label="班次名称", required=False, max_length=100)
    kind = forms.ChoiceField(
        label="类别", required=False, choices=ClassCategory, initial=ClassCategory.CONCENTRATED
    )
    remove = forms.BooleanField(label="删去", required=False)

    def clean(self) -> dict[str, Any]:
        """A row without a name is no row; one with a name has a month."""
        data = super().clean()
        name = data["name"] = clean_text(data.get("name") or "")
        if data.get("pk") and not name and not data.get("remove"):
            self.add_error("name", "请填写班次名称；不再举办的请勾选“删去”。")
        if name:
            owe(self, month=f"请选择“{name}”的月份。")
        data["kind"] = data.get("kind") or ClassCategory.CONCENTRATED
        return data

    def row(self) -> PlanRow | None:
        """What is to be written; None for an empty row."""
        data = self.cleaned_data
        if not data["name"] and not data.get("pk"):
            return None
        return PlanRow(
            data.get("pk"), data["month"] or 0, data["name"], data["kind"], bool(data.get("remove"))
        )


class BasePlanFormSet(RecheckedForm, RowsFormSet):
    """The table; two rows of one month and name are refused before the database is."""

    def clean(self) -> None:
        """Names the twins."""
        if any(self.errors):
            return
        seen = set()
        for row in [row for row in self.rows() if not row.remove]:
            if (row.month, same(row.name)) in seen:
                raise forms.ValidationError(f"{row.month}月有两个“{row.name}”，请合并或改名。")
            seen.add((row.month, same(row.name)))

    def rows(self) -> list[PlanRow]:
        """The rows that say something."""
        return [row for form in self.forms if (row := form.row()) is not None]

    def add_error(self, field: None, error: str) -> None:
        """What speaks against the whole table, as a form takes it."""
        self.non_form_errors().append(error)

    def contents(self, current: list[PlannedClass]) -> tuple[dict[str, str], dict[str, str]]:
        """Row by row; one that somebody took out has nothing stored, a new one neither."""
        names = {row.pk: _in_words(row.month, row.name, row.kind) for row in current}
        mine = {
            names.get(row.pk, f"新增：{row.name}"): "（删去）"
            if row.remove
            else _in_words(row.month, row.name, row.kind)
            for row in self.rows()
        }
        return {name: name for name in names.values()}, mine

    def fresh(self, current: list[PlannedClass]) -> dict[str, str]:
        """A row that somebody took out is a new one if it is saved all the same; the digest stands outside of
        the table.
        """
        known = {row.pk for row in current}
        rows = enumerate(form.row() for form in self.forms)
        return {f"{place}-pk": "" for place, row in rows if row is not None and row.pk not in known}

    def recheck(self, stale: Stale) -> None:
        """The rows show what the table now holds."""
        super().recheck(stale)
        for form in self.forms:
            form.data = self.data


def _in_words(month: int, name: str, kind: str) -> str:
    return f"{month}月 {name}（{ClassCategory(kind).label}）"


PlanFormSet = forms.formset_factory(
    PlanRowForm, formset=BasePlanFormSet, extra=EXTRA_ROWS, max_num=MOST_ROWS, absolute_max=MOST_ROWS + 10
)


class PlanReasonForm(forms.Form):
    """Why months that the school has signed are planned otherwise now."""

    reason = long_text("更正理由", required=False)


class IssueYearForm(forms.Form):
    """The year to issue for."""

    year = WholeField(label="年度", min_value=2000, max_value=2100)


class CorrectionForm(forms.Form):
    """Why the figures are other than they were confirmed."""

    reason = forms.CharField(
        label="更正原因",
        max_length=200,
        help_text="如：补录3月党员春训一期；更正人次。原来的数字和更正后的数字都会保留。",
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )
