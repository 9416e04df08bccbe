"""催办: first the 填报人, after three working days the 负责人 and the county, twice at most, in working hours
only.
"""

from datetime import date, datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from schools.calendar.workdays import (
    add_workdays,
    calendar_known,
    in_working_hours,
    is_workday,
    next_working_moment,
)
from schools.metrics.standing import report_due
from schools.models import CalendarDay, CalendarYear, MonthlyReport, Notice, Reminder
from schools.monitoring import reminders
from schools.saving import Refused
from tests.factories import SchoolFactory

pytestmark = [pytest.mark.engine, pytest.mark.django_db]

MATTER = ("report:2026-10", "10月月报未确认")


def at(day: int, hour: int = 10, minute: int = 0) -> datetime:
    """A moment of November 2026; the 20th is a Friday."""
    return timezone.make_aware(datetime(2026, 11, day, hour, minute))


def texts(user) -> list[str]:
    return list(Notice.objects.filter(user=user).order_by("pk").values_list("text", flat=True))


@pytest.fixture
def people(appoint) -> dict:
    return {role: appoint(role) for role in ("filler", "head", "county", "county_lead", "office")}


def test_filler_first_then_head_and_county_then_nobody(school, people):
    sent = [reminders.remind(school, [MATTER], by=people["county"], now=at(day)) for day in (20, 24, 25, 30)]

    assert [outcome.sent for outcome in sent] == [["10月月报未确认"], [], ["10月月报未确认"], []]
    assert sent[1].too_soon == [("10月月报未确认", date(2026, 11, 25))]
    assert sent[3].twice == ["10月月报未确认"]
    assert texts(people["filler"]) == ["【催办】10月月报未确认，请尽快办理。（甲区county某提醒）"]
    assert (
        len(texts(people["head"])) == len(texts(people["county"])) == len(texts(people["county_lead"])) == 1
    )
    assert texts(people["county"])[0].startswith(
        "【催办】东溪镇委党校：10月月报未确认，已提醒填报人满 3 个工作日"
    )
    assert texts(people["office"]) == []


def test_one_click_is_one_message_naming_every_matter(school, people):
    matters = [("report:2026-09", "9月月报未确认"), MATTER, ("plan:2026", "2026年度计划未备案")]

    reminders.remind(school, matters, by=people["office"], now=at(20))

    assert texts(people["filler"]) == [
        "【催办】9月、10月月报未确认；2026年度计划未备案，请尽快办理。（示例市office某提醒）"
    ]
    assert Reminder.objects.filter(by=people["office"], step=1).count() == 3


@pytest.mark.parametrize("moment", [at(20, 7), at(20, 12, 30), at(20, 18), at(21, 10)])
def test_outside_working_hours_the_reminder_waits_for_the_next_opening(school, people, moment):
    outcome = reminders.remind(school, [MATTER], by=people["county"], now=moment)
    nothing_yet = texts(people["filler"])
    too_early = reminders.send_waiting(moment)
    opening = next_working_moment(moment)
    sent = reminders.send_waiting(opening)

    assert (outcome.waiting, nothing_yet, too_early, sent) == (["10月月报未确认"], [], 0, 1)
    assert Reminder.objects.get().sent_at == opening
    assert len(texts(people["filler"])) == 1
    assert reminders.send_waiting(opening) == 0


def test_what_was_settled_while_waiting_is_not_sent_and_may_be_asked_again(school, people):
    reminders.remind(school, [MATTER], by=people["county"], now=at(21))
    report = MonthlyReport.objects.create(
        school=school, year=2026, month=10, confirmed_at=at(22), confirmed_by=people["filler"]
    )

    reminders.send_waiting(at(23))
    report.delete()
    again = reminders.remind(school, [MATTER], by=people["county"], now=at(24))

    assert again.sent == ["10月月报未确认"]
    assert len(texts(people["filler"])) == 1


def test_an_open_matter_is_passed_on_by_itself_once(school, people):
    reminders.remind(school, [MATTER, ("report:2026-08", "8月月报未确认")], by=people["county"], now=at(20))
    MonthlyReport.objects.create(
        school=school, year=2026, month=8, confirmed_at=at(23), confirmed_by=people["filler"]
    )

    passed = [reminders.pass_on(at(day)) for day in (24, 25, 26)]

    assert passed == [0, 1, 0]
    assert texts(people["head"]) == [
        "【催办】10月月报未确认，已提醒填报人满 3 个工作日，请督促办理。（系统按期转告）"
    ]
    assert texts(people["county"])[0].startswith("【催办】东溪镇委党校：10月")


def test_without_a_filler_the_head_is_told_and_without_both_the_clerk(city, county, school, appoint):
    clerk, lonely = appoint("county"), SchoolFactory(city=city, county=county)
    head = appoint("head")

    reminders.remind(school, [MATTER], by=clerk, now=at(20))

    assert len(texts(head)) == 1
    with pytest.raises(Refused, match="没有填报人和负责人"):
        reminders.remind(lonely, [MATTER], by=clerk, now=at(20))
    assert Reminder.objects.filter(school=lonely).count() == 0


