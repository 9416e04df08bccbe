"""通报: list, preview, document, editing, issue."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ratings.forms.official_documents import IssueForm
from ratings.models import Bulletin, OpeningNotice, Scheme
from ratings.publication.bulletin import BULLETIN, EDITABLE
from ratings.views import official_documents
from schools.permissions import allowed_to, may


@require_GET
@allowed_to("read_notices")
def bulletin_list(request: HttpRequest) -> HttpResponse:
    """Issued bulletins of the city; for committee and office also drafts, and settled years that have none yet."""
    bulletins = Bulletin.objects.visible_to(request.user).select_related("scheme").order_by("-scheme__year")
    waiting = Scheme.objects.visible_to(request.user).filter(phase__in=EDITABLE, bulletin__isnull=True)
    notices = OpeningNotice.objects.visible_to(request.user).issued().select_related("scheme").order_by("-scheme__year")
    context = {"notices": notices, "bulletins": bulletins, "waiting": waiting if may(request.user, "write_bulletin") else []}
    return render(request, "ratings/bulletins.html", context)


@require_POST
@allowed_to("write_bulletin")
def start_draft(request: HttpRequest, scheme: int) -> HttpResponse:
    """Writes the first draft of a settled year from its figures."""
    settled = get_object_or_404(Scheme.objects.visible_to(request.user).filter(phase__in=EDITABLE), pk=scheme)
    bulletin = BULLETIN.draft(settled, issued_on=timezone.localdate())
    return redirect(BULLETIN.address(bulletin, "edit"))


@require_GET
@allowed_to("read_notices")
def bulletin_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The bulletin as it will stand on paper."""
    bulletin = _visible(request, pk)
    writes = may(request.user, "write_bulletin")
    plaques = [("授牌名单", reverse("ratings:form_plaques", args=[bulletin.scheme_id]))]
    rights = {"writes": writes, "issues": may(request.user, "issue_bulletin"), "links": plaques if writes else ()}
    return official_documents.show(request, BULLETIN, bulletin, trail=_trail(), **rights)


@require_GET
@allowed_to("read_notices")
def bulletin_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The stored document, or the draft in the same layout."""
    return official_documents.send(request, BULLETIN, _visible(request, pk))


@require_http_methods(["GET", "POST"])
@allowed_to("write_bulletin")
def bulletin_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The text before issue."""
    return official_documents.edit(request, BULLETIN, _visible(request, pk), trail=_trail())


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@allowed_to("issue_bulletin")
def bulletin_issue(request: HttpRequest, pk: int) -> HttpResponse:
    """The chair confirms in words what will happen and signs with the password."""
    bulletin = _visible(request, pk)
    done = f"{bulletin.scheme.year}年度评定结果通报已印发，评定结果已对各党校公布。"
    form = IssueForm(request.POST or None, user=request.user)
    return official_documents.issue(request, BULLETIN, bulletin, trail=_trail(), done=done, form=form)


def _visible(request: HttpRequest, pk: int) -> Bulletin:
    rows = Bulletin.objects.visible_to(request.user).select_related("scheme__city", "edited_by")
    return get_object_or_404(rows, pk=pk)


def _trail() -> official_documents.Links:
    return [("通报", reverse("ratings:bulletins"))]
