"""Addresses of this room."""

from django.urls import path

from . import views

urlpatterns = [
    path("audit/", views.trail, name="audit"),
    path("audit/verify/", views.verify_chain, name="audit_verify"),
    path("audit/export/", views.trail_export, name="audit_export"),
]
