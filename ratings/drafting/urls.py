"""Addresses of this room."""

from django.urls import path

from . import scheme_views, views
from .errata import views as errata
from .rehearsal import views as rehearsal
from .ruledesk import views as ruledesk

urlpatterns = [
    path("schemes/", scheme_views.scheme_list, name="schemes"),
    path("schemes/import/", scheme_views.scheme_import, name="scheme_import"),
    path("schemes/template/", scheme_views.scheme_template, name="scheme_template"),
    path("schemes/<int:pk>/rehearsal/", rehearsal.rehearsal, name="rehearsal"),
    path("schemes/<int:pk>/rehearsal/export/", rehearsal.rehearsal_export, name="rehearsal_export"),
    path("schemes/<int:pk>/import/", scheme_views.scheme_import, name="scheme_import_into"),
    path("schemes/<int:pk>/export/", scheme_views.scheme_export, name="scheme_export"),
    path("schemes/<int:pk>/", scheme_views.scheme_page, name="scheme"),
    path("schemes/new/", views.new, name="scheme_start"),
    path("schemes/<int:pk>/edit/", views.overview, name="scheme_edit"),
    path("schemes/<int:pk>/edit/parameters/", views.parameters, name="scheme_parameters"),
    path("schemes/<int:pk>/edit/move/", views.move, name="scheme_move"),
    path("schemes/<int:pk>/edit/groups/", views.group, name="scheme_group"),
    path("schemes/<int:pk>/edit/items/new/", views.new_row, {"kind": "items"}, name="scheme_item_new"),
    path("schemes/<int:pk>/edit/items/<int:row>/", views.row, {"kind": "items"}, name="scheme_item"),
    path("schemes/<int:pk>/edit/<slug:kind>/new/", views.new_row, name="scheme_row_new"),
    path("schemes/<int:pk>/edit/<slug:kind>/<int:row>/", views.row, name="scheme_row"),
    path("schemes/<int:pk>/edit/<slug:kind>/<int:row>/delete/", views.delete, name="scheme_delete"),
    path("schemes/<int:pk>/rules/", ruledesk.desk, name="rule_desk"),
    path("schemes/<int:pk>/metrics/", ruledesk.metric_list, name="metric_list"),
    path("help/rules/", ruledesk.rules_manual, name="rules_manual"),
    path("schemes/<int:pk>/copy/", scheme_views.copy, name="scheme_copy"),
    path("schemes/<int:pk>/changes/", scheme_views.changes, name="scheme_changes"),
    path("schemes/<int:pk>/checks/", scheme_views.checks, name="scheme_checks"),
    path("schemes/<int:pk>/opening/", scheme_views.opening, name="scheme_opening"),
    path("schemes/<int:pk>/opening/confirm/", scheme_views.opening_confirm, name="scheme_opening_confirm"),
    path("schemes/<int:pk>/opening/withdraw/", scheme_views.opening_withdraw, name="scheme_opening_withdraw"),
    path("schemes/<int:pk>/errata/", errata.errata, name="scheme_errata"),
    path("errata/<int:pk>/", errata.erratum, name="erratum"),
    path("errata/<int:pk>/sign/", errata.sign, name="erratum_sign"),
    path("errata/<int:pk>/<slug:name>/", errata.act, name="erratum_act"),
    path("errata/<int:pk>/<slug:section>/<str:code>/", errata.row, name="erratum_row"),
]
