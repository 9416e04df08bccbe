"""How schools are searched; forms of a school's own entry: few fields, today as the default, the reason only
where a correction is due.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone

from schools.models import (
    Binder,
    Leader,
    Region,
    School,
    Teacher,
    User,
)
from schools.records import locks
from schools.records.changes import plain, snapshot, worded
from schools.records.locks import lock_for
from schools.refusals import RecheckedForm, refusals_in
from schools.saving import digest
from schools.site.asked import FilterForm, SeveralField, TextArea
from schools.site.typed import DayField, WholeField
from schools.workbooks import same

from . import saving

#: Schools whose own entry lacks a figure: unknown, as opposed to a recorded zero or no.
INCOMPLETE = Q(has_plaque=None) | Q(seats=None) | Q(staff_count=None)

#: More schools than this are not offered for sharing beyond one's own county.
MOST_OFFERED = 120


class PlaceFilterForm(FilterForm):
    """Search schools by name or code, narrow by county."""

    q = forms.CharField(label="名称或编码", required=False, max_length=40)
    county = forms.ModelChoiceField(
        Region.objects.none(), label="县（市、区）", required=False, empty_label="全部"
    )

    def __init__(self, *args, user: User, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["county"].queryset = Region.objects.visible_to(user).counties()


class SchoolFilterForm(PlaceFilterForm):
    """Also by kind, and by what the school's own entry lacks."""

    kind = forms.ChoiceField(label="类型", required=False, choices=[("", "全部"), *School.Kind.choices])
    gaps = forms.BooleanField(label="只看资料不全的", required=False)

    def narrow(self, schools: QuerySet[School]) -> QuerySet[School]:
        """The schools that fit what was chosen."""
        chosen = self.chosen
        if word := chosen.get("q"):
            schools = schools.filter(
                Q(name__icontains=word) | Q(short_name__icontains=word) | Q(code__icontains=word)
            )
        schools = schools.filter(**{name: chosen[name] for name in ("county", "kind") if name in chosen})
        return schools.filter(INCOMPLETE) if chosen.get("gaps") else schools


class DayInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class ReasonMixin:
    """Adds 更正理由 where the school has signed something the record may count for."""

    school: School

    def add_reason(self) -> None:
        """Called last in `__init__`."""
        self.signed = locks.periods([self.school.pk])[self.school.pk]
        if lock := self.possible_lock():
            self.fields["reason"] = forms.CharField(
                label="更正理由",
                required=False,
                max_length=200,
                help_text=f"{lock}不影响评定数据的修改直接生效，不必填写理由。",
            )

    def possible_lock(self) -> locks.Lock | None:
        """Whether any change of this form may need approval."""
        return locks.among(self.signed, standing=True)

    def require_reason(self, model: type[models.Model], old: dict, new: dict) -> None:
        """An error at the field when the change needs approval and no reason was given."""
        locked = lock_for(self.school, model, old, new, self.signed)
        if locked and not self.cleaned_data.get("reason", "").strip() and "reason" in self.fields:
            self.add_error("reason", f"{locked[0]}请写明更正理由。")


def _name_no_choice(field: forms.ChoiceField) -> None:
    """A row of dashes tells nobody what to do."""
    words = "请选择" if field.required else "不填"
    if isinstance(field, forms.ModelChoiceField):
        field.empty_label = words if field.empty_label is not None else None
    else:
        field.choices = [(value, label if value else words) for value, label in field.choices]


