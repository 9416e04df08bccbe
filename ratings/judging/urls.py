"""Addresses of this room."""

from django.urls import path

from . import confirm_views, leaving_views, panel_views, views, visit_views

urlpatterns = [
    path("panels/", panel_views.of_the_year, name="panels"),
    path("panels/<int:pk>/", panel_views.board, name="panel_board"),
    path("panels/<int:pk>/schools/", panel_views.schools, name="panel_schools"),
    path("panels/<int:pk>/export/", panel_views.export_progress, name="panel_export"),
    path("panels/groups/<int:pk>/", panel_views.panel, name="panel"),
    path("panels/groups/<int:pk>/judges/<int:judge>/", panel_views.judge, name="panel_judge"),
    path("panels/groups/<int:pk>/judges/<int:judge>/replace/", leaving_views.replace, name="judge_replace"),
    path("panels/sheets/<int:pk>/void/", leaving_views.void, name="sheet_void"),
    path("panels/changes/<int:pk>/follow/", leaving_views.follow, name="sheet_follow"),
    path("panels/<int:pk>/changes/", leaving_views.changes, name="seat_changes"),
    path("panels/voided/<int:pk>/", leaving_views.voided, name="voided_sheet"),
    path("panels/schools/<int:pk>/", panel_views.sheets, name="sheets"),
    path("panels/schools/<int:pk>/visit/", visit_views.site_visit, name="site_visit"),
    path("panels/schools/<int:pk>/feedback/", panel_views.feedback, name="feedback"),
    path("panels/sheets/<int:pk>/reopen/", panel_views.reopen, name="sheet_reopen"),
    path("panels/sheets/<int:pk>/signatures/", confirm_views.signatures, name="sheet_signatures"),
    path("panels/sheets/<int:pk>/scan/", panel_views.scan, name="sheet_scan"),
    path("panels/sheets/<int:pk>/entry/", panel_views.entry, name="paper_entry"),
    path("panels/sheets/<int:pk>/paper/", panel_views.paper, name="paper"),
    path("panels/sheets/<int:pk>/check/", panel_views.check, name="paper_check"),
    path("panels/schools/<int:pk>/adjustments/", views.adjustments, name="city_adjustments"),
    path("panels/schools/<int:pk>/adjustments/<str:code>/", views.adjust_item, name="city_adjust"),
    path("judging/", views.desk, name="judging"),
    path("judging/grid/", views.grid, name="judging_grid"),
    path("judging/grid/export/", views.export_grid, name="judging_export"),
    path("judging/<int:pk>/", views.school, name="judging_school"),
    path("judging/<int:pk>/agree/", views.agree_all, name="judging_agree"),
    path("judging/<int:pk>/items/<str:code>/", views.item, name="judging_item"),
    path("judging/<int:pk>/submit/", views.submit, name="judging_submit"),
    path("judging/<int:pk>/confirm/", confirm_views.confirm, name="judging_confirm"),
    path("judging/<int:pk>/panel/", views.panel, name="judging_panel"),
]
