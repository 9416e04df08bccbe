"""Error pages: what happened, and what to do now. Only 403 and 404 show the navigation, for which they read the database."""

import logging
import uuid

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import requires_csrf_token

logger = logging.getLogger(__name__)


@login_not_required
@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return render(request, "errors/400.html", status=400)


@login_not_required
@requires_csrf_token
def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403, with the sentence the code refused with where it gave one."""
    return render(request, "errors/403.html", {"reason": str(exception), "frame": "base.html"}, status=403)


@login_not_required
@requires_csrf_token
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, also for what exists but is not this person's."""
    return render(request, "errors/404.html", {"frame": "base.html"}, status=404)


@login_not_required
@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    """500, with a number that finds the lines in the log."""
    number = uuid.uuid4().hex[:8].upper()
    logger.error("page of error %s shown for %s %s", number, request.method, request.path)
    return render(request, "errors/500.html", {"number": number}, status=500)


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form older than its session, most often one left open over lunch."""
    return render(request, "errors/csrf.html", status=403)
