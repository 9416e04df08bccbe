"""What every table of the back office obeys: role and city decide, nothing is deleted."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from schools.models import Region
from schools.permissions import may


class Scoped:
    """Rows and choices within the right to see of the current identity; for model admins and inlines."""

    #: Acts of the table of permissions, each of which opens this one.
    acts = ("maintain",)

    def allowed(self, request: HttpRequest) -> bool:
        """Whether the person works on this table at all."""
        return any(may(request.user, act) for act in self.acts)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.allowed(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allowed(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allowed(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allowed(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Records are voided, schools close, accounts are switched off."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Foreign objects are not found, not forbidden."""
        return (
            super()
            .get_queryset(request)
            .filter(pk__in=self.model.objects.visible_to(request.user).order_by().values("pk"))
        )

    def formfield_for_foreignkey(self, db_field, request: HttpRequest, **kwargs):
        """Only what one may see can be chosen, so that nothing is hung on another city's school."""
        kwargs.setdefault("queryset", _visible(db_field, request))
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        identity = request.user.identity
        if db_field.name == "city" and identity is not None and identity.city_id:
            field.required = True  # a row without a city would belong to the whole system
        return field

    def formfield_for_manytomany(self, db_field, request: HttpRequest, **kwargs):
        """See `formfield_for_foreignkey`."""
        kwargs.setdefault("queryset", _visible(db_field, request))
        return super().formfield_for_manytomany(db_field, request, **kwargs)


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

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The city one works for is filled in already."""
        return {"city": city_worked_for(request), **super().get_changeform_initial_data(request)}


class ScopedInline(Scoped, admin.TabularInline):
    """Rows that belong to the object above."""

    extra = 0
    show_change_link = False
