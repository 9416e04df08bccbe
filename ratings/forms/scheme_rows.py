"""Forms of the scheme editor: one row of a draft, with what to do when somebody else saved it in between."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from ratings.criteria.workbook import CODE
from ratings.enums import Trigger
from ratings.models import Category, CustomMetric, Restriction, Scheme, StarBand
from ratings.rules import RuleError, parse_condition, parse_effect, to_text
from schools.dates import chinese_date

from .scheme_fields import AmountField, plain

THEIRS, MINE = "theirs", "mine"
CHOICE = "choice-"
CODE_HINT = "以大写字母开头，后接字母、数字，可用 - 或 . 分段，如 K1-2。"


@dataclass(frozen=True)
class Difference:
    """One field that two people filled differently; `chosen` is the one that is ticked beforehand."""

    name: str
    label: str
    theirs: str
    mine: str
    chosen: str


@dataclass(frozen=True)
class Conflict:
    """What somebody else saved while this form was open."""

    row: models.Model
    differences: tuple[Difference, ...]


class EditForm(forms.ModelForm):
    """A row of a draft. `version` and `seen` say from what the person started; `conflict` is set by `meet`.

    A post may answer a conflict with `choice-<field>` = theirs or mine; theirs takes the stored value.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data=None, *, scheme: Scheme, instance: models.Model | None = None, readonly: bool = False, **kwargs) -> None:
        super().__init__(data, instance=instance, **kwargs)
        self.scheme, self.stored, self.conflict = scheme, instance, None
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

    def clean(self) -> dict[str, Any]:
        """Line ends as they are stored, so that a text nobody touched is no change."""
        data = super().clean()
        return {name: value.replace("\r\n", "\n") if isinstance(value, str) else value for name, value in data.items()}

    def refuse(self, error: ValidationError) -> None:
        """Errors of the write, each at its field."""
        for name, messages in error.message_dict.items():
            self.add_error(name if name in self.fields else None, messages)

    def meet(self, row: models.Model) -> None:
        """Somebody saved `row` in between: keep what was typed, show both, start from what is stored now."""
        seen = self._seen()
        theirs = self._stored_texts(row)
        differences = []
        for name in self.names:
            mine, kept = self._typed_text(name), theirs[name]
            if mine != kept:
                untouched = seen.get(name) == mine
                differences.append(
                    Difference(
                        name,
                        str(self.fields[name].label),
                        self._shown(name, getattr(row, name)),
                        self._shown(name, self.cleaned_data[name]),
                        THEIRS if untouched else MINE,
                    )
                )
        self.conflict = Conflict(row, tuple(differences))
        self._put("version", str(row.version))
        self._put("seen", json.dumps(theirs, ensure_ascii=False))

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
        return plain(prepared) if isinstance(prepared, Decimal) else str(prepared)

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


class CodedForm(EditForm):
    """Rows with a code that conditions may name."""

    def clean_code(self) -> str:
        """Codes must be readable in conditions."""
        code = self.cleaned_data["code"]
        if not CODE.fullmatch(code):
            raise forms.ValidationError(f"“{code}”不能作编码：应{CODE_HINT}")
        return code


class CategoryForm(CodedForm):
    class Meta:
        model = Category
        fields = ("code", "name")
        help_texts = {"code": CODE_HINT}


class BandForm(EditForm):
    class Meta:
        model = StarBand
        fields = ("star", "condition")
        widgets = {"condition": forms.TextInput}
        help_texts = {
            "condition": "如：总分≥90 且 最低大项得分率≥70%。可以写 总分、基础分、加分、最低大项得分率、大项和小项的编码、系统取数指标。"
        }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["star"]
        field.choices = [choice for choice in field.choices if choice[0] != 0]

    def clean_condition(self) -> str:
        return canonical(self.cleaned_data["condition"], parse_condition)


class RestrictionForm(CodedForm):
    class Meta:
        model = Restriction
        fields = ("code", "name", "trigger", "condition", "effect", "basis")
        labels = {"trigger": "怎样认定"}
        help_texts = {
            "code": CODE_HINT,
            "trigger": "人工：凭依据由市评委会办公室认定；未提交自评：到期没有提交的；条件：系统按下面的条件提出，经认定后适用。",
            "condition": "只在“条件”时填写，如：数据不实处数≥1。",
            "effect": "不授星，或如：最高三星。",
            "basis": "写明依据的文件。",
        }

    def clean_condition(self) -> str:
        text = self.cleaned_data["condition"]
        return canonical(text, parse_condition) if text else ""

    def clean_effect(self) -> str:
        return canonical(self.cleaned_data["effect"], parse_effect)

    def clean(self) -> dict:
        """A condition belongs to its trigger and to no other."""
        data = super().clean()
        wanted, given = data.get("trigger") == Trigger.CONDITION, data.get("condition")
        if wanted and given == "":
            self.add_error("condition", "选择“条件”时，请写明触发条件。")
        if given and not wanted:
            self.add_error("condition", "只有选择“条件”时才写触发条件，请清空，或改选“条件”。")
        return data


class CustomMetricForm(EditForm):
    upper = AmountField(
        label="上限", unit="", highest=None, lowest=0, places=4, required=False, help_text="不能超过的数，没有就不填；比率的上限填 100%。"
    )

    class Meta:
        model = CustomMetric
        fields = ("name", "unit", "direction", "upper", "filled_by")
        labels = {"filled_by": "由谁填报"}
        help_texts = {
            "name": "在计分规则里就用这个名称，如：党员群众满意度。与系统取数指标不能同名。",
            "unit": "如：人、期、%；没有就不填。",
            "filled_by": "学校：本校填报人和负责人；县：本县初评人；市：市评委会办公室。",
        }


#: Words of the editor's addresses, and what they lead to.
ROW_FORMS: dict[str, type[EditForm]] = {
    "categories": CategoryForm,
    "bands": BandForm,
    "restrictions": RestrictionForm,
    "metrics": CustomMetricForm,
}


def canonical(text: str, parse: Any) -> str:
    """The line as the rule language prints it; an unreadable one is refused with its place."""
    try:
        return to_text(parse(text))
    except RuleError as error:
        raise forms.ValidationError(f"{error}。") from None
