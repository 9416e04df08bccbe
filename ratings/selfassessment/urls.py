"""Addresses of this room."""

from django.urls import path

from . import office_views, views

urlpatterns = [
    path("assessments/", views.assessment_list, name="assessments"),
    path("assessments/<int:pk>/", views.assessment_page, name="assessment"),
    path("assessments/<int:pk>/items/<str:code>/", views.item_page, name="assessment_item"),
    path("assessments/<int:pk>/sheet/", views.sheet_page, name="assessment_sheet"),
    path("assessments/<int:pk>/check/", views.check_page, name="assessment_check"),
    path("assessments/<int:pk>/steps/<slug:code>/", views.step_page, name="assessment_step"),
    path("assessments/<int:pk>/confirmation/", views.confirmation, name="assessment_confirmation"),
    path("assessments/<int:pk>/signature/", views.signature, name="assessment_signature"),
    path("assessments/<int:pk>/receipt/", views.receipt, name="assessment_receipt"),
    path("evidence/<int:pk>/", views.evidence_file, name="evidence"),
    path("schemes/<int:pk>/figures/", office_views.figures, name="scheme_figures"),
    path("figures/", office_views.figures_of_the_year, name="figures"),
    path("self-checks/<int:scheme>/", views.overview, name="self_checks"),
    path("self-checks/<int:scheme>/items/<str:code>/", views.item, name="self_check_item"),
    path("progress/", office_views.progress_of_the_year, name="progress"),
    path("progress/<int:pk>/", office_views.board, name="progress_board"),
    path("progress/<int:pk>/admit/<int:school>/", office_views.admission, name="progress_admit"),
    path("progress/<int:pk>/many/<slug:code>/", office_views.many, name="progress_many"),
    path("progress/schools/<int:pk>/", office_views.school, name="progress_school"),
    path("progress/schools/<int:pk>/extend/", office_views.extend, name="progress_extend"),
    path("progress/schools/<int:pk>/steps/<slug:code>/", office_views.step, name="progress_step"),
]
