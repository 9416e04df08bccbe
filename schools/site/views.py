"""Pages that belong to nobody's work: health, help, size of type, errors; and what every page shows about the
installation.
"""

import logging
import uuid
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import requires_csrf_token
from django.views.decorators.http import require_GET, require_POST, require_safe

from schools.permissions import allowed_to

from .asked import way_back

YEAR = 365 * 24 * 3600


@never_cache
@require_safe
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
        response.set_cookie(
            TEXT_SIZE_COOKIE, "large", max_age=YEAR, httponly=True, samesite="Lax", secure=request.is_secure()
        )
    return response


logger = logging.getLogger(__name__)


def readable(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For an error page: a body that cannot be read fails once, and not again where the page is made."""

    @login_not_required
    @wraps(page)
    def shown(request: HttpRequest, **reason: Exception) -> HttpResponse:
        try:
            _ = request.POST
        except Exception:  # whatever was wrong with it has been reported or is what the page speaks of
            request.POST = QueryDict()
        return requires_csrf_token(page)(request, **reason)

    return shown


def error_page(status: int, **context: str) -> Callable[[HttpRequest, Exception], HttpResponse]:
    """A page that anybody may see, with the sentence the code refused with where it gave one."""

    @readable
    def page(request: HttpRequest, exception: Exception) -> HttpResponse:
        shown = {**context, "reason": str(exception)}
        return render(request, f"errors/{status}.html", shown, status=status)

    return page


bad_request = error_page(400)
permission_denied = error_page(403, frame="base.html")
not_found = error_page(404, frame="base.html")  # also for what exists but is not this person's


@readable
def server_error(request: HttpRequest) -> HttpResponse:
    """500, with a number that finds the lines in the log."""
    number = uuid.uuid4().hex[:8].upper()
    logger.error("page of error %s shown for %s %s", number, request.method, request.path)
    return render(request, "errors/500.html", {"number": number}, status=500)


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form older than its session, most often one left open over lunch."""
    return render(request, "errors/csrf.html", status=403)


TEXT_SIZE_COOKIE = "text_size"


def installation(request: HttpRequest) -> dict:
    """Version, organiser and limits as the pages name them, and the size of type this browser chose."""
    return {
        "installation": {
            "version": settings.VERSION,
            "organiser": settings.SITE_ORGANISER,
            "contact": settings.SITE_CONTACT,
            "idle_minutes": settings.SESSION_COOKIE_AGE // 60,
            "session_hours": settings.SESSION_LONGEST // 3600,
            "file_limit": settings.UPLOAD_LIMIT // 1024 // 1024,
            "lock_minutes": int(settings.AXES_COOLOFF_TIME.total_seconds() // 60),
            "lock_after": settings.AXES_FAILURE_LIMIT,
        },
        "large_text": request.COOKIES.get(TEXT_SIZE_COOKIE) == "large",
    }
