"""修改记录: old and new values as people read them."""

from datetime import date
from decimal import Decimal

import pytest

from schools.models import AuditEntry, RecordChange
from schools.records.changes import note_change, plain, snapshot
from tests.factories import SchoolFactory, TeacherFactory, TeachingPointFactory, TrainingClassFactory

pytestmark = pytest.mark.django_db


def test_only_what_differs_is_kept_in_words(school, appoint):
    teacher, by = TeacherFactory(school=school, name="李某", since=date(2026, 1, 1)), appoint("filler")
    before = snapshot(teacher)
    teacher.kind, teacher.post = "leader", "党委书记"

    note_change(
        teacher,
        school=school,
        action="change",
        before=before,
        after=snapshot(teacher),
        by=by,
        reason=" 误登 ",
    )

    change = RecordChange.objects.get()
    assert change.lines == [("类型", "专家型", "领导型"), ("单位及职务", "", "党委书记")]
    assert (change.record, change.name, change.reason, change.by) == ("师资", "李某", "误登", by)


def test_nothing_is_written_where_nothing_differs(school, appoint):
    record = TrainingClassFactory(school=school)

    assert (
        note_change(
            record,
            school=school,
            action="change",
            before=snapshot(record),
            after=snapshot(record),
            by=appoint("filler"),
        )
        is None
    )
    assert RecordChange.objects.count() == 0


def test_numbers_of_one_value_are_one_text():
    assert plain(Decimal("4.00")) == plain(Decimal("4")) == "4"
    assert plain(Decimal("100")) == "100"


def test_relations_are_named(school, appoint):
    point, near = TeachingPointFactory(school=school), SchoolFactory(short_name="邻镇委党校")
    before = snapshot(point)
    point.shared_with.add(near)

    change = note_change(
        point, school=school, action="change", before=before, after=snapshot(point), by=appoint("filler")
    )

    assert change.lines == [("共用党校", "", "邻镇委党校")]


def test_words_that_are_no_fields_pass_through(school, appoint):
    record = TrainingClassFactory(school=school)
    before = {**snapshot(record), "课次": "甲 2 学时"}

    change = note_change(
        record, school=school, action="change", before=before, after=snapshot(record), by=appoint("filler")
    )

    assert change.lines == [("课次", "甲 2 学时", "")]


def test_a_new_record_shows_what_it_says_and_a_voided_one_what_it_said(school, appoint):
    record, by = TrainingClassFactory(school=school, name="骨干班"), appoint("filler")

    added = note_change(record, school=school, action="add", before={}, after=snapshot(record), by=by)
    voided = note_change(
        record, school=school, action="void", before=snapshot(record), after={}, by=by, reason="重复"
    )

    assert ("班名", "", "骨干班") in added.lines
    assert ("班名", "骨干班", "") in voided.lines


def test_the_back_office_leaves_old_and_new_value(school, appoint, signed_client):
    sysadmin = appoint("sysadmin")
    sysadmin.is_staff = True
    sysadmin.save(update_fields=["is_staff"])
    teacher = TeacherFactory(school=school, name="李某", post="旧职务")
    data = {"school": school.pk, "name": "李某", "kind": "expert", "post": "新职务"}

    answer = signed_client(sysadmin).post(f"/admin/schools/teacher/{teacher.pk}/change/", data)

    assert answer.status_code == 302
    assert RecordChange.objects.get().lines == [("单位及职务", "旧职务", "新职务")]
    assert AuditEntry.objects.filter(action="maintain", detail__contains="旧职务").count() == 1


def test_rows_beside_a_school_are_noted_too(school, appoint, signed_client):
    sysadmin = appoint("sysadmin")
    sysadmin.is_staff = True
    sysadmin.save(update_fields=["is_staff"])
    client = signed_client(sysadmin)
    page = client.get(f"/admin/schools/school/{school.pk}/change/")
    data = {
        name: value for name, value in page.context["adminform"].form.initial.items() if value is not None
    }
    for formset in page.context["inline_admin_formsets"]:
        prefix = formset.formset.prefix
        data |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    data |= {
        "leaders-TOTAL_FORMS": 1,
        "leaders-0-post": "president",
        "leaders-0-name": "李某",
        "seats": 80,
        "has_plaque": "unknown",
    }

    answer = client.post(f"/admin/schools/school/{school.pk}/change/", data)

    assert answer.status_code == 302, answer.context["errors"]
    assert {(one.record, one.action) for one in RecordChange.objects.all()} == {
        ("基本情况", "change"),
        ("校领导", "add"),
    }
