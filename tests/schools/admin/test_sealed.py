"""What a school has signed is read in the back office, not written, whatever the way in."""

import json
from datetime import date

import pytest

from schools.models import (
    Appointment,
    AuditEntry,
    Correction,
    Lesson,
    RecordChange,
    Region,
    Role,
    School,
    TrainingClass,
    User,
)
from schools.records import locks
from schools.records.locks import Lock
from tests import factories as make
from tests.html_forms import Forms

from .test_admin import KEPT_TABLES, at, create

pytestmark = pytest.mark.django_db
SIGNED = Lock("2026年度自评", 2026, date(2026, 1, 1), date(2026, 10, 31), locks.COUNTY)

#: A change that somebody might type, by the table.
SEALED = {
    "annualplan": ("filed_on", "2026-03-01"),
    "budget": ("arrived", "88"),
    "equipment": ("note", "待修"),
    "metricvalue": ("value", "120"),
    "monthlyreport": ("due", "2026-04-09"),
    "plannedclass": ("month", "4"),
    "regulation": ("kind", "funds"),
    "teacher": ("kind", "leader"),
    "teachingpoint": ("theme", "廉洁"),
    "trainingclass": ("attendance", "510"),
    "visit": ("findings", "桌椅已修"),
    "yearfigures": ("party_members", "510"),
}
#: No figure is read from these, so that nobody signs them; of a school only three fields are.
FREE = {
    "appointment",
    "brand",
    "calendarday",
    "course",
    "investment",
    "leader",
    "liaison",
    "region",
    "school",
    "staffmember",
    "user",
}


@pytest.fixture
def sign(monkeypatch, school):
    """From here on the school has signed the year 2026."""
    return lambda: monkeypatch.setattr(
        "ratings.desk.CONTRIBUTIONS.signed_periods",
        [lambda keys: {school.pk: [SIGNED]} if school.pk in keys else {}],
    )


def form_of(response, **typed):
    """What the page's form would send, with this typed."""
    forms = [fields for _, fields in Forms(response.content.decode()).found if "_save" in fields]
    (fields,) = forms
    return {name: value for name, value in fields.items() if name not in ("_addanother", "_continue")} | typed


def test_every_table_is_known_to_be_signed_or_free():
    assert set(KEPT_TABLES) == set(SEALED) | FREE


@pytest.mark.parametrize("model", SEALED)
def test_what_is_signed_is_only_read_and_what_is_not_is_noted(model, enter, school, sign):
    client, field = enter(Role.SYSADMIN), SEALED[model][0]
    one = make.VisitFactory(school=school, by=client.user) if model == "visit" else create(model, school)
    typed = form_of(client.get(at("change", model, one.pk)), **dict([SEALED[model]]))
    before = type(one).objects.filter(pk=one.pk).values().get()

    sign()
    page = client.get(at("change", model, one.pk)).content.decode()
    assert 'name="_save"' not in page and "2026年度自评已提交" in page
    assert f"/schools/{school.pk}/" in page or f"/classes/{one.pk}/" in page
    assert "/help/#corrections" in page

    refused = client.post(at("change", model, one.pk), typed)  # the form was open when the school signed
    assert refused.status_code == 200
    html = refused.content.decode()
    assert "2026年度自评已提交" in html and form_of(refused)[field] == typed[field]
    assert type(one).objects.filter(pk=one.pk).values().get() == before

    if model == "annualplan":  # its classes hang on it
        return
    one.delete()
    added = client.post(at("add", model), typed)
    assert added.status_code == 200 and "2026年度自评已提交" in added.content.decode()
    assert not type(one).objects.exists() and not RecordChange.objects.exists()


