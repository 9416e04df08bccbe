"""Addresses of this room."""

from django.urls import path

from . import views

urlpatterns = [
    path("schools/<int:pk>/explanation/", views.explanation, name="explanation"),
    path("metrics/", views.metric_list, name="metrics"),
    path("metrics/<str:label>/", views.metric, name="metric"),
]
