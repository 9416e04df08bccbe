"""What apps add to each other's pages is gathered as the site starts; nothing of it is ignored in silence."""

import sys

import pytest
from django.test import override_settings

from schools.site import contributions

DESK = "from schools.site.contributions import Contributions\n\nCONTRIBUTIONS = Contributions({})\n"


@pytest.fixture
def installed(tmp_path, monkeypatch, settings):
    """The apps of the site and one more, whose desk holds what is said."""

    def make(desk: str) -> override_settings:
        package = tmp_path / "strayed"
        package.mkdir()
        (package / "__init__.py").write_text("")
        (package / "desk.py").write_text(desk)
        monkeypatch.syspath_prepend(tmp_path)
        contributions.of_all_apps.cache_clear()
        return override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, "strayed"])

    yield make
    for name in ("strayed", "strayed.desk"):
        sys.modules.pop(name, None)
    contributions.of_all_apps.cache_clear()


def test_what_another_app_adds_comes_after_what_stands(installed):
    before = contributions.contributed("duties")

    with installed(DESK.format('duties=("移交钥匙",)')):
        assert contributions.contributed("duties") == [*before, "移交钥匙"]


@pytest.mark.parametrize(
    ("desk", "mistake", "word"),
    [
        (DESK.format("signd_periods=()"), TypeError, "signd_periods"),
        ("TASKS = ()\n", AttributeError, "CONTRIBUTIONS"),
    ],
)
def test_an_app_that_misspells_what_it_adds_keeps_the_site_from_starting(installed, desk, mistake, word):
    with pytest.raises(mistake, match=word):
        installed(desk).enable()


def test_a_kind_that_does_not_exist_cannot_be_asked_for():
    with pytest.raises(AttributeError, match="task"):
        contributions.contributed("task")
