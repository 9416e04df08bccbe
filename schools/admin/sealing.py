"""What a submission or a publication covers is read here, not written: it changes through 数据更正, which the
school asks for and the county or the office decides.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from django.urls import reverse

from schools.models import (
    AnnualPlan,
    Lesson,
    MonthlyReport,
    PlannedClass,
    School,
    TrainingClass,
    Visit,
)
from schools.records.changes import school_of, snapshot
from schools.records.guarding import Guard
from schools.records.locks import standing_lock

#: Of a school's own entry only these are signed; the rest is kept by the administrator at any time.
OF_SCHOOL = ("seats", "staff_count", "has_plaque")
#: Where a correction of the record is asked for, unless it is the school's own entry.
PAGES = {
    TrainingClass: lambda record: reverse("schools:class", args=[record.pk]),
    **dict.fromkeys(
        (AnnualPlan, PlannedClass, MonthlyReport, Lesson),
        lambda record: reverse("schools:teaching_school", args=[school_of(record).pk]),
    ),
    Visit: lambda record: reverse("schools:school", args=[record.school_id]),
}


def refusal(record: models.Model, before: Any, after: Any) -> str:
    """Why the record may not change so, "" where it may; asked with its school held."""
    school = school_of(record)
    if school is None or school.pk is None:
        return ""
    return Guard(type(record), [school.pk]).refusal(school, before, after, record.pk)


def sealed(record: models.Model) -> str:
    """Why the stored record can only be read, "" where it can be changed."""
    if isinstance(record, School):
        return ""
    return refusal(record, snapshot(record), {})


def refused_write(record: models.Model, after: dict[str, Any]) -> str:
    """Why what a form holds may not be saved: asked of what is stored, with the schools held. A record that
    moves to another school leaves the one and comes to the other.
    """
    stored = type(record)._base_manager.filter(pk=record.pk).first() if record.pk else None
    old, new = (one and school_of(one) for one in (stored, record))
    School.objects.hold_all([school.pk for school in (old, new) if school and school.pk])
    before = snapshot(stored) if stored else {}
    if stored is None or old == new:
        return refusal(record, before, after)
    return refusal(stored, before, {}) or refusal(record, {}, after)


class SealedForm:
    """Beside a form of the back office: the sentence stands at the field that would change."""

    def _post_clean(self) -> None:
        super()._post_clean()
        if self.errors or not self.has_changed():
            return
        after = snapshot(self.instance)
        for field in self.instance._meta.many_to_many:
            if field.name in self.cleaned_data:
                after[field.name] = sorted(row.pk for row in self.cleaned_data[field.name])
        if sentence := refused_write(self.instance, after):
            place = next((name for name in self.changed_data if name in self.fields), None)
            self.add_error(place, sentence)


class SealedFormSet(BaseInlineFormSet):
    """Rows below a record are asked for like the record."""

    def clean(self) -> None:
        """Each row that was changed or added; what is wrong stands at the row."""
        super().clean()
        for form in self.forms:
            if not form.has_changed() or form.errors:
                continue
            if sentence := refused_write(form.instance, snapshot(form.instance)):
                form.add_error(None, sentence)


class SealedAdmin(admin.ModelAdmin):
    """A table of records of schools. What is sealed is opened for reading, and says how it changes; what was
    sealed while a form was open is refused in that form, with everything typed still in it.
    """

    change_form_template = "admin/sealed_change_form.html"

    def has_change_permission(self, request, obj=None):
        """A form is not even shown for what is sealed."""
        allowed = super().has_change_permission(request, obj)
        return allowed and not (obj is not None and request.method == "GET" and self._sealed(request, obj))

    def get_readonly_fields(self, request, obj=None):
        """Of a school's own entry the signed figures are shown; one that was typed before is still taken, to
        be refused with its sentence.
        """
        shown = list(super().get_readonly_fields(request, obj))
        if isinstance(obj, School) and self._standing_lock(request, obj):
            shown += [name for name in OF_SCHOOL if name not in request.POST]
        return shown

    def get_form(self, request, obj=None, change=False, **kwargs):
        """The form of the table, which asks before it saves."""
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (SealedForm, form), {})

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        """Why it is closed, and where the correction is asked for."""
        if obj is not None and (sentence := self._said(request, obj)):
            page = PAGES.get(type(obj), lambda one: reverse("schools:registry", args=[school_of(one).pk]))
            context |= {"sealed": sentence, "sealed_page": page(obj)}
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _said(self, request: HttpRequest, obj: models.Model) -> str:
        if isinstance(obj, School):
            return str(self._standing_lock(request, obj) or "")
        return self._sealed(request, obj)

    def _sealed(self, request: HttpRequest, obj: models.Model) -> str:
        return _once(request, f"sealed-{obj._meta.label_lower}-{obj.pk}", lambda: sealed(obj))

    def _standing_lock(self, request: HttpRequest, obj: School) -> Any:
        return _once(request, f"standing-{obj.pk}", lambda: standing_lock(obj))


def _once(request: HttpRequest, name: str, ask: Any) -> Any:
    """Asked once a request, however often Django's admin wants to know."""
    known = request.__dict__.setdefault("_sealed", {})
    if name not in known:
        known[name] = ask()
    return known[name]
