"""Addresses of this room."""

from django.urls import path

from . import class_views, views

urlpatterns = [
    path("teaching/", views.start, name="teaching"),
    path("teaching/schools/<int:pk>/", views.school, name="teaching_school"),
    path("teaching/schools/<int:pk>/plan/<int:year>/", views.read, name="plan"),
    path("teaching/schools/<int:pk>/months/<int:year>/<int:month>/", views.month, name="month"),
    path("teaching/schools/<int:pk>/trials/", class_views.trials, name="trials"),
    path("teaching/schools/<int:pk>/export/", class_views.export_classes, name="class_export"),
    path("teaching/plan/<int:year>/", views.edit, name="plan_edit"),
    path("teaching/plan/<int:year>/file/", views.file, name="plan_file"),
    path("teaching/issued/", views.issued_list, name="issued_list"),
    path("teaching/issued/<int:pk>/", views.issued, name="issued"),
    path("teaching/classes/new/", class_views.new, name="class_new"),
    path("teaching/classes/import/", class_views.class_import, name="class_import"),
    path("teaching/classes/import/template/", class_views.template, name="class_template"),
    path("teaching/classes/<int:pk>/", class_views.page, name="class"),
    path("teaching/classes/<int:pk>/edit/", class_views.edit, name="class_edit"),
    path("teaching/classes/<int:pk>/void/", class_views.void, name="class_void"),
    path("teaching/joint/<int:pk>/", class_views.joint_class, name="joint"),
    path("teaching/months/<int:year>/<int:month>/confirm/", views.confirm, name="month_confirm"),
    path("teaching/trials/new/", class_views.new_trial, name="trial_new"),
    path("teaching/trials/<int:pk>/void/", class_views.void_trial, name="trial_void"),
]
