"""重要账号: what one administrator cannot do alone, and what two of them can."""

import re
from datetime import date
from functools import partial

import pytest
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from schools.accounts.changes import Act, ask, confirm, refuse
from schools.admin.accounts import FirstPasswordForm
from schools.audit import verify
from schools.models import AccountChange, Appointment, AuditEntry, Notice, Role, User
from schools.models.scope import ADMINISTRATORS
from schools.saving import Refused
from tests.cast import PASSWORD
from tests.ratings.races import at_once, linger

pytestmark = pytest.mark.django_db
NEW = "Xin-Mima-77"
SIGNED = {"password": PASSWORD, "decision": "confirm"}


@pytest.fixture
def three(appoint):
    """The three administrators of the whole system, who work in the back office."""
    people = {role: appoint(role, city=None) for role in ADMINISTRATORS}
    User.objects.update(is_staff=True)
    return {role: User.objects.get(pk=user.pk) for role, user in people.items()}


def enter(user: User) -> Client:
    """A client of its own for each person."""
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


def page(name: str, *args) -> str:
    return reverse(f"schools:{name}", args=args)


def text(response) -> str:
    return response.content.decode()


def asked(by: User, account: User, *, act: str = Act.PASSWORD, **typed) -> AccountChange:
    """The request that one administrator sends."""
    response = enter(by).post(page(f"account_{act}", account.pk), {"reason": "本人忘记密码", **typed})
    assert response.status_code == 302, response.context["form"].errors
    return AccountChange.objects.latest("pk")


# --- One alone ---


@pytest.mark.parametrize("role", [*ADMINISTRATORS, "office", "chair"])
def test_no_administrator_alone_sets_the_password_of_an_account_of_weight(three, appoint, role):
    account = three.get(role) or appoint(role)
    client, before = enter(three["sysadmin"]), account.password
    address = reverse("admin:auth_user_password_change", args=[account.pk])

    shown = client.get(address, follow=True)
    posted = client.post(address, {"password1": NEW, "password2": NEW})
    listed = client.post(
        reverse("admin:schools_user_changelist"),
        {"action": "issue_first_passwords", "_selected_action": [account.pk]},
        follow=True,
    )

    assert "由两名管理员在“重要账号”里办理" in text(shown)
    assert posted.status_code == 409
    if account != three["sysadmin"]:  # who is left out of one's own list anyway
        assert f"（{account.username}）是重要账号" in text(listed)
    account.refresh_from_db()
    assert (account.password, account.must_change_password) == (before, False)


def test_the_password_of_anybody_else_is_one_act_and_the_owner_is_told_at_sign_in(three, appoint):
    judge = appoint("judge")
    address = reverse("admin:auth_user_password_change", args=[judge.pk])

    enter(three["sysadmin"]).post(address, {"password1": NEW, "password2": NEW})

    owner = Client()
    signed = owner.post(reverse("login"), {"username": "judge", "password": NEW}, follow=True)
    assert signed.redirect_chain[-1][0] == reverse("password_change")
    assert "您的账号密码由sysadmin某重置（2026年" in text(signed)
    assert "请立即告诉其他管理员或运维人员" in text(signed)
    assert Notice.objects.filter(user=judge, read_at=None).exists()


def test_an_account_that_got_its_weight_while_the_form_was_sent_keeps_its_password(appoint):
    judge = appoint("judge")
    form = FirstPasswordForm(User.objects.get(pk=judge.pk), {"password1": NEW, "password2": NEW})
    assert form.is_valid()
    appoint("chair", user=judge)

    with pytest.raises(Refused, match="由两名管理员"):
        form.save()

    assert User.objects.get(pk=judge.pk).check_password(PASSWORD)


def test_nothing_by_which_such_an_account_changes_hands_is_open_in_the_back_office(three, appoint):
    chair = appoint("chair")
    chair.is_active = False
    chair.save()
    address = reverse("admin:schools_user_change", args=[chair.pk])
    typed = {"username": "mine", "name": "我", "office_phone": "2345678", "is_active": "on", "is_staff": "on"}

    for role in ("sysadmin", "security"):
        assert enter(three[role]).post(address, typed).status_code == 302

    chair.refresh_from_db()
    assert (chair.username, chair.name, chair.is_active) == ("chair", "chair某", False)
    assert chair.office_phone == "2345678"


