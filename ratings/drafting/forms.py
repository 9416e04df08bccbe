"""The small forms of the scheme editor: the name of a group of items, and the last word before a row is
deleted.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.forms import modelform_factory

from ratings.committee.forms import plain_helper
from ratings.criteria.field import PARTS
from ratings.criteria.fields import (
    BAND,
    CATEGORY,
    ITEM,
    METRIC,
    RESTRICTION,
    Deadlines,
    Field,
    Parameters,
    fields_of,
)
from ratings.criteria.kinds import Day, Share, TypedField, exactly
from ratings.criteria.storing import model_of
from ratings.criteria.years import FIRST_YEAR, LAST_YEAR
from ratings.enums import ItemKind, Trigger
from ratings.models import Category, Scheme
from ratings.workflow.opening import due_columns
from schools.numbers import chinese_date
from schools.refusals import Conflict, Difference, RecheckedForm
from schools.saving import Stale
from schools.site.typed import DayField, WholeField
from schools.uploads import checked_name
from schools.workbooks.archive import LIMITS, MEGABYTE

from .rows import group_names


class GroupForm(forms.Form):
    """A new heading for all items of the group; empty dissolves it."""

    name = forms.CharField(
        label="分组名称", max_length=60, required=False, help_text="清空后保存，这些小项就不再分组。"
    )


class DeleteForm(forms.Form):
    """`version` is the one the person has seen."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


THEIRS, MINE = "theirs", "mine"
CHOICE = "choice-"


@dataclass(frozen=True)
class Choice(Difference):
    """A field that two people filled differently; `chosen` is the content that is ticked beforehand."""

    name: str
    chosen: str


