"""The back office: who gets in, what is there, and workbooks through the browser."""

import io
import re
from datetime import date

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from schools.models import (
    Appointment,
    AuditEntry,
    MetricValue,
    Region,
    Role,
    School,
    Teacher,
    TrainingClass,
    User,
)
from schools.workbooks import SheetOut, read_workbook, write_workbook
from tests import factories as make
from tests.html_forms import seen_in

pytestmark = pytest.mark.django_db
KEPT_TABLES = sorted(
    model._meta.model_name for model in admin.site._registry if model._meta.app_label == "schools"
)
WITH_WORKBOOKS = [name for name in KEPT_TABLES if name not in ("annualplan", "calendarday")]
SECURITY_TABLES = {"appointment", "user"}


def at(name, model, *args):
    return reverse(f"admin:schools_{model}_{name}", args=args)


def workbook(name, *rows):
    buffer = io.BytesIO()
    write_workbook(buffer, [SheetOut(name, rows[0], rows[1:])])
    buffer.seek(0)
    buffer.name = f"{name}.xlsx"
    return buffer


def test_its_pages_name_the_icon_so_that_the_browser_asks_for_no_other(enter):
    client = enter(Role.SYSADMIN)

    pages = [
        client.get(address).content.decode()
        for address in (reverse("admin:index"), at("changelist", "school"), at("add", "school"))
    ]

    assert all(re.search(r'<link rel="icon" href="[^"]*img/star[^"]*\.svg"', page) for page in pages)


@pytest.mark.parametrize("model", KEPT_TABLES)
def test_nonsense_in_address_and_choice_is_refused_with_a_sentence(enter, school, model):
    client = enter(Role.SECURITY if model == "appointment" else Role.SYSADMIN)
    names = [field.name for field in apps.get_model("schools", model)._meta.get_fields() if field.is_relation]
    nonsense = dict.fromkeys(names, "x")

    assert client.get(at("add", model), nonsense).status_code == 200
    assert client.post(at("add", model), nonsense).status_code in (200, 403)
    acted = client.post(
        at("changelist", model), {"action": "void_selected", "_selected_action": "x", "index": 0}, follow=True
    )
    assert acted.status_code == 200
    assert "无法识别" in acted.content.decode() or "void_selected" not in acted.content.decode()


@pytest.mark.parametrize("model", KEPT_TABLES)
def test_lists_and_forms_open_for_their_administrator(enter, school, model):
    client = enter(Role.SECURITY if model == "appointment" else Role.SYSADMIN)

    for page in ("changelist", "add"):
        response = client.get(at(page, model))
        assert response.status_code == 200
        html = response.content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*type=.application/json)", html)
        assert not re.search(r"<style|\son\w+=|\sstyle=|javascript:", html)
        assert "Content-Security-Policy" in response.headers


@pytest.mark.parametrize("model", KEPT_TABLES)
@pytest.mark.parametrize("role", [Role.OFFICE, Role.CHAIR, Role.AUDITOR, Role.VIEWER])
def test_other_roles_are_kept_out_even_if_marked_as_staff(enter, model, role):
    response = enter(role).get(at("changelist", model), follow=True)

    assert response.status_code == 403


@pytest.mark.parametrize("role", [Role.OFFICE, Role.CHAIR, Role.AUDITOR, Role.FILLER])
def test_no_empty_back_office_opens_to_a_marked_account_of_another_role(enter, school, role):
    scope = {"school": school} if role == Role.FILLER else {}
    response = enter(role, **scope).get(reverse("admin:index"), follow=True)

    assert response.status_code == 403
    assert "数据维护后台只对系统管理员等维护人员开放。" in response.content.decode()


@pytest.mark.parametrize("model", sorted(set(KEPT_TABLES) - SECURITY_TABLES))
def test_security_sees_accounts_only(enter, model):
    assert enter(Role.SECURITY).get(at("changelist", model)).status_code == 403


def test_system_administrator_gives_no_appointments(enter):
    client = enter(Role.SYSADMIN)

    assert client.get(at("changelist", "appointment")).status_code == 403
    assert client.get(at("import", "appointment")).status_code == 403


