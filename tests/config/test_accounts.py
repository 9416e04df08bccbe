"""Signing in, locking, idling, first passwords, identities."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse

from schools.accounts.opening import CharacterClassValidator
from schools.models import PlannedClass
from schools.models.teaching import ClassCategory
from tests import clock
from tests.cast import PASSWORD
from tests.factories import SchoolFactory
from tests.html_forms import Forms

pytestmark = pytest.mark.django_db


def sign_in(client, username: str, password: str, **extra):
    return client.post(reverse("login"), {"username": username, "password": password}, **extra)


def test_sign_in_leads_back_to_the_page_asked_for(client, appoint):
    appoint("filler")

    response = client.post(
        reverse("login") + "?next=/help/", {"username": "filler", "password": PASSWORD, "next": "/help/"}
    )

    assert response.url == "/help/"


def test_a_wrong_password_and_an_unknown_name_get_the_same_sentence(client, appoint):
    appoint("filler")

    wrong, unknown = (
        sign_in(client, name, "no").context["form"].non_field_errors() for name in ("filler", "nobody")
    )

    assert wrong == unknown
    assert "用户名或密码不正确" in wrong[0]


def test_the_fifth_wrong_password_locks_this_name_at_this_address_only(client, appoint):
    appoint("filler")

    answers = [sign_in(client, "filler", "no").status_code for _ in range(5)]
    right = sign_in(client, "filler", PASSWORD)
    elsewhere = sign_in(client, "filler", PASSWORD, REMOTE_ADDR="10.0.0.9")

    assert answers == [200, 200, 200, 200, 429]
    assert right.status_code == 429
    assert "锁定 30 分钟" in right.content.decode()
    assert elsewhere.status_code == 302


def test_behind_a_proxy_the_lock_counts_the_visitor_whatever_he_claims(client, appoint, settings):
    settings.TRUSTED_PROXIES = 1
    appoint("filler")

    for number in range(5):
        sign_in(client, "filler", "no", HTTP_X_FORWARDED_FOR=f"1.2.3.{number}, 10.1.1.1")

    assert sign_in(client, "filler", PASSWORD, HTTP_X_FORWARDED_FOR="9.9.9.9, 10.1.1.1").status_code == 429
    assert sign_in(client, "filler", PASSWORD, HTTP_X_FORWARDED_FOR="10.1.1.2").status_code == 302


def test_the_session_is_written_at_most_once_a_minute(
    test_pages, signed_client, appoint, django_assert_num_queries
):
    client = signed_client(appoint("filler"))
    client.get("/secret/")
    with django_assert_num_queries(2):  # session and user, no write
        client.get("/secret/")
    before = client.session.get_expiry_date()

    later = clock.NOW + dt.timedelta(seconds=61)
    with clock.at(later):
        client.get("/secret/")

    assert client.session["seen"] >= int(later.timestamp())
    assert client.session.get_expiry_date() >= before


def test_an_idle_session_ends(test_pages, signed_client, appoint):
    client = signed_client(appoint("filler"))
    client.get("/secret/")
    record = client.session.__class__.get_model_class().objects.get(pk=client.session.session_key)
    assert (
        1790
        <= (record.expire_date - record.expire_date.__class__.now(record.expire_date.tzinfo)).total_seconds()
        <= 1800
    )

    record.expire_date = record.expire_date.replace(year=2020)
    record.save()

    assert client.get("/secret/").url == "/accounts/login/?next=/secret/"


def test_a_first_password_must_be_changed_before_anything_else(test_pages, signed_client, appoint):
    user = appoint("filler")
    user.must_change_password = True
    user.save(update_fields=["must_change_password"])
    client = signed_client(user)

    assert client.get("/secret/").url == reverse("password_change")
    assert client.get("/secret/", headers={"HX-Request": "true"}).headers["HX-Redirect"] == reverse(
        "password_change"
    )
    assert client.get(reverse("help")).status_code == 200

    new = {"old_password": PASSWORD, "new_password1": "Xin-Mima-77", "new_password2": "Xin-Mima-77"}
    client.post(reverse("password_change"), new)

    user.refresh_from_db()
    assert not user.must_change_password
    assert user.check_password("Xin-Mima-77")
    assert client.get("/secret/").status_code == 200


@pytest.mark.parametrize(
    "password", ["Ab1-xyz", "abcdefgh1", "ABCDEFGH1", "abcdefgh", "12345678", "密码密码密码密码"]
)
def test_a_simple_password_is_refused(password):
    with pytest.raises(ValidationError, match="至少 8 位"):
        CharacterClassValidator().validate(password)


@pytest.mark.parametrize("password", ["Abcdefg1", "abcdefg-1", "ABCDEFG#1", "密码abcDEF"])
def test_a_password_of_three_kinds_is_accepted(password):
    CharacterClassValidator().validate(password)


@pytest.fixture
def clerk(appoint, county):
    """One person fills in for two schools."""
    user = appoint("filler")
    appoint("filler", user=user, school=SchoolFactory(county=county, city=county.city, name="河口镇委党校"))
    return user


def planned(client) -> dict[str, str]:
    """The form of a plan as a page that stays open in one tab, with one class written into it."""
    page = client.get(reverse("schools:plan_edit", args=[2027])).content.decode()
    fields = next(fields for _, fields in Forms(page).found if "row-TOTAL_FORMS" in fields)
    typed = {"row-0-month": "3", "row-0-name": "两校测试计划", "row-0-kind": ClassCategory.MAIN.value}
    kept = {name: value for name, value in fields.items() if not name.startswith("row-") or "FORMS" in name}
    return {**kept, "row-0-pk": "", **typed}


def test_a_form_is_taken_for_the_school_whose_page_it_stood_on(client, clerk):
    client.force_login(clerk)
    first, second = clerk.appointments.order_by("pk")
    form = planned(client)
    client.post(reverse("identity"), {"appointment": second.pk})  # in another tab

    answer = client.post(reverse("schools:plan_edit", args=[2027]), form, follow=True)

    assert PlannedClass.objects.get().plan.school == first.school
    assert f"当前身份已切换为：{first}" in answer.content.decode()
    assert first.school.name in answer.content.decode()


def test_a_form_of_an_identity_no_longer_held_is_refused_with_its_words(client, clerk):
    client.force_login(clerk)
    first, second = clerk.appointments.order_by("pk")
    form = planned(client)
    client.post(reverse("identity"), {"appointment": second.pk})
    first.end = clock.NOW.date() - dt.timedelta(days=1)
    first.save()

    answer = client.post(reverse("schools:plan_edit", args=[2027]), form)
    again = client.post(
        reverse("schools:plan_edit", args=[2027]), {**form, "posted_as": [first.pk, second.pk]}
    )

    assert answer.status_code == again.status_code == 409
    assert "现在不由您担任，没有办理" in answer.content.decode() and "两校测试计划" in answer.content.decode()
    assert not PlannedClass.objects.exists()
    assert client.post(reverse("logout"), {"posted_as": first.pk}).status_code == 302


def test_switching_identity_changes_role_for_the_rest_of_the_session(
    test_pages, signed_client, appoint, county
):
    user = appoint("filler")
    appoint("county", user=user)
    client = signed_client(user)
    second = user.appointments.get(role="county")

    client.post(reverse("identity"), {"appointment": second.pk})

    assert "甲区 · 初评人" in client.get("/gallery/").content.decode()


def test_nobody_switches_to_an_appointment_of_another_person(signed_client, appoint):
    office = appoint("office")
    client = signed_client(appoint("filler"))

    for value in (office.appointments.get().pk, "", "x"):
        assert client.post(reverse("identity"), {"appointment": value}).status_code == 404
    assert "appointment" not in client.session


def test_a_superuser_is_refused_outside_development(settings):
    with pytest.raises(CommandError, match=r"三个不同的人.*create_administrators"):
        call_command("createsuperuser", username="root", name="根", interactive=False)


def test_the_admin_has_no_sign_in_page_of_its_own(client, signed_client, appoint):
    assert client.get("/admin/login/?next=/admin/").url == "/accounts/login/?next=/admin/"
    assert signed_client(appoint("filler")).get("/admin/login/").status_code == 403
