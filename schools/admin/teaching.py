"""Plans, classes, monthly reports and imported metric values."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils import timezone

from schools.importing.figure_sheets import MetricValueResource
from schools.importing.teaching_sheets import (
    LessonResource,
    MonthlyReportResource,
    PlannedClassResource,
    TrainingClassResource,
)
from schools.metrics import MetricError, canonical
from schools.models import AnnualPlan, Lesson, MetricValue, MonthlyReport, PlannedClass, TrainingClass

from .exchange import WorkbookAdmin
from .registry import BY_SCHOOL, SchoolRecordAdmin
from .scoped import ScopedAdmin, ScopedInline
from .voiding import VoidingAdmin


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
