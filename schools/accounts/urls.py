"""Addresses of this room."""

from django.urls import path

from . import views

urlpatterns = [
    path("accounts/handover/", views.handovers, name="handovers"),
    path("accounts/handover/<int:pk>/", views.hand_over, name="hand_over"),
    path("accounts/handover/sheets/<int:pk>/", views.sheet, name="handover"),
    path("accounts/handover/sheets/<int:pk>/pdf/", views.sheet, {"pdf": True}, name="handover_pdf"),
]