@pytest.mark.parametrize("role", [*ADMINISTRATORS, "office", "chair"])
def test_the_security_administrator_alone_gives_none_of_these_roles(three, appoint, city, role):
    puppet, client = appoint("judge"), enter(three["security"])
    typed = {"user": puppet.pk, "role": role, "city": city.pk, "start": "2026-01-01"}

    added = client.post(reverse("admin:schools_appointment_add"), typed)
    held = puppet.appointments.get()
    changed = client.post(reverse("admin:schools_appointment_change", args=[held.pk]), typed)

    for response in (added, changed):
        assert "由两名管理员在“重要账号”里办理。" in str(response.context["adminform"].form.errors["role"])
    assert [one.role for one in puppet.appointments.all()] == ["judge"]


def test_an_appointment_of_weight_is_only_read_in_the_back_office(three, appoint):
    post = appoint("chair").appointments.get()
    address = reverse("admin:schools_appointment_change", args=[post.pk])

    shown = enter(three["security"]).get(address)
    posted = enter(three["security"]).post(address, {"end": "2026-01-02"})

    assert shown.status_code == 200
    assert 'name="_save"' not in text(shown)
    assert posted.status_code == 403


def test_an_account_is_switched_off_by_one_as_long_as_two_others_could_switch_it_on(three):
    client = enter(three["security"])
    off, last = (
        client.post(reverse("admin:schools_user_change", args=[three[role].pk]), {"is_staff": "on"})
        for role in ("auditor", "sysadmin")
    )

    assert off.status_code == 302
    assert "能办理的管理员不足两名" in str(last.context["adminform"].form.errors["is_active"])
    assert not User.objects.get(username="auditor").is_active
    assert User.objects.get(username="sysadmin").is_active


# --- Two together ---


@pytest.mark.parametrize(
    ("forgot", "asker", "confirmer"),
    [
        ("security", "sysadmin", "auditor"),
        ("sysadmin", "auditor", "security"),
        ("auditor", "security", "sysadmin"),
        ("chair", "sysadmin", "security"),
    ],
)
def test_two_administrators_give_a_password_for_one_sign_in(three, appoint, forgot, asker, confirmer):
    account = three.get(forgot) or appoint(forgot)
    change = asked(three[asker], account)
    account.refresh_from_db()
    assert account.check_password(PASSWORD)
    assert "待您确认" in text(enter(three[confirmer]).get(page("desk")))
    assert "待您确认" not in text(enter(three[asker]).get(page("desk")))

    shown = enter(three[confirmer]).post(page("account_change", change.pk), SIGNED)

    password = re.search("<code[^>]*>([^<]+)</code>", text(shown)).group(1)
    assert "no-store" in shown.headers["Cache-Control"]
    again = enter(three[confirmer]).get(page("account_change", change.pk))
    assert password not in text(again)
    owner = Client()
    told = text(owner.post(reverse("login"), {"username": forgot, "password": password}, follow=True))
    assert f"您的账号密码由{asker}某申请、{confirmer}某确认重置（2026年" in told
    same = {"old_password": password, "new_password1": password, "new_password2": password}
    assert owner.post(reverse("password_change"), same).status_code == 200
    new = same | {"new_password1": NEW, "new_password2": NEW}
    assert owner.post(reverse("password_change"), new).status_code == 302
    lines = list(AuditEntry.objects.filter(action__in=["two_people", "password_reset"]).order_by("at"))
    assert [(one.action, one.user_label) for one in lines] == [
        ("two_people", f"{asker}某（{asker}）"),
        ("password_reset", f"{confirmer}某（{confirmer}）"),
        ("two_people", f"{confirmer}某（{confirmer}）"),
    ]
    assert all("忘记密码" in one.detail for one in lines if one.action == "two_people")
    assert all(password not in one.detail for one in lines)
    assert verify() == []


def test_who_may_not_confirm_is_told_so_and_nothing_happens(three, appoint):
    second, chair = three["sysadmin"], appoint("chair")
    helper = User.objects.create_user("helper", PASSWORD, name="同角色", must_change_password=False)
    appoint("sysadmin", user=helper, city=None)
    change, own = asked(second, chair), asked(three["auditor"], three["security"])

    for person, one in ((second, change), (helper, change), (three["security"], own), (chair, change)):
        status = enter(person).post(page("account_change", one.pk), SIGNED).status_code
        assert status == (403 if person == chair else 409)
    wrong = enter(three["auditor"]).post(page("account_change", change.pk), SIGNED | {"password": "Bushi-1"})

    assert "密码不正确，没有办理" in text(wrong)
    for account in (chair, three["security"]):
        account.refresh_from_db()
        assert account.check_password(PASSWORD)
    with pytest.raises(Refused, match="另一名管理员确认"):
        confirm(change, by=helper)


