"""Lists and boards in the browser's eyes, beside a bare Django page with the same rows."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import Client, override_settings
from django.urls import path, reverse

from ratings.models import Result, Scheme
from schools.models import Appointment, School, User
from schools.models.people import Role

from .measuring import Measure, median, queries

ROWS = 50
#: What a page of the board holds; averages and counts need the others all the same.
BOARD_ROWS = 100
FLOOR_MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware"]
FLOOR_PAGE = """<!doctype html><title>{{ user.name }}</title><table>{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>
{% endfor %}</tr>{% endfor %}</table>"""


def bare_list(request: HttpRequest) -> HttpResponse:
    """The least a list of schools can be."""
    rows = School.objects.filter(city=request.user.city).values_list("code", "name", "short_name", "county__name", "seats")[:ROWS]
    return HttpResponse(engines["django"].from_string(FLOOR_PAGE).render({"rows": rows, "user": request.user}))


def bare_board(request: HttpRequest) -> HttpResponse:
    """The least a board can be: names, figures and totals of every school read, those of a page shown."""
    results = Result.objects.filter(scheme__city=request.user.city).values_list("school_name", "county_name", "figures", "total", "star")
    rows = [[name, county, *figures["categories"].values(), total, star] for name, county, figures, total, star in results][:BOARD_ROWS]
    return HttpResponse(engines["django"].from_string(FLOOR_PAGE).render({"rows": rows, "user": request.user}))


urlpatterns = [path("list/", bare_list), path("board/", bare_board)]


def pages(scheme: Scheme) -> Iterator[Measure]:
    """A list of 50 schools and a page of the committee board of the whole city, as the office sees them."""
    user = User.objects.create_user(f"bench{scheme.pk}", name="测速", city=scheme.city, must_change_password=False)
    Appointment.objects.create(user=user, role=Role.OFFICE, city=scheme.city)
    yield page_measure("学校名单（50 行）", user, reverse("schools:schools"), __name__, "/list/", 5)
    size = Result.objects.filter(scheme=scheme).count()
    yield page_measure(f"审定总表（{size} 所）", user, reverse("ratings:board", args=[scheme.pk]), __name__, "/board/")


def page_measure(work: str, user: User, address: str, floor_urls: str, floor_address: str, bound: float | None = None) -> Measure:
    """A page as `user` opens it, beside the bare page of `floor_urls` under sessions and sign-in alone."""
    client = Client()
    client.force_login(user)

    def ours() -> None:
        response = client.get(address)
        if response.status_code != 200:
            raise RuntimeError(f"{address} 返回 {response.status_code}")

    seconds, sent = median(ours), queries(ours)
    with override_settings(ROOT_URLCONF=floor_urls, MIDDLEWARE=FLOOR_MIDDLEWARE):
        bare = Client()
        bare.force_login(user)
        floor = median(lambda: bare.get(floor_address))
    return Measure(work, seconds, floor, "裸 Django 页面", sent, bound)
