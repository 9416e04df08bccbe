"""Several records in one table: equipment of all kinds, money of a year from all sources, the head counts of
a year.
"""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.db import models, transaction

from schools.models import Budget, Equipment, School, User, YearFigures
from schools.models.figures import NOT_NEGATIVE
from schools.records import locks
from schools.records.changes import plain, snapshot, worded
from schools.refusals import RecheckedForm, refusals_in
from schools.saving import Stale, digest

from . import saving
from .forms import ReasonMixin, RegistryForm


class AbstractForm(type(forms.Form), ABCMeta):
    """The metaclass of a form that leaves methods to its kinds: Django's forms have one of their own."""


class GridForm(RecheckedForm, ReasonMixin, forms.Form, metaclass=AbstractForm):
    """One line for each of a fixed list of keys; an empty line means there is no record."""

    model: type[models.Model]
    key: str
    gone = ""
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, school: School, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.school = school
        self.held = {getattr(one, self.key): one for one in self.records()}
        self.old = {key: snapshot(one) for key, one in self.held.items()}
        self.fields["seen"].initial = digest(self.old)
        for value, label in self.choices:
            self.fields.update(self.line(value, label, self.held.get(value)))
        self.add_reason()

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The lines: key and name."""
        return self.model._meta.get_field(self.key).choices

    @abstractmethod
    def records(self) -> models.QuerySet:
        """What is recorded now."""

    @abstractmethod
    def line(self, value: str, label: str, row: Any) -> dict[str, forms.Field]:
        """The fields of a line by name."""

    @abstractmethod
    def typed(self, value: str) -> dict[str, Any]:
        """The record a line describes, or nothing."""

    def clean(self) -> dict[str, Any]:
        """Asks the lock, once for the table."""
        if not self.errors:
            for _, old, new in self._differing():
                self.require_reason(self.model, old, {**old, **new} if new else {})
        return self.cleaned_data

    def store(self, *, by: User) -> int | None:
        """Writes what differs, all or nothing; the number of requests it made instead, None with the error in
        the form.
        """
        reason, asked = self.cleaned_data.get("reason", ""), 0
        with refusals_in(self), transaction.atomic():
            School.objects.hold(self.school.pk)
            current = {getattr(one, self.key): snapshot(one) for one in self.records()}
            if digest(current) != self.cleaned_data["seen"]:
                raise Stale(current)
            for value, old, new in self._differing():
                asked += saving.is_request(self._write(value, old, new, by, reason))
            return asked
        return None

    def contents(self, current: dict[str, dict]) -> tuple[dict[str, str], dict[str, str]]:
        """The lines of the table, those without a record left blank."""
        return (
            {label: self._line_in_words(current.get(value, {})) for value, label in self.choices},
            {
                label: self._line_in_words({name: plain(one) for name, one in self.typed(value).items()})
                for value, label in self.choices
            },
        )

    def _line_in_words(self, values: dict[str, Any]) -> str:
        known = worded(
            self.model, {name: one for name, one in values.items() if name not in (self.key, "year")}
        )
        return "，".join(f"{name}：{text}" for name, text in known.items() if text)

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
            said = {name: plain(one) for name, one in new.items()}
            if {name: old.get(name) for name in said} != said or bool(old) != bool(new):
                yield value, old, new


class EquipmentForm(GridForm):
    """Ticks: there is it, does it need repair, a word beside it."""

    model, key, gone = Equipment, "kind", "已不再使用"

    def records(self) -> models.QuerySet:
        return self.school.equipment.all()

    def line(self, value: str, label: str, row: Equipment | None) -> dict[str, forms.Field]:
        return {
            f"has-{value}": forms.BooleanField(label=f"有{label}", required=False, initial=row is not None),
            f"broken-{value}": forms.BooleanField(
                label=f"{label}待修", required=False, initial=bool(row and not row.working)
            ),
            f"note-{value}": forms.CharField(
                label=f"{label}说明", required=False, max_length=100, initial=row.note if row else ""
            ),
        }

    def typed(self, value: str) -> dict[str, Any]:
        data = self.cleaned_data
        if not data.get(f"has-{value}"):
            return {}
        return {
            "kind": value,
            "working": not data.get(f"broken-{value}"),
            "note": data.get(f"note-{value}", ""),
        }

    def clean(self) -> dict[str, Any]:
        """What is not there needs no repair."""
        super().clean()
        for value, label in self.choices:
            if not self.cleaned_data.get(f"has-{value}") and self.cleaned_data.get(f"broken-{value}"):
                self.add_error(f"broken-{value}", f"{label}标为待修，请同时勾选“有”。")
        return self.cleaned_data

    @property
    def rows(self) -> list[tuple]:
        """Name, has, broken, note."""
        return [
            (label, self[f"has-{value}"], self[f"broken-{value}"], self[f"note-{value}"])
            for value, label in self.choices
        ]


class BudgetForm(GridForm):
    """Money of one year: a line for each source; allotted and arrived."""

    model, key, gone = Budget, "source", "该来源没有经费"

    def __init__(self, *args: Any, year: int, **kwargs: Any) -> None:
        self.year = year
        super().__init__(*args, **kwargs)

    def possible_lock(self) -> locks.Lock | None:
        return locks.among(self.signed, year=self.year)

    def records(self) -> models.QuerySet:
        return self.school.budgets.filter(year=self.year)

    def line(self, value: str, label: str, row: Budget | None) -> dict[str, forms.Field]:
        def money(what: str, amount: Decimal | None) -> forms.DecimalField:
            return forms.DecimalField(
                label=f"{label}{what}（元）",
                required=False,
                max_digits=12,
                decimal_places=2,
                validators=[NOT_NEGATIVE],
                initial=amount,
            )

        return {
            f"allotted-{value}": money("下达", row.allotted if row else None),
            f"arrived-{value}": money("到位", row.arrived if row else None),
        }

    def typed(self, value: str) -> dict[str, Any]:
        allotted, arrived = (self.cleaned_data.get(f"{name}-{value}") for name in ("allotted", "arrived"))
        if allotted is None and arrived is None:
            return {}
        return {"year": self.year, "source": value, "allotted": allotted, "arrived": arrived}

    @property
    def rows(self) -> list[tuple]:
        """Name, allotted, arrived."""
        return [(label, self[f"allotted-{value}"], self[f"arrived-{value}"]) for value, label in self.choices]


class FiguresForm(RegistryForm):
    """党员和干部人数 of one year."""

    class Meta:
        model = YearFigures
        fields = ("party_members", "members_trained", "cadres_due", "cadres_trained", "issues_solved")

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
            if trained is not None and there is not None and trained > there:
                names = [self._meta.model._meta.get_field(name).verbose_name for name in (part, whole)]
                self.add_error(
                    part, f"{names[0]}（{trained}）多于{names[1]}（{there}），一人只计一次，请核对。"
                )
        return cleaned
