"""方法说明: how the stars of a year come about, with the criteria as a file for machines."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from ratings.exporting.methodology import methodology_of
from ratings.exporting.packages import canonical
from ratings.models import Scheme, SchemeVersion
from schools.permissions import allowed_to


@require_GET
@allowed_to("read_criteria")
def methodology(request: HttpRequest, pk: int) -> HttpResponse:
    """Criteria, rules, thresholds, roundings and order of an opened year; for every role of the city."""
    opened = Scheme.objects.visible_to(request.user).filter(versions__isnull=False).select_related("city").distinct()
    scheme = get_object_or_404(opened, pk=pk)
    context = {"scheme": scheme, "method": methodology_of(scheme)}
    return render(request, "ratings/methodology/page.html", context)


@require_GET
@allowed_to("read_criteria")
def methodology_json(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """A frozen version as it was digested: the SHA-256 of this file is the digest of the version."""
    visible = SchemeVersion.objects.filter(scheme__in=Scheme.objects.visible_to(request.user)).select_related("scheme")
    version = get_object_or_404(visible, scheme__pk=pk, number=number)
    response = HttpResponse(canonical(version.content), content_type="application/json")
    name = f"{version.scheme.year}年度评定方案第{version.number}版.json"
    response.headers["Content-Disposition"] = content_disposition_header(True, name)
    return response
