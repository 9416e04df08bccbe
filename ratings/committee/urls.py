"""Addresses of this room."""

from django.urls import path

from . import views

urlpatterns = [
    path("committee/", views.newest_board, name="committee"),
    path("committee/<int:pk>/", views.board, name="board"),
    path("committee/<int:pk>/export/", views.board_export, name="board_export"),
    path("committee/<int:pk>/decide/<int:assessment>/", views.decide_school, name="decide"),
    path(
        "committee/<int:pk>/decide/<int:assessment>/restrict/",
        views.confirm_restriction,
        name="confirm_restriction",
    ),
    path(
        "committee/<int:pk>/decide/<int:assessment>/restrict/<int:case>/",
        views.withdraw_restriction,
        name="withdraw_restriction",
    ),
    path("committee/<int:pk>/accept/", views.accept_schools, name="accept_all"),
    path("committee/<int:pk>/settle/", views.settle_year, name="settle"),
    path("committee/<int:pk>/reopen/", views.reopen_school, name="reopen"),
    path("committee/<int:pk>/show/", views.projector, name="projector"),
    path("committee/<int:pk>/materials/", views.materials, name="materials"),
]
