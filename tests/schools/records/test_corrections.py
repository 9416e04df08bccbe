"""数据更正: asked by the school, decided by county or office, written only then."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from schools.desk.tasks import correction_tasks
from schools.models import AuditEntry, Budget, Correction, Equipment, Notice, RecordChange, TrainingClass
from schools.records import locks
from schools.records.corrections import (
    approve,
    may_decide,
    refuse,
    request_add,
    request_change,
    request_void,
    withdraw,
)
from schools.records.locks import Lock
from schools.saving import Refused
from tests.factories import (
    BudgetFactory,
    CountyFactory,
    TeacherFactory,
    TrainingClassFactory,
    YearFiguresFactory,
)

pytestmark = [pytest.mark.engine, pytest.mark.django_db]


@pytest.fixture
def signed(monkeypatch, school):
    """The school has signed 2026; `signed("office")` moves its corrections on."""

    def sign(approver: str = locks.COUNTY) -> None:
        lock = Lock("2026年度自评", 2026, date(2026, 1, 1), date(2026, 12, 31), approver)
        monkeypatch.setattr(
            "ratings.desk.CONTRIBUTIONS.signed_periods",
            [lambda keys: {school.pk: [lock]} if school.pk in keys else {}],
        )

    sign()
    return sign


@pytest.fixture
def people(appoint, signed):
    return {role: appoint(role) for role in ("filler", "head", "county", "office")}


def test_a_request_changes_nothing_until_it_is_approved(school, people):
    record = TrainingClassFactory(school=school, attendance=60)

    asked = request_change(
        record, {"attendance": 58, "name": record.name}, by=people["filler"], reason="误登"
    )
    record.refresh_from_db()

    assert record.attendance == 60
    assert asked.lines == [("人次", "60", "58")]
    assert (asked.since, asked.status, asked.name) == (date(2026, 3, 5), "pending", str(record))


def test_approval_writes_notes_tells_and_enters_the_chain(school, people):
    record = TrainingClassFactory(school=school, attendance=60)
    asked = request_change(record, {"attendance": 58}, by=people["filler"], reason="误登")

    approve(asked, by=people["county"], remark="已核对签到册")
    record.refresh_from_db()
    change = RecordChange.objects.get()

    assert record.attendance == 58
    assert (change.action, change.lines, change.by, change.reason) == (
        "correct",
        [("人次", "60", "58")],
        people["county"],
        "误登",
    )
    assert set(Notice.objects.values_list("user__username", flat=True)) == {"filler", "head"}
    assert AuditEntry.objects.filter(action="correct").count() == 2


def test_the_county_decides_first_and_the_office_after_reporting(school, people, signed):
    asked = request_change(
        YearFiguresFactory(school=school, party_members=100),
        {"party_members": 90},
        by=people["head"],
        reason="重复",
    )

    assert may_decide(people["county"], asked) and not may_decide(people["office"], asked)
    signed(locks.OFFICE)
    assert may_decide(people["office"], asked) and not may_decide(people["county"], asked)


def test_nobody_decides_for_another_county_or_on_their_own_request(school, people, appoint, city):
    asked = request_change(
        TeacherFactory(school=school), {"name": "新名"}, by=people["county"], reason="误登"
    )
    other = appoint("county_lead", county=CountyFactory(city=city), city=city)

    assert not may_decide(other, asked)
    assert not may_decide(people["county"], asked)
    assert not may_decide(people["filler"], asked)


def test_a_refusal_owes_a_reason_and_leaves_the_record(school, people):
    record = TrainingClassFactory(school=school, attendance=60)
    asked = request_change(record, {"attendance": 58}, by=people["filler"], reason="误登")

    with pytest.raises(Refused, match="写明原因"):
        refuse(asked, by=people["county"], remark=" ")
    refuse(asked, by=people["county"], remark="签到册为 60 人")
    record.refresh_from_db()
    asked.refresh_from_db()

    assert (record.attendance, asked.status) == (60, "refused")
    assert "签到册为 60 人" in Notice.objects.first().text


def test_a_record_changed_since_the_request_is_not_overwritten(school, people):
    record = TrainingClassFactory(school=school, attendance=60)
    asked = request_change(record, {"attendance": 58}, by=people["filler"], reason="误登")
    TrainingClass.objects.filter(pk=record.pk).update(attendance=70)

    with pytest.raises(Refused, match="又有改动"):
        approve(asked, by=people["county"])
    record.refresh_from_db()
    asked.refresh_from_db()

    assert (record.attendance, asked.status, RecordChange.objects.count()) == (70, "pending", 0)


def test_what_would_break_a_promise_of_the_database_is_refused_whole(school, people):
    TrainingClassFactory(school=school, name="骨干班")
    values = {
        "starts_on": date(2026, 3, 5),
        "ends_on": date(2026, 3, 5),
        "name": "骨干班",
        "category": "main",
        "hours": 4,
        "attendance": 9,
    }
    asked = request_add(TrainingClass, school, values, by=people["filler"], reason="漏登")

    with pytest.raises(Refused, match="同名"):
        approve(asked, by=people["county"])
    asked.refresh_from_db()

    assert (TrainingClass.objects.count(), asked.status) == (1, "pending")


def test_an_added_record_is_whole_and_late(school, people):
    values = {"year": 2026, "source": "town", "allotted": Decimal("100.50"), "arrived": None}
    asked = request_add(Budget, school, values, by=people["filler"], reason="漏登")

    approve(asked, by=people["county"])
    made = Budget.objects.get()

    assert (made.school, made.allotted, made.arrived, asked.year) == (school, Decimal("100.50"), None, 2026)


def test_voiding_keeps_the_row_and_equipment_goes(school, people):
    record = TrainingClassFactory(school=school)
    tool = Equipment.objects.create(school=school, kind="sound")

    approve(request_void(record, by=people["filler"], reason="重复登记"), by=people["county"])
    approve(request_void(tool, by=people["filler"], reason="报废"), by=people["county"])
    record.refresh_from_db()

    assert (record.is_voided, record.void_reason, Equipment.objects.count()) == (True, "重复登记", 0)
    assert ("种类", "音响", "") in RecordChange.objects.get(record="设施").lines


def test_one_request_at_a_time_and_withdrawing_frees_the_record(school, people):
    record = TrainingClassFactory(school=school, attendance=60)
    first = request_change(record, {"attendance": 58}, by=people["filler"], reason="误登")

    with pytest.raises(Refused, match="等待审核"):
        request_change(record, {"attendance": 59}, by=people["head"], reason="误登")
    withdraw(first, by=people["head"])
    request_change(record, {"attendance": 59}, by=people["head"], reason="误登")

    with pytest.raises(Refused, match=f"已由{people['head']}办理：已撤回，不能再次办理"):
        approve(first, by=people["county"])


def test_a_request_says_something_and_why(school, people):
    record = TrainingClassFactory(school=school, attendance=60)

    with pytest.raises(Refused, match="没有需要更正"):
        request_change(record, {"attendance": 60}, by=people["filler"], reason="误登")
    with pytest.raises(Refused, match="理由"):
        request_change(record, {"attendance": 58}, by=people["filler"], reason="  ")


def test_rows_that_hang_on_a_record_are_written_by_whoever_keeps_them(school, people, monkeypatch):
    written = []
    rows = [(TrainingClass, lambda record, extras, by: written.append((record.pk, extras, by)))]
    monkeypatch.setattr("schools.desk.CONTRIBUTIONS.corrected_rows", rows)
    record = TrainingClassFactory(school=school)
    words = ({"课次": "甲 2 学时"}, {"课次": "乙 2 学时"})
    asked = request_change(
        record, {}, by=people["filler"], reason="误登", extras=[{"lecturer": "乙"}], words=words
    )

    approve(asked, by=people["county"])

    assert written == [(record.pk, [{"lecturer": "乙"}], people["county"])]
    assert RecordChange.objects.get().lines == [("课次", "甲 2 学时", "乙 2 学时")]


def test_the_desk_counts_what_waits_for_this_person(school, people, signed):
    request_change(BudgetFactory(school=school), {"arrived": Decimal(1)}, by=people["filler"], reason="误登")

    assert [task.title for task in correction_tasks(people["county"])] == ["1 份数据更正等待审核"]
    assert list(correction_tasks(people["office"])) == []
    assert list(correction_tasks(people["filler"])) == []


def test_pages_show_decide_and_withdraw(school, people, signed_client):
    record = TrainingClassFactory(school=school, attendance=60)
    asked = request_change(record, {"attendance": 58}, by=people["filler"], reason="误登")
    page = f"/corrections/{asked.pk}/"

    assert "待您审核" in signed_client(people["county"]).get("/corrections/").content.decode()
    assert (
        "不同意更正时"
        in signed_client(people["county"]).post(page, {"decision": "refuse", "remark": ""}).content.decode()
    )
    assert signed_client(people["office"]).post(page, {"decision": "approve"}).status_code == 403
    assert "撤回申请" in signed_client(people["head"]).get(page).content.decode()
    assert signed_client(people["county"]).post(f"{page}withdraw/").status_code == 403
    assert (
        signed_client(people["county"]).post(page, {"decision": "approve", "remark": "属实"}).url
        == "/corrections/"
    )
    record.refresh_from_db()

    assert record.attendance == 58
    assert Correction.objects.get().remark == "属实"


def test_the_list_costs_the_same_with_one_and_with_many(
    school, people, signed_client, django_assert_num_queries
):
    client = signed_client(people["county"])

    def ask(count):
        for _ in range(count):
            request_change(
                TrainingClassFactory(school=school), {"attendance": 58}, by=people["filler"], reason="误登"
            )

    ask(1)
    client.get("/corrections/")  # the first page of a session costs more
    with CaptureQueriesContext(connection) as few:
        client.get("/corrections/")
    ask(12)
    with django_assert_num_queries(len(few)):
        client.get("/corrections/")
