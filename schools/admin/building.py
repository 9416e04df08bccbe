"""What a school builds up over the years."""

from django.contrib import admin

from schools.importing.registry_sheets import BrandResource, CourseResource, InvestmentResource, StaffResource
from schools.models import Brand, Course, Investment, StaffMember

from .registry import BY_SCHOOL, SchoolRecordAdmin
from .voiding import VoidingAdmin


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
