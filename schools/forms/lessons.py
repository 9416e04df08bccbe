"""Rows of 课次 below the form of a class."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from schools.models import Lesson
from schools.teaching.classes import Habits, LessonIn

EXTRA_LESSONS = 3


class LessonForm(forms.Form):
    """A row of 课次; an empty one is no lesson."""

    pk = forms.IntegerField(required=False, widget=forms.HiddenInput)
    title = forms.CharField(label="题目", required=False, max_length=100)
    lecturer = forms.CharField(label="授课人", required=False, max_length=30, widget=forms.TextInput(attrs={"list": "lecturers"}))
    kind = forms.ChoiceField(label="身份", required=False, choices=[("", "自动"), *Lesson.LecturerKind.choices])
    hours = forms.DecimalField(
        label="学时", required=False, max_digits=4, decimal_places=1, min_value=Decimal("0.5"), max_value=Decimal(99)
    )

    def __init__(self, *args, habits: Habits, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.habits = habits
        self.empty_permitted = False  # also a row nobody touched is read: it may stand for a record
        place = self.prefix.rpartition("-")[2]
        number = int(place) + 1 if place.isdigit() else 0
        for name, field in self.fields.items():
            if name != "pk":
                field.widget.attrs["class"] = "form-select" if name == "kind" else "form-control"
                field.widget.attrs["aria-label"] = f"第 {number} 课次{field.label}"

    @property
    def is_filled(self) -> bool:
        """Whether it names anything but its own number."""
        return any(self.cleaned_data.get(name) for name in ("title", "lecturer", "hours"))

    def clean(self) -> dict[str, Any]:
        """A lesson needs a person and hours."""
        data = super().clean()
        if not any(data.get(name) for name in ("title", "lecturer", "hours")):
            return data
        if not data.get("lecturer") and "lecturer" not in self.errors:
            self.add_error("lecturer", "请填写这一课次的授课人。")
        if not data.get("hours") and "hours" not in self.errors:
            self.add_error("hours", "请填写这一课次的学时。")
        name = data.get("lecturer", "")
        data["kind"] = data.get("kind") or self.habits.kinds.get(name, "")
        if name and not data["kind"]:
            self.add_error("kind", f"“{name}”不在师资库，请选明身份。")
        return data

    def lesson(self) -> LessonIn:
        """The row as it will be written."""
        data = self.cleaned_data
        return LessonIn(data["lecturer"].strip(), data["kind"], data["hours"], data["title"], data.get("pk"))


class BaseLessonFormSet(forms.BaseFormSet):
    """Rows of lessons; a request without any is a form whose fold was never touched."""

    def __init__(self, data=None, *args, **kwargs) -> None:
        if data is not None and f"{kwargs['prefix']}-TOTAL_FORMS" not in data:
            count = len(kwargs.get("initial") or [])
            data = {f"{kwargs['prefix']}-TOTAL_FORMS": "0", f"{kwargs['prefix']}-INITIAL_FORMS": str(count)}
        super().__init__(data, *args, **kwargs)


LessonFormSet = forms.formset_factory(LessonForm, formset=BaseLessonFormSet, extra=EXTRA_LESSONS, max_num=60, absolute_max=80)
