"""Several records in one table: equipment of all kinds, money of a year from all sources, the head counts of
a year.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.db import models, transaction

from schools.models import Budget, Equipment, School, User, YearFigures
from schools.models.figures import NOT_NEGATIVE
from schools.records import locks
from schools.records.changes import plain, snapshot, worded
from schools.refusals import RecheckedForm, refusals_in
from schools.saving import Stale, digest
from schools.site.typed import NumberField, WholeField

from . import saving
from .forms import ReasonMixin, RegistryForm


class GridForm(RecheckedForm, ReasonMixin, forms.Form):
    """One line for each of a fixed list of keys; an empty line means there is no record."""

    model: type[models.Model]
    #: The field whose choices are the lines, what each line asks for, and why a record is voided.
    key: str
    cells: tuple[str, ...]
    gone = ""
    #: What all records of the table share.
    common: dict[str, Any] = {}
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, school: School, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.school = school
        self.held = self.records()
        self.old = {key: snapshot(record) for key, record in self.held.items()}
        self.fields["seen"].initial = digest(self.old)
        for value, label in self.choices:
            line = self.line(label, self.held.get(value))
            self.fields.update({f"{cell}-{value}": field for cell, field in line.items()})
        self.add_reason()

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The lines: key and name."""
        return self.model._meta.get_field(self.key).choices

    @property
    def rows(self) -> list[tuple]:
        """Name and cells of each line."""
        return [(label, *(self[f"{cell}-{value}"] for cell in self.cells)) for value, label in self.choices]

    def records(self) -> dict[str, Any]:
        """What is recorded now, by key."""
        of_school = self.model._meta.get_field("school").remote_field.get_accessor_name()
        rows = getattr(self.school, of_school).filter(**self.common)  # so that each row knows the school
        return {getattr(row, self.key): row for row in rows}

    def line(self, label: str, row: Any) -> dict[str, forms.Field]:
        """The field of each cell of a line."""
        raise NotImplementedError

    def read(self, cells: dict[str, Any]) -> dict[str, Any]:
        """The fields of the record that a line describes; none where there is no record."""
        raise NotImplementedError

    def typed(self, value: str) -> dict[str, Any]:
        """The record a line describes, or nothing."""
        values = self.read({cell: self.cleaned_data.get(f"{cell}-{value}") for cell in self.cells})
        return {**self.common, self.key: value, **values} if values else {}

    def clean(self) -> dict[str, Any]:
        """Asks the lock, once for the table."""
        if not self.errors:
            for _, old, new in self._differing():
                self.require_reason(self.model, old, {**old, **new} if new else {})
        return self.cleaned_data

    def store(self, *, by: User) -> bool:
        """Writes what differs, all or nothing; False with the error in the form."""
        reason, asked = self.cleaned_data.get("reason", ""), 0
        with refusals_in(self), transaction.atomic():
            School.objects.hold(self.school.pk)
            current = {key: snapshot(record) for key, record in self.records().items()}
            if digest(current) != self.cleaned_data["seen"]:
                raise Stale(current)
            for value, old, new in self._differing():
                asked += saving.is_request(self._write(value, old, new, by, reason))
            self.outcome = f"：{asked} 项已提交数据更正，经同意后生效" if asked else "已保存"
            return True
        return False

    def contents(self, current: dict[str, dict]) -> tuple[dict[str, str], dict[str, str]]:
        """The lines of the table, those without a record left blank."""
        typed = {value: self.typed(value) for value, _ in self.choices}
        return self._in_words(current), self._in_words(typed)

    def _in_words(self, lines: dict[str, dict]) -> dict[str, str]:
        return {label: self._line_in_words(lines.get(value, {})) for value, label in self.choices}

    def _line_in_words(self, values: dict[str, Any]) -> str:
        shown = {name: plain(value) for name, value in values.items() if name not in (self.key, "year")}
        return "，".join(f"{name}：{text}" for name, text in worded(self.model, shown).items() if text)

    def fresh(self, current: dict[str, dict]) -> dict[str, str]:
        """The digest of all lines."""
        return {"seen": digest(current)}

    def _write(self, value: str, old: dict, new: dict, by: User, reason: str) -> models.Model:
        if not new:
            return saving.void(self.held[value], by=by, reason=reason or self.gone)
        if not old:
            return saving.add(self.model, self.school, new, by=by, reason=reason)
        return saving.change(self.held[value], new, by=by, seen=digest(old), reason=reason)

    def _differing(self) -> Iterator[tuple[str, dict, dict]]:
        for value, _ in self.choices:
            old, new = self.old.get(value, {}), self.typed(value)
            stated = {name: plain(field) for name, field in new.items()}
            if {name: old.get(name) for name in stated} != stated or bool(old) != bool(new):
                yield value, old, new


