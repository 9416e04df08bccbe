"""Addresses of this room."""

from django.urls import path

from . import views

urlpatterns = [
    path("review/", views.desk, name="review"),
    path("review/grid/", views.grid, name="review_grid"),
    path("review/changes/", views.changes, name="review_changes"),
    path("review/division/", views.division, name="review_division"),
    path("review/items/<str:code>/", views.item, name="review_item"),
    path("review/confirm/<int:pk>/", views.confirm, name="review_confirm"),
    path("review/<int:pk>/", views.school, name="review_school"),
    path("review/<int:pk>/agree/", views.agree, name="review_agree"),
    path("review/<int:pk>/next/", views.next_school, name="review_next"),
    path("review/<int:pk>/adjust/<str:code>/", views.adjust, name="review_adjust"),
    path("review/<int:pk>/return/", views.return_school, name="review_return"),
    path("review/<int:pk>/recall/", views.recall, name="review_recall"),
]