def test_nobody_asks_for_the_own_account(three):
    response = enter(three["auditor"]).post(page("account_password", three["auditor"].pk), {"reason": "忘记"})

    assert "本人的账号由另外两名管理员办理" in text(response)
    assert not AccountChange.objects.exists()


def test_a_city_administrator_does_not_reach_an_account_of_the_whole_system(three, appoint, city):
    local = User.objects.create_user("local", PASSWORD, name="本市", city=city, must_change_password=False)
    appoint("auditor", user=local, city=city)
    beyond = three["sysadmin"]
    beyond.city = city  # kept by the city, though the duty is of the whole system
    beyond.save()

    with pytest.raises(Refused, match="全系统的账号由全系统的管理员办理"):
        ask(Act.PASSWORD, beyond, by=local, reason="忘记")
    change = ask(Act.PASSWORD, beyond, by=three["security"], reason="忘记")
    with pytest.raises(Refused, match="另一名管理员确认"):
        confirm(change, by=local)


def test_a_request_without_a_reason_a_second_one_and_a_refusal(three, appoint):
    chair = appoint("chair")
    client = enter(three["sysadmin"])
    nothing = client.post(page("account_password", chair.pk), {"reason": " "})
    assert nothing.context["form"].errors["reason"]
    change = asked(three["sysadmin"], chair)
    second = client.post(page("account_password", chair.pk), {"reason": "再来"})
    assert "已有一份同样的申请等待确认" in text(second)
    assert "再来" in text(second)

    answer = page("account_change", change.pk)
    without = enter(three["auditor"]).post(answer, {"password": PASSWORD, "decision": "refuse"})
    assert "请写明原因" in text(without)
    typed = {"password": PASSWORD, "decision": "refuse", "remark": "本人说没有忘记"}
    enter(three["auditor"]).post(answer, typed)

    change.refresh_from_db()
    assert change.status == "refused"
    assert Notice.objects.filter(user=three["sysadmin"], text__contains="本人说没有忘记").exists()
    with pytest.raises(Refused, match="未同意，不能再次办理"):
        confirm(change, by=three["security"])
    other = asked(three["sysadmin"], chair)
    assert enter(three["auditor"]).post(page("account_change_withdraw", other.pk)).status_code == 302
    assert AccountChange.objects.get(pk=other.pk).status == "pending"
    enter(three["sysadmin"]).post(page("account_change_withdraw", other.pk))
    assert AccountChange.objects.get(pk=other.pk).status == "withdrawn"


def test_details_and_switching_on_take_two(three, appoint):
    chair = appoint("chair")
    typed = {"username": "liu", "name": "刘某"}
    change = asked(three["sysadmin"], chair, act="details", **typed)
    shown = text(enter(three["auditor"]).get(page("account_change", change.pk)))
    assert all(word in shown for word in ("chair某", "刘某", "liu"))
    assert confirm(change, by=three["auditor"]) == ""
    chair.refresh_from_db()
    assert (chair.username, chair.name) == ("liu", "刘某")
    same = enter(three["sysadmin"]).post(page("account_details", chair.pk), {**typed, "reason": "再改"})
    assert "所填与现在的一致" in text(same)
    taken = enter(three["sysadmin"]).post(
        page("account_details", chair.pk), {**typed, "username": "auditor", "reason": "再改"}
    )
    assert "该用户名已被使用" in text(taken)

    User.objects.filter(pk=chair.pk).update(is_active=False)
    with pytest.raises(Refused, match="已停用，请先申请启用"):
        ask(Act.PASSWORD, chair.__class__.objects.get(pk=chair.pk), by=three["sysadmin"], reason="忘记")
    confirm(asked(three["security"], chair, act="enable"), by=three["sysadmin"])

    assert User.objects.get(pk=chair.pk).is_active
    told = list(Notice.objects.filter(user=chair).values_list("text", flat=True))
    assert any("由sysadmin某申请、auditor某确认修改" in one for one in told)
    assert any("由security某申请、sysadmin某确认启用" in one for one in told)


