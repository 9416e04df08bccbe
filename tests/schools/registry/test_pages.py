"""学校资料: pages of the school's own people, read by everybody who may see the school."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ratings.publication.bulletin import draft_text
from ratings.publication.facts import BulletinFacts, RatedSchool
from schools.models import (
    Brand,
    Budget,
    Correction,
    Equipment,
    Investment,
    Leader,
    RecordChange,
    StaffMember,
    Teacher,
    YearFigures,
)
from schools.records import locks
from schools.records.locks import Lock
from schools.registry.kinds import KINDS
from schools.registry.overview import address, blocks, investment_of
from tests.factories import (
    BudgetFactory,
    CityFactory,
    CountyFactory,
    RegulationFactory,
    SchoolFactory,
    TeacherFactory,
    TeachingPointFactory,
    YearFiguresFactory,
)
from tests.html_forms import Forms

pytestmark = pytest.mark.django_db
YEAR = timezone.localdate().year


@pytest.fixture
def filler(appoint):
    return appoint("filler")


@pytest.fixture
def at(school):
    """Addresses within the school's entry."""
    return lambda rest="": f"/schools/{school.pk}/registry/{rest}"


@pytest.fixture
def client_of(filler, signed_client):
    return signed_client(filler)


@pytest.fixture
def signed(monkeypatch, school):
    """The school has signed this year to its last day."""
    lock = Lock(f"{YEAR}年度自评", YEAR, date(YEAR, 1, 1), date(YEAR, 12, 31), locks.COUNTY)
    monkeypatch.setattr(
        "ratings.desk.CONTRIBUTIONS.signed_periods",
        [lambda keys: {school.pk: [lock]} if school.pk in keys else {}],
    )


def seen_in(client, url) -> str:
    """The digest a form carries."""
    return client.get(url).context["form"]["seen"].value()


def texts(client, url, data) -> str:
    return client.post(url, data).content.decode()


def test_the_overview_names_what_is_missing_and_who_changed_what_last(school, client_of, at, filler):
    client_of.post(at("brands/add/"), {"name": "红色课堂", "content": "就近取材。"})

    page = client_of.get(at()).content.decode()

    assert "没有现任校长" in page and "尚未登记：挂牌情况、主教室座位、工作人员数" in page
    assert f"最近修改：{filler.name}" in page
    assert [block.missing for block in blocks(school, YEAR) if block.slug == "brands"] == [""]
    assert [block.is_empty for block in blocks(school, YEAR) if block.slug == "points"] == [True]


@pytest.mark.parametrize("role", ["county", "office", "viewer", "liaison", "auditor", "judge"])
def test_others_read_but_find_no_form(role, school, appoint, signed_client, at):
    from tests.factories import LiaisonFactory

    user = appoint(role)
    if role == "liaison":
        LiaisonFactory(user=user, school=school)
    client = signed_client(user)

    assert client.get(at()).status_code == client.get(at("teachers/")).status_code == 200
    assert at("profile/") not in client.get(at()).content.decode()
    assert at("teachers/add/") not in client.get(at("teachers/")).content.decode()
    assert client.get(at("teachers/add/")).status_code == 403
    assert client.post(at("profile/"), {"seats": 5}).status_code == 403


def test_another_school_does_not_exist_for_a_filler(client_of, city, county):
    other = TeacherFactory(school=SchoolFactory(city=city, county=county))

    for rest in ("", "teachers/", "teachers/add/", f"teachers/{other.pk}/", "profile/", "changes/"):
        assert client_of.get(f"/schools/{other.school_id}/registry/{rest}").status_code == 404


def test_the_record_of_another_school_is_not_edited_under_ones_own_address(client_of, at):
    other = TeacherFactory()

    assert client_of.get(at(f"teachers/{other.pk}/")).status_code == 404
    assert (
        client_of.post(at(f"teachers/{other.pk}/end/"), {"on": "2026-01-01", "why": "误"}).status_code == 404
    )


