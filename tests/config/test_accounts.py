"""Signing in, locking, idling, first passwords, identities."""

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from axes.models import AccessAttempt
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from schools.accounts.opening import CharacterClassValidator
from schools.audit import verify
from schools.models import AuditEntry, PlannedClass, User
from schools.models.teaching import ClassCategory
from tests import clock
from tests.cast import PASSWORD
from tests.factories import SchoolFactory
from tests.html_forms import Forms

pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("Asia/Shanghai")


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
    opens = f"{clock.NOW.astimezone(ZONE) + dt.timedelta(minutes=31):%H:%M}"
    assert f"锁定 30 分钟，{opens} 自动解锁" in right.content.decode()
    assert elsewhere.status_code == 302
    with clock.at(clock.NOW + dt.timedelta(minutes=31)):
        assert sign_in(client, "filler", PASSWORD).status_code == 302


def spray(client, accounts: int, times: int = 3) -> None:
    """Wrong passwords for so many names, so many times each, from the one address everybody shares."""
    for number in range(accounts * times):
        sign_in(client, f"name{number % accounts}", "no")


@pytest.mark.parametrize(
    ("accounts", "times", "status"),
    [(11, 3, 429), (31, 1, 429), (10, 3, 302), (9, 4, 302)],
    ids=["33 failures of 11", "one guess each", "30 failures", "of 9 accounts"],
)
def test_many_accounts_failing_at_one_address_keep_a_stranger_to_it_waiting(
    client, appoint, accounts, times, status
):
    appoint("filler")

    spray(client, accounts, times)
    answer = sign_in(client, "filler", PASSWORD)

    assert answer.status_code == status
    if status == 429:
        opens = f"{clock.NOW.astimezone(ZONE) + dt.timedelta(minutes=16):%H:%M}"
        assert f"没有在这里登录过的账号，{opens} 以后再试" in answer.content.decode()
        assert "账号暂时锁定" not in answer.content.decode()
        assert sign_in(client, "filler", PASSWORD, REMOTE_ADDR="10.0.0.9").status_code == 302
        with clock.at(clock.NOW + dt.timedelta(minutes=16)):
            assert sign_in(client, "filler", PASSWORD).status_code == 302


def test_who_signed_in_at_the_address_before_does_not_wait_for_others(client, appoint):
    appoint("filler")
    sign_in(client, "filler", PASSWORD)

    spray(client, 12)

    assert sign_in(client, "filler", PASSWORD).status_code == 302


def test_a_county_that_mistypes_on_monday_and_then_gets_it_right_is_not_locked(client, appoint):
    """Everybody fails twice before it is right: only failures without a success count."""
    for number in range(16):
        user = User.objects.create_user(f"person{number}", PASSWORD, name="某", must_change_password=False)
        answers = [sign_in(client, user.username, word).status_code for word in ("no", "no", PASSWORD)]
        assert answers[-1] == 302, number
        client.logout()


# --- The password as a signature ---


def change_password(client, old: str, new: str = "Xin-Mima-77"):
    new = {"new_password1": new, "new_password2": new}
    return client.post(reverse("password_change"), {"old_password": old, **new})


def test_wrong_signatures_lock_the_account_as_wrong_sign_ins_do(client, signed_client, appoint):
    signed = signed_client(appoint("filler"))

    said = [change_password(signed, "Bushi-2026").context["form"].errors["old_password"][0] for _ in range(5)]
    right = change_password(signed, PASSWORD)

    assert said[3] == "当前密码不正确，密码没有修改。连续 5 次错误将锁定 30 分钟。"
    opens = f"{clock.NOW.astimezone(ZONE) + dt.timedelta(minutes=31):%H:%M}"
    assert f"锁定，{opens} 以后再试" in said[4]
    assert right.context["form"].errors["old_password"] == [said[4]]
    assert sign_in(Client(), "filler", PASSWORD).status_code == 429
    acts = list(AuditEntry.objects.order_by("number").values_list("action", flat=True))
    assert acts.count("signature_failed") == 5
    assert "lock_out" in acts
    assert verify() == []
    kept = str(AccessAttempt.objects.values_list())
    assert "Bushi-2026" not in kept
    assert "Xin-Mima-77" not in kept
    with clock.at(clock.NOW + dt.timedelta(minutes=31)):
        sign_in(signed, "filler", PASSWORD)
        assert change_password(signed, PASSWORD).status_code == 302


def test_a_right_signature_forgets_the_wrong_ones_before_it(signed_client, appoint):
    signed = signed_client(appoint("filler"))

    for _ in range(2):
        for _ in range(4):
            change_password(signed, "Bushi-2026")
        refused = change_password(signed, PASSWORD, new="short")  # right as a signature

    assert "old_password" not in refused.context["form"].errors
    assert not AccessAttempt.objects.exists()


def test_a_password_is_asked_again_in_one_place_only():
    found = {
        str(path)
        for top in ("config", "schools", "ratings")
        for path in Path(top).rglob("*.py")
        if ".check_password(" in path.read_text(encoding="utf-8")
    }

    assert found == {"schools/accounts/locking.py", "schools/accounts/forms.py"}  # the second: another one


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


def test_a_session_ends_twelve_hours_after_signing_in_however_busy(test_pages, signed_client, appoint):
    client = signed_client(appoint("filler"))
    client.get("/secret/")

    for hours, status in ((6, 200), (11.9, 200), (12.1, 302)):
        record = client.session.__class__.get_model_class().objects.get(pk=client.session.session_key)
        record.expire_date = clock.NOW + dt.timedelta(hours=13)  # never idle
        record.save()
        with clock.at(clock.NOW + dt.timedelta(hours=hours)):
            answer = client.get("/secret/")
        assert answer.status_code == status, hours
    assert answer.url == "/accounts/login/?next=/secret/"


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

    same = change_password(client, PASSWORD, new=PASSWORD)
    assert same.context["form"].errors["new_password1"] == ["新密码不能与当前密码相同，请另设一个。"]
    assert client.get("/secret/").url == reverse("password_change")

    change_password(client, PASSWORD)

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