class EditForm(RecheckedForm, forms.ModelForm):
    """A row of a draft. `version` and `seen` say from what the person started.

    A post may answer a conflict with `choice-<field>` = theirs or mine; theirs takes the stored value.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    helper = plain_helper()

    def __init__(
        self,
        data=None,
        *,
        scheme: Scheme,
        instance: models.Model | None = None,
        readonly: bool = False,
        **kwargs,
    ) -> None:
        super().__init__(data, instance=instance, **kwargs)
        self.scheme = scheme
        for field in self.fields.values():
            field.disabled = readonly
        if instance is not None and instance.pk:
            self.initial |= self.fresh(instance)
            if self.is_bound:
                self._take_chosen(instance)

    @property
    def names(self) -> list[str]:
        """The fields that are columns of the row."""
        return [name for name in self.fields if name not in ("version", "seen")]

    @property
    def values(self) -> dict[str, Any]:
        """What is to be written."""
        return {name: self.cleaned_data[name] for name in self.names}

    def validate_constraints(self) -> None:
        """Left to the write itself, which looks under the lock."""

    def _get_validation_exclusions(self) -> set[str]:
        return {field.name for field in self._meta.model._meta.fields}

    def compare(self, stale: Stale) -> Conflict:
        """Both contents, field by field with the choice between them."""
        return Conflict(str(stale), tuple(self._choices(stale.current)))

    def fresh(self, current: models.Model) -> dict[str, str]:
        """Its version, and every field as it is stored now."""
        seen = json.dumps(self._stored_texts(current), ensure_ascii=False)
        return {"version": str(current.version), "seen": seen}

    def _choices(self, row: models.Model) -> Iterator[Choice]:
        """What somebody else changed and this person never touched is theirs unless said otherwise."""
        seen, stored = self._seen(), self._stored_texts(row)
        for name, value in self.values.items():
            typed = self._text(name, value.pk if isinstance(value, models.Model) else value)
            if typed != stored[name]:
                theirs, mine = self._shown(name, getattr(row, name)), self._shown(name, value)
                chosen = THEIRS if seen.get(name) == typed else MINE
                yield Choice(str(self.fields[name].label), theirs, mine, name, chosen)

    def _take_chosen(self, row: models.Model) -> None:
        stored, self.data = self._stored_texts(row), self.data.copy()
        for name in self.names:
            if self.data.get(f"{CHOICE}{name}") == THEIRS:
                self.data[name] = stored[name]

    def _seen(self) -> dict[str, str]:
        try:
            seen = json.loads(self.data.get("seen") or "{}")
        except ValueError:
            return {}
        return seen if isinstance(seen, dict) else {}

    def _stored_texts(self, row: models.Model) -> dict[str, str]:
        """Every field as a form would post it."""
        return {name: self._text(name, row.serializable_value(name)) for name in self.names}

    def _text(self, name: str, value: Any) -> str:
        if value is None or (value is False and isinstance(self.fields[name], forms.BooleanField)):
            return ""
        prepared = self.fields[name].prepare_value(value)
        return exactly(prepared) if isinstance(prepared, Decimal) else str(prepared)

    def _shown(self, name: str, value: Any) -> str:
        """The value as people read it."""
        if value in (None, ""):
            return "（空）"
        if isinstance(value, models.Model):
            return str(value)
        labels = {str(key): str(label) for key, label in getattr(self.fields[name], "choices", ())}
        if str(value) in labels:
            return labels[str(value)]
        if isinstance(value, bool):
            return "是" if value else "否"
        return chinese_date(value) if isinstance(value, dt.date) else self._text(name, value)


def form_for(model: type[models.Model], fields: Iterable[Field], base: type[EditForm]) -> type[EditForm]:
    """A form of these fields of the criteria; those that nobody is asked for are left out."""
    asked = {field.column: field for field in fields if field.asked}

    def typed_in(column: models.Field, **_: Any) -> forms.Field:
        field = asked[column.name]
        return field.kind.form_field(column, label=field.asked, help_text=field.help)

    return modelform_factory(model, form=base, fields=list(asked), formfield_callback=typed_in)


class RestrictionForm(EditForm):
    def clean(self) -> dict:
        """A condition belongs to its trigger and to no other."""
        data = super().clean()
        wanted, given = data.get("trigger") == Trigger.CONDITION, data.get("condition")
        if wanted and given == "":
            self.add_error("condition", "选择“条件”时，请写明触发条件。")
        if given and not wanted:
            self.add_error("condition", "只有选择“条件”时才写触发条件，请清空，或改选“条件”。")
        return data


class ItemForm(EditForm):
    #: Placed on the page by hand; every other field follows below the rule.
    field_order = ("code", "name", "category", "group", "kind", "points", "standard", "rule")

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].queryset = Category.objects.filter(scheme=self.scheme)
        self.fields["category"].empty_label = "请选择"
        self.fields["group"].widget.attrs |= {"list": "groups", "autocomplete": "off"}
        self.groups = group_names(self.scheme)

    @property
    def others(self) -> list:
        """The fields below the rule, in the order of the table."""
        return [self[name] for name in self.names if name not in self.field_order]

    def clean(self) -> dict:
        """A base item stands in a category."""
        data = super().clean()
        if data.get("kind") == ItemKind.BASE and "category" in data and data["category"] is None:
            self.add_error("category", "小项须属于一个大项；加分项可以不选。")
        return data


#: Words of the editor's addresses, and what they lead to.
ROW_FORMS: dict[str, type[EditForm]] = {
    kind: form_for(model_of(section), section.fields, base)
    for kind, section, base in (
        ("categories", CATEGORY, EditForm),
        ("items", ITEM, ItemForm),
        ("bands", BAND, EditForm),
        ("restrictions", RESTRICTION, RestrictionForm),
        ("metrics", METRIC, EditForm),
    )
}


#: Shown only where a county stage exists.
COUNTY_ONLY = ("county_weight", "county_due")
FIELDS = sorted(
    (field for field in (*fields_of(Parameters), *fields_of(Deadlines)) if field.part),
    key=lambda field: PARTS.index(field.part),
)


class ParametersEditForm(EditForm):
    """What says how the year runs, and when it is due."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        year = self.data.get("year", "") if self.is_bound else ""
        for field in self.fields.values():
            if isinstance(field, TypedField) and isinstance(field.kind, Day):
                field.options = {
                    "year": int(year) if year.isdecimal() and len(year) == 4 else self.scheme.year
                }

    @property
    def parts(self) -> list[tuple[str, list]]:
        """The fields under their headings."""
        return [(part, [self[field.column] for field in FIELDS if field.part == part]) for part in PARTS]

    @property
    def has_county(self) -> bool:
        """What the page shows before any script runs."""
        return str(self["has_county_stage"].value()) == str(True)

    def clean(self) -> dict[str, Any]:
        """Weights make 100 %, days follow each other; what a scheme without county stage does not have is
        dropped.
        """
        data = super().clean()
        if data.get("has_county_stage") is False:
            data |= {"county_weight": Decimal(0), "city_weight": Decimal(1), "county_due": None}
            for name in COUNTY_ONLY:
                self._errors.pop(name, None)
            self._errors.pop("city_weight", None)
        elif not {"county_weight", "city_weight"} & self._errors.keys():
            self._weights(data)
        data["bonus_floor"] = data.get("bonus_floor") or Decimal(0)
        self._days(data)
        return data

    def _weights(self, data: dict[str, Any]) -> None:
        county, city = data.get("county_weight"), data.get("city_weight")
        if county is None:
            county = Decimal(0) if city is None else 1 - city
        if city is None:
            city = 1 - county
        if county + city != 1:
            self.add_error(
                "city_weight",
                f"县初评权重与评审权重之和应为 100%，现为 {Share().typed(Fraction(county + city))}。",
            )
        data["county_weight"], data["city_weight"] = county, city

    def _days(self, data: dict[str, Any]) -> None:
        start, end = data.get("period_start"), data.get("period_end")
        if start and end and start > end:
            self.add_error("period_end", "统计截止日早于统计起始日。")
        due = [(name, data[name]) for name in ("self_due", "county_due", "city_due") if data.get(name)]
        for (before, earlier), (name, day) in pairwise(due):
            if day < earlier:
                self.add_error(name, f"早于{self.fields[before].label}。")


