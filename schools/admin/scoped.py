"""What every table of the back office obeys: role and city decide, nothing is deleted."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME, ActionForm
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils import timezone

from schools import audit
from schools.models import RecordChange, Region, School
from schools.permissions import may
from schools.records.changes import note_change, school_of, snapshot
from schools.records.guarding import Guard
from schools.refusals import refusals_as_messages
from schools.saving import refuse
from schools.site.asked import number
from schools.site.contributions import said_of_ties
from schools.site.printed import fit_for_print
from schools.site.typed import FOR_COLUMNS
from schools.workbooks import clean_text

from .sealing import SealedAdmin, SealedFormSet


class Scoped:
    """Rows and choices within the right to see of the current identity; for model admins and inlines."""

    #: Acts of the table of permissions, each of which opens this one.
    acts = ("maintain",)
    formfield_overrides = FOR_COLUMNS

    def allowed(self, request: HttpRequest) -> bool:
        """Whether the person works on this table at all."""
        return any(may(request.user, act) for act in self.acts)

    def has_change_permission(self, request, obj=None):
        """What may be changed may be seen and added to."""
        return self.allowed(request)

    has_module_permission = has_view_permission = has_add_permission = has_change_permission

    def has_delete_permission(self, request, obj=None):
        """Records are voided, schools close, accounts are switched off."""
        return False

    def get_queryset(self, request):
        """Foreign objects are not found, not forbidden."""
        own = self.model.objects.visible_to(request.user).order_by()
        return super().get_queryset(request).filter(pk__in=own.values("pk"))

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        """Only what one may see can be chosen, so that nothing is hung on another city's school."""
        kwargs.setdefault("queryset", _visible(db_field, request))
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", Chosen(db_field, self.admin_site))
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        field.error_messages["invalid_choice"] = f"请从列表中选择{db_field.verbose_name}。"
        identity = request.user.identity
        if db_field.name == "city" and identity is not None and identity.city_id:
            field.required = True  # a row without a city would belong to the whole system
        return field

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        """See `formfield_for_foreignkey`."""
        kwargs.setdefault("queryset", _visible(db_field, request))
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", SeveralChosen(db_field, self.admin_site))
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class ByNumber:
    """Shows as chosen what has a number only; Django asks the database for anything it was sent."""

    def optgroups(self, name, value, attrs=None):
        """The field itself refuses the rest with its sentence."""
        return super().optgroups(name, [one for one in value if number(str(one)) is not None], attrs)


class Chosen(ByNumber, AutocompleteSelect):
    """One row, found by typing."""


class SeveralChosen(ByNumber, AutocompleteSelectMultiple):
    """Several."""


def city_worked_for(request: HttpRequest) -> Region | None:
    """The city of the identity; for an administrator of the whole system the only one there is."""
    identity = request.user.identity
    if identity is None or identity.city_id:
        return identity and identity.city
    cities = Region.objects.cities().visible_to(request.user)[:2]
    return cities[0] if len(cities) == 1 else None


def _visible(db_field, request: HttpRequest) -> QuerySet:
    rows = db_field.remote_field.model.objects.visible_to(request.user)
    if db_field.remote_field.model is Region:  # a city where a city is asked for, a county where a county is
        return rows.counties() if db_field.name == "county" else rows.cities()
    return rows


