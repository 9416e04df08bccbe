"""Addresses of this room."""

from django.urls import path

from . import views

urlpatterns = [
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/read/", views.notices_read, name="notices_read"),
    path("inbox/<int:pk>/", views.notice_open, name="notice_open"),
]
