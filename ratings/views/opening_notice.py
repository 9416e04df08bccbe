"""启动通知: preview, document, editing, issue. Addressed by the scheme it opens."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ratings.models import OpeningNotice, Scheme
from ratings.publication.opening_notice import OPENING_NOTICE
from ratings.views import official_documents
from schools.permissions import allowed_to, may


@require_GET
@allowed_to("read_notices")
def notice_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The notice as it will stand on paper; where there is none yet, the button that drafts it."""
    scheme = get_object_or_404(_schemes(request), pk=pk)
    writes = may(request.user, "write_notice")
    notice = _notices(request).filter(scheme=scheme).first()
    if notice is None:
        context = {"scheme": scheme, "may_start": writes and not scheme.imported}
        return render(request, "ratings/notice/none.html", context)
    trail = [*_trail(), (f"{scheme.year}年度", reverse("ratings:scheme", args=[pk]))]
    return official_documents.show(request, OPENING_NOTICE, notice, writes=writes, issues=writes, trail=trail)


@require_GET
@allowed_to("read_notices")
def notice_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The stored document, or the draft in the same layout."""
    return official_documents.send(request, OPENING_NOTICE, _notice(request, pk))


@require_POST
@allowed_to("write_notice")
def notice_start(request: HttpRequest, pk: int) -> HttpResponse:
    """Writes the first draft from the scheme."""
    scheme = get_object_or_404(_schemes(request).filter(imported=False), pk=pk)
    notice = OPENING_NOTICE.draft(scheme, issued_on=timezone.localdate())
    return redirect(OPENING_NOTICE.address(notice, "edit"))


@require_http_methods(["GET", "POST"])
@allowed_to("write_notice")
def notice_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The text before issue."""
    return official_documents.edit(request, OPENING_NOTICE, _notice(request, pk), trail=_trail())


@require_http_methods(["GET", "POST"])
@allowed_to("write_notice")
def notice_issue(request: HttpRequest, pk: int) -> HttpResponse:
    """What will happen, in words, and the button that does it."""
    notice = _notice(request, pk)
    done = f"{notice.scheme.year}年度启动通知已印发，全市可以查阅。"
    return official_documents.issue(request, OPENING_NOTICE, notice, trail=_trail(), done=done)


def _schemes(request: HttpRequest):
    return Scheme.objects.visible_to(request.user).select_related("city")


def _notices(request: HttpRequest):
    return OpeningNotice.objects.visible_to(request.user).select_related("scheme__city", "edited_by")


def _notice(request: HttpRequest, pk: int) -> OpeningNotice:
    return get_object_or_404(_notices(request), scheme__in=_schemes(request), scheme__pk=pk)


def _trail() -> official_documents.Links:
    return [("评定方案", reverse("ratings:schemes"))]
