"""Every table but those of accounts: regions, schools, what belongs to a school, and the working days."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils import timezone

from schools import audit
from schools.importing.base import WorkbookResource
from schools.importing.figure_sheets import (
    BudgetResource,
    LiaisonResource,
    MetricValueResource,
    VisitResource,
    YearFiguresResource,
)
from schools.importing.registry_sheets import (
    BrandResource,
    CourseResource,
    EquipmentResource,
    InvestmentResource,
    LeaderResource,
    RegionResource,
    RegulationResource,
    SchoolResource,
    StaffResource,
    TeacherResource,
    TeachingPointResource,
    region_line,
)
from schools.importing.teaching_sheets import (
    LessonResource,
    MonthlyReportResource,
    PlannedClassResource,
    TrainingClassResource,
)
from schools.metrics import MetricError, canonical
from schools.models import (
    AnnualPlan,
    Brand,
    Budget,
    CalendarDay,
    Course,
    Equipment,
    FormerName,
    Investment,
    Leader,
    Lesson,
    Liaison,
    MetricValue,
    MonthlyReport,
    PlannedClass,
    Problem,
    Region,
    Regulation,
    School,
    StaffMember,
    Teacher,
    TeachingPoint,
    TrainingClass,
    Visit,
    YearFigures,
)
from schools.records.changes import snapshot, worded
from schools.site.typed import NumberField, WholeField

from .exchange import WorkbookAdmin
from .scoped import NotingAdmin, ScopedAdmin, ScopedInline, VoidingAdmin, warn_of_tie

BY_SCHOOL = ["school__name", "school__short_name", "school__code"]


@admin.register(Region)
class RegionAdmin(WorkbookAdmin, ScopedAdmin):
    sheets = (RegionResource,)
    list_display = ["name", "code", "kind", "nature", "city", "order"]
    list_filter = ["kind", "nature"]
    list_select_related = ["city"]
    search_fields = ["name", "code"]

    def has_change_permission(self, request, obj=None):
        """The city itself is set up for the whole system; its own administrator keeps the counties."""
        identity = request.user.identity
        own_city = obj is not None and identity is not None and obj.pk == identity.city_id
        return super().has_change_permission(request, obj) and not own_city

    def save_model(self, request, obj, form, change):
        """A county belongs to no school: the trail says what it was called."""
        before = snapshot(Region.objects.get(pk=obj.pk)) if change else {}
        super().save_model(request, obj, form, change)
        detail = {"明细": region_line(obj, before)}
        audit.record("maintain", by=request.user, city=obj.city, subject=f"地区 {obj}", detail=detail)


class FormerNameInline(ScopedInline):
    model = FormerName


class LeaderInline(ScopedInline):
    model = Leader


@admin.register(School)
class SchoolAdmin(NotingAdmin, WorkbookAdmin, ScopedAdmin):
    sheets = (SchoolResource,)
    list_display = ["name", "code", "county", "kind", "has_plaque", "seats", "staff_count", "closed_on"]
    list_filter = [
        "kind",
        ("county", admin.RelatedOnlyFieldListFilter),
        ("closed_on", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["county"]
    search_fields = ["name", "short_name", "code"]
    autocomplete_fields = ["merged_into"]
    ordering = ["county__order", "county__code", "order", "code"]
    inlines = [LeaderInline, FormerNameInline]


class SchoolRecordAdmin(NotingAdmin, WorkbookAdmin, ScopedAdmin):
    """A table of things that belong to a school."""

    list_select_related = ["school"]
    search_fields = BY_SCHOOL
    autocomplete_fields = ["school"]


class VoidedRecordAdmin(VoidingAdmin, SchoolRecordAdmin):
    """Records that are voided, never deleted."""

    readonly_fields = ["voided_at", "voided_by", "void_reason"]


def list_records(
    model: type[Model],
    sheet: type[WorkbookResource],
    shown: list[str],
    *,
    narrowed: Sequence[Any] = (),
    named: Sequence[str] = (),
    base: type[SchoolRecordAdmin] = SchoolRecordAdmin,
    **more: Any,
) -> None:
    """A table of one sheet; it is searched by the school and by the fields `named`."""
    found = [*named, *BY_SCHOOL]
    more |= {"sheets": (sheet,), "list_display": shown, "list_filter": narrowed, "search_fields": found}
    admin.site.register(model, base, **more)


list_records(
    Leader,
    LeaderResource,
    ["school", "post", "name", "party_post", "start", "end"],
    narrowed=["post"],
    named=["name"],
)
list_records(
    Teacher,
    TeacherResource,
    ["name", "school", "kind", "post", "topics", "since", "until"],
    narrowed=["kind"],
    named=["name"],
)
list_records(
    TeachingPoint,
    TeachingPointResource,
    ["name", "school", "theme", "since", "until"],
    named=["name"],
    autocomplete_fields=["school", "shared_with"],
)
list_records(
    Equipment, EquipmentResource, ["school", "kind", "working", "note"], narrowed=["kind", "working"]
)
list_records(
    Regulation,
    RegulationResource,
    ["title", "school", "kind", "issued_on", "abolished_on"],
    narrowed=["kind"],
    named=["title"],
)
list_records(
    Budget, BudgetResource, ["school", "year", "source", "allotted", "arrived"], narrowed=["year", "source"]
)
list_records(
    YearFigures,
    YearFiguresResource,
    ["school", "year", "party_members", "members_trained", "cadres_due", "cadres_trained", "issues_solved"],
    narrowed=["year"],
)
list_records(
    StaffMember,
    StaffResource,
    ["name", "school", "post", "duty", "since", "until"],
    narrowed=["duty"],
    named=["name"],
)
list_records(
    Investment,
    InvestmentResource,
    ["project", "school", "year", "amount", "source", "voided_at"],
    narrowed=["year", "source"],
    named=["project"],
    base=VoidedRecordAdmin,
)
list_records(
    Course,
    CourseResource,
    ["name", "school", "theme", "origin", "since", "voided_at"],
    narrowed=["origin"],
    named=["name"],
    base=VoidedRecordAdmin,
    autocomplete_fields=["school", "teacher"],
)
list_records(
    Brand, BrandResource, ["name", "school", "since", "voided_at"], named=["name"], base=VoidedRecordAdmin
)


class LiaisonAdmin(SchoolRecordAdmin):
    """Who guides a school does not score it."""

    def save_model(self, request, obj, form, change):
        """Says what scoring it undoes."""
        super().save_model(request, obj, form, change)
        warn_of_tie(request, obj, until=obj.until)


list_records(
    Liaison,
    LiaisonResource,
    ["user", "school", "since", "until"],
    base=LiaisonAdmin,
    named=["user__name", "user__username"],
    list_select_related=["user", "school"],
    autocomplete_fields=["user", "school"],
)
list_records(
    MonthlyReport,
    MonthlyReportResource,
    ["school", "year", "month", "due", "confirmed_at", "is_zero"],
    narrowed=["year", "month", "is_zero"],
    readonly_fields=["confirmed_at", "confirmed_by", "figures"],
)


class ProblemInline(ScopedInline):
    model = Problem
    readonly_fields = ["closed_at", "closed_by"]


@admin.register(Visit)
class VisitAdmin(VoidedRecordAdmin):
    sheets = (VisitResource,)
    list_display = ["school", "on", "kind", "by", "findings", "voided_at"]
    list_filter = ["kind", ("voided_at", admin.EmptyFieldListFilter)]
    list_select_related = ["school", "by"]
    date_hierarchy = "on"
    autocomplete_fields = ["school", "by"]
    inlines = [ProblemInline]


class PlannedClassInline(ScopedInline):
    model = PlannedClass


@admin.register(AnnualPlan)
class AnnualPlanAdmin(NotingAdmin, ScopedAdmin):
    list_display = ["school", "year", "filed_on"]
    list_filter = ["year"]
    list_select_related = ["school"]
    search_fields = BY_SCHOOL
    autocomplete_fields = ["school"]
    inlines = [PlannedClassInline]


@admin.register(PlannedClass)
class PlannedClassAdmin(NotingAdmin, WorkbookAdmin, ScopedAdmin):
    sheets = (PlannedClassResource,)
    list_display = ["name", "plan", "month", "kind"]
    list_filter = ["plan__year", "kind", "month"]
    list_select_related = ["plan__school"]
    search_fields = ["name", "plan__school__name", "plan__school__code"]
    autocomplete_fields = ["plan"]


class LessonInline(ScopedInline):
    model = Lesson
    autocomplete_fields = ["teacher"]


@admin.register(TrainingClass)
class TrainingClassAdmin(VoidedRecordAdmin):
    sheets = (TrainingClassResource, LessonResource)
    list_display = [
        "name",
        "school",
        "starts_on",
        "category",
        "hours",
        "attendance",
        "part",
        "is_late",
        "voided_at",
    ]
    list_filter = ["category", "part", "form", ("voided_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", *BY_SCHOOL]
    date_hierarchy = "starts_on"
    autocomplete_fields = ["school", "planned", "teaching_point"]
    readonly_fields = ["recorded_at", "recorded_by", *VoidedRecordAdmin.readonly_fields]
    inlines = [LessonInline]

    @admin.display(description="补录", boolean=True)
    def is_late(self, obj: TrainingClass) -> bool:
        """See the model."""
        return obj.is_late

    def save_model(self, request, obj, form, change):
        """Who registers stands in the record."""
        if not change:
            obj.recorded_by = request.user
        super().save_model(request, obj, form, change)


class MetricValueForm(forms.ModelForm):
    """References enter in one spelling, so that they are found again."""

    class Meta:
        model = MetricValue
        fields = ["school", "year", "reference", "value", "note"]
        field_classes = {"year": WholeField, "value": NumberField}

    def clean_reference(self) -> str:
        """Says which metrics come near when there is none of that name."""
        try:
            return canonical(self.cleaned_data["reference"])
        except MetricError as error:
            raise ValidationError(str(error)) from error


@admin.register(MetricValue)
class MetricValueAdmin(SchoolRecordAdmin):
    sheets = (MetricValueResource,)
    form = MetricValueForm
    list_display = ["school", "year", "reference", "value", "note", "recorded_at"]
    list_filter = ["year"]
    search_fields = ["reference", *BY_SCHOOL]

    def save_model(self, request, obj, form, change):
        """Who brought in the present value, and when."""
        obj.recorded_by, obj.recorded_at = request.user, timezone.now()
        super().save_model(request, obj, form, change)


@admin.register(CalendarDay)
class CalendarDayAdmin(ScopedAdmin):
    change_list_template = "admin/calendar/change_list.html"
    list_display = ["day", "works", "note", "arrangement"]
    list_filter = ["works"]
    list_select_related = ["arrangement"]
    search_fields = ["note"]
    date_hierarchy = "day"

    def save_model(self, request, obj, form, change):
        """A day that moves everybody's deadlines is audited, with what was entered before."""
        before = worded(CalendarDay, snapshot(CalendarDay.objects.get(pk=obj.pk))) if change else {}
        if form.changed_data:
            obj.arrangement = (
                None  # the next list of the year replaces its own days only, and names the others
            )
        super().save_model(request, obj, form, change)
        identity = request.user.identity
        detail = {"修改前": before, "修改后": worded(CalendarDay, snapshot(obj))}
        audit.record(
            "maintain",
            by=request.user,
            city=identity and identity.city,
            subject=f"工作日调整 {obj}",
            detail=detail,
        )
