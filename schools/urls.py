"""Addresses of the pages used all year."""

from django.urls import path

from schools.views import audit, desk, guidance, guidance_people, guidance_problems, inbox, schools

app_name = "schools"

urlpatterns = [
    path("", desk.workbench, name="desk"),
    path("schools/", schools.school_list, name="schools"),
    path("schools/export/", schools.school_export, name="export"),
    path("schools/<int:pk>/", schools.school_page, name="school"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/read/", inbox.notices_read, name="notices_read"),
    path("inbox/<int:pk>/", inbox.notice_open, name="notice_open"),
    path("guidance/", guidance.overview, name="guidance"),
    path("guidance/schools/<int:pk>/", guidance.school, name="guidance_school"),
    path("guidance/schools/<int:pk>/visit/", guidance.new_visit, name="guidance_visit"),
    path("guidance/visits/<int:pk>/void/", guidance.void, name="guidance_void"),
    path("guidance/assign/", guidance_people.assignment, name="guidance_assign"),
    path("guidance/liaisons/<int:pk>/end/", guidance_people.end, name="guidance_end"),
    path("guidance/teams/", guidance_people.teams, name="guidance_teams"),
    path("guidance/teams/<int:pk>/", guidance_people.team, name="guidance_team"),
    path("guidance/problems/", guidance_problems.problems, name="problems"),
    path("guidance/problems/<int:pk>/report/", guidance_problems.report, name="problem_report"),
    path("guidance/problems/<int:pk>/recheck/", guidance_problems.recheck, name="problem_recheck"),
    path("audit/", audit.trail, name="audit"),
    path("audit/verify/", audit.verify_chain, name="audit_verify"),
    path("audit/export/", audit.trail_export, name="audit_export"),
]
