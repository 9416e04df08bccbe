"""What every test shares: no network, few examples, one browser, the named cast."""

import gc
import ipaddress
import itertools
import os
import socket
from pathlib import Path

import holidays
import pytest
from django.http import HttpResponse
from hypothesis import HealthCheck, settings

from schools.calendar import workdays
from schools.site import views as site
from schools.workbooks import reading, rebuilding
from tests import clock, national

# Playwright's synchronous interface runs an event loop in this thread, which Django would take for an
# asynchronous view.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# The same examples every time: whether a change lands must not be a matter of luck. The deep run looks for
# new ones.
settings.register_profile(
    "default", max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "deep", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

ROOT = Path(__file__).parent

_numbers = itertools.count()

pytest_plugins = ["tests.browser", "tests.cast", "tests.databases"]

#: Started before any module of tests is read, so that days computed on import are of the same clock.
_travel = clock.at(clock.NOW)
_traveller = _travel.start()

#: The package learns of a year every November; what the tests say of 2027 holds whatever version is
#: installed.
holidays.country_holidays = national.until(2026, holidays.country_holidays)


@pytest.fixture(scope="module")
def workbooks_opened_here():
    """For a module that reads thousands of workbooks: what the child does is done in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "apart", lambda module, content, **limits: rebuilding.inspect(content))
        yield


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the collector of unused objects need not look at it after each page."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests come first, so that no worker is left with one of them alone: pages in the browser, then
    walks over all pages.
    """
    items.sort(
        key=lambda item: (item.get_closest_marker("browser") is None, len(item.path.relative_to(ROOT).parts))
    )


@pytest.fixture(autouse=True)
def morning() -> None:
    """Every test begins at the same moment; the clock then goes on, as threads and browsers expect of one."""
    _traveller.move_to(clock.NOW.timestamp())


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuses sockets beyond this machine: the program must work on a closed network, and a test that reaches
    out is a bug.
    """
    connect = socket.socket.connect

    def guarded(self: socket.socket, address, *args):
        if self.family != socket.AF_UNIX and not _is_local(address[0]):
            raise AssertionError(f"a test tried to reach {address!r}")
        return connect(self, address, *args)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def media(settings, tmp_path_factory) -> None:
    """Uploaded and generated files are those of the test alone; the folder is made by the first of them, as
    most tests have none.
    """
    settings.MEDIA_ROOT = tmp_path_factory.getbasetemp() / "media" / str(next(_numbers))


@pytest.fixture(autouse=True)
def calendar() -> None:
    """The office's table of working days is empty and already read, so that it costs no query where one is
    counted.
    """
    workdays.remember({})


@pytest.fixture
def bare_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    """For walks that ask for thousands of pages and look at the status alone of those that refuse: the error
    page with its navigation takes as long as the refusal.
    """
    monkeypatch.setattr(
        site, "render", lambda request, template, context, status: HttpResponse(status=status)
    )


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