def test_administrator_without_staff_mark_is_sent_away(enter):
    assert enter(Role.SYSADMIN, staff=False).get(at("changelist", "school")).status_code in (302, 403)


def test_no_table_of_ratings_scores_is_in_the_back_office():
    shown = {model._meta.model_name for model in admin.site._registry}

    assert not shown & {"score", "adjustment", "result", "decision", "assessment", "auditentry", "chainhead"}


@pytest.mark.parametrize("model", KEPT_TABLES)
def test_nothing_can_be_deleted(enter, school, model):
    client = enter(Role.SECURITY if model == "appointment" else Role.SYSADMIN)
    made = {
        "school": school,
        "region": school.county,
        "user": client.user,
        "appointment": make.AppointmentFactory(role="filler", school=school),
    }
    one = made.get(model) or create(model, school)

    response = client.post(at("delete", model, one.pk), {"post": "yes"})

    assert response.status_code == 403
    assert type(one).objects.filter(pk=one.pk).exists()


def create(model, school):
    factories = {
        "trainingclass": make.TrainingClassFactory,
        "plannedclass": lambda school: make.PlannedClassFactory(plan__school=school),
        "annualplan": make.AnnualPlanFactory,
        "teachingpoint": make.TeachingPointFactory,
        "yearfigures": make.YearFiguresFactory,
        "staffmember": make.StaffMemberFactory,
        "monthlyreport": make.MonthlyReportFactory,
        "metricvalue": make.MetricValueFactory,
        "calendarday": lambda school: apps.get_model("schools", "CalendarDay").objects.create(
            day=date(2026, 12, 1), works=False
        ),
        "leader": lambda school: apps.get_model("schools", "Leader").objects.create(
            school=school, post="vice", name="张某"
        ),
        "equipment": lambda school: apps.get_model("schools", "Equipment").objects.create(
            school=school, kind="sound"
        ),
    }
    factory = factories.get(model) or getattr(make, f"{model.capitalize()}Factory")
    return factory(school=school)


@pytest.mark.parametrize("model", ["school", "teacher", "trainingclass", "region", "user"])
def test_rows_of_another_city_are_not_found(enter, model):
    other = make.SchoolFactory()
    made = {
        "school": other,
        "region": other.county,
        "user": make.AppointmentFactory(role="filler", school=other).user,
    }
    one = made.get(model) or create(model, other)
    client = enter(Role.SYSADMIN)

    assert client.get(at("change", model, one.pk)).status_code == 302
    assert str(one) not in client.get(at("changelist", model)).content.decode()


def test_record_cannot_be_hung_on_another_citys_school(enter):
    foreign = make.SchoolFactory()

    response = enter(Role.SYSADMIN).post(
        at("add", "teacher"), {"school": foreign.pk, "name": "张某", "kind": "leader"}
    )

    assert response.status_code == 200
    assert not Teacher.objects.exists()


def test_city_administrator_cannot_make_a_city(enter, school):
    data = {"code": "X", "name": "别市", "kind": "city", "nature": "administrative", "order": 1}
    client = enter(Role.SYSADMIN)

    for city in ("", school.city_id):
        assert client.post(at("add", "region"), {**data, "city": city}).status_code == 200

    assert not Region.objects.filter(name="别市").exists()


@pytest.mark.parametrize("model", ["school", "teacher", "trainingclass"])
def test_list_costs_the_same_queries_for_3_and_30_rows(enter, school, model, django_assert_max_num_queries):
    client = enter(Role.SYSADMIN)
    client.get(at("changelist", model))
    for count in (3, 27):
        for _ in range(count):
            create(model, school) if model != "school" else make.SchoolFactory(county=school.county)
        with django_assert_max_num_queries(12):
            assert client.get(at("changelist", model)).status_code == 200


@pytest.mark.parametrize("model", WITH_WORKBOOKS)
def test_template_and_export_are_workbooks(enter, school, model):
    client = enter(Role.SECURITY if model == "appointment" else Role.SYSADMIN)

    for page in ("template", "export"):
        response = client.get(at(page, model))
        book = read_workbook(b"".join(response.streaming_content))
        assert book.first_sheet.grid[0]
    assert client.get(at("import", model)).status_code == 200


