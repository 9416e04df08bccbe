"""What every request passes through: where it comes from, whether it is signed in, as whom, and
since when.
"""

import time
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from schools.refusals import sent_again, way_back_of
from schools.saving import Refused

REFRESH_SECONDS = 60
OLD_BROWSERS = ("MSIE ", "Trident/")
OPEN_WITHOUT_NEW_PASSWORD = ("login", "logout", "password_change", "text_size", "help", "healthz")


class Middleware:
    """Hands the request on; those below do something before, or to what comes back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)


class ClientAddressMiddleware(Middleware):
    """Makes REMOTE_ADDR the visitor's address behind TRUSTED_PROXIES reverse proxies: lock-outs count people,
    not the proxy.
    """

    def __call__(self, request):
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        hops = list(filter(None, map(str.strip, forwarded)))
        # Only the last entries were written by our own proxies; anything before them a visitor may have
        # invented.
        if settings.TRUSTED_PROXIES and len(hops) >= settings.TRUSTED_PROXIES:
            request.META["REMOTE_ADDR"] = hops[-settings.TRUSTED_PROXIES]
        return self.get_response(request)


class RequestLimitMiddleware(Middleware):
    """Refuses a body above REQUEST_LIMIT before it is read: Django's own limits leave files out."""

    def __call__(self, request):
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) > settings.REQUEST_LIMIT:
            context = {
                "limit": settings.REQUEST_LIMIT // 1024 // 1024,
                "file_limit": settings.UPLOAD_LIMIT // 1024 // 1024,
            }
            return render(request, "errors/413.html", context, status=413)
        return self.get_response(request)


class OldBrowserMiddleware(Middleware):
    """Answers Internet Explorer, and the 兼容模式 of double-engine browsers, with one plain page."""

    def __call__(self, request):
        agent = request.headers.get("User-Agent", "")
        if any(mark in agent for mark in OLD_BROWSERS):
            return render(request, "errors/old_browser.html")
        return self.get_response(request)


class UnknownPathMiddleware(Middleware):
    """Says of an address with a NUL character that there is no such page: no record has one, and PostgreSQL
    refuses to look for it.
    """

    def __call__(self, request):
        if "\0" in request.path_info:
            raise Http404
        return self.get_response(request)


class MethodNotAllowedMiddleware(Middleware):
    """Gives the bare 405 of Django a page: people reload or bookmark the address a form was sent to."""

    def __call__(self, request):
        response = self.get_response(request)
        if response.status_code != 405 or response.content:
            return response
        page = render(request, "errors/405.html", {"frame": "base.html"}, status=405)
        page.headers["Allow"] = response.headers["Allow"]
        return page


class RefusedMiddleware(Middleware):
    """Answers a refusal that no view showed itself with its reasons, and with everything that was sent, ready
    to be sent again.

    A partial request gets the sentences alone: the row it came from keeps what was typed.
    """

    def process_exception(self, request, exception):
        """409 for Refused and Stale, nothing for any other exception."""
        if not isinstance(exception, Refused):
            return None
        if request.htmx:
            return HttpResponse(str(exception), status=409, content_type="text/plain; charset=utf-8")
        context = {
            "reasons": exception.reasons,
            "frame": "base.html",
            "back": way_back_of(request),
            **sent_again(request),
        }
        return render(request, "errors/refused.html", context, status=409)


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Denies by default; a partial request whose session has ended takes the whole page to sign-in instead of
    a fragment of it.
    """

    def handle_no_permission(self, request, view_func):
        """Back to the page the visitor sees, not to the address of the fragment."""
        if not request.htmx:
            return super().handle_no_permission(request, view_func)
        seen = urlsplit(request.htmx.current_url_abs_path or reverse("schools:desk"))
        login = resolve_url(self.get_login_url(view_func))
        return HttpResponseClientRedirect(f"{login}?{_next(seen.path, seen.query)}")


class IdleTimeoutMiddleware(Middleware):
    """Ends a session after IDLE_MINUTES without a request, and SESSION_HOURS after signing in.

    Saving a session moves its end forward. This does so at most once a minute: SQLite has one writer, and
    most requests only read.
    """

    def __call__(self, request):
        if request.user.is_authenticated:
            now, session = int(time.time()), request.session
            if now - session.get("since", now) >= settings.SESSION_LONGEST:
                logout(request)  # what is asked for then meets a visitor, as after an idle session
            elif now - session.get("seen", 0) >= REFRESH_SECONDS:
                session["seen"], session["since"] = now, session.get("since", now)
        return self.get_response(request)


class IdentityMiddleware(Middleware):
    """Hands the chosen 当前身份 to the user object, and sends people with a first password to change it."""

    def __call__(self, request):
        if request.user.is_authenticated:
            request.user.identity_choice = request.session.get("appointment")
            if request.user.must_change_password and request.path not in map(
                reverse, OPEN_WITHOUT_NEW_PASSWORD
            ):
                target = reverse("password_change")
                return HttpResponseClientRedirect(target) if request.htmx else redirect(target)
        return self.get_response(request)


def _next(path: str, query: str) -> str:
    return urlencode({"next": f"{path}?{query}" if query else path})