def test_an_appointment_of_weight_takes_two_and_an_owner_who_chose_the_password(three, appoint, city):
    person = User.objects.create_user("wang", PASSWORD, name="王某")
    client = enter(three["security"])
    typed = {"person": "wang", "role": "chair", "city": city.pk, "start": "2026-03-01", "reason": "任命"}

    early = client.post(page("account_appoint"), typed)
    assert "请本人先登录、改成自己的密码，再任职" in text(early)
    User.objects.filter(pk=person.pk).update(must_change_password=False)
    unknown = client.post(page("account_appoint"), {**typed, "person": "nobody"})
    assert "没有用户名为“nobody”的账号" in text(unknown)
    nowhere = client.post(page("account_appoint"), {**typed, "city": ""})
    assert "角色与范围不符" in text(nowhere)
    assert client.post(page("account_appoint"), typed).status_code == 302
    assert not person.appointments.exists()

    change = AccountChange.objects.get()
    confirm(change, by=three["auditor"])

    (held,) = person.appointments.all()
    assert (held.role, held.city, held.start, held.end) == ("chair", city, date(2026, 3, 1), None)
    ended = client.post(
        page("account_post", held.pk), {"start": "2026-03-01", "end": "2026-11-30", "reason": "调离"}
    )
    assert ended.status_code == 302
    confirm(AccountChange.objects.latest("pk"), by=three["sysadmin"])
    held.refresh_from_db()
    assert held.end == date(2026, 11, 30)


def test_a_new_administrator_enters_the_back_office_and_the_last_but_one_does_not_leave(three, appoint):
    person = User.objects.create_user("wang", PASSWORD, name="王某", must_change_password=False)
    values = {"role": "security", "city": None, "start": date(2026, 1, 1), "end": None}
    change = ask(Act.APPOINT, person, by=three["sysadmin"], reason="接任", values=values)
    confirm(change, by=three["auditor"])
    assert User.objects.get(pk=person.pk).is_staff

    User.objects.filter(username__in=["auditor", "security"]).update(is_active=False)
    post = three["sysadmin"].appointments.get()
    with pytest.raises(Refused, match="能办理的管理员不足两名"):
        ask(
            Act.APPOINT,
            three["sysadmin"],
            by=User.objects.get(pk=person.pk),
            reason="调离",
            values={"start": post.start, "end": date(2026, 12, 31)},
            post=post,
        )


def test_the_database_itself_keeps_that_it_takes_two(three, appoint):
    chair, asker = appoint("chair"), three["sysadmin"]
    row = partial(
        AccountChange.objects.create,
        account=chair,
        act="password",
        reason="x",
        asked_by=asker,
        asked_role="sysadmin",
    )

    with pytest.raises(IntegrityError):
        row(status="done", decided_by=asker, decided_role="auditor", decided_at="2026-01-01T00:00Z")


@pytest.mark.engine
@pytest.mark.django_db(transaction=True)
def test_of_two_who_confirm_at_once_the_second_is_told_that_it_is_done(three, appoint, monkeypatch):
    chair = appoint("chair")
    change = ask(Act.PASSWORD, chair, by=three["sysadmin"], reason="忘记")
    linger(monkeypatch, "schools.accounts.changes", "one_time_password")

    outcomes = at_once(*(partial(confirm, change, by=three[role]) for role in ("security", "auditor")))

    (refused,) = [one for one in outcomes if isinstance(one, Exception)]
    assert "已办理，不能再次办理" in str(refused)
    (password,) = [one for one in outcomes if isinstance(one, str)]
    assert User.objects.get(pk=chair.pk).check_password(password)


def test_the_list_costs_the_same_queries_for_3_and_12_accounts(
    three, appoint, city, django_assert_max_num_queries
):
    client = enter(three["auditor"])
    for count in (3, 9):
        for _ in range(count):
            person = User.objects.create_user(f"p{User.objects.count()}", name="某")
            Appointment.objects.create(user=person, role=Role.OFFICE, city=city, start=date(2020, 1, 1))
        with django_assert_max_num_queries(14):
            assert client.get(page("account_changes")).status_code == 200


def test_refusing_needs_the_right_person_too(three, appoint):
    change = ask(Act.PASSWORD, appoint("chair"), by=three["sysadmin"], reason="忘记")

    with pytest.raises(Refused, match="另一名管理员确认"):
        refuse(change, by=three["sysadmin"], remark="算了")