def test_a_city_without_counties_passes_on_to_its_office(city, appoint):
    school = SchoolFactory(city=city, county=None)
    filler, office = appoint("filler", school=school), appoint("office")

    for day in (20, 25):
        reminders.remind(school, [MATTER], by=office, now=at(day))

    assert len(texts(filler)) == 2  # no 负责人 is appointed
    assert len(texts(office)) == 1


def test_click_on_the_page_reminds_says_so_and_comes_back(school, people, signed_client, monkeypatch):
    monkeypatch.setattr(reminders, "in_working_hours", lambda moment: True)
    client = signed_client(people["county"])
    year = timezone.localdate().year - 1

    response = client.post(
        reverse("schools:remind", args=[school.pk]), {"year": year, "next": f"/monitoring/?year={year}"}
    )
    page = client.get(response.url).content.decode()
    again = client.post(
        reverse("schools:remind", args=[school.pk]),
        {"year": year, "next": "https://example.com/"},
        follow=True,
    )

    assert response.url == f"/monitoring/?year={year}"
    assert "已提醒东溪镇委党校" in page
    assert "county某提醒填报人" in page
    assert len(texts(people["filler"])) == 1
    assert "没有现在可以催办的事项：已提醒，" in again.content.decode()
    assert again.redirect_chain[0][0] == reverse("schools:monitoring_school", args=[school.pk])


def test_page_offers_words_to_copy_and_tells_who_reminded_when(school, people, signed_client):
    year = timezone.localdate().year - 1
    reminders.remind(school, [(f"plan:{year}", f"{year}年度计划未备案")], by=people["county"], now=at(20))

    page = (
        signed_client(people["office"])
        .get(reverse("schools:monitoring_school", args=[school.pk]), {"year": year})
        .content.decode()
    )

    assert f"；{year}年度计划未备案；" in page
    assert "（示例市，" in page
    assert "11月20日 10:00 county某" in page
    assert 'data-copy="words"' in page


@pytest.mark.parametrize("role", ["viewer", "chair"])
def test_leaders_read_and_remind_nobody(role, school, people, appoint, signed_client):
    client = signed_client(appoint(role))

    assert "催办 " not in client.get(reverse("schools:monitoring")).content.decode()
    assert client.post(reverse("schools:remind", args=[school.pk])).status_code == 403
    assert Reminder.objects.count() == 0


def test_the_office_table_of_working_days_goes_before_the_calendar():
    assert (is_workday(date(2026, 11, 23)), is_workday(date(2026, 11, 21))) == (True, False)
    CalendarDay.objects.create(day=date(2026, 11, 23), works=False)
    CalendarDay.objects.create(day=date(2026, 11, 21), works=True)

    assert (is_workday(date(2026, 11, 23)), is_workday(date(2026, 11, 21))) == (False, True)
    assert add_workdays(date(2026, 11, 20), 2) == date(2026, 11, 24)
    assert in_working_hours(at(21))


def test_an_unknown_year_rests_on_weekends_and_statutory_days_and_one_entry_makes_it_no_better_known():
    assert not calendar_known(2090)
    assert (is_workday(date(2090, 10, 2)), is_workday(date(2090, 10, 9)), is_workday(date(2090, 10, 7))) == (
        False,
        True,
        False,
    )

    CalendarDay.objects.create(day=date(2090, 10, 9), works=False)

    assert not is_workday(date(2090, 10, 9))
    assert not calendar_known(2090)


def test_a_year_entered_whole_is_known(appoint):
    year = CalendarYear.objects.create(
        year=2090, source="国办发明电〔2089〕7号", entered_by=appoint("sysadmin")
    )
    known = calendar_known(2090)
    year.delete()

    assert (known, calendar_known(2090)) == (True, False)


@pytest.mark.parametrize("year", [2026, 2090])
def test_a_statutory_day_rests_whatever_was_entered(year):
    CalendarDay.objects.create(day=date(year, 10, 3), works=True)

    assert not is_workday(date(year, 10, 3))


def test_a_changed_table_moves_the_day_a_report_is_due():
    before = report_due(2026, 10)
    row = CalendarDay.objects.create(day=date(2026, 11, 2), works=False)
    moved = report_due(2026, 10)
    row.delete()

    assert (before, moved, report_due(2026, 10)) == (date(2026, 11, 6), date(2026, 11, 9), date(2026, 11, 6))


def test_reminders_of_a_foreign_school_are_not_found(people, signed_client):
    foreign = SchoolFactory()

    response = signed_client(people["office"]).post(reverse("schools:remind", args=[foreign.pk]))

    assert response.status_code == 404
