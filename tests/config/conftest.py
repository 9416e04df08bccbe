"""Pages that only tests open."""

from pathlib import Path

import pytest
from django.conf import LazySettings

from schools.site.contributions import Entry


@pytest.fixture
def test_pages(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Serves tests/config/urls.py with a navigation of its own, as the real one depends on pages that tests
    here do not know.
    """
    settings.ROOT_URLCONF = "tests.config.urls"
    templates = [{**settings.TEMPLATES[0], "DIRS": [*settings.TEMPLATES[0]["DIRS"], Path(__file__).parent]}]
    settings.TEMPLATES = templates
    entries = [
        Entry(1, "部件", "gallery", "open_own_pages"),
        Entry(2, "帮助", "help", "visit"),
        Entry(3, "审计", "healthz", "read_audit"),
    ]
    monkeypatch.setattr("schools.desk.CONTRIBUTIONS.navigation", entries)
    monkeypatch.setattr("ratings.desk.CONTRIBUTIONS.navigation", [])
