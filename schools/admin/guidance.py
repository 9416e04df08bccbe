"""Liaisons, visits and the problems they found."""

from django.contrib import admin

from schools.importing.figure_sheets import LiaisonResource, VisitResource
from schools.models import Liaison, Problem, Visit

from .registry import BY_SCHOOL, SchoolRecordAdmin
from .scoped import ScopedInline
from .voiding import VoidingAdmin


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
