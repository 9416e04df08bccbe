"""Addresses of this room."""

from django.urls import path

from . import views

urlpatterns = [
    path("scores/<int:pk>/", views.answer, name="answer"),
]