class EquipmentForm(GridForm):
    """Ticks: there is it, does it need repair, a word beside it."""

    model, key, cells, gone = Equipment, "kind", ("has", "broken", "note"), "已不再使用"

    def line(self, label: str, row: Equipment | None) -> dict[str, forms.Field]:
        broken, note = row is not None and not row.working, row.note if row else ""
        return {
            "has": forms.BooleanField(label=f"有{label}", required=False, initial=row is not None),
            "broken": forms.BooleanField(label=f"{label}待修", required=False, initial=broken),
            "note": forms.CharField(label=f"{label}说明", required=False, max_length=100, initial=note),
        }

    def read(self, cells: dict[str, Any]) -> dict[str, Any]:
        return {"working": not cells["broken"], "note": cells["note"] or ""} if cells["has"] else {}

    def clean(self) -> dict[str, Any]:
        """What is not there needs no repair and no word beside it; only a line that was there may be unticked
        with its word still in it.
        """
        super().clean()
        for value, label in self.choices:
            if self.cleaned_data.get(f"has-{value}"):
                continue
            if self.cleaned_data.get(f"broken-{value}"):
                self.add_error(f"broken-{value}", f"{label}标为待修，请同时勾选“有”。")
            note = self.cleaned_data.get(f"note-{value}")
            if note and note != self.old.get(value, {}).get("note"):
                self.add_error(f"note-{value}", f"{label}写了说明，请同时勾选“有”，或删去说明。")
        return self.cleaned_data


class BudgetForm(GridForm):
    """Money of one year: a line for each source; allotted and arrived."""

    model, key, cells, gone = Budget, "source", ("allotted", "arrived"), "该来源没有经费"

    def __init__(self, *args: Any, year: int, **kwargs: Any) -> None:
        self.common = {"year": year}
        super().__init__(*args, **kwargs)

    def possible_lock(self) -> locks.Lock | None:
        return locks.among(self.signed, **self.common)

    def line(self, label: str, row: Budget | None) -> dict[str, forms.Field]:
        return {
            cell: NumberField(
                label=f"{label}{word}（元）",
                unit="元",
                required=False,
                max_digits=12,
                decimal_places=2,
                validators=[NOT_NEGATIVE],
                initial=row and getattr(row, cell),
            )
            for cell, word in zip(self.cells, ("下达", "到位"), strict=True)
        }

    def read(self, cells: dict[str, Any]) -> dict[str, Any]:
        return {} if cells["allotted"] is None and cells["arrived"] is None else cells


class FiguresForm(RegistryForm):
    """党员和干部人数 of one year."""

    class Meta:
        model = YearFigures
        fields = ("party_members", "members_trained", "cadres_due", "cadres_trained", "issues_solved")
        field_classes = dict.fromkeys(fields, WholeField)

    def possible_lock(self) -> locks.Lock | None:
        return locks.among(self.signed, year=self.instance.year)

    @property
    def values(self) -> dict[str, Any]:
        """The year belongs to a new record."""
        return {**super().values, "year": self.instance.year}

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() - {"year"}

    def clean(self) -> dict[str, Any]:
        """More people trained than there are is a slip of the pen; the figure of the year counts
        each once.
        """
        cleaned = super().clean()
        for part, whole in (("members_trained", "party_members"), ("cadres_trained", "cadres_due")):
            trained, there = cleaned.get(part), cleaned.get(whole)
            if None not in (trained, there) and trained > there:
                some, everybody = self[part].label, self[whole].label
                self.add_error(part, f"{some}（{trained}）多于{everybody}（{there}），一人只计一次，请核对。")
        return cleaned
