"""The table of permissions: every view declares its act, no act is idle, and the page in docs says
the same.
"""

import re

import pytest
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, path, resolve, reverse

from schools.admin.scoped import Scoped
from schools.management.commands.role_table import role_table
from schools.models import Role
from schools.permissions import ACTS, EVERYBODY, TABLE, Act, allowed_to, may, require
from schools.site.contributions import contributed
from tests.factories import UserFactory


def patterns_of(entries) -> list[URLPattern]:
    """Every address but those of the back office, whose tables declare their acts themselves."""
    found = []
    for entry in entries:
        if isinstance(entry, URLResolver):
            found += [] if entry.namespace == "admin" else patterns_of(entry.url_patterns)
        else:
            found.append(entry)
    return found


def undeclared(entries) -> list[str]:
    """Addresses whose view names no act."""
    return [str(one.pattern) for one in patterns_of(entries) if not hasattr(one.callback, "acts")]


def views() -> list:
    """The views of the site."""
    return [one.callback for one in patterns_of(get_resolver().url_patterns)]


def bare(request) -> HttpResponse:
    """A view whose writer forgot to say who may."""
    return HttpResponse("内部")


def test_every_view_declares_its_act():
    assert undeclared(get_resolver().url_patterns) == []


def test_a_view_that_declares_nothing_is_found_out():
    entries = [path("declared/", allowed_to("monitor")(bare)), path("forgotten/", bare)]

    assert undeclared(entries) == ["forgotten/"]


def test_an_act_that_is_not_in_the_table_cannot_be_declared():
    with pytest.raises(KeyError, match="fly"):
        allowed_to("fly")


def test_every_table_of_the_back_office_declares_its_acts():
    tables = admin.site._registry.values()

    assert [one for one in tables if not isinstance(one, Scoped)] == []
    assert all(ACTS[act].back_office for one in tables for act in one.acts)


def test_every_act_is_declared_somewhere():
    declared = {act for view in views() for act in view.acts}
    declared |= {entry.act for entry in contributed("navigation")}
    declared |= {act for one in admin.site._registry.values() for act in one.acts}

    assert declared == set(ACTS)


def test_no_act_is_declared_in_two_rooms():
    assert sum(len(acts) for acts in TABLE.values()) == len(ACTS)


def test_who_may_send_a_form_may_open_its_page():
    pairs = {view.acts for view in views() if len(view.acts) == 2}

    assert pairs
    assert [pair for pair in pairs if not set(ACTS[pair[1]].roles) <= set(ACTS[pair[0]].roles)] == []


def test_navigation_leads_nobody_to_a_page_that_is_closed():
    inside = [entry for entry in contributed("navigation") if entry.url_name != "admin:index"]
    pages = [(entry.act, resolve(reverse(entry.url_name)).func.acts[0]) for entry in inside]

    assert [pair for pair in pages if not set(ACTS[pair[0]].roles) <= set(ACTS[pair[1]].roles)] == []


def test_only_what_is_said_to_be_open_opens_without_signing_in():
    opened = {act for act, row in ACTS.items() if row.signed_out}
    shown = {view.acts for view in views() if not getattr(view, "login_required", True)}

    assert opened == {"visit"}
    assert shown == {("visit",)}


def test_the_page_in_docs_is_the_table():
    page = (settings.BASE_DIR / "docs" / "权限.md").read_text(encoding="utf-8")

    assert page.endswith(f"\n{role_table()}\n"), "manage.py role_table 打印新的表"


def test_the_page_in_docs_names_what_is_not_found_instead_of_refused():
    page = (settings.BASE_DIR / "docs" / "权限.md").read_text(encoding="utf-8")
    silent = {
        act for view in views() for act in view.acts if not ACTS[act].refusal and ACTS[act].roles != EVERYBODY
    }
    line = next(line for line in page.splitlines() if "也按不存在处理：" in line)

    assert set(re.findall("“(.+?)”", line)) == {ACTS[act].name for act in silent}


@pytest.fixture
def rows(monkeypatch) -> None:
    """Acts of the test's own, so that no change of the real table changes what is tested here."""
    monkeypatch.setitem(ACTS, "look", Act("看", (Role.OFFICE, Role.CHAIR), "只由办公室和主任看。"))
    monkeypatch.setitem(ACTS, "sign", Act("签", (Role.CHAIR,), "由主任签。"))
    monkeypatch.setitem(ACTS, "hide", Act("藏", (Role.CHAIR,)))
    monkeypatch.setitem(ACTS, "keep", Act("维护", (Role.SYSADMIN,), "由系统管理员维护。", back_office=True))


@pytest.mark.django_db
def test_the_sentence_of_the_table_refuses_and_an_act_without_one_is_not_found(rows, appoint):
    office = appoint("office")

    require(appoint("chair"), "hide")
    with pytest.raises(PermissionDenied, match="由主任签。"):
        require(office, "sign")
    with pytest.raises(Http404):
        require(office, "hide")


@pytest.mark.django_db
def test_sending_a_form_is_an_act_of_its_own(rows, appoint):
    view = allowed_to("look", post="sign")(bare)
    people = {role: appoint(role) for role in ("chair", "office", "judge")}

    def answer(role: str, method: str) -> int | str:
        request = getattr(RequestFactory(), method)("/")
        request.user = people[role]
        try:
            return view(request).status_code
        except PermissionDenied as refused:
            return str(refused)

    assert [answer(role, "get") for role in people] == [200, 200, "只由办公室和主任看。"]
    assert [answer(role, "post") for role in people] == [200, "由主任签。", "由主任签。"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("staff", "active", "allowed"), [(True, True, True), (False, True, False), (True, False, False)]
)
def test_the_back_office_wants_a_marked_account_beside_the_role(rows, appoint, staff, active, allowed):
    user = appoint("sysadmin")
    user.is_staff, user.is_active = staff, active

    assert may(user, "keep") is allowed


@pytest.mark.django_db
@pytest.mark.parametrize(("debug", "allowed"), [(True, True), (False, False)])
def test_a_superuser_keeps_the_back_office_while_developing_and_nothing_else(rows, settings, debug, allowed):
    settings.DEBUG = debug
    user = UserFactory(is_superuser=True, is_staff=True)

    assert may(user, "keep") is allowed
    assert not may(user, "look")
