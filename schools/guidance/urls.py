"""Addresses of this room."""

from django.urls import path

from . import views

urlpatterns = [
    path("guidance/", views.overview, name="guidance"),
    path("guidance/schools/<int:pk>/", views.school, name="guidance_school"),
    path("guidance/schools/<int:pk>/visit/", views.new_visit, name="guidance_visit"),
    path("guidance/visits/<int:pk>/void/", views.void, name="guidance_void"),
    path("guidance/assign/", views.assignment, name="guidance_assign"),
    path("guidance/liaisons/<int:pk>/end/", views.end, name="guidance_end"),
    path("guidance/teams/", views.teams, name="guidance_teams"),
    path("guidance/teams/<int:pk>/", views.team, name="guidance_team"),
    path("guidance/problems/", views.problems, name="problems"),
    path("guidance/problems/<int:pk>/report/", views.report, name="problem_report"),
    path("guidance/problems/<int:pk>/recheck/", views.recheck, name="problem_recheck"),
]