@pytest.mark.parametrize(
    ("slug", "data"),
    [
        ("leaders", {"post": "president", "name": "李某", "party_post": "党委书记", "start": "2026-01-01"}),
        ("staff", {"name": "王某", "duty": "part", "since": "2026-01-01"}),
        ("teachers", {"name": "张某", "kind": "expert", "topics": "党史、乡村振兴", "since": "2026-01-01"}),
        ("points", {"name": "旧址", "since": "2026-01-01"}),
        ("regulations", {"kind": "teaching", "title": "教学管理办法", "issued_on": "2026-01-01"}),
        ("investments", {"year": 2026, "project": "修缮教室", "amount": "20000", "source": "town"}),
        ("courses", {"name": "基层治理十讲", "origin": "own"}),
        ("brands", {"name": "红色课堂", "content": "就近取材。"}),
    ],
)
def test_each_list_takes_changes_and_ends_a_record(slug, data, client_of, at, school):
    kind = KINDS[slug]

    assert client_of.post(at(f"{slug}/add/"), data).status_code == 302
    record = kind.model.objects.get(school=school)
    edit = at(f"{slug}/{record.pk}/")
    name = "project" if "project" in data else "title" if "title" in data else "name"
    assert (
        client_of.post(edit, {**data, name: "改过的名称", "seen": seen_in(client_of, edit)}).status_code
        == 302
    )
    assert client_of.post(f"{edit}end/", {"on": "2026-02-01", "why": "调整"}).status_code == 302
    record.refresh_from_db()
    client_of.get(at())  # shows the message that names the record

    assert getattr(record, name) == "改过的名称"
    assert kind.is_former(record)
    assert "改过的名称" not in client_of.get(at(f"{slug}/")).content.decode()
    assert "改过的名称" in client_of.get(at(f"{slug}/?former=1")).content.decode()
    assert [change.action for change in RecordChange.objects.order_by("pk")][:2] == ["add", "change"]
    assert "改过的名称" in client_of.get(at("changes/")).content.decode()


def test_what_is_wrong_is_said_and_what_was_typed_is_kept(client_of, at, school):
    TeacherFactory(school=school, name="张某")

    page = texts(client_of, at("teachers/add/"), {"name": "张某", "kind": "expert", "post": "镇中学教师"})

    assert "该党校师资库中已有这位教师" in page and "镇中学教师" in page
    assert "结束日期不能早于开始日期" in texts(
        client_of,
        at("staff/add/"),
        {"name": "王某", "duty": "part", "since": "2026-02-01", "until": "2026-01-01"},
    )


def test_lists_and_errors_are_in_everyday_words(client_of, at, school):
    TeacherFactory(school=school)

    assert ">姓名</th>" in client_of.get(at("teachers/")).content.decode()
    assert "---------" not in client_of.get(at("leaders/add/")).content.decode()
    assert "不能小于 0。" in texts(client_of, at("profile/"), {"seats": "-3"})


def test_two_people_at_one_record_lose_nothing_silently(client_of, at, school):
    teacher = TeacherFactory(school=school, name="张某", post="旧职务")
    url = at(f"teachers/{teacher.pk}/")
    stale = seen_in(client_of, url)
    Teacher.objects.filter(pk=teacher.pk).update(post="同事填的职务")
    data = {"name": "张某", "kind": "expert", "post": "我填的职务", "seen": stale}

    answer = client_of.post(url, data)
    teacher.refresh_from_db()

    assert teacher.post == "同事填的职务"
    assert "同事填的职务" in answer.content.decode() and "我填的职务" in answer.content.decode()
    client_of.post(url, {**data, "seen": answer.context["form"]["seen"].value()})
    teacher.refresh_from_db()
    assert teacher.post == "我填的职务"


def test_succession_is_one_form(client_of, at, school):
    old = Leader.objects.create(
        school=school, post="president", name="老李", party_post="党委书记", start=date(2020, 1, 1)
    )
    url = at(f"leaders/{old.pk}/succession/")
    data = {"ends": "2026-06-30", "name": "新王", "party_post": "党委书记", "start": "2026-07-01"}

    assert "不能早于" in texts(client_of, url, {**data, "start": "2026-06-01"})
    assert Leader.objects.count() == 1
    assert client_of.post(url, data).status_code == 302
    old.refresh_from_db()

    assert old.end == date(2026, 6, 30)
    assert Leader.objects.get(name="新王").start == date(2026, 7, 1)
    assert [change.action for change in RecordChange.objects.order_by("pk")] == ["end", "add"]


