"""Addresses of this room."""

from django.urls import path

from . import meeting_views, views

urlpatterns = [
    path("committee/", views.board_of_the_year, name="committee"),
    path("committee/<int:pk>/", views.board, name="board"),
    path("committee/<int:pk>/export/", views.board_export, name="board_export"),
    path("committee/<int:pk>/decide/<int:assessment>/", views.decide_school, name="decide"),
    path(
        "committee/<int:pk>/decide/<int:assessment>/restrict/",
        meeting_views.confirm_restriction,
        name="confirm_restriction",
    ),
    path(
        "committee/<int:pk>/decide/<int:assessment>/restrict/<int:case>/",
        meeting_views.withdraw_restriction,
        name="withdraw_restriction",
    ),
    path(
        "committee/<int:pk>/decide/<int:assessment>/propose/", meeting_views.propose, name="propose_decision"
    ),
    *(
        path(f"committee/<int:pk>/decide/<int:assessment>/motion/<int:motion>/{act}/", view, name=name)
        for act, view, name in (
            ("confirm", meeting_views.confirm_motion, "confirm_motion"),
            ("return", meeting_views.return_motion, "return_motion"),
            ("withdraw", meeting_views.withdraw_motion, "withdraw_motion"),
        )
    ),
    path("committee/<int:pk>/meetings/", meeting_views.meeting_list, name="meetings"),
    path("committee/<int:pk>/meetings/<int:meeting>/", meeting_views.meeting_edit, name="meeting"),
    path("committee/<int:pk>/meetings/<int:meeting>/file/", meeting_views.meeting_file, name="meeting_file"),
    path("committee/<int:pk>/accept/", views.accept_schools, name="accept_all"),
    path("committee/<int:pk>/settle/", views.settle_year, name="settle"),
    path("committee/<int:pk>/reopen/", views.reopen_school, name="reopen"),
    path("committee/<int:pk>/show/", views.projector, name="projector"),
    path("committee/<int:pk>/materials/", views.materials, name="materials"),
]
