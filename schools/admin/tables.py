"""Regions, schools and what belongs to a school."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from schools import audit
from schools.importing.class_sheets import LessonResource, TrainingClassResource
from schools.importing.figure_sheets import (
    BudgetResource,
    LiaisonResource,
    MetricValueResource,
    VisitResource,
    YearFiguresResource,
)
from schools.importing.plan_sheets import MonthlyReportResource, PlannedClassResource
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

from .exchange import WorkbookAdmin
from .scoped import NotingAdmin, ScopedAdmin, ScopedInline, VoidingAdmin

BY_SCHOOL = ["school__name", "school__short_name", "school__code"]


@admin.register(Region)
class RegionAdmin(WorkbookAdmin, ScopedAdmin):
    sheets = (RegionResource,)
    list_display = ["name", "code", "kind", "nature", "city", "order"]
    list_filter = ["kind", "nature"]
    list_select_related = ["city"]
    search_fields = ["name", "code"]

    def has_change_permission(self, request, obj=None) -> bool:
        """The city itself is set up for the whole system; its own administrator keeps the counties."""
        identity = request.user.identity
        own_city = obj is not None and identity is not None and obj.pk == identity.city_id
        return super().has_change_permission(request, obj) and not own_city


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


@admin.register(Leader)
class LeaderAdmin(SchoolRecordAdmin):
    sheets = (LeaderResource,)
    list_display = ["school", "post", "name", "party_post", "start", "end"]
    list_filter = ["post"]
    search_fields = ["name", *BY_SCHOOL]


@admin.register(Teacher)
class TeacherAdmin(SchoolRecordAdmin):
    sheets = (TeacherResource,)
    list_display = ["name", "school", "kind", "post", "topics", "since", "until"]
    list_filter = ["kind"]
    search_fields = ["name", *BY_SCHOOL]


@admin.register(TeachingPoint)
class TeachingPointAdmin(SchoolRecordAdmin):
    sheets = (TeachingPointResource,)
    list_display = ["name", "school", "theme", "since", "until"]
    search_fields = ["name", *BY_SCHOOL]
    autocomplete_fields = ["school", "shared_with"]


@admin.register(Equipment)
class EquipmentAdmin(SchoolRecordAdmin):
    sheets = (EquipmentResource,)
    list_display = ["school", "kind", "working", "note"]
    list_filter = ["kind", "working"]


@admin.register(Regulation)
class RegulationAdmin(SchoolRecordAdmin):
    sheets = (RegulationResource,)
    list_display = ["title", "school", "kind", "issued_on", "abolished_on"]
    list_filter = ["kind"]
    search_fields = ["title", *BY_SCHOOL]


@admin.register(Budget)
class BudgetAdmin(SchoolRecordAdmin):
    sheets = (BudgetResource,)
    list_display = ["school", "year", "source", "allotted", "arrived"]
    list_filter = ["year", "source"]


@admin.register(YearFigures)
class YearFiguresAdmin(SchoolRecordAdmin):
    sheets = (YearFiguresResource,)
    list_display = [
        "school",
        "year",
        "party_members",
        "members_trained",
        "cadres_due",
        "cadres_trained",
        "issues_solved",
    ]
    list_filter = ["year"]


@admin.register(StaffMember)
class StaffMemberAdmin(SchoolRecordAdmin):
    sheets = (StaffResource,)
    list_display = ["name", "school", "post", "duty", "since", "until"]
    list_filter = ["duty"]
    search_fields = ["name", *BY_SCHOOL]


class BuildingAdmin(VoidingAdmin, SchoolRecordAdmin):
    """Records that are voided, never deleted."""

    readonly_fields = ["voided_at", "voided_by", "void_reason"]


@admin.register(Investment)
class InvestmentAdmin(BuildingAdmin):
    sheets = (InvestmentResource,)
    list_display = ["project", "school", "year", "amount", "source", "voided_at"]
    list_filter = ["year", "source"]
    search_fields = ["project", *BY_SCHOOL]


@admin.register(Course)
class CourseAdmin(BuildingAdmin):
    sheets = (CourseResource,)
    list_display = ["name", "school", "theme", "origin", "since", "voided_at"]
    list_filter = ["origin"]
    search_fields = ["name", *BY_SCHOOL]
    autocomplete_fields = ["school", "teacher"]


@admin.register(Brand)
class BrandAdmin(BuildingAdmin):
    sheets = (BrandResource,)
    list_display = ["name", "school", "since", "voided_at"]
    search_fields = ["name", *BY_SCHOOL]


@admin.register(Liaison)
class LiaisonAdmin(SchoolRecordAdmin):
    sheets = (LiaisonResource,)
    list_display = ["user", "school", "since", "until"]
    list_select_related = ["user", "school"]
    search_fields = ["user__name", "user__username", *BY_SCHOOL]
    autocomplete_fields = ["user", "school"]


class ProblemInline(ScopedInline):
    model = Problem
    readonly_fields = ["closed_at", "closed_by"]


@admin.register(Visit)
class VisitAdmin(VoidingAdmin, SchoolRecordAdmin):
    sheets = (VisitResource,)
    list_display = ["school", "on", "kind", "by", "findings", "voided_at"]
    list_filter = ["kind", ("voided_at", admin.EmptyFieldListFilter)]
    list_select_related = ["school", "by"]
    date_hierarchy = "on"
    autocomplete_fields = ["school", "by"]
    readonly_fields = ["voided_at", "voided_by", "void_reason"]
    inlines = [ProblemInline]


class PlannedClassInline(ScopedInline):
    model = PlannedClass


@admin.register(AnnualPlan)
class AnnualPlanAdmin(ScopedAdmin):
    list_display = ["school", "year", "filed_on"]
    list_filter = ["year"]
    list_select_related = ["school"]
    search_fields = BY_SCHOOL
    autocomplete_fields = ["school"]
    inlines = [PlannedClassInline]


@admin.register(PlannedClass)
class PlannedClassAdmin(WorkbookAdmin, ScopedAdmin):
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
class TrainingClassAdmin(VoidingAdmin, SchoolRecordAdmin):
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
    readonly_fields = ["recorded_at", "recorded_by", "voided_at", "voided_by", "void_reason"]
    inlines = [LessonInline]

    @admin.display(description="补录", boolean=True)
    def is_late(self, obj: TrainingClass) -> bool:
        """See the model."""
        return obj.is_late

    def save_model(self, request, obj, form, change) -> None:
        """Who registers stands in the record."""
        if not change:
            obj.recorded_by = request.user
        super().save_model(request, obj, form, change)


@admin.register(MonthlyReport)
class MonthlyReportAdmin(SchoolRecordAdmin):
    sheets = (MonthlyReportResource,)
    list_display = ["school", "year", "month", "due", "confirmed_at", "is_zero"]
    list_filter = ["year", "month", "is_zero"]
    readonly_fields = ["confirmed_at", "confirmed_by", "figures"]


class MetricValueForm(forms.ModelForm):
    """References enter in one spelling, so that they are found again."""

    class Meta:
        model = MetricValue
        fields = ["school", "year", "reference", "value", "note"]

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

    def save_model(self, request, obj, form, change) -> None:
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

    def save_model(self, request: HttpRequest, obj: CalendarDay, form: Any, change: bool) -> None:
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
