"""Pages that belong to nobody's work: health, help, size of type."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from schools.asked import way_back
from schools.context import TEXT_SIZE_COOKIE
from schools.permissions import allowed_to

YEAR = 365 * 24 * 3600


@never_cache
@require_GET
@allowed_to("visit")
def healthz(request: HttpRequest) -> JsonResponse:
    """For monitors: 200 while the database answers, else 503; says nothing else about the system."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "error", "database": "unavailable"}, status=503)
    return JsonResponse({"status": "ok", "database": "ok"})


@require_GET
@allowed_to("visit")
def show_help(request: HttpRequest) -> HttpResponse:
    """Readable before sign-in: who cannot sign in needs it most."""
    return render(request, "help.html")


@require_POST
@allowed_to("visit")
def text_size(request: HttpRequest) -> HttpResponse:
    """Switches 大字 on or off for this browser and returns to the page it was pressed on."""
    response = HttpResponseRedirect(way_back(request.POST.get("next", ""), reverse("schools:desk")))
    if request.COOKIES.get(TEXT_SIZE_COOKIE) == "large":
        response.delete_cookie(TEXT_SIZE_COOKIE)
    else:
        response.set_cookie(TEXT_SIZE_COOKIE, "large", max_age=YEAR, httponly=True, samesite="Lax", secure=request.is_secure())
    return response
