"""Addresses of this room."""

from django.urls import path

from . import change_views, views
from .changes import Act

urlpatterns = [
    path("accounts/handover/", views.handovers, name="handovers"),
    path("accounts/handover/<int:pk>/", views.hand_over, name="hand_over"),
    path("accounts/handover/sheets/<int:pk>/", views.sheet, name="handover"),
    path("accounts/handover/sheets/<int:pk>/pdf/", views.sheet, {"pdf": True}, name="handover_pdf"),
    path("accounts/changes/", change_views.account_changes, name="account_changes"),
    *(
        path(f"accounts/changes/{act}/<int:pk>/", change_views.ask, {"act": act}, name=f"account_{act}")
        for act in (Act.PASSWORD.value, Act.DETAILS.value, Act.ENABLE.value)
    ),
    path("accounts/changes/appoint/", change_views.appoint, name="account_appoint"),
    path("accounts/changes/appoint/<int:pk>/", change_views.change_post, name="account_post"),
    path("accounts/changes/<int:pk>/", change_views.account_change, name="account_change"),
    path("accounts/changes/<int:pk>/withdraw/", change_views.withdraw, name="account_change_withdraw"),
]