def test_export_takes_the_filter_along_and_is_recorded(enter, school):
    make.TeacherFactory(school=school, name="张某", kind="leader")
    make.TeacherFactory(school=school, name="李某", kind="expert")

    response = enter(Role.SYSADMIN).get(at("export", "teacher"), {"kind": "leader"})

    grid = read_workbook(b"".join(response.streaming_content)).first_sheet.grid
    assert [row[1] for row in grid] == ["姓名", "张某"]
    assert AuditEntry.objects.filter(action="export", subject="师资").exists()


def test_export_with_a_filter_it_cannot_read_goes_back_to_the_list(enter, school):
    response = enter(Role.SYSADMIN).get(at("export", "teacher"), {"since__year": "abc"})

    assert response.url == f"{at('changelist', 'teacher')}?e=1"


def test_import_is_checked_first_and_written_on_confirmation(enter, school):
    client = enter(Role.SYSADMIN)
    upload = workbook("师资", ["学校编码", "姓名", "类型"], ["A01", "张某", "领导型"])

    checked = client.post(at("import", "teacher"), {"workbook": upload})

    assert "师资：新增 1 条，更新 0 条，未变 0 条" in checked.content.decode()
    assert not Teacher.objects.exists()

    another = workbook("师资", ["学校编码", "姓名", "类型"], ["A01", "李某", "领导型"])
    in_another_tab = client.post(at("import", "teacher"), {"workbook": another})
    of_the_first = client.post(at("import", "teacher"), {"confirm": "1"} | seen_in(checked), follow=True)
    assert "在别的窗口又上传了一份" in of_the_first.content.decode() and not Teacher.objects.exists()

    done = client.post(at("import", "teacher"), {"confirm": "1"} | seen_in(in_another_tab), follow=True)

    assert "已导入" in done.content.decode()
    assert Teacher.objects.get().name == "李某"
    again = client.post(at("import", "teacher"), {"confirm": "1"}, follow=True)
    assert "已失效" in again.content.decode()


def test_import_of_one_table_cannot_be_confirmed_for_another(enter, school):
    client = enter(Role.SYSADMIN)
    checked = client.post(
        at("import", "teacher"),
        {"workbook": workbook("师资", ["学校编码", "姓名", "类型"], ["A01", "张某", "领导型"])},
    )

    client.post(at("import", "leader"), {"confirm": "1"} | seen_in(checked))

    assert not Teacher.objects.exists()


def test_import_report_names_rows_and_offers_no_confirmation(enter, school):
    client = enter(Role.SYSADMIN)
    upload = workbook(
        "师资",
        ["学校编码", "姓名", "类型"],
        ["合计", "2人", ""],
        ["A01", "张某", "领导"],
        ["A77", "李某", "专家型"],
    )

    html = client.post(at("import", "teacher"), {"workbook": upload}).content.decode()

    assert "共 2 处需要改正" in html
    assert "合计、小计等汇总行，没有读入" in html
    assert "不在可选范围" in html
    assert "A77" in html
    assert "确认导入" not in html


def test_import_of_something_else_gets_a_sentence(enter):
    upload = io.BytesIO(b"%PDF-1.7")
    upload.name = "师资.pdf"

    html = enter(Role.SYSADMIN).post(at("import", "teacher"), {"workbook": upload}).content.decode()

    assert "PDF 文件，不是表格" in html


def test_voiding_needs_a_reason_and_leaves_the_record(enter, school):
    one = make.TrainingClassFactory(school=school)
    client = enter(Role.SYSADMIN)
    action = {"action": "void_selected", "_selected_action": [one.pk]}

    client.post(at("changelist", "trainingclass"), action)
    assert not TrainingClass.objects.get().is_voided

    client.post(at("changelist", "trainingclass"), {**action, "reason": "重复登记"})

    one.refresh_from_db()
    assert (one.voided_by, one.void_reason) == (client.user, "重复登记")
    assert AuditEntry.objects.filter(action="void").exists()
    page = client.get(at("change", "trainingclass", one.pk)).content.decode()
    assert 'name="_save"' not in page


