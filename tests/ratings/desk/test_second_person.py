"""What one person has begun waits on the workbench of the one who must finish it, and of nobody else."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from ratings.criteria.years import copy_scheme
from ratings.drafting.errata import change_row, prepare, send_for_signature, sign, write_reason
from ratings.enums import Phase
from ratings.models import Erratum, OpeningProposal, Scheme
from ratings.workflow.opening import propose, withdraw_proposal
from schools.models import Region
from tests.rating_factories import follows_on, open_year, published_year

pytestmark = [pytest.mark.engine, pytest.mark.django_db]


@pytest.fixture
def chair(appoint):
    return appoint("chair")


@pytest.fixture
def proposal(city, school, office) -> OpeningProposal:
    today = timezone.localdate()
    draft = copy_scheme(published_year(city, [school], year=today.year - 1), year=today.year, by=office)
    days = {"self_due": today + dt.timedelta(days=30), "city_due": today + dt.timedelta(days=60)}
    return propose(follows_on(draft), by=office, deadlines=days)


@pytest.fixture
def erratum(city, school, office) -> Erratum:
    found = prepare(open_year(city, [school], year=2020), by=office)
    change_row(found, "item", "L1", {"standard": "抽听一课"}, by=office, revision=0)
    write_reason(found, reason="标准印错", basis="市评委会纪要第3号", by=office, revision=found.revision + 1)
    send_for_signature(found, by=office)
    found.refresh_from_db()
    return found


def tasks(client) -> str:
    """The list on the workbench."""
    return client.get("/").content.decode()


def test_an_opening_waits_for_the_chair_until_it_is_taken_back(proposal, office, chair, signed_client):
    address = reverse("ratings:scheme_opening", args=[proposal.scheme_id])
    shown = tasks(signed_client(chair))
    withdraw_proposal(proposal.scheme, by=office)

    assert (
        f"确认启动{proposal.scheme.year}年度评定" in shown and address in shown and f"{office.name} " in shown
    )
    assert address not in tasks(signed_client(chair))


def test_an_office_without_any_criteria_is_led_to_write_them(appoint, signed_client):
    led = tasks(signed_client(appoint("office")))

    assert f"制定{timezone.localdate().year}年度评定方案" in led
    assert "年度评定方案" not in tasks(signed_client(appoint("viewer")))


def test_a_draft_stays_on_the_workbench_until_its_opening_is_proposed(proposal, office, signed_client):
    address = reverse("ratings:scheme_edit", args=[proposal.scheme_id])
    proposed = tasks(signed_client(office))
    withdraw_proposal(proposal.scheme, by=office)

    assert address not in proposed
    assert address in tasks(signed_client(office))


def test_whoever_proposed_has_nothing_to_confirm(proposal, office, signed_client):
    assert reverse("ratings:scheme_opening", args=[proposal.scheme_id]) not in tasks(signed_client(office))


def test_a_correction_waits_for_the_chair_until_it_is_signed(erratum, chair, signed_client):
    address = reverse("ratings:erratum_sign", args=[erratum.pk])
    shown = tasks(signed_client(chair))
    sign(erratum, by=chair)

    assert "签发2020年度评定方案的更正" in shown and address in shown and "标准印错" in shown
    assert address not in tasks(signed_client(chair))


def test_a_correction_that_can_no_longer_be_signed_asks_nobody(erratum, chair, signed_client):
    Scheme.objects.filter(pk=erratum.scheme_id).update(phase=Phase.PUBLISHED, published_at=timezone.now())

    assert reverse("ratings:erratum_sign", args=[erratum.pk]) not in tasks(signed_client(chair))


@pytest.mark.parametrize("role", ["office", "viewer", "judge", "head", "auditor"])
def test_only_the_chair_signs(role, erratum, appoint, office, signed_client):
    user = office if role == "office" else appoint(role)

    assert reverse("ratings:erratum_sign", args=[erratum.pk]) not in tasks(signed_client(user))


def test_another_city_hears_nothing(proposal, erratum, appoint, signed_client):
    stranger = appoint("chair", city=Region.objects.create(code="T9", name="邻市", kind=Region.Kind.CITY))

    assert "确认启动" not in tasks(signed_client(stranger)) and "签发" not in tasks(signed_client(stranger))