@pytest.mark.parametrize("model", ["annualplan", "plannedclass", "trainingclass"])
def test_what_is_free_is_saved_and_noted(model, enter, school):
    one = create(model, school)
    client = enter(Role.SYSADMIN)

    client.post(
        at("change", model, one.pk),
        form_of(client.get(at("change", model, one.pk)), **dict([SEALED[model]])),
    )

    change = RecordChange.objects.get()
    assert (change.school, change.object_id, change.action, change.by) == (
        school,
        one.pk,
        "change",
        client.user,
    )
    assert AuditEntry.objects.filter(action="maintain").count() == 1


def test_a_record_that_waits_for_a_second_person_is_not_changed_past_it(enter, school):
    one = make.BudgetFactory(school=school)
    client = enter(Role.SYSADMIN)
    typed = form_of(client.get(at("change", "budget", one.pk)), arrived="88")
    Correction.objects.create(
        school=school,
        act="change",
        model="schools.budget",
        object_id=one.pk,
        reason="误登",
        asked_by=client.user,
    )

    assert 'name="_save"' not in client.get(at("change", "budget", one.pk)).content.decode()
    assert "有一份数据更正等待审核" in client.post(at("change", "budget", one.pk), typed).content.decode()
    one.refresh_from_db()
    assert one.arrived == 50000


def test_of_a_school_the_signed_figures_are_read_and_the_rest_is_kept(enter, school, sign):
    School.objects.update(seats=80)
    client = enter(Role.SYSADMIN)
    open_form = form_of(client.get(at("change", "school", school.pk)), seats="90")

    sign()
    page = client.get(at("change", "school", school.pk))
    assert 'name="seats"' not in page.content.decode() and 'name="operator"' in page.content.decode()
    refused = client.post(at("change", "school", school.pk), open_form)
    assert refused.status_code == 200 and form_of(refused)["seats"] == "90"
    assert "2026年度自评已提交" in refused.content.decode()

    assert (
        client.post(at("change", "school", school.pk), form_of(page, operator="镇党建办")).status_code == 302
    )
    school.refresh_from_db()
    assert (school.seats, school.operator) == (80, "镇党建办")


def test_rows_below_a_record_are_sealed_with_it(enter, school, sign):
    lesson = make.LessonFactory(training_class=make.TrainingClassFactory(school=school))
    address = at("change", "trainingclass", lesson.training_class_id)
    client = enter(Role.SYSADMIN)
    typed = form_of(client.get(address), **{"lessons-0-hours": "9"})

    sign()
    refused = client.post(address, typed)

    assert refused.status_code == 200 and "2026年度自评已提交" in refused.content.decode()
    assert Lesson.objects.get().hours == 2
    assert 'name="lessons-0-hours"' not in client.get(address).content.decode()


def test_rows_below_a_record_are_noted_with_it(enter, school):
    lesson = make.LessonFactory(training_class=make.TrainingClassFactory(school=school))
    address = at("change", "trainingclass", lesson.training_class_id)
    client = enter(Role.SYSADMIN)

    client.post(address, form_of(client.get(address), **{"lessons-0-hours": "9"}))

    change = RecordChange.objects.get()
    assert (change.record, change.before, change.after) == ("课次", {"学时": "2"}, {"学时": "9"})


@pytest.mark.parametrize("model", ["trainingclass", "visit"])
def test_nothing_signed_is_voided_in_a_row_and_what_is_free_is_noted(model, enter, school, sign):
    signed, free = create(model, school), create(model, school)
    days = {"trainingclass": "starts_on", "visit": "on"}
    type(free).objects.filter(pk=free.pk).update(**{days[model]: date(2026, 11, 20)} | _ends(model))
    sign()
    client = enter(Role.SYSADMIN)
    action = {"action": "void_selected", "reason": "重复登记", "_selected_action": [signed.pk, free.pk]}

    page = client.post(at("changelist", model), action, follow=True).content.decode()
    assert "没有作废：2026年度自评已提交" in page
    assert not type(free).objects.filter(voided_at__isnull=False).exists()

    client.post(at("changelist", model), {**action, "_selected_action": [free.pk]})
    assert type(free).objects.get(voided_at__isnull=False) == free
    assert [(change.action, change.reason) for change in RecordChange.objects.all()] == [("void", "重复登记")]


