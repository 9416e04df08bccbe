"""Regions, schools and what belongs to a school."""

from django.contrib import admin

from schools.importing.figure_sheets import BudgetResource, YearFiguresResource
from schools.importing.registry_sheets import (
    EquipmentResource,
    LeaderResource,
    RegionResource,
    RegulationResource,
    SchoolResource,
    TeacherResource,
    TeachingPointResource,
)
from schools.models import (
    Budget,
    Equipment,
    FormerName,
    Leader,
    Region,
    Regulation,
    School,
    Teacher,
    TeachingPoint,
    YearFigures,
)

from .exchange import WorkbookAdmin
from .noting import NotingAdmin
from .scoped import ScopedAdmin, ScopedInline

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
