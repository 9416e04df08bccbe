"""The site's addresses, with pages that only tests open."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST

from config import urls
from schools.accounts.forms import SignInForm
from schools.saving import Refused

handler400, handler403, handler404, handler500 = (
    urls.handler400,
    urls.handler403,
    urls.handler404,
    urls.handler500,
)

ROWS = [
    ("东溪镇委党校", 85.91, 4),
    ("云岭镇委党校", 83, 3),
    ("白沙街道党工委党校", 92, 5),
    ("丁区功能区党工委党校", 60, 0),
]


def gallery(request: HttpRequest) -> HttpResponse:
    """Every piece of docs/interface.md on one page."""
    form = SignInForm(request, data={"username": "", "password": ""}) if "errors" in request.GET else None
    page = Paginator(range(490), 20).page(4)
    return render(
        request,
        "gallery.html",
        {
            "form": form,
            "rows": ROWS,
            "page_obj": page,
            "trail": [("2026年度自评", "/"), ("三、教学培训", "/x/")],
        },
    )


def secret(request: HttpRequest) -> HttpResponse:
    """An ordinary page; nothing marks it as open."""
    return HttpResponse("内部")


def refused(request: HttpRequest) -> HttpResponse:
    """Refused with a sentence."""
    raise PermissionDenied("评分期间不能修改标准。")


def refused_save(request: HttpRequest) -> HttpResponse:
    """A view that does not show a refusal itself."""
    raise Refused(["评分表已提交，不能再修改。", "请先退回评分表。"])


def failing(request: HttpRequest) -> HttpResponse:
    """Whatever a test puts in its place."""
    return HttpResponse("ok")


@login_not_required
def broken(request: HttpRequest) -> HttpResponse:
    """A bug."""
    raise RuntimeError("on purpose")


@csrf_protect
@require_POST
def only_post(request: HttpRequest) -> HttpResponse:
    """A form's address."""
    return HttpResponse("ok")


urlpatterns = [
    path("gallery/", gallery, name="gallery"),
    path("secret/", secret),
    path("refused/", refused),
    path("refused-save/", refused_save),
    path("failing/", lambda request: failing(request)),
    path("broken/", broken),
    path("only-post/", only_post),
    *urls.urlpatterns,
]
