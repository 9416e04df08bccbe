"""每日任务: said once, on one machine or two, in working hours; mail only where a server is set."""

import threading
from contextlib import suppress
from datetime import date, datetime, timedelta
from smtplib import SMTPRecipientsRefused

import pytest
from django.core.management import call_command
from django.utils import timezone

from ratings.desk import self_assessments_due
from ratings.models import Assessment, Scheme
from ratings.workflow.deadlines import grant_extension
from schools.desk import announcing
from schools.messages import mailing
from schools.messages.inbox import notify
from schools.models import (
    AnnualPlan,
    Appointment,
    JobRun,
    MonthlyReport,
    Notice,
    Problem,
    Region,
    Reminder,
    School,
)
from schools.monitoring import reminders
from schools.operations import daily
from schools.operations.daily import once_a_day
from tests import clock
from tests.factories import CountyFactory, SchoolFactory, UserFactory, VisitFactory
from tests.rating_factories import open_year
from tests.ratings.races import at_once

pytestmark = [pytest.mark.engine, pytest.mark.django_db]

#: Monday; October's report was due on the 6th.
MONDAY = timezone.make_aware(datetime(2026, 11, 23, 9))
#: How long one thread waits for the other where the other must not come.
ALONE = 0.4


def texts(user) -> list[str]:
    return list(Notice.objects.filter(user=user).order_by("pk").values_list("text", flat=True))


def filed(school: School, *months: int) -> None:
    """A school that owes nothing but the reports of `months`."""
    by = UserFactory()
    AnnualPlan.objects.create(school=school, year=2026, filed_on=date(2026, 3, 1))
    for month in set(range(1, 11)) - set(months):
        MonthlyReport.objects.create(
            school=school, year=2026, month=month, confirmed_at=MONDAY, confirmed_by=by
        )


def test_what_fell_due_is_said_once_however_often_the_job_runs(school, appoint):
    filler, head = appoint("filler"), appoint("head")
    filed(school, 9, 10)

    first, second = list(daily.run(MONDAY)), list(daily.run(MONDAY))

    assert texts(filler) == ["2026年9月、10月月报已过应报日期，请核对后确认；没有培训的确认零报告。"]
    assert texts(head) == []
    assert "到期事项 1 项，通知 1 人。" in first
    assert "今天的到期事项已经通知过。" in second
    assert JobRun.objects.get(name="announce").summary == "到期事项 1 项，通知 1 人"


def test_the_next_day_says_nothing_new_but_the_next_month_does(school, appoint):
    filler = appoint("filler")
    filed(school, 10)

    for day in (datetime(2026, 11, 23, 9), datetime(2026, 11, 24, 9), datetime(2026, 12, 9, 9)):
        list(daily.run(timezone.make_aware(day)))

    assert [text.partition("月报")[0] for text in texts(filler)] == ["2026年10月", "2026年10月、11月"]


def test_a_plan_not_filed_and_a_problem_past_its_day_reach_whom_they_concern(school, appoint):
    filler, head, guide = appoint("filler"), appoint("head"), appoint("liaison")
    visit = VisitFactory(school=school, by=guide, on=date(2026, 9, 1))
    Problem.objects.create(visit=visit, text="投影仪损坏", due=date(2026, 11, 20))
    Problem.objects.create(visit=visit, text="还没到期", due=date(2026, 11, 23))
    filed(school)
    AnnualPlan.objects.update(filed_on=None)

    list(daily.run(MONDAY))

    problem = "走访指导提出的问题已过整改期限（11月20日）：投影仪损坏"
    assert texts(filler) == ["2026年度培训计划应于3月31日前备案，至今没有备案，请填好后备案。", problem]
    assert texts(head) == texts(guide) == [problem]


@pytest.mark.parametrize("day", [(11, 21, 10), (11, 23, 7), (11, 23, 19), (10, 1, 9)])
def test_nobody_is_disturbed_outside_working_hours(day, school, appoint):
    appoint("filler")

    said = list(daily.run(timezone.make_aware(datetime(2026, *day))))

    assert said[-1].startswith("现在不是工作时间")
    assert Notice.objects.count() == JobRun.objects.count() == 0


