"""评定方案: the criteria of a year, read only."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from ratings.models import Scheme
from ratings.standards import standards_of


@require_GET
def scheme_list(request: HttpRequest) -> HttpResponse:
    """The city's schemes, newest first."""
    schemes = Scheme.objects.visible_to(request.user).select_related("city").prefetch_related("versions")
    return render(request, "ratings/schemes.html", {"schemes": schemes})


@require_GET
def scheme_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The criteria as frozen in the version that counts; before opening, as they stand."""
    scheme = get_object_or_404(Scheme.objects.visible_to(request.user).select_related("city"), pk=pk)
    return render(request, "ratings/scheme.html", {"scheme": scheme, "standards": standards_of(scheme)})