ParametersForm = form_for(Scheme, FIELDS, ParametersEditForm)


class NewSchemeForm(forms.Form):
    """The three things a new scheme needs; everything else has a usual value."""

    year = WholeField(label="年度", min_value=2000, max_value=2100, help_text="评定哪一年的工作。")
    name = forms.CharField(label="名称", max_length=120, help_text="写在通知、通报和各种表格上的方案名称。")
    organiser = forms.CharField(label="主办单位", max_length=120)


CONFIRMATION = "确认启动"


class CopyForm(forms.Form):
    """Year and name of the copy, both filled in."""

    year = WholeField(label="新方案的年度", min_value=FIRST_YEAR, max_value=LAST_YEAR)
    name = forms.CharField(label="方案名称", max_length=120)


class DeadlinesForm(forms.Form):
    """The days by which each stage is due."""

    def __init__(self, *args, scheme: Scheme, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for column, label in due_columns(scheme):
            widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            self.fields[column] = DayField(label=label, widget=widget, initial=getattr(scheme, column))
        self.fields["self_due"].help_text = "当天 24:00 截止；遇休息日顺延到下一个工作日。"


class OpeningForm(forms.Form):
    """The second person says in words what happens."""

    words = forms.CharField(
        label=f"请输入“{CONFIRMATION}”四个字",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_words(self) -> str:
        """The very words."""
        words = self.cleaned_data["words"].strip().strip('“”"')
        if words != CONFIRMATION:
            raise forms.ValidationError(f"没有启动：请输入“{CONFIRMATION}”四个字，现为“{words}”。")
        return words


SPREADSHEETS = ("xls", "et", "ett", "csv", "ods", "xlsb", "xlsm")


class SchemeWorkbookForm(forms.Form):
    """One workbook; what it holds is checked by reading it."""

    helper = plain_helper()
    workbook = forms.FileField(
        label="方案工作簿",
        help_text=f"只接收 .xlsx，不超过 {LIMITS.packed // MEGABYTE} MB。",
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
        error_messages={"required": "请选择方案工作簿。", "empty": "文件是空的（0 字节），请重新选择。"},
    )

    def clean_workbook(self) -> tuple[str, bytes]:
        """Name and content; only the name and the size are judged here."""
        upload = self.cleaned_data["workbook"]
        ending = upload.name.rpartition(".")[2].lower()
        if ending in SPREADSHEETS:
            raise ValidationError(f"不接收 .{ending} 文件，请用 WPS 另存为 .xlsx 后再上传。")
        name = checked_name(upload.name)
        if ending != "xlsx":
            raise ValidationError("方案工作簿应是 .xlsx 表格，请确认没有选错文件。")
        if upload.size > LIMITS.packed:
            raise ValidationError(f"文件超过 {LIMITS.packed // MEGABYTE} MB，请精简后再上传。")
        return name, upload.read()


class TakeOverForm(forms.Form):
    """The second press; replacing a draft is agreed to in words."""

    agreed = forms.BooleanField(error_messages={"required": "替换草案前，请先勾选同意。"})
    helper = plain_helper()

    def __init__(self, *args, target: Scheme | None, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        agreed = self.fields.pop("agreed")
        if target is not None:
            agreed.label = f"用工作簿的内容替换《{target.name}》现有的全部指标、星级标准和限制性情形"
            self.fields["agreed"] = agreed