def _ends(model):
    return {"ends_on": date(2026, 11, 20)} if model == "trainingclass" else {}


def test_a_record_hung_on_another_school_leaves_the_one_and_comes_to_the_other(enter, school, sign):
    other = make.SchoolFactory(county=school.county)
    one = make.TrainingClassFactory(school=other)
    client = enter(Role.SYSADMIN)
    typed = form_of(client.get(at("change", "trainingclass", one.pk)), school=school.pk)

    sign()
    refused = client.post(at("change", "trainingclass", one.pk), typed).content.decode()
    assert "2026年度自评已提交" in refused and TrainingClass.objects.get().school == other

    elsewhere = {**typed, "school": make.SchoolFactory(county=school.county).pk}
    assert client.post(at("change", "trainingclass", one.pk), elsewhere).status_code == 302
    assert list(RecordChange.objects.order_by("pk").values_list("school", "action")) == [
        (other.pk, "void"),
        (elsewhere["school"], "add"),
    ]


#: What does not go together, at which field, and what is said.
SENSELESS = {
    "office of a county": ({"role": "office", "city": "county"}, "是县（市、区），这里只能填市。"),
    "reviewer of a city": ({"role": "county", "county": "city"}, "是市，这里只能填县（市、区）。"),
    "reviewer of nothing": ({"role": "county_lead"}, "县（区）负责人须填县（市、区）。"),
    "filler without school": ({"role": "filler"}, "填报人须填党校。"),
    "filler of a county too": ({"role": "head", "school": "school", "county": "county"}, "这一项请不要填"),
    "judge of a school": ({"role": "judge", "school": "school"}, "评委的范围不是党校，这一项请不要填。"),
    "auditor of a county": ({"role": "auditor", "county": "county"}, "审计管理员的范围不是县（市、区）"),
}


@pytest.mark.parametrize("case", SENSELESS)
def test_an_appointment_that_makes_no_sense_is_refused_with_a_sentence(case, enter, school):
    stated, sentence = SENSELESS[case]
    places = {"city": school.city, "county": school.county, "school": school}
    scope = {name: places[value] for name, value in stated.items() if name != "role"}
    user = make.UserFactory(city=school.city)
    one = Appointment(user=user, role=stated["role"], **{"city": school.city} | scope)
    with pytest.raises(Exception, match=sentence.replace("（", ".").replace("）", ".")):
        one.full_clean()

    data = {name: value.pk for name, value in ({"city": school.city} | scope).items()}
    data |= {"user": user.pk, "role": stated["role"], "start": "2026-01-01"}
    page = enter(Role.SECURITY).post(at("add", "appointment"), data)

    assert page.status_code == 200
    html = page.content.decode()
    assert sentence in html or "请从列表中选择" in html  # the form offers no county as a city to begin with
    assert not Appointment.objects.filter(user=user).exists()


def test_a_telephone_number_is_nobodys_name(enter, school):
    client = enter(Role.SYSADMIN)
    data = {"username": "zhang", "city": school.city_id, "password1": "Chuci-2026", "password2": "Chuci-2026"}

    page = client.post(at("add", "user"), {**data, "name": "13812345678"}).content.decode()

    assert "“13812345678”里有数字，不是姓名" in page
    assert not User.objects.filter(username="zhang").exists()


def test_a_county_renamed_in_the_form_stands_in_the_trail(enter, school):
    county = school.county
    client = enter(Role.SYSADMIN)

    client.post(
        at("change", "region", county.pk), form_of(client.get(at("change", "region", county.pk)), name="新区")
    )

    assert Region.objects.get(pk=county.pk).name == "新区"
    detail = json.loads(AuditEntry.objects.get(action="maintain").detail)
    assert detail == {"明细": f"新区：名称 {county.name}→新区"}