def test_equipment_is_one_page_of_ticks(client_of, at, school):
    Equipment.objects.create(school=school, kind="screen")
    Equipment.objects.create(school=school, kind="library")
    seen = seen_in(client_of, at("equipment/"))

    client_of.post(
        at("equipment/"),
        {"seen": seen, "has-sound": "on", "has-screen": "on", "broken-screen": "on", "note-sound": "2套"},
    )

    assert dict(Equipment.objects.values_list("kind", "working")) == {"screen": False, "sound": True}
    assert sorted(RecordChange.objects.values_list("action", flat=True)) == ["add", "change", "void"]
    assert "请同时勾选" in texts(client_of, at("equipment/"), {"seen": seen, "broken-notice": "on"})


def test_a_word_beside_equipment_that_is_not_there_is_not_dropped(client_of, at, school):
    Equipment.objects.create(school=school, kind="screen", note="旧幕布")
    seen = seen_in(client_of, at("equipment/"))

    said = texts(client_of, at("equipment/"), {"seen": seen, "has-screen": "on", "note-sound": "2套"})
    assert "音响写了说明，请同时勾选" in said

    gone = client_of.post(at("equipment/"), {"seen": seen, "note-screen": "旧幕布"})
    assert gone.status_code == 302, "what was there may go with its word still in the field"
    assert not Equipment.objects.exists()


def test_a_day_of_a_record_is_read_like_every_other(client_of, at, school):
    teacher = TeacherFactory(school=school)
    address = at(f"teachers/{teacher.pk}/")
    form = next(one for one in Forms(client_of.get(address).content.decode()).forms if "until" in one.kinds)

    refused = client_of.post(address, {**form.fields, "until": "9999-12-31"}).content.decode()
    assert "年份应在 1900 至 2100 之间" in refused

    assert client_of.post(address, {**form.fields, "until": "2026年3月5日"}).status_code == 302
    teacher.refresh_from_db()
    assert teacher.until == date(2026, 3, 5)


def test_a_table_filled_from_an_old_page_is_not_written(client_of, at, school):
    seen = seen_in(client_of, at("equipment/"))
    Equipment.objects.create(school=school, kind="screen", note="同事登记")

    page = texts(client_of, at("equipment/"), {"seen": seen, "has-sound": "on"})

    assert "刚修改过这里，您的内容还没有保存" in page
    assert Equipment.objects.get().note == "同事登记"


def test_money_of_all_sources_is_one_table(client_of, at, school):
    BudgetFactory(school=school, year=2026, source="dues", allotted=Decimal(1), arrived=Decimal(1))
    url = at("budget/?year=2026")

    answer = client_of.post(
        url,
        {
            "seen": seen_in(client_of, url),
            "allotted-town": "50000",
            "arrived-town": "30000.50",
            "arrived-city": "0",
        },
    )

    assert answer.status_code == 302
    assert {one.source: (one.allotted, one.arrived) for one in Budget.objects.all()} == {
        "town": (Decimal(50000), Decimal("30000.50")),
        "city": (None, Decimal(0)),
    }
    assert "不能小于 0" in texts(client_of, url, {"arrived-town": "-1"})


def test_figures_of_the_year_count_each_person_once(client_of, at, school):
    url = at("figures/?year=2026")

    assert "多于党员总数" in texts(
        client_of, url, {"party_members": "100", "members_trained": "120", "seen": seen_in(client_of, url)}
    )
    client_of.post(url, {"party_members": "100", "members_trained": "90", "seen": seen_in(client_of, url)})

    assert YearFigures.objects.get().members_trained == 90
    assert client_of.get(at("figures/?year=十")).context["year"] == YEAR
    assert client_of.get(at("figures/?year=9999")).context["year"] == YEAR


def test_a_signed_figure_becomes_a_request_with_its_reason(signed, client_of, at, school):
    YearFiguresFactory(school=school, year=YEAR, party_members=100)
    url = at(f"figures/?year={YEAR}")
    data = {"party_members": "90", "seen": seen_in(client_of, url)}

    assert "请写明更正理由" in texts(client_of, url, data)
    assert client_of.post(url, {**data, "reason": "转出 10 人"}).status_code == 302

    assert YearFigures.objects.get().party_members == 100
    assert Correction.objects.get().lines == [("党员总数", "100", "90")]
    assert "等待审核" in client_of.get(url).content.decode()
    assert "等待审核" in texts(client_of, url, {**data, "reason": "再改", "party_members": "80"})


