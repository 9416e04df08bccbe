"""Forms of the scheme editor: one row of a draft, with what to do when somebody else saved it in between."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.db import models
from django.forms import modelform_factory

from ratings.criteria.fields import BAND, CATEGORY, ITEM, METRIC, RESTRICTION, Field, Section
from ratings.criteria.kinds import exactly
from ratings.criteria.storing import model_of
from ratings.editing import group_names
from ratings.enums import ItemKind, Trigger
from ratings.models import Category, Scheme
from schools.dates import chinese_date
from schools.refusals import Conflict, Difference, RecheckedForm
from schools.saving import Stale

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

    def __init__(self, data=None, *, scheme: Scheme, instance: models.Model | None = None, readonly: bool = False, **kwargs) -> None:
        super().__init__(data, instance=instance, **kwargs)
        self.scheme = scheme
        for field in self.fields.values():
            field.disabled = readonly
        if instance is not None and instance.pk:
            self.initial["version"] = instance.version
            self.initial["seen"] = json.dumps(self._stored_texts(instance), ensure_ascii=False)
            if self.is_bound and any(name.startswith(CHOICE) for name in self.data):
                self._take_chosen(instance)
        self.helper = FormHelper()
        self.helper.form_tag = False

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
        return {"version": str(current.version), "seen": json.dumps(self._stored_texts(current), ensure_ascii=False)}

    def _choices(self, row: models.Model) -> Iterator[Choice]:
        """What somebody else changed and this person never touched is theirs unless said otherwise."""
        seen, stored = self._seen(), self._stored_texts(row)
        for name in self.names:
            typed = self._typed_text(name)
            if typed != stored[name]:
                theirs, mine = self._shown(name, getattr(row, name)), self._shown(name, self.cleaned_data[name])
                chosen = THEIRS if seen.get(name) == typed else MINE
                yield Choice(str(self.fields[name].label), theirs, mine, name, chosen)

    def _take_chosen(self, row: models.Model) -> None:
        for name in self.names:
            if self.data.get(f"{CHOICE}{name}") == THEIRS:
                self._put(name, self._stored_texts(row)[name])

    def _put(self, name: str, text: str) -> None:
        data = self.data.copy()
        if isinstance(self.fields[name], forms.BooleanField) and not text:
            data.pop(name, None)
        else:
            data[name] = text
        self.data = data

    def _seen(self) -> dict[str, str]:
        try:
            found = json.loads(self.data.get("seen") or "{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def _stored_texts(self, row: models.Model) -> dict[str, str]:
        """Every field as a form would post it."""
        return {name: self._text(name, row.serializable_value(name)) for name in self.names}

    def _typed_text(self, name: str) -> str:
        value = self.cleaned_data[name]
        return self._text(name, value.pk if isinstance(value, models.Model) else value)

    def _text(self, name: str, value: Any) -> str:
        if value is None or (value is False and isinstance(self.fields[name], forms.BooleanField)):
            return ""
        prepared = self.fields[name].prepare_value(value)
        return exactly(prepared) if isinstance(prepared, Decimal) else str(prepared)

    def _shown(self, name: str, value: Any) -> str:
        """The value as people read it."""
        if value in (None, ""):
            return "（空）"
        labels = {} if isinstance(value, models.Model) else {str(key): label for key, label in getattr(self.fields[name], "choices", ())}
        if str(value) in labels:
            return str(labels[str(value)])
        if isinstance(value, bool):
            return "是" if value else "否"
        if isinstance(value, dt.date):
            return chinese_date(value)
        return str(value) if isinstance(value, models.Model) else self._text(name, value)


def form_of(section: Section, base: type[EditForm] = EditForm) -> type[EditForm]:
    """The form of a row: what its fields ask for, in their order."""
    return form_for(model_of(section), section.fields, base)


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
    "categories": form_of(CATEGORY),
    "items": form_of(ITEM, ItemForm),
    "bands": form_of(BAND),
    "restrictions": form_of(RESTRICTION, RestrictionForm),
    "metrics": form_of(METRIC),
}