class RegistryForm(RecheckedForm, ReasonMixin, forms.ModelForm):
    """One record of a school. `outcome` after `store` is the record itself, or the request for a
    correction.
    """

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        widgets = {
            "content": TextArea(attrs={"rows": 3}),
            "shared_with": forms.CheckboxSelectMultiple,
        }
        field_classes = {"shared_with": SeveralField}

    def __init__(self, *args: Any, school: School, today: str = "", **kwargs: Any) -> None:
        """`today` is the field that starts with today in a new record; a year starts with this one."""
        self.school = school
        super().__init__(*args, **kwargs)
        self.is_new = self.instance.pk is None
        if not isinstance(self.instance, School):
            self.instance.school = school
        self.old = {} if self.is_new else snapshot(self.instance)
        self.fields["seen"].initial = digest(self.old)
        if today:
            self.fields[today].initial = timezone.localdate()
        if "year" in self.fields:
            self.fields["year"].initial = timezone.localdate().year
        for field in self.fields.values():
            if isinstance(field, forms.DateField):
                field.widget = DayInput()
            if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelMultipleChoiceField):
                _name_no_choice(field)
        self.add_reason()

    @property
    def values(self) -> dict[str, Any]:
        """What was typed, as the record takes it."""
        return {name: self.cleaned_data[name] for name in self._meta.fields if name in self.cleaned_data}

    @property
    def plain_values(self) -> dict[str, Any]:
        """The same as a snapshot has it."""
        return {name: plain(value) for name, value in self.values.items()}

    def _get_validation_exclusions(self) -> set[str]:
        """The school is known, so that what must be unique within it can be checked here."""
        return super()._get_validation_exclusions() - {"school"}

    def clean(self) -> dict[str, Any]:
        """Asks the lock."""
        cleaned = super().clean() or self.cleaned_data
        self.require_reason(type(self.instance), self.old, {**self.old, **self.plain_values})
        self._refuse_twins(cleaned)
        return cleaned

    def _refuse_twins(self, cleaned: dict[str, Any]) -> None:
        """What the school has once is one in any spelling; the database compares signs."""
        model = type(self.instance)
        for constraint in model._meta.constraints:
            names = set(getattr(constraint, "fields", ())) - {"school"}
            name, typed = next(((one, cleaned.get(one)) for one in names), ("", None))
            if len(names) != 1 or not isinstance(typed, str) or cleaned.get("until"):
                continue
            others = model._default_manager.filter(constraint.condition or Q(), school=self.school)
            kept = model._meta.get_field(name).to_python(typed)  # asked for by the database itself
            spelt = others.exclude(pk=self.instance.pk).exclude(**{name: kept}).values_list(name, flat=True)
            if same(kept) in map(same, spelt):
                self.add_error(None, constraint.get_violation_error_message())

    def store(self, *, by: User) -> bool:
        """Writes or asks; False with the error in the form where that is not possible."""
        reason = self.cleaned_data.get("reason", "")
        with refusals_in(self):
            if self.is_new:
                self.outcome = saving.add(type(self.instance), self.school, self.values, by=by, reason=reason)
            else:
                self.outcome = saving.change(
                    self.instance, self.values, by=by, seen=self.cleaned_data["seen"], reason=reason
                )
            return True
        return False

    def contents(self, current: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
        """The fields of this form, of all those the record has."""
        model, typed = type(self.instance), self.plain_values
        return worded(model, {name: current.get(name) for name in typed}), worded(model, typed)

    def fresh(self, current: dict[str, Any]) -> dict[str, str]:
        """Its digest."""
        return {"seen": digest(current)}


class ProfileForm(RegistryForm):
    """What the school states of itself; names and region belong to the system administrator."""

    class Meta:
        model = School
        fields = ("has_plaque", "seats", "staff_count", "operator", "office_email")
        field_classes = {"seats": WholeField, "staff_count": WholeField}


class CourseForm(RegistryForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = Teacher.objects.filter(school=self.school)
        held = own.filter(pk=self.instance.teacher_id) if self.instance.teacher_id else own.none()
        self.fields["teacher"].queryset = (own.in_force() | held).order_by("name")
        self.fields["teacher"].empty_label = "（不指定）"


class PointForm(RegistryForm):
    """A teaching point, and the neighbours that may use it too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["shared_with"]
        others = School.objects.filter(city=self.school.city_id).open_on()
        others = others.exclude(pk=self.school.pk)
        if others.count() > MOST_OFFERED:
            near = others.filter(county=self.school.county_id)
            others = (near | School.objects.filter(pk__in=self.old.get("shared_with", []))).distinct()
        field.queryset = others.near_first(self.school)
        field.label = "与邻近党校共用"
        field.help_text = "勾选后，这些党校也可以在开班登记中选用这个教学点，并计入其现场教学点数。"


class EndForm(forms.Form):
    """Last day and reason. Without `field` the record has no period and is voided."""

    on = DayField(label="最后一天", widget=DayInput)
    why = forms.CharField(label="原因", max_length=200)

    def __init__(self, *args: Any, record: models.Model, field: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.record, self.field = record, field
        if field:
            self.fields["on"].initial = timezone.localdate()
            self.fields["on"].label = record._meta.get_field(field).verbose_name
        else:
            del self.fields["on"]

    def store(self, *, by: User) -> bool:
        """Ends or voids; False with the error in the form."""
        last, why = self.cleaned_data.get("on"), self.cleaned_data["why"]
        with refusals_in(self):
            if self.field:
                self.outcome = saving.end(self.record, last, field=self.field, by=by, reason=why)
            else:
                self.outcome = saving.void(self.record, by=by, reason=why)
        return not self.errors


class SuccessionForm(forms.Form):
    """接任: the leader who goes and the one who comes, in one form."""

    ends = DayField(label="原任任职结束", widget=DayInput)
    name = forms.CharField(label="接任人姓名", max_length=30)
    party_post = forms.CharField(
        label="接任人党内职务", max_length=50, required=False, help_text="如党委书记、党委副书记、组织委员。"
    )
    start = DayField(label="接任人任职开始", widget=DayInput)

    def __init__(self, *args: Any, outgoing: Leader, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.outgoing = outgoing
        today = timezone.localdate()
        self.fields["ends"].initial = self.fields["start"].initial = today
        self.fields["party_post"].initial = outgoing.party_post

    def clean(self) -> dict[str, Any]:
        """The next cannot begin before the last has ended."""
        ends, start = self.cleaned_data.get("ends"), self.cleaned_data.get("start")
        if ends and start and start < ends:
            self.add_error("start", "接任人任职开始不能早于原任任职结束。")
        return self.cleaned_data

    def store(self, *, by: User) -> bool:
        """Both or none."""
        values = {name: self.cleaned_data[name] for name in ("name", "party_post", "start")}
        with refusals_in(self):
            incoming = saving.succeed(
                self.outgoing, self.cleaned_data["ends"], {"post": self.outgoing.post, **values}, by=by
            )
            self.outcome = f"{self.outgoing}离任、{incoming.name}接任"
        return not self.errors


class BinderForm(forms.ModelForm):
    """案卷号、保管人、存放位置 of one school and year: where the paper file stands."""

    class Meta:
        model = Binder
        fields = ["number", "keeper", "place"]
