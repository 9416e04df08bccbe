"""Every number leads to its records, and changing a record changes all of them."""

import re
from datetime import date

import pytest
from django.urls import reverse

from ratings.enums import Phase, Status
from ratings.models import MetricSnapshot, Move
from tests.factories import TrainingClassFactory
from tests.rating_factories import open_year
from tests.schools.class_forms import edit

pytestmark = pytest.mark.django_db

YEAR, MAY = 2026, (2026, 5)


@pytest.fixture
def assessment(city, school):
    """The school fills in its self-assessment of the year; one item is graded by 办班期数."""
    scheme = open_year(city, [school], year=YEAR, scored=False)
    scheme.phase = Phase.OPEN
    scheme.save(update_fields=["phase"])
    found = scheme.assessments.get()
    Move.objects.filter(assessment=found).delete()
    MetricSnapshot.objects.filter(assessment=found).delete()
    found.status = Status.DRAFT
    found.save(update_fields=["status"])
    return found


def plain(response) -> str:
    """The words of the page, without markup."""
    assert response.status_code == 200, response
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode().split("<main")[1]))


def test_a_changed_record_changes_every_page_that_counts_it(school, assessment, appoint, client):
    filler, county = appoint("filler"), appoint("county")
    kept = [
        TrainingClassFactory(school=school, starts_on=date(2026, 5, day), attendance=100)
        for day in (6, 13, 20, 27)
    ]
    record = TrainingClassFactory(school=school, starts_on=date(2026, 5, 28), name="要改的班", attendance=100)
    pages = {
        "month": (filler, reverse("schools:month", args=[school.pk, *MAY])),
        "teaching": (filler, f"{reverse('schools:teaching_school', args=[school.pk])}?year={YEAR}"),
        "ledger": (filler, f"{reverse('schools:ledger', args=[school.pk])}?year={YEAR}"),
        "item": (filler, reverse("ratings:assessment_item", args=[assessment.pk, "K1"])),
        "classes": (
            filler,
            f"{reverse('schools:explanation', args=[school.pk])}?figure=办班期数&year={YEAR}",
        ),
        "people": (filler, f"{reverse('schools:explanation', args=[school.pk])}?figure=参训人次&year={YEAR}"),
        "monitoring": (county, f"{reverse('schools:monitoring_school', args=[school.pk])}?year={YEAR}"),
    }

    def read() -> dict[str, str]:
        found = {}
        for name, (user, address) in pages.items():
            client.force_login(user)
            found[name] = plain(client.get(address))
        client.force_login(filler)
        return found

    first = read()
    edit(client, record, attendance="40", category=record.category, hours="4", lecturer="", lecturer_kind="")
    fewer_people = read()
    client.post(reverse("schools:class_void", args=[record.pk]), {"reason": "重复登记"})
    one_less = read()

    counted = {
        "month": ("500 人次", "440 人次", "400 人次"),
        "people": ("500", "440", "400"),
        "ledger": ("500 人次", "440 人次", "400 人次"),
    }
    counted |= {"teaching": (" 500 ", " 440 ", " 400 "), "monitoring": ("500", "440", "400")}
    for name, (before, changed, voided) in counted.items():
        assert before in first[name], name
        assert changed in fewer_people[name], name
        assert voided in one_less[name], name
    assert "5 期" in first["item"] and "系统取数部分 30.00 分" in first["item"]
    assert "4 期" in one_less["item"] and "系统取数部分 0.00 分" in one_less["item"]
    assert "要改的班" in first["classes"] and "要改的班" not in one_less["classes"]
    linked = client.get(pages["month"][1]).content.decode()
    assert all(reverse("schools:class", args=[one.pk]) in linked for one in kept)
