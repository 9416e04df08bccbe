"""人员交接: one ends, the other begins, what waits moves on."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from schools.accounts.handover import NewAccount, candidates, hand_over, replaceable
from schools.messages.inbox import notify
from schools.models import Appointment, AuditEntry, Handover, Notice, User
from tests.factories import (
    AppointmentFactory,
    CountyFactory,
    LiaisonFactory,
    MonthlyReportFactory,
    SchoolFactory,
    VisitFactory,
)

pytestmark = [pytest.mark.engine, pytest.mark.django_db]
NEW = NewAccount("chenxin", "陈新", "0768-2200000")


@pytest.fixture
def lead(appoint):
    return appoint("county_lead")


@pytest.fixture
def held(appoint):
    return appoint("filler").appointments.get()


def test_a_new_person_takes_over_at_once(school, held, lead):
    handover, password = hand_over(held, NEW, by=lead, reason="岗位调整")
    old, new = User.objects.get(username="filler"), User.objects.get(username="chenxin")

    assert (old.identity, new.identity.role, new.identity.school, new.city) == (
        None,
        "filler",
        school,
        school.city,
    )
    assert new.must_change_password and new.check_password(password)
    assert (handover.ended, handover.begun.user) == (held, new)
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"account", "appointment"}
    assert password not in "".join(AuditEntry.objects.values_list("detail", flat=True))


def test_the_sheet_names_what_is_open(school, held, lead):
    visit = VisitFactory(school=school)
    visit.problems.create(text="台账不齐", due=date(2026, 12, 1))

    contents = dict(hand_over(held, NEW, by=lead, reason="退休")[0].contents)

    assert contents["待整改问题"] == "台账不齐（期限 2026-12-01）"
    assert set(contents) >= {"评定申报", "未确认月报", "待审核数据更正"}


def test_the_sheet_names_months_of_last_year_that_are_owed(school, held, lead):
    last = timezone.localdate().year - 1
    MonthlyReportFactory(school=school, year=last, month=11, confirmed_at=timezone.now(), confirmed_by=lead)

    contents = dict(hand_over(held, NEW, by=lead, reason="退休")[0].contents)

    assert contents["未确认月报"].startswith(f"{last}年12月")


def test_unread_messages_move_and_those_of_another_duty_stay(school, held, lead):
    other = SchoolFactory()
    AppointmentFactory(user=held.user, role="head", school=other)
    for key, about in (("own", school), ("else", other)):
        notify([held.user], key, key=key, school=about)

    handover, _ = hand_over(held, NEW, by=lead, reason="岗位调整")

    assert handover.moved_notices == 1
    assert list(Notice.objects.unread().filter(user=held.user).values_list("text", flat=True)) == ["else"]
    assert "own" in Notice.objects.unread().filter(user__username="chenxin").values_list("text", flat=True)


def test_a_handover_happens_once(held, lead):
    hand_over(held, NEW, by=lead, reason="岗位调整")

    with pytest.raises(ValidationError, match="已经交接"):
        hand_over(held, NewAccount("again", "又来"), by=lead, reason="岗位调整")
    assert not User.objects.filter(username="again").exists()


def test_on_the_first_day_the_old_person_stays_until_midnight(school, lead):
    held = AppointmentFactory(role="head", school=school, start=timezone.localdate())

    hand_over(held, NEW, by=lead, reason="误登")
    held.refresh_from_db()

    assert held.end == timezone.localdate()


def test_only_own_schools_and_no_administrators(school, city, county, held, lead, appoint):
    neighbour = AppointmentFactory(
        role="filler", school=SchoolFactory(city=city, county=CountyFactory(city=city))
    )
    near = AppointmentFactory(role="head", school=SchoolFactory(city=city, county=county)).user
    both = AppointmentFactory(role="filler", school=SchoolFactory(city=city, county=county)).user
    AppointmentFactory(user=both, role="sysadmin", city=city)

    assert set(replaceable(lead)) >= {held} and neighbour not in replaceable(lead)
    assert near in candidates(held) and both not in candidates(held) and held.user not in candidates(held)
    assert neighbour.user not in candidates(held)
    assert list(replaceable(appoint("county"))) == list(replaceable(appoint("sysadmin"))) == []


def test_the_office_replaces_where_there_is_no_county(city, appoint, held):
    lone = AppointmentFactory(role="filler", school=SchoolFactory(city=city, county=None))

    assert list(replaceable(appoint("office"))) == [lone]


def test_the_page_shows_the_password_once(held, lead, signed_client):
    client = signed_client(lead)
    page = f"/accounts/handover/{held.pk}/"
    data = {"way": "new", "name": "陈新", "username": "chenxin", "office_phone": "", "reason": "岗位调整"}

    incomplete = client.post(page, {**data, "username": ""}).content.decode()
    done = client.post(page, data)
    sheet = client.get(f"/accounts/handover/sheets/{Handover.objects.get().pk}/").content.decode()

    assert "请填写新账号的用户名" in incomplete and "陈新" in incomplete
    assert "一次性密码" in done.content.decode() and "no-store" in done["Cache-Control"]
    assert "填报工作交接单" in sheet and "一次性密码" not in sheet
    assert client.get(page).status_code == 404


def test_a_taken_name_and_a_mobile_number_are_refused_with_what_was_typed(held, lead, signed_client):
    data = {
        "way": "new",
        "name": "陈新",
        "username": "filler",
        "office_phone": "13800138000",
        "reason": "岗位调整",
    }

    answer = signed_client(lead).post(f"/accounts/handover/{held.pk}/", data).content.decode()

    assert "该用户名已被使用" in answer and "办公电话" in answer and "陈新" in answer
    assert Appointment.objects.in_force().filter(pk=held.pk).exists()


def test_the_successor_reads_the_sheet_and_others_do_not(held, lead, appoint, signed_client):
    handover, _ = hand_over(held, NEW, by=lead, reason="岗位调整")
    url = f"/accounts/handover/sheets/{handover.pk}/"
    liaison = appoint("liaison")
    LiaisonFactory(user=liaison, school=held.school)

    assert signed_client(appoint("head")).get(url).status_code == 200
    assert signed_client(liaison).get(url).status_code == 404


def test_the_list_costs_the_same_with_few_and_with_many(
    lead, held, city, county, signed_client, django_assert_num_queries
):
    client = signed_client(lead)
    client.get("/accounts/handover/")  # the first page of a session costs more
    with CaptureQueriesContext(connection) as few:
        client.get("/accounts/handover/")
    for _ in range(8):
        AppointmentFactory(role="filler", school=SchoolFactory(city=city, county=county))
    with django_assert_num_queries(len(few)):
        client.get("/accounts/handover/")