def test_a_signed_table_asks_for_each_line_or_for_none(signed, client_of, at, school):
    BudgetFactory(school=school, year=YEAR, source="town")
    url = at(f"budget/?year={YEAR}")
    data = {"seen": seen_in(client_of, url), "allotted-town": "1", "arrived-town": "1", "arrived-dues": "5"}

    assert "请写明更正理由" in texts(client_of, url, data)
    client_of.post(url, {**data, "reason": "按到账凭证"})

    assert sorted(Correction.objects.values_list("act", flat=True)) == ["add", "change"]
    assert "等待审核" in texts(client_of, url, {**data, "reason": "再改"})
    assert Correction.objects.count() == 2


def test_what_moves_no_signed_figure_is_written_at_once(signed, client_of, at, school):
    client_of.post(at("staff/add/"), {"name": "王某", "duty": "full"})
    client_of.post(
        at("profile/"),
        {"operator": "党建办", "has_plaque": "unknown", "seen": seen_in(client_of, at("profile/"))},
    )
    school.refresh_from_db()

    assert (StaffMember.objects.count(), school.operator, Correction.objects.count()) == (1, "党建办", 0)


def test_seats_of_a_signed_school_wait(signed, client_of, at, school):
    data = {
        "seats": "120",
        "has_plaque": "unknown",
        "reason": "扩建",
        "seen": seen_in(client_of, at("profile/")),
    }

    assert client_of.post(at("profile/"), data).status_code == 302
    school.refresh_from_db()

    assert school.seats is None
    assert Correction.objects.get().lines == [("主教室座位", "", "120")]


def test_a_point_is_offered_to_neighbours_of_the_city_only(client_of, at, school, city):
    near, foreign = (
        SchoolFactory(city=city, county=CountyFactory(city=city)),
        SchoolFactory(county=CountyFactory(city=CityFactory())),
    )
    data = {"name": "旧址", "shared_with": [near.pk]}

    assert client_of.post(at("points/add/"), {**data, "shared_with": [foreign.pk]}).status_code == 200
    assert client_of.post(at("points/add/"), data).status_code == 302

    assert list(near.shared_points.values_list("name", flat=True)) == ["旧址"]
    shared = near.shared_points.get()
    assert client_of.get(at("points/")).content.decode().count("邻校共用") == 0
    assert shared in KINDS["points"].rows(near)


def test_money_for_building_adds_up_by_city_and_county(city, county, school):
    other = SchoolFactory(city=city, county=CountyFactory(city=city))
    for where, amount in ((school, 100), (other, 50), (SchoolFactory(), 7)):
        Investment.objects.create(school=where, year=2026, project="修缮", amount=amount)
    Investment.objects.create(school=school, year=2025, project="修缮", amount=9)

    assert (
        investment_of(city, 2026),
        investment_of(city, 2026, county=county),
        investment_of(city, 2024),
    ) == (150, 100, 0)


def test_the_bulletin_tells_the_sum_where_there_is_one():
    facts = BulletinFacts(year=2026, scheme="方案", levels=(5,), schools=(RatedSchool("甲"),))

    assert "建设投入" not in draft_text(facts)
    assert "2026年各镇街党校登记建设投入合计12.5万元。" in draft_text(
        replace(facts, invested=Decimal("125000.00"))
    )


def test_metrics_lead_to_the_page_that_keeps_them(school):
    assert address(school.pk, "budgets", 2026) == f"/schools/{school.pk}/registry/budget/?year=2026"
    assert address(school.pk, "teachers") == f"/schools/{school.pk}/registry/teachers/"
    assert address(school.pk, "classes") == ""


@pytest.mark.parametrize("rest", ["", "teachers/", "changes/"])
def test_pages_cost_the_same_with_few_and_with_many(rest, client_of, at, school, django_assert_num_queries):
    def fill(count):
        for _ in range(count):
            client_of.post(at("teachers/add/"), {"name": f"教师{Teacher.objects.count()}", "kind": "expert"})
            RegulationFactory(school=school)
            TeachingPointFactory(school=school)
            Brand.objects.create(school=school, name=f"品牌{Brand.objects.count()}", content="做法")

    fill(1)
    client_of.get(at(rest))
    with CaptureQueriesContext(connection) as captured:
        client_of.get(at(rest))
    few = len(captured)
    fill(6)
    with django_assert_num_queries(few):
        client_of.get(at(rest))
