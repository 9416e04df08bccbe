"""Addresses of this room."""

from django.urls import path

from . import views

urlpatterns = [
    path("schemes/<int:pk>/notice/", views.notice_page, name="opening_notice"),
    path("schemes/<int:pk>/notice/pdf/", views.notice_file, name="opening_notice_pdf"),
    path("schemes/<int:pk>/notice/start/", views.notice_start, name="opening_notice_start"),
    path("schemes/<int:pk>/notice/edit/", views.notice_edit, name="opening_notice_edit"),
    path("schemes/<int:pk>/notice/issue/", views.notice_issue, name="opening_notice_issue"),
    path("bulletins/", views.bulletin_list, name="bulletins"),
    path("bulletins/draft/<int:scheme>/", views.start_draft, name="bulletin_start"),
    path("bulletins/<int:pk>/", views.bulletin_page, name="bulletin"),
    path("bulletins/<int:pk>/edit/", views.bulletin_edit, name="bulletin_edit"),
    path("bulletins/<int:pk>/pdf/", views.bulletin_pdf, name="bulletin_pdf"),
    path("bulletins/<int:pk>/issue/", views.bulletin_issue, name="bulletin_issue"),
]
