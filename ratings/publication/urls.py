"""Addresses of this room."""

from django.urls import URLPattern, path
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from ratings.documents.life import Kind
from schools.permissions import allowed_to

from . import views
from .bulletin import BULLETIN
from .opening_notice import OPENING_NOTICE


def pages(kind: Kind, document: str, start: str) -> list[URLPattern]:
    """The pages of a kind below the address of the `document`; only those who write and issue it send them
    anything.
    """
    posts = require_http_methods(["POST"])(allowed_to(kind.writes)(views.start))
    edits = require_http_methods(["GET", "POST"])(allowed_to(kind.writes)(views.edit))
    issues = require_http_methods(["GET", "POST"])(allowed_to(kind.issues)(views.issue))
    return [
        path(address, view, {"kind": kind}, name=f"{kind.route}{page}")
        for page, address, view in (
            ("", document, views.show),
            ("_pdf", f"{document}pdf/", views.send),
            ("_start", start, posts),
            ("_edit", f"{document}edit/", edits),
            ("_issue", f"{document}issue/", sensitive_post_parameters("password")(issues)),
        )
    ]


urlpatterns = [
    path("bulletins/", views.bulletin_list, name="bulletins"),
    *pages(OPENING_NOTICE, "schemes/<int:pk>/notice/", "schemes/<int:pk>/notice/start/"),
    *pages(BULLETIN, "bulletins/<int:pk>/", "bulletins/draft/<int:pk>/"),
]