def test_last_december_is_asked_for_in_january(school, appoint):
    filler = appoint("filler")
    filed(school)

    list(daily.run(timezone.make_aware(datetime(2027, 1, 18, 9))))

    assert texts(filler) == ["2026年11月、12月月报已过应报日期，请核对后确认；没有培训的确认零报告。"]


@pytest.mark.parametrize(("day", "said"), [(6, 0), (9, 1), (13, 1), (16, 0)])
def test_the_last_days_of_the_self_assessment_are_announced(day, said, city, school):
    """The last day is Friday the 13th: five working days before is Monday the 9th."""
    scheme = open_year(city, [school], year=2026, scored=False)
    Scheme.objects.filter(pk=scheme.pk).update(phase="open", self_due=date(2026, 11, 13))
    Assessment.objects.update(status="draft")

    found = list(self_assessments_due(date(2026, 11, day)))

    assert len(found) == said
    assert all(
        "2026年度星级评定自评将于2026年11月13日（星期五）截止，目前状态：填报中" in one.text for one in found
    )


def test_an_extension_is_announced_anew(city, school, appoint):
    scheme = open_year(city, [school], year=2026, scored=False)
    Scheme.objects.filter(pk=scheme.pk).update(phase="open", self_due=date(2026, 11, 13))
    Assessment.objects.update(status="draft")
    keys = {one.key for one in self_assessments_due(date(2026, 11, 12))}

    grant_extension(Assessment.objects.get(), "self", date(2026, 11, 20), by=appoint("office"), reason="台风")

    assert not keys & {one.key for one in self_assessments_due(date(2026, 11, 17))}


def test_a_failure_takes_the_day_back_and_the_next_start_does_it_again():
    with pytest.raises(RuntimeError), once_a_day("announce", date(2026, 11, 23)):
        raise RuntimeError
    done = []
    for _ in range(2):
        with once_a_day("announce", date(2026, 11, 23)) as run:
            done.append(run is not None)

    assert done == [True, False]


def test_the_command_says_what_it_did(school, capsys):
    with clock.at(MONDAY):
        call_command("daily")

    assert "发出汇总邮件 0 封。" in capsys.readouterr().out


def test_a_nation_is_announced_with_few_queries(city, county, django_assert_max_num_queries):
    schools = SchoolFactory.create_batch(30, county=county)
    for one in schools:
        Appointment.objects.create(user=UserFactory(), role="filler", school=one)

    with django_assert_max_num_queries(12):
        told = announcing.announce(announcing.announcements(date(2026, 11, 23)))

    assert told == 30
    assert Notice.objects.count() == 60


@pytest.fixture
def mail(settings):
    """A mail server is named; Django's test runner keeps what is sent."""
    settings.EMAIL_HOST = "mail.example"


def test_the_office_mailbox_gets_one_digest_a_day(school, county, appoint, mail, mailoutbox):
    people = [appoint("filler"), appoint("head"), appoint("county")]
    School.objects.filter(pk=school.pk).update(office_email="dongxi@example.gov.cn")
    Region.objects.filter(pk=county.pk).update(office_email="jiaqu@example.gov.cn")
    notify(people[:2], "10月月报未确认", key="a", school=school)
    notify(people[2:], "东溪镇委党校：10月月报未确认", key="b", school=school)
    notify(people, "与学校无关的消息", key="c")

    sent = [mailing.send_digests(MONDAY) for _ in range(2)]
    notify(people[:1], "又一条", key="d", school=school)
    later = [mailing.send_digests(MONDAY), mailing.send_digests(MONDAY + timedelta(days=1))]

    assert (sent, later) == ([2, 0], [0, 1])
    assert [one.to for one in mailoutbox] == [
        ["dongxi@example.gov.cn"],
        ["jiaqu@example.gov.cn"],
        ["dongxi@example.gov.cn"],
    ]
    assert mailoutbox[0].body.count("10月月报未确认") == 1
    assert "1. 又一条" in mailoutbox[2].body
    assert all("与学校无关" not in one.body for one in mailoutbox)