class ScopedAdmin(Scoped, admin.ModelAdmin):
    """A table of the back office."""

    list_per_page = 50
    list_max_show_all = 200
    show_full_result_count = False

    def get_changeform_initial_data(self, request):
        """The city one works for is filled in already."""
        return {"city": city_worked_for(request), **super().get_changeform_initial_data(request)}

    def response_action(self, request, queryset):
        """An action on rows that nobody could have chosen is done to none."""
        if any(number(chosen) is None for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            messages.error(request, "所选的行无法识别，没有办理，请重新选择。")
            return redirect(request.get_full_path())
        return super().response_action(request, queryset)


def warn_of_tie(request: HttpRequest, row: Any, *, until: date | None) -> None:
    """What scoring it undoes that the person of this row now belongs to its school."""
    if row.school and (until is None or until >= timezone.localdate()):
        for sentence in said_of_ties(row.user, [row.school]):
            messages.warning(request, sentence)


class ScopedInline(Scoped, admin.TabularInline):
    """Rows that belong to the object above."""

    formset = SealedFormSet
    extra = 0
    show_change_link = False


class NotingAdmin(SealedAdmin):
    """Notes what a saved form and its inline rows changed; Django's admin saves both in one transaction."""

    def save_model(self, request, obj, form, change):
        """Keeps what stood before until the many-to-many fields are saved too."""
        stored = self.model._base_manager.get(pk=obj.pk) if change else None
        obj.noted_before = snapshot(stored) if change else {}
        obj.noted_school = school_of(stored) if change else None
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        """The record with its sets is whole now."""
        rows = [row.instance for formset in formsets for row in formset.forms if row.has_changed()]
        before = {id(row): snapshot(type(row)._base_manager.get(pk=row.pk)) for row in rows if row.pk}
        super().save_related(request, form, formsets, change)
        _note_moved(request, form.instance)
        for row in rows:
            if row.pk:
                _note(request, row, before.get(id(row), {}))


def _note_moved(request: HttpRequest, record: Any) -> None:
    """A record hung on another school leaves the one and comes to the other."""
    before, old = record.noted_before, record.noted_school
    if old is not None and old != school_of(record):
        _note_for(request, record, old, before, {}, RecordChange.Action.VOID)
        before = {}
    _note(request, record, before)


def _note(request: HttpRequest, record: Any, before: dict[str, Any]) -> None:
    action = RecordChange.Action.CHANGE if before else RecordChange.Action.ADD
    if school := school_of(record):
        _note_for(request, record, school, before, snapshot(record), action)


def _note_for(
    request: HttpRequest,
    record: Any,
    school: School,
    before: dict[str, Any],
    after: dict[str, Any],
    action: str,
) -> None:
    change = note_change(
        record,
        school=school,
        action=action,
        before=before,
        after=after,
        by=request.user,
        reason="数据维护",
    )
    if change:
        subject, detail = f"{school.name} {change}", {"修改前": change.before, "修改后": change.after}
        audit.record("maintain", by=request.user, city=school.city, subject=subject, detail=detail)


class VoidForm(ActionForm):
    """The reason stands beside the choice of the action."""

    reason = forms.CharField(label="作废原因", max_length=200, required=False)


class VoidingAdmin(admin.ModelAdmin):
    """A table whose rows are voided, never deleted; voided rows can only be read."""

    action_form = VoidForm
    actions = ["void_selected"]

    def has_change_permission(self, request, obj=None):
        """What no longer counts is no longer corrected."""
        return super().has_change_permission(request, obj) and not (obj and obj.is_voided)

    @admin.action(description="作废所选记录（须填写原因）", permissions=["change"])
    def void_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        """All of them with one reason; those voided already are left as they are."""
        with refusals_as_messages(request), transaction.atomic():
            reason = fit_for_print(clean_text(request.POST.get("reason", "")), "作废原因")
            refuse("" if reason else "请在“作废原因”中写明原因。")
            rows = _free(queryset)
            for row in rows:
                note_void(row, by=request.user, reason=reason[:200])
            for row in rows:
                subject = f"{self.opts.verbose_name} {row}"
                detail = {"党校": row.school.name, "原因": reason[:200]}
                audit.record("void", by=request.user, city=row.school.city, subject=subject, detail=detail)
            messages.success(request, f"已作废 {len(rows)} 条记录。")


def _free(queryset: QuerySet) -> list[Any]:
    """The rows chosen, of schools held; Refused with a sentence for each that is sealed, so that all are
    voided or none.
    """
    schools = set(queryset.order_by().values_list("school", flat=True))
    School.objects.hold_all(schools)
    guard = Guard(queryset.model, schools)
    rows = list(queryset.kept().select_related("school__city"))
    told = ((row, guard.refusal(row.school, snapshot(row), {}, row.pk)) for row in rows)
    refuse(*(f"{row.school} {row}没有作废：{sentence}" for row, sentence in told if sentence))
    return rows


def note_void(row: Any, *, by: Any, reason: str) -> None:
    """Voided, and kept as a change like every voiding by a school."""
    before = snapshot(row)
    row.void(by=by, reason=reason)
    action = RecordChange.Action.VOID
    note_change(row, school=row.school, action=action, before=before, after={}, by=by, reason=reason)