def test_new_account_must_change_its_password(enter, school):
    data = {
        "username": "zhang",
        "name": "张某",
        "office_phone": "",
        "city": school.city_id,
        "password1": "Chuci-2026",
        "password2": "Chuci-2026",
    }

    response = enter(Role.SYSADMIN).post(at("add", "user"), data)

    assert response.status_code == 302
    user = User.objects.get(username="zhang")
    assert (user.must_change_password, user.is_staff, user.is_superuser, user.city) == (
        True,
        False,
        False,
        school.city,
    )


def test_system_administrator_cannot_open_the_back_office_to_anybody(enter, school):
    user = make.UserFactory(city=school.city)
    client = enter(Role.SYSADMIN)

    client.post(
        at("change", "user", user.pk),
        {
            "username": user.username,
            "name": "新名",
            "office_phone": "",
            "city": school.city_id,
            "is_staff": "on",
            "is_active": "on",
        },
    )

    user.refresh_from_db()
    assert (user.name, user.is_staff) == ("新名", False)


def test_security_administrator_locks_but_renames_nobody(enter, school):
    user = make.UserFactory(city=school.city)

    enter(Role.SECURITY).post(at("change", "user", user.pk), {"name": "新名", "username": "new"})

    before, user = user, User.objects.get(pk=user.pk)
    assert (user.name, user.username, user.is_active) == (before.name, before.username, False)


def test_one_time_passwords_are_handed_out_in_a_file(enter, school):
    user = make.UserFactory(city=school.city)
    client = enter(Role.SYSADMIN)

    response = client.post(
        at("changelist", "user"),
        {"action": "issue_first_passwords", "_selected_action": [user.pk, client.user.pk]},
    )

    (_, row) = read_workbook(b"".join(response.streaming_content)).first_sheet.grid
    user.refresh_from_db()
    assert row[0] == user.username
    assert user.check_password(row[2])
    assert user.must_change_password


def test_appointment_is_given_by_security_and_recorded(enter, school):
    user = make.UserFactory(city=school.city)
    client = enter(Role.SECURITY)
    data = {
        "user": user.pk,
        "role": "filler",
        "school": school.pk,
        "city": school.city_id,
        "start": "2026-01-01",
    }

    assert client.post(at("add", "appointment"), data).status_code == 302

    assert Appointment.objects.get(user=user).role == "filler"
    assert AuditEntry.objects.filter(action="appointment").exists()


def test_city_security_can_neither_appoint_oneself_nor_for_the_whole_system(enter, school):
    user = make.UserFactory(city=school.city)
    client = enter(Role.SECURITY)
    data = {"user": user.pk, "role": "sysadmin", "start": "2026-01-01"}

    client.post(at("add", "appointment"), data)
    client.post(
        at("add", "appointment"), {**data, "user": client.user.pk, "role": "office", "city": school.city_id}
    )

    assert Appointment.objects.count() == 1


def test_metric_value_is_kept_in_one_spelling(enter, school):
    client = enter(Role.SYSADMIN)
    data = {"school": school.pk, "year": 2026, "value": "3"}

    wrong = client.post(at("add", "metricvalue"), {**data, "reference": "办班数"})
    assert "相近的有：办班期数" in wrong.content.decode()

    client.post(at("add", "metricvalue"), {**data, "reference": "办班期数[人次>=15，学时>=2]"})
    assert MetricValue.objects.get().reference == "办班期数[学时≥2, 人次≥15]"


def test_school_and_its_city_survive_a_change_in_the_form(enter, school):
    client = enter(Role.SYSADMIN)
    page = client.get(at("change", "school", school.pk))
    form = page.context["adminform"].form
    data = {name: value for name, value in form.initial.items() if value is not None}
    empty = {
        f"{prefix}-{name}": 0
        for prefix in ("leaders", "former_names")
        for name in ("TOTAL_FORMS", "INITIAL_FORMS")
    }

    response = client.post(
        at("change", "school", school.pk),
        {**data, **empty, "opened_on": date(2020, 3, 1), "seats": 120, "has_plaque": "true"},
    )

    assert response.status_code == 302
    school.refresh_from_db()
    assert (school.seats, school.has_plaque, school.opened_on) == (120, True, date(2020, 3, 1))
    assert School.objects.count() == 1
