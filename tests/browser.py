"""Debian's Chromium, in its build without windows, for tests that look at pages."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

CHROMIUM = "/usr/bin/chromium-headless-shell"
#: Patience with a machine that does other work beside the tests; nothing is measured by it.
PATIENCE = 180_000
PHONE = {"width": 360, "height": 740}
#: The width of the page in the size of type, as 大字 sets it.
WIDTH = """large => {
  const root = document.documentElement, before = root.classList.contains('large-text');
  root.classList.toggle('large-text', large);
  const width = root.scrollWidth;
  root.classList.toggle('large-text', before);
  return width;
}"""
expect.set_options(timeout=PATIENCE / 3)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    """The system's browser, as it runs for root and in small containers."""
    return {
        **browser_type_launch_args,
        "executable_path": CHROMIUM,
        "args": ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict) -> dict:
    """The common screen of an office desk, in Chinese."""
    return {
        **browser_context_args,
        "viewport": {"width": 1366, "height": 768},
        "locale": "zh-CN",
        "timezone_id": "Asia/Shanghai",
    }


@pytest.fixture(autouse=True, scope="session")
def patient_browser() -> None:
    """Every context waits as long, also those that tests open themselves."""
    made = BrowserContext.__init__

    def patient(self, *args, **kwargs) -> None:
        made(self, *args, **kwargs)
        self.set_default_timeout(PATIENCE)

    BrowserContext.__init__ = patient


def faults(page: Page, *, whole: bool = False) -> list[str]:
    """What is not accessible on the page as it stands, and where; empty where nothing is.

    The one rule about style sheets as a whole reads them all over again on every page, and is asked only
    where `whole`: there is one sheet.
    """
    options = {"resultTypes": ["violations"], "preload": whole}
    found = Axe().run(page, options=options).response["violations"]
    return [f"{page.url} {one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def too_wide(page: Page) -> list[str]:
    """How much wider than a phone the page is, in either size of type; empty where it fits. Screen and size
    are afterwards what they were.
    """
    screen = page.viewport_size
    page.set_viewport_size(PHONE)
    widths = {large: page.evaluate(WIDTH, large) for large in (False, True)}
    page.set_viewport_size(screen)
    return [
        f"{page.url} is {width} px wide on a phone{' in large type' if large else ''}"
        for large, width in widths.items()
        if width > PHONE["width"]
    ]


def comes_true(page: Page, state: Callable[[], object], patience: int = PATIENCE) -> bool:
    """Whether the page gets to a state that no event tells of, which is looked at again and again."""
    for _ in range(patience // 50):
        if state():
            return True
        page.wait_for_timeout(50)
    return False


def wait_until_held(page: Page, held: list) -> None:
    """Waits until a request that the test holds back has come; the handler of a route runs when the browser
    gets to it.
    """
    assert comes_true(page, lambda: held), "the page never sent what was to be held back"


def let_pass(page: Page, milliseconds: int) -> None:
    """Moves the page's own clock on, timers included, whatever this machine's clock says; begin with
    `page.clock.install()`.

    What the page sends by then is known here when this returns.
    """
    page.clock.run_for(milliseconds)
    page.evaluate("0")


@pytest.fixture
def signed_in(context, client, live_server):
    """Turns a user into an open page, without the sign-in form: `page = signed_in(user)`."""

    def open_page(user):
        client.force_login(user)
        context.add_cookies(
            [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
        )
        return context.new_page()

    return open_page


@pytest.fixture
def phone(browser, live_server):
    """A page 360 px wide."""
    context = browser.new_context(viewport=PHONE, locale="zh-CN")
    yield context.new_page()
    context.close()
