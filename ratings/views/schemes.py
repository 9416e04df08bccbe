"""评定方案: what every school can read before it is rated, and where the work on it begins."""

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from ratings.models import Erratum, Scheme
from ratings.rules import RuleError
from ratings.scheme_links import list_links, scheme_links
from ratings.standards import standards_of
from schools.permissions import allowed_to
from schools.workbooks import clean_text

PAGE_SIZE, WORD_LIMIT = 20, 40


@require_GET
@allowed_to("read_criteria")
def scheme_list(request: HttpRequest) -> HttpResponse:
    """The city's schemes, newest first; the office starts a new one here."""
    word = clean_text(request.GET.get("q", ""))[:WORD_LIMIT]
    schemes = Scheme.objects.visible_to(request.user).annotate(version_count=Count("versions")).order_by("-year")
    found = schemes.filter(name__icontains=word) if word else schemes
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "ratings/schemes.html", {"page": page, "word": word, "links": list_links(request.user)})


@require_GET
@allowed_to("read_criteria")
def scheme_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The criteria as frozen in the version that counts; before opening, as they stand."""
    scheme = get_object_or_404(Scheme.objects.visible_to(request.user).select_related("city"), pk=pk)
    signed = Erratum.objects.visible_to(request.user).filter(scheme=scheme, state=Erratum.State.SIGNED).select_related("version")
    try:
        standards = standards_of(scheme)
    except RuleError:  # only a draft can hold a line that cannot be read yet; the check says where
        standards = None
    context = {"scheme": scheme, "standards": standards, "links": scheme_links(request.user, scheme), "errata": signed}
    return render(request, "ratings/scheme.html", context)
