"""What every request passes through: where it comes from, whether it is signed in, as whom, and
since when.
"""

import logging
import re
import time
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.messages import ERROR, get_messages
from django.contrib.messages.storage.base import Message
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from schools.refusals import passing_trouble, sent_again, way_back_of
from schools.saving import Refused
from schools.site.asked import POSTED_AS
from schools.workbooks.printable import replacements_noted

logger = logging.getLogger(__name__)

REFRESH_SECONDS = 60
OLD_BROWSERS = ("MSIE ", "Trident/")
#: How the browser marks a form that it sends, and the cookie that names those that were saved.
TYPED_FORM = re.compile(r"[a-z0-9]{1,12}")
SAVED_FORM = "saved_form"
SAVED_FORMS = 4
NO_LONGER = "这一页打开时的身份现在不由您担任，没有办理。请复制下面的内容，切换身份后在相应的页面重新填写。"
#: Forms that belong to the person, whoever they act as.
OPEN_WITHOUT_IDENTITY = ("login", "logout", "password_change", "text_size", "identity")
OPEN_WITHOUT_NEW_PASSWORD = ("login", "logout", "password_change", "text_size", "help", "healthz")


class Middleware:
    """Hands the request on; those below do something before, or to what comes back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)


class ProbeMiddleware(Middleware):
    """Lets a monitor ask for /healthz by any name, most do by address; the answer speaks of no name."""

    def __call__(self, request):
        if request.path_info == "/healthz" and settings.ALLOWED_HOSTS:
            request.META["HTTP_HOST"] = settings.ALLOWED_HOSTS[0].removeprefix(".").replace("*", "localhost")
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


class PrivatePagesMiddleware(Middleware):
    """What somebody saw signed in is kept by no browser: on a shared computer the next person presses 后退.

    Signing out also empties what the browser had kept before.
    """

    def __call__(self, request):
        signed_in = request.user.is_authenticated
        response = self.get_response(request)
        if signed_in and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        if signed_in and not request.user.is_authenticated:
            response["Clear-Site-Data"] = '"cache"'
        return response


class TypedWordsMiddleware(Middleware):
    """Tells the browser which form has been saved, so that it forgets what was typed there (words.js), and
    the person what was replaced in it, because no document could print it.

    Saved is what goes on to another page without an error; everything else leaves the words where they are.
    """

    def __call__(self, request):
        with replacements_noted() as replaced:
            response = self.get_response(request)
        if request.method != "POST" or response.status_code != 302 or not request.user.is_authenticated:
            return response
        for sentence in replaced:
            messages.warning(request, sentence)
        form = request.POST.get("typed_form", "")
        if TYPED_FORM.fullmatch(form) and not any(said.level >= ERROR for said in _told(request)):
            saved = [*request.COOKIES.get(SAVED_FORM, "").split(".")[-SAVED_FORMS:], form]
            response.set_cookie(
                SAVED_FORM,
                ".".join(filter(None, saved)),
                max_age=REFRESH_SECONDS * 10,
                samesite="Lax",
                secure=request.is_secure(),
            )
        return response


class RefusedMiddleware(Middleware):
    """Answers a refusal that no view showed itself with its reasons, and with everything that was sent, ready
    to be sent again.

    A partial request gets the sentences alone: the row it came from keeps what was typed.
    """

    def process_exception(self, request, exception):
        """409 for Refused and Stale, 503 for what passes by itself, nothing for any other exception."""
        refused, status = exception, 409
        if not isinstance(exception, Refused):
            sentence = passing_trouble(exception, is_save=request.method == "POST")
            if not sentence:
                return None
            logger.warning("%s %s: %s", request.method, request.path, sentence, exc_info=exception)
            refused, status = Refused(sentence), 503
        if request.htmx:
            return HttpResponse(str(refused), status=status, content_type="text/plain; charset=utf-8")
        return refused_page(request, refused, status)


def refused_page(request: HttpRequest, refused: Refused, status: int = 409) -> HttpResponse:
    """The reasons, and what was sent."""
    context = {
        "reasons": refused.reasons,
        "frame": "base.html",
        "back": way_back_of(request),
        **sent_again(request),
    }
    return render(request, "errors/refused.html", context, status=status)


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Denies by default; a partial request whose session has ended takes the whole page to sign-in instead of
    a fragment of it.
    """

    def handle_no_permission(self, request, view_func):
        """Back to the page the visitor saw, not to the address of a fragment or one that forms are sent
        to.
        """
        login = resolve_url(self.get_login_url(view_func))
        if request.htmx:
            seen = urlsplit(request.htmx.current_url_abs_path or reverse("schools:desk"))
            return HttpResponseClientRedirect(f"{login}?{_next(seen.path, seen.query)}")
        if request.method == "POST" and (came_from := way_back_of(request)):
            seen = urlsplit(came_from)
            return redirect(f"{login}?{_next(seen.path, seen.query)}")
        return super().handle_no_permission(request, view_func)


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
    """Hands the chosen 当前身份 and year to the user object, and sends people with a first password to change
    it.

    A form belongs to the identity whose page it stood on, whatever another tab has chosen since: as that one
    it is taken, or where the person no longer holds it, refused.
    """

    def __call__(self, request):
        if request.user.is_authenticated:
            request.user.identity_choice = request.session.get("appointment")
            request.user.year_choice = request.session.get("year")
            if request.user.must_change_password and request.path not in map(
                reverse, OPEN_WITHOUT_NEW_PASSWORD
            ):
                target = reverse("password_change")
                return HttpResponseClientRedirect(target) if request.htmx else redirect(target)
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """After the token of the form has been read, and before anybody asks for the identity."""
        posted = set(request.POST.getlist(POSTED_AS)) if request.method == "POST" else set()
        if not posted or not request.user.is_authenticated:
            return None
        posted.discard(str(getattr(request.user.identity, "pk", "")))
        if not posted or request.path in map(reverse, OPEN_WITHOUT_IDENTITY):
            return None
        held = next((post for post in request.user.identities if {str(post.pk)} == posted), None)
        if held is None:
            return refused_page(request, Refused(NO_LONGER))
        request.session["appointment"] = request.user.identity_choice = held.pk
        del request.user.identity
        messages.info(request, f"这一页是以“{held}”的身份打开的，已按该身份办理；当前身份已切换为：{held}。")
        return None


def _told(request: HttpRequest) -> list[Message]:
    """The messages that wait for the next page, which still get there."""
    storage = get_messages(request)
    told = list(storage)
    storage.used = False
    return told


def _next(path: str, query: str) -> str:
    return urlencode({"next": f"{path}?{query}" if query else path})
