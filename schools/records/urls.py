"""Addresses of this room."""

from django.urls import path

from . import views

urlpatterns = [
    path("corrections/", views.corrections_list, name="corrections"),
    path("corrections/<int:pk>/", views.correction, name="correction"),
    path("corrections/<int:pk>/withdraw/", views.withdraw, name="correction_withdraw"),
]
