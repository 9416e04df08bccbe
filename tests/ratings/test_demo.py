"""The demonstration loads on the day after a day of rest too, gives every account something to see, and is loaded only once."""

import datetime as dt
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from ratings import demo
from ratings.enums import Phase, Status
from ratings.invariants import violations
from ratings.models import Assessment, Scheme

pytestmark = pytest.mark.django_db

FIXTURES = Path(__file__).parents[2] / "fixtures"
PASSWORD = "Shili-2026"


#: The day before is a day of rest, whose deadline would not have passed.
MONDAY = dt.datetime(2026, 11, 23, 10, tzinfo=timezone.get_default_timezone())


def test_the_demonstration_has_a_year_behind_it_and_one_under_way(monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(timezone, "now", lambda: MONDAY)
        users = demo.load(FIXTURES, PASSWORD)
        counts = Scheme.objects.count(), Assessment.objects.count()
        again = demo.load(FIXTURES, PASSWORD)

    assert (Scheme.objects.count(), Assessment.objects.count()) == counts
    assert [user.pk for user in again] == [user.pk for user in users]
    running = Scheme.objects.get(year=2026, city__name="示例市")
    assert running.phase in (Phase.OPEN, Phase.SCORING)
    reached = set(running.assessments.values_list("status", flat=True))
    assert reached >= {Status.DRAFT, Status.CONFIRMING, Status.RETURNED, Status.COUNTY, Status.CITY, Status.LAPSED}
    assert [problem for scheme in Scheme.objects.all() for problem in violations(scheme)] == []
    for user in again:
        client = Client()
        client.force_login(user)
        assert client.get("/").status_code == 200
