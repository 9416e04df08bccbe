"""Addresses of the pages used all year."""

from django.urls import path

from schools.views import audit, desk, inbox, schools

app_name = "schools"

urlpatterns = [
    path("", desk.workbench, name="desk"),
    path("schools/", schools.school_list, name="schools"),
    path("schools/export/", schools.school_export, name="export"),
    path("schools/<int:pk>/", schools.school_page, name="school"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/read/", inbox.notices_read, name="notices_read"),
    path("inbox/<int:pk>/", inbox.notice_open, name="notice_open"),
    path("audit/", audit.trail, name="audit"),
    path("audit/verify/", audit.verify_chain, name="audit_verify"),
    path("audit/export/", audit.trail_export, name="audit_export"),
]
