"""Comings and goings enter the trail without anybody calling for it."""

import pytest
from django.urls import reverse

from schools.audit import verify
from schools.models import AuditEntry
from tests.cast import PASSWORD

pytestmark = pytest.mark.engine


def _acts():
    return list(AuditEntry.objects.order_by("number").values_list("action", flat=True))


def _sign_in(client, username, password):
    return client.post(reverse("login"), {"username": username, "password": password})


def test_sign_in_and_out_are_recorded_in_the_chain_of_the_city(client, appoint, city):
    filler = appoint("filler")

    _sign_in(client, filler.username, PASSWORD)
    client.post(reverse("logout"))

    assert _acts() == ["sign_in", "sign_out"]
    assert {entry.city for entry in AuditEntry.objects.all()} == {city}
    assert AuditEntry.objects.first().user == filler
    assert "127.0.0.1" in AuditEntry.objects.first().detail
    assert verify() == []


def test_failed_sign_ins_and_the_lock_out_are_recorded(client, appoint):
    filler = appoint("filler")

    for _ in range(6):
        _sign_in(client, filler.username, "wrong")

    assert _acts().count("sign_in_failed") >= 5
    assert "lock_out" in _acts()
    assert AuditEntry.objects.first().user is None


def test_sign_in_with_an_unknown_name_is_not_recorded(client, db, caplog):
    _sign_in(client, "Mima-2026", "x")

    assert _acts() == []
    assert "Mima-2026" not in caplog.text


def test_password_changed_by_its_owner_is_recorded_once(appoint):
    filler = appoint("filler")

    filler.set_password("Xin-mima-2027")
    filler.save()
    filler.save()

    assert _acts() == ["password_change"]
    assert AuditEntry.objects.get().user == filler


def test_password_set_by_somebody_else_is_recorded_as_a_reset(appoint):
    filler = appoint("filler")

    filler.must_change_password = True
    filler.set_password("Linshi-2027")
    filler.save()

    assert _acts() == ["password_reset"]


def test_password_reset_in_the_back_office_names_who_did_it(appoint, signed_client):
    sysadmin, filler = appoint("sysadmin"), appoint("filler")
    sysadmin.is_staff = True
    sysadmin.save()
    filler.city = sysadmin.identity.city
    filler.save()
    client = signed_client(sysadmin)

    client.post(
        reverse("admin:auth_user_password_change", args=[filler.pk]),
        {"password1": "Linshi-2027", "password2": "Linshi-2027"},
    )

    filler.refresh_from_db()
    assert filler.check_password("Linshi-2027")
    assert AuditEntry.objects.get(action="password_reset").user == sysadmin


@pytest.mark.django_db
def test_new_account_is_no_password_change(appoint):
    appoint("judge")

    assert _acts() == []
