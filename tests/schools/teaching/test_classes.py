"""开班登记: the short form, its memory, twins, joint classes, changes, locked periods."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from schools.models import Correction, JointPartner, Lesson, Notice, RecordChange, TrainingClass
from schools.records import corrections, locks
from schools.saving import Refused
from schools.teaching.classes import habits_of
from tests import clock
from tests.factories import (
    AnnualPlanFactory,
    CountyFactory,
    LessonFactory,
    PlannedClassFactory,
    SchoolFactory,
    TeacherFactory,
    TrainingClassFactory,
    moment,
)
from tests.schools.class_forms import edit, register, typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def filler(appoint):
    return appoint("filler")


@pytest.fixture
def desk(filler, signed_client):
    return signed_client(filler)


@pytest.fixture
def locked(school, monkeypatch):
    """The year 2026 of the school is signed; the county decides corrections."""
    lock = locks.Lock("2026年度自评", 2026, date(2026, 1, 1), date(2026, 12, 31), locks.COUNTY)
    monkeypatch.setattr(
        "ratings.desk.CONTRIBUTIONS.signed_periods",
        [lambda ids: {pk: [lock] for pk in ids if pk == school.pk}],
    )
    return lock


def test_usual_class_is_kept_with_its_lesson_and_who_registered_it(desk, filler, school):
    register(desk)

    record = TrainingClass.objects.get()
    lesson = record.lessons.get()
    assert (record.school, record.ends_on, record.recorded_by) == (school, date(2026, 3, 5), filler)
    assert (record.hours, record.attendance, record.cost) == (Decimal("4.0"), 60, Decimal("1200.00"))
    assert (lesson.lecturer, lesson.lecturer_kind, lesson.hours) == ("李某", "expert", Decimal("4.0"))


@clock.at(date(2026, 11, 25))
def test_planned_class_fills_name_and_kind_without_script(desk, school):
    planned = PlannedClassFactory(plan=AnnualPlanFactory(school=school), name="支部书记轮训", kind="main")

    register(desk, name="", category="", planned=planned.pk)

    record = TrainingClass.objects.get()
    assert (record.name, record.category, record.planned) == ("支部书记轮训", "main", planned)


def test_form_remembers_hours_place_and_who_taught_in_which_capacity(school):
    teacher = TeacherFactory(school=school, name="黄书记", kind="leader")
    today = timezone.localdate()
    record = TrainingClassFactory(
        school=school, starts_on=today - timedelta(days=9), hours=6, place="老祠堂", audience="村干部"
    )
    LessonFactory(training_class=record, teacher=teacher, lecturer="", lecturer_kind="secretary")
    TeacherFactory(school=school, name="从未讲课", kind="model")

    habits = habits_of(school)

    assert (habits.last.hours, habits.last.place, habits.last.audience) == (6, "老祠堂", "村干部")
    assert [name for name, _ in habits.people] == ["黄书记", "从未讲课"]
    assert habits.kinds == {"黄书记": "secretary", "从未讲课": "model"}


def test_known_lecturer_needs_no_capacity_and_a_stranger_does(desk, school):
    TeacherFactory(school=school, name="陈老师", kind="lecturer")

    register(desk, lecturer="陈老师", lecturer_kind="")
    page = register(desk, name="另一个班", lecturer="陌生人", lecturer_kind="").content.decode()

    lesson = Lesson.objects.get()
    assert (lesson.teacher.name, lesson.lecturer, lesson.lecturer_kind) == ("陈老师", "", "lecturer")
    assert "“陌生人”不在师资库" in page
    assert TrainingClass.objects.count() == 1


def test_a_title_without_a_lecturer_is_not_dropped(desk):
    page = register(desk, lecturer="", lecturer_kind="", title="党章").content.decode()

    assert "写了授课题目，请写明授课人" in page
    assert 'value="党章"' in page
    assert not TrainingClass.objects.exists()


def test_twin_is_shown_with_its_link_and_nothing_typed_is_lost(desk, school):
    existing = TrainingClassFactory(school=school, starts_on=date(2026, 3, 5), name="党员春训（第1期）")

    page = register(desk, name="党员春训(第1期) ", place="只此一处").content.decode()

    assert reverse("schools:class", args=[existing.pk]) in page
    assert "没有重复登记" in page
    assert "只此一处" in page
    assert TrainingClass.objects.count() == 1


def test_class_of_several_days_takes_its_lessons_by_row(desk, school):
    TeacherFactory(school=school, name="陈老师", kind="lecturer")
    rows = {"lesson-TOTAL_FORMS": "3", "lesson-INITIAL_FORMS": "0"}
    rows |= {"lesson-0-title": "党章", "lesson-0-lecturer": "陈老师", "lesson-0-hours": "8"}
    rows |= {
        "lesson-1-title": "作风",
        "lesson-1-lecturer": "王镇长",
        "lesson-1-kind": "leader",
        "lesson-1-hours": "8",
    }

    register(desk, lecturer="", lecturer_kind="", ends_on="2026-03-06", hours="16", **rows)

    found = [(one.title, one.lecturer_name, one.lecturer_kind) for one in Lesson.objects.order_by("pk")]
    assert found == [("党章", "陈老师", "lecturer"), ("作风", "王镇长", "leader")]


def test_row_of_a_lesson_without_hours_is_named(desk, school):
    rows = {
        "lesson-TOTAL_FORMS": "1",
        "lesson-INITIAL_FORMS": "0",
        "lesson-0-lecturer": "李某",
        "lesson-0-kind": "expert",
    }

    page = register(desk, lecturer="", **rows).content.decode()

    assert "请填写这一课次的学时" in page
    assert not TrainingClass.objects.exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"starts_on": "2099-01-01"}, "请在开班后登记"),
        ({"ends_on": "2026-03-01"}, "结束日期不能早于开始日期"),
        ({"name": ""}, "请填写班名"),
        ({"hours": "0"}, "学时"),
        ({"attendance": "-1"}, "人次"),
        ({"starts_on": "昨天"}, "日期"),
        ({"lesson-TOTAL_FORMS": "x"}, "课次"),
        ({"partners": "999999"}, "参加党校"),
        ({"partners": "9" * 40}, "参加党校"),
        ({"planned": "abc"}, "计划班次"),
        ({"name": "a\x00b"}, "班名"),
        ({"attendance": "9" * 40}, "人次"),
        ({"planned": "9" * 40}, "计划班次"),
        ({"hours": "NaN"}, "学时"),
        ({"cost": "1e99"}, "经费支出"),
    ],
)
def test_what_cannot_be_is_said_and_not_written(desk, change, said):
    response = register(desk, **change)

    assert response.status_code == 200
    assert said in response.content.decode()
    assert not TrainingClass.objects.exists()


def test_class_registered_after_fifteen_days_is_marked(desk):
    page = desk.get(register(desk).url).content.decode()

    assert "自动标为补录" in page
    assert ">补录<" in page


def test_copy_takes_everything_but_day_money_and_rating(desk, school):
    record = TrainingClassFactory(school=school, name="夜校", hours=2, attendance=33, cost=500, rating=95)
    LessonFactory(training_class=record, lecturer="李某", lecturer_kind="model")

    form = desk.get(reverse("schools:class_new"), {"copy": record.pk}).context["form"]

    taken = {
        name: form.initial.get(name)
        for name in ("name", "attendance", "lecturer", "lecturer_kind", "cost", "rating", "starts_on")
    }
    assert taken == {
        "name": "夜校",
        "attendance": 33,
        "lecturer": "李某",
        "lecturer_kind": "model",
        "cost": None,
        "rating": None,
        "starts_on": timezone.localdate(),
    }


def test_classes_of_others_cannot_be_copied(desk):
    foreign = TrainingClassFactory(name="别校的班")

    assert "别校的班" not in desk.get(reverse("schools:class_new"), {"copy": foreign.pk}).content.decode()


def test_change_keeps_old_values(desk, filler, school):
    register(desk)
    record = TrainingClass.objects.get()

    edit(desk, record, attendance="58", reason="签到册重新核对", lecturer="王某", lecturer_kind="model")

    change = RecordChange.objects.of(record).get()
    record.refresh_from_db()
    assert record.attendance == 58
    assert (change.before["人次"], change.after["人次"]) == ("60", "58")
    assert "李某" in change.before["课次"] and "王某" in change.after["课次"]
    assert (change.by, change.reason) == (filler, "签到册重新核对")
    assert record.lessons.count() == 1


def test_lessons_nobody_touched_stay(desk, school):
    record = TrainingClassFactory(school=school, starts_on=date(2026, 3, 5), name="两天班")
    lessons = [LessonFactory(training_class=record, title=title) for title in ("党章", "作风")]
    page = desk.get(reverse("schools:class_edit", args=[record.pk]))
    rows = {"lesson-TOTAL_FORMS": "5", "lesson-INITIAL_FORMS": "2"}
    for place, form in enumerate(page.context["form"].lessons):
        rows |= {
            f"lesson-{place}-{name}": str(form.initial.get(name, ""))
            for name in ("pk", "title", "lecturer", "kind", "hours")
        }

    edit(desk, record, attendance="77", lecturer="", lecturer_kind="", **rows)
    record.refresh_from_db()

    assert record.attendance == 77
    assert [(one.pk, one.title) for one in record.lessons.order_by("pk")] == [
        (one.pk, one.title) for one in lessons
    ]
    assert "课次" not in RecordChange.objects.of(record).get().before


def test_nobody_overwrites_what_they_have_not_seen(desk, school):
    register(desk)
    record = TrainingClass.objects.get()
    address = reverse("schools:class_edit", args=[record.pk])
    seen = desk.get(address).context["form"].initial["seen"]
    TrainingClass.objects.update(attendance=61)

    first = desk.post(address, {**typed(attendance="70"), "seen": seen})
    record.refresh_from_db()
    kept = record.attendance
    again = first.context["form"].data["seen"]
    desk.post(address, {**typed(attendance="70"), "seen": again})
    record.refresh_from_db()

    assert kept == 61
    assert (
        "刚修改过这里，您的内容还没有保存" in first.content.decode()
        and "<td>61</td><td>70</td>" in first.content.decode()
    )
    assert 'value="70"' in first.content.decode()
    assert record.attendance == 70


def test_voided_class_keeps_its_reason_and_counts_no_more(desk, school):
    register(desk)
    record = TrainingClass.objects.get()
    address = reverse("schools:class_void", args=[record.pk])

    refused = desk.post(address, {"reason": " "})
    desk.post(address, {"reason": "重复登记"})

    assert refused.status_code == 200
    assert not TrainingClass.objects.kept().exists()
    assert "重复登记" in desk.get(reverse("schools:class", args=[record.pk])).content.decode()


def test_locked_period_becomes_a_request_with_its_lessons(desk, appoint, school, locked):
    without = register(desk)
    response = register(desk, reason="漏登")
    correction = Correction.objects.get()
    corrections.approve(correction, by=appoint("county"))

    assert "已锁定" in without.content.decode()
    assert response.url == reverse("schools:correction", args=[correction.pk])
    record = TrainingClass.objects.get()
    assert (record.attendance, record.lessons.get().lecturer) == (60, "李某")


def test_a_request_says_that_it_invites_nobody(desk, city, school, locked):
    response = register(desk, reason="漏登", partners=[SchoolFactory(city=city).pk])

    assert "申请中不含参加联合办班的党校" in desk.get(response.url).content.decode()


def test_no_request_is_made_to_void_what_is_voided(desk, filler, school, locked):
    record = TrainingClassFactory(school=school)
    record.void(by=filler, reason="重复登记")

    response = desk.post(reverse("schools:class_void", args=[record.pk]), {"reason": "重复"})
    page = response.content.decode()

    assert response.status_code == 409 and "已作废，不必再办" in page and "重复</textarea>" in page
    assert desk.get(reverse("schools:class_void", args=[record.pk])).url == reverse(
        "schools:class", args=[record.pk]
    )
    assert not Correction.objects.exists()


def test_a_missing_reason_is_asked_for_at_its_own_field(desk, school, locked):
    page = edit(desk, TrainingClassFactory(school=school, starts_on=date(2026, 3, 5)), attendance="70")

    assert page.context["form"].errors == {"reason": ["记录已锁定，请写明更正理由。"]}
    assert 'href="#id_reason">更正理由：' in page.content.decode()


def test_locked_class_changes_only_when_agreed(desk, appoint, school, locked):
    record = TrainingClassFactory(school=school, starts_on=date(2026, 3, 5), name="党员春训")
    LessonFactory(training_class=record)

    edit(desk, record, attendance="70", lecturer="王某", lecturer_kind="model", reason="误登")
    desk.post(
        reverse("schools:class_void", args=[TrainingClassFactory(school=school).pk]), {"reason": "重复"}
    )
    record.refresh_from_db()
    before = (record.attendance, record.lessons.get().lecturer)
    corrections.approve(Correction.objects.get(act="change"), by=appoint("county"))
    record.refresh_from_db()

    assert before == (60, "李某")
    assert (record.attendance, record.lessons.get().lecturer) == (70, "王某")
    assert TrainingClass.objects.kept().count() == 2


def test_joint_class_counts_at_its_host_and_others_enter_their_own(
    desk, city, county, school, appoint, signed_client
):
    partner_school = SchoolFactory(city=city, county=county)
    neighbour = appoint("head", school=partner_school)

    register(desk, partners=[partner_school.pk])
    partner = JointPartner.objects.get()
    told = Notice.objects.get(user=neighbour)
    client = signed_client(neighbour)
    address = reverse("schools:joint", args=[partner.pk])
    client.post(address, {"attendance": ""})
    client.post(address, {"attendance": "25"})
    twice = client.post(address, {"attendance": "25"})

    joined = TrainingClass.objects.get(school=partner_school)
    assert (joined.part, joined.attendance, joined.cost, joined.hours) == (
        "participant",
        25,
        0,
        Decimal("4.0"),
    )
    assert told.url == address
    assert "已经确认参加" in twice.content.decode()
    assert TrainingClass.objects.filter(part="host").get().school == school


def test_partners_are_ticked_those_of_the_own_county_first(desk, city, county):
    far = SchoolFactory(city=city, county=CountyFactory(city=city, order=0))
    near = SchoolFactory(city=city, county=county)

    page = desk.get(reverse("schools:class_new")).content.decode()

    boxes = re.findall(r'<input type="checkbox"[^>]*name="partners"[^>]*value="(\d+)"', page)
    assert boxes == [str(near.pk), str(far.pk)]


def test_school_that_did_not_take_part_says_so_once(desk, city, county, appoint, signed_client):
    partner_school = SchoolFactory(city=city, county=county)
    register(desk, partners=[partner_school.pk])
    client = signed_client(appoint("head", school=partner_school))

    client.post(reverse("schools:joint", args=[JointPartner.objects.get().pk]), {"decline": "1"})

    assert not JointPartner.objects.waiting().exists()
    assert TrainingClass.objects.count() == 1


def test_a_joint_class_of_a_signed_day_is_asked_for(city, county, school, locked, appoint, signed_client):
    host = TrainingClassFactory(
        school=SchoolFactory(city=city, county=county), starts_on=date(2026, 3, 5), name="联合培训班"
    )
    partner = JointPartner.objects.create(host_class=host, school=school)
    client, address = signed_client(appoint("filler")), reverse("schools:joint", args=[partner.pk])

    opened = client.get(address).content.decode()
    without = client.post(address, {"attendance": "25"})
    asked = client.post(address, {"attendance": "25", "reason": "当时漏了确认"})
    correction = Correction.objects.get()
    shown = client.get(address).content.decode()
    again = client.post(address, {"attendance": "26", "reason": "再报一次"}).content.decode()
    before = TrainingClass.objects.filter(school=school).count()
    corrections.approve(correction, by=appoint("county"))
    partner.refresh_from_db()

    assert str(locked) in opened and "更正理由" in opened
    assert without.context["form"].errors == {"reason": ["记录已锁定，请写明更正理由。"]}
    assert 'value="25"' in without.content.decode()
    assert asked.url == reverse("schools:correction", args=[correction.pk])
    assert "等待审核" in shown and "确认参加" not in shown
    assert "不需要再次提交" in again
    assert before == 0
    assert (partner.record.school, partner.record.attendance, partner.record.part) == (
        school,
        25,
        "participant",
    )
    assert partner.record.recorded_by.username == "filler"


def test_a_joint_class_declined_while_the_request_waits_is_not_entered(
    city, county, school, locked, appoint, signed_client
):
    host = TrainingClassFactory(
        school=SchoolFactory(city=city, county=county), starts_on=date(2026, 3, 5), name="联合培训班"
    )
    partner = JointPartner.objects.create(host_class=host, school=school)
    client, address = signed_client(appoint("filler")), reverse("schools:joint", args=[partner.pk])
    client.post(address, {"attendance": "25", "reason": "当时漏了确认"})
    client.post(address, {"decline": "1"})

    with pytest.raises(Refused, match="本校已经答复不参加"):
        corrections.approve(Correction.objects.get(), by=appoint("county"))

    assert not TrainingClass.objects.filter(school=school).exists()


def test_trial_lesson_stands_with_its_teacher(desk, school):
    teacher = TeacherFactory(school=school, name="新老师")
    foreign = TeacherFactory(name="外校老师")
    fields = {
        "on": "2026-05-08",
        "topic": "党章",
        "assessors": "陈校长、李某",
        "opinion": "条理清楚",
        "passed": "on",
    }

    refused = desk.post(reverse("schools:trial_new"), {**fields, "teacher": foreign.pk})
    desk.post(reverse("schools:trial_new"), {**fields, "teacher": teacher.pk})
    twice = desk.post(reverse("schools:trial_new"), {**fields, "teacher": teacher.pk})
    page = desk.get(reverse("schools:trials", args=[school.pk])).content.decode()

    assert refused.status_code == 200
    assert "已登记同题试讲" in twice.content.decode()
    assert "新老师" in page and "条理清楚" in page and "通过" in page
    trial = teacher.trial_lessons.get()
    desk.post(reverse("schools:trial_void", args=[trial.pk]), {"reason": "登记错了"})
    assert "条理清楚" not in desk.get(reverse("schools:trials", args=[school.pk])).content.decode()


def test_list_is_searched_and_costs_the_same_for_any_number(desk, school, django_assert_max_num_queries):
    address = reverse("schools:teaching_school", args=[school.pk])
    for more in (2, 18):
        for one in TrainingClassFactory.create_batch(more, school=school):
            LessonFactory(training_class=one, teacher=TeacherFactory(school=school), lecturer="")
        with django_assert_max_num_queries(21):
            desk.get(address, {"year": "2026"})
    TrainingClassFactory(
        school=school, name="找得到的班", starts_on=date(2026, 7, 1), recorded_at=moment(date(2026, 7, 1))
    )

    found = desk.get(address, {"year": "2026", "q": "找得到", "month": "7"}).context["rows"]

    assert [one.name for one, _ in found] == ["找得到的班"]


@pytest.mark.parametrize(
    "query", ["year=abc", "year=99999999999999999999", "page=x", "month=13&category=zz", "year=２０２６"]
)
def test_absurd_addresses_show_the_page(desk, school, query):
    assert desk.get(f"{reverse('schools:teaching_school', args=[school.pk])}?{query}").status_code == 200


def test_who_stands_above_the_lessons_is_never_dropped(desk, school):
    TeacherFactory(school=school, name="周立新", kind="lecturer")
    TeacherFactory(school=school, name="蔡育才", kind="lecturer")
    rows = {"lesson-TOTAL_FORMS": "1", "lesson-INITIAL_FORMS": "0"}
    rows |= {"lesson-0-lecturer": "蔡育才", "lesson-0-hours": "4"}
    above = {"lecturer": "周立新", "lecturer_kind": ""}

    refused = register(desk, **above, **rows).content.decode()
    titled = register(desk, lecturer="", lecturer_kind="", title="党章", **rows).content.decode()
    written = TrainingClass.objects.count()
    rows |= {"lesson-TOTAL_FORMS": "2", "lesson-1-lecturer": "周立新", "lesson-1-hours": "2"}
    told = desk.get(register(desk, **above, **rows).url).content.decode()

    assert "课次学时合计 6，多于班次学时 4，请核对" in told
    assert "授课人“周立新”不在课次里：几个人授课的，请在课次里逐人填写" in refused
    assert "授课题目“党章”不在课次里" in titled
    assert written == 0
    assert [one.lecturer_name for one in Lesson.objects.order_by("pk")] == ["蔡育才", "周立新"]


@pytest.mark.parametrize("name", ["周立新 、 蔡育才", "周立新，蔡育才", "周立新;蔡育才"])
def test_several_lecturers_in_one_field_are_sent_to_the_lessons(desk, name):
    page = register(desk, lecturer=name).content.decode()

    assert "几个人授课的，请在课次里逐人填写" in page
    assert "请选明身份" not in page
    assert not TrainingClass.objects.exists()


@pytest.mark.parametrize("name", ["买买提·艾山", "李伟（教务、财务）"])
def test_a_long_name_is_one_person(desk, name):
    register(desk, lecturer=name)

    assert Lesson.objects.get().lecturer == name
