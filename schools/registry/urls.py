"""Addresses of this room."""

from django.urls import path

from . import views

urlpatterns = [
    path("schools/", views.school_list, name="schools"),
    path("schools/export/", views.school_export, name="export"),
    path("schools/<int:pk>/", views.school_page, name="school"),
    path("schools/<int:pk>/registry/", views.overview, name="registry"),
    path("schools/<int:pk>/registry/changes/", views.history, name="registry_history"),
    path("schools/<int:pk>/registry/profile/", views.edit_profile, name="registry_profile"),
    path("schools/<int:pk>/registry/equipment/", views.equipment, name="registry_equipment"),
    path("schools/<int:pk>/registry/budget/", views.budget, name="registry_budget"),
    path("schools/<int:pk>/registry/figures/", views.figures, name="registry_figures"),
    path(
        "schools/<int:pk>/registry/leaders/<int:record>/succession/",
        views.succession,
        name="registry_succession",
    ),
    path("schools/<int:pk>/registry/<slug:slug>/", views.rows, name="registry_rows"),
    path("schools/<int:pk>/registry/<slug:slug>/add/", views.add, name="registry_add"),
    path("schools/<int:pk>/registry/<slug:slug>/<int:record>/", views.edit, name="registry_record"),
    path("schools/<int:pk>/registry/<slug:slug>/<int:record>/end/", views.end, name="registry_end"),
    path("schools/<int:pk>/ledger/", views.ledger, name="ledger"),
    path("schools/<int:pk>/ledger/pdf/", views.ledger_pdf, name="ledger_pdf"),
    path("schools/<int:pk>/ledger/sheets/", views.ledger_sheets, name="ledger_sheets"),
]
