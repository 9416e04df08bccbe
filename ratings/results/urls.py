"""Addresses of this room."""

from django.urls import path

from . import paper_views, views


def paper(address: str, view, name: str) -> list:
    """A form on paper: its page, and the same as PDF."""
    return [path(address, view, name=name), path(f"{address}pdf/", view, name=f"{name}_pdf")]


urlpatterns = [
    path("schemes/<int:pk>/methodology/", views.methodology, name="methodology"),
    path("schemes/<int:pk>/methodology/<int:number>.json", views.methodology_json, name="methodology_json"),
    path("schemes/<int:pk>/public/", views.public, name="public_package"),
    path("schemes/<int:pk>/verification/", views.verification, name="verification"),
    *paper("forms/self/<int:pk>/", paper_views.self_form, "form_self"),
    *paper("forms/confirmation/<int:pk>/", paper_views.confirmation_form, "form_confirmation"),
    *paper("forms/county/<int:scheme>/<int:county>/", paper_views.county_form, "form_county"),
    *paper("forms/sheet/<int:pk>/", paper_views.judge_form, "form_sheet"),
    *paper("forms/onsite/<int:pk>/", paper_views.onsite_form, "form_onsite"),
    *paper("forms/plaques/<int:pk>/", paper_views.plaque_form, "form_plaques"),
    *paper("forms/result/<int:pk>/", paper_views.result_form, "form_result"),
    path("results/", views.result_list, name="results"),
    path("results/<int:pk>/", views.result_page, name="result"),
]