def test_mail_is_off_without_a_server_and_a_refusal_is_tried_again(
    school, appoint, settings, mailoutbox, monkeypatch
):
    School.objects.update(office_email="dongxi@example.gov.cn")
    notify([appoint("filler")], "10月月报未确认", key="a", school=school)
    off = mailing.send_digests(MONDAY)
    settings.EMAIL_HOST = "mail.example"
    with monkeypatch.context() as broken:
        broken.setattr("schools.messages.mailing.EmailMessage.send", refuse)
        refused = mailing.send_digests(MONDAY)

    assert (off, refused, mailing.send_digests(MONDAY), len(mailoutbox)) == (0, 0, 1, 1)


def refuse(self) -> None:
    raise ConnectionRefusedError


def test_a_wrong_address_keeps_no_other_office_waiting(
    school, county, appoint, mail, mailoutbox, monkeypatch
):
    School.objects.filter(pk=school.pk).update(office_email="wrong@example.gov.cn")
    Region.objects.filter(pk=county.pk).update(office_email="jiaqu@example.gov.cn")
    notify([appoint("filler"), appoint("county")], "10月月报未确认", key="a", school=school)
    send = mailing.EmailMessage.send

    def deliver(message):
        if message.to == ["wrong@example.gov.cn"]:
            raise SMTPRecipientsRefused({message.to[0]: (550, b"no such user")})
        return send(message)

    monkeypatch.setattr("schools.messages.mailing.EmailMessage.send", deliver)

    assert (mailing.send_digests(MONDAY), [one.to for one in mailoutbox]) == (1, [["jiaqu@example.gov.cn"]])


def pausing(function, meeting: threading.Barrier, entered: list):
    """Waits inside for the other thread to come in as well: if nothing keeps it out, it does."""

    def wrapped(*args, **kwargs):
        entered.append(threading.get_ident())
        with suppress(threading.BrokenBarrierError):
            meeting.wait(timeout=ALONE)
        return function(*args, **kwargs)

    return wrapped


@pytest.mark.django_db(transaction=True)
def test_two_machines_at_once_say_it_once(school, appoint, monkeypatch):
    filler, entered = appoint("filler"), []
    filed(school, 10)
    monkeypatch.setattr(daily, "announce", pausing(daily.announce, threading.Barrier(2), entered))

    outcomes = at_once(lambda: list(daily.run(MONDAY)), lambda: list(daily.run(MONDAY)))

    assert len(entered) == 1
    assert sorted("今天的到期事项已经通知过。" in lines for lines in outcomes) == [False, True]
    assert len(texts(filler)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_machines_at_once_send_a_waiting_reminder_once(school, appoint, monkeypatch):
    filler, clerk = appoint("filler"), appoint("county")
    filed(school, 10)
    reminders.remind(
        school,
        [("report:2026-10", "10月月报未确认")],
        by=clerk,
        now=timezone.make_aware(datetime(2026, 11, 21, 9)),
    )
    monkeypatch.setattr(reminders, "open_matters", pausing(reminders.open_matters, threading.Barrier(2), []))

    sent = at_once(lambda: reminders.send_waiting(MONDAY), lambda: reminders.send_waiting(MONDAY))

    assert sorted(sent) == [0, 1]
    assert len(texts(filler)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_clicking_at_once_make_one_reminder(city, school, appoint, monkeypatch):
    filler, clerks = appoint("filler"), [appoint("county"), appoint("office")]
    monkeypatch.setattr(reminders, "states_of", pausing(reminders.states_of, threading.Barrier(2), []))

    outcomes = at_once(
        *(
            lambda by=by: reminders.remind(school, [("plan:2026", "计划未备案")], by=by, now=MONDAY)
            for by in clerks
        )
    )

    assert sorted(outcome.sent for outcome in outcomes) == [[], ["计划未备案"]]
    assert Reminder.objects.count() == 1
    assert len(texts(filler)) == 1


def test_another_county_hears_nothing(city, school, appoint):
    appoint("filler")
    stranger = UserFactory()
    Appointment.objects.create(user=stranger, role="county", county=CountyFactory(city=city))
    for day in (20, 25):
        now = timezone.make_aware(datetime(2026, 11, day, 9))
        reminders.remind(school, [("plan:2026", "计划未备案")], by=None, now=now)

    assert texts(stranger) == []
