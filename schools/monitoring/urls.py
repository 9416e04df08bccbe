"""Addresses of this room."""

from django.urls import path

from . import views

urlpatterns = [
    path("monitoring/", views.monitoring, name="monitoring"),
    path("monitoring/<int:pk>/", views.school, name="monitoring_school"),
    path("monitoring/<int:pk>/remind/", views.remind, name="remind"),
    path("briefs/schools/<int:pk>/", views.brief_of_school, name="brief_school"),
    path("briefs/schools/<int:pk>/pdf/", views.school_brief_file, name="brief_school_pdf"),
    path("briefs/regions/<int:pk>/", views.brief_of_region, name="brief_region"),
    path("briefs/regions/<int:pk>/pdf/", views.region_brief_file, name="brief_region_pdf"),
]
