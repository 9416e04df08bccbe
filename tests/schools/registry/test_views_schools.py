"""List, page and workbook of the schools."""

from datetime import date

import pytest
from django.urls import reverse

from schools.models import Equipment
from schools.models.audit import AuditEntry
from schools.workbooks import read_workbook
from tests.factories import (
    AnnualPlanFactory,
    BudgetFactory,
    CountyFactory,
    LessonFactory,
    MetricValueFactory,
    MonthlyReportFactory,
    PlannedClassFactory,
    RegulationFactory,
    SchoolFactory,
    TeacherFactory,
    TeachingPointFactory,
    TrainingClassFactory,
    VisitFactory,
    YearFiguresFactory,
)
from tests.rating_factories import published_year

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return response.content.decode()


def test_list_shows_schools_in_administrative_order_with_latest_star(city, county, appoint, signed_client):
    last = SchoolFactory(county=CountyFactory(city=city, order=2), order=1)
    first = SchoolFactory(county=county, order=2)
    published_year(city, [first, last])

    page = text(signed_client(appoint("office")).get(reverse("schools:schools")))

    assert page.index(first.name) < page.index(last.name)
    assert "2025年度星级" in page
    assert 'aria-label="五星"' in page


@pytest.mark.parametrize("query", ["?q=清河", "?q=QH-7", "?kind=street", "?county={county}"])
def test_list_narrows_by_name_code_kind_and_county(query, city, county, school, appoint, signed_client):
    other = CountyFactory(city=city)
    wanted = SchoolFactory(county=other, name="中共清河街道工作委员会党校", code="QH-7", kind="street")

    page = text(
        signed_client(appoint("office")).get(reverse("schools:schools") + query.format(county=other.pk))
    )

    assert wanted.name in page
    assert school.name not in page


def test_list_says_what_to_do_when_nothing_fits(school, appoint, signed_client):
    page = text(signed_client(appoint("office")).get(reverse("schools:schools"), {"q": "没有这所"}))

    assert "没有符合条件的党校" in page
    assert "显示全部" in page


def test_list_ignores_a_filter_it_cannot_read(school, appoint, signed_client):
    page = text(
        signed_client(appoint("office")).get(
            reverse("schools:schools"), {"county": "abc", "kind": "x", "page": "z"}
        )
    )

    assert school.name in page


def test_list_takes_people_of_one_school_to_it(school, appoint, signed_client):
    response = signed_client(appoint("filler")).get(reverse("schools:schools"))

    assert response.url == reverse("schools:school", args=[school.pk])


def test_list_costs_the_same_queries_for_any_number_of_schools(
    city, county, appoint, signed_client, django_assert_max_num_queries
):
    client = signed_client(appoint("office"))
    schools = SchoolFactory.create_batch(1, county=county)
    published_year(city, schools)

    for more in (0, 2, 27):
        SchoolFactory.create_batch(more, county=county)
        with django_assert_max_num_queries(13):
            client.get(reverse("schools:schools"))


def test_export_holds_the_filtered_list_and_enters_the_audit_trail(
    city, county, school, appoint, signed_client
):
    wanted = SchoolFactory(county=county, name="=1+1镇党校", seats=80, has_plaque=True)
    published_year(city, [wanted])

    response = signed_client(appoint("office")).post(reverse("schools:export") + "?q=镇党校")

    table = read_workbook(b"".join(response.streaming_content), name="x.xlsx").first_sheet.table(
        ["学校名称", "主教室座位", "已挂牌", "2025年度星级"]
    )
    assert [
        [row.text(name) for name in ("学校名称", "主教室座位", "已挂牌", "2025年度星级")]
        for row in table.rows
    ] == [["=1+1镇党校", "80", "是", "五星"]]
    entry = AuditEntry.objects.get(action="export")
    assert entry.subject == "镇街党校名册"
    assert '"行数":1' in entry.detail


def test_export_by_get_is_refused_and_leaves_no_entry(school, appoint, signed_client):
    response = signed_client(appoint("office")).get(reverse("schools:export"))

    assert response.status_code == 405
    assert not AuditEntry.objects.filter(action="export").exists()


@pytest.fixture
def full_school(school):
    """A school with one record of every kind in 2026."""
    teacher = TeacherFactory(school=school, name="周教师")
    TeachingPointFactory(school=school, name="红色旧址")
    RegulationFactory(school=school, title="学员管理制度")
    BudgetFactory(school=school)
    YearFiguresFactory(school=school, party_members=321)
    planned = PlannedClassFactory(plan=AnnualPlanFactory(school=school), name="党员春训")
    held = TrainingClassFactory(school=school, name="春训第一期", planned=planned, starts_on=date(2026, 3, 5))
    LessonFactory(training_class=held, teacher=teacher, lecturer="", lecturer_kind="")
    VisitFactory(school=school, findings="教学秩序良好")
    MonthlyReportFactory(school=school)
    Equipment.objects.create(school=school, kind="sound", working=False)
    return school


def test_page_shows_registry_records_and_figures_of_the_year(full_school, appoint, signed_client):
    page = text(
        signed_client(appoint("head")).get(reverse("schools:school", args=[full_school.pk]), {"year": 2026})
    )

    expected = [
        "周教师",
        "红色旧址",
        "学员管理制度",
        "321",
        "党员春训",
        "春训第一期",
        "周教师（专家）",
        "教学秩序良好",
        "不能使用",
        "统计期内由本校主办的",
    ]
    assert [word for word in expected if word not in page] == []


def test_page_switches_the_year_and_ignores_one_without_records(full_school, appoint, signed_client):
    client = signed_client(appoint("head"))
    TrainingClassFactory(school=full_school, name="前年的班", starts_on=date(2024, 6, 1))
    address = reverse("schools:school", args=[full_school.pk])

    earlier, strange = text(client.get(address, {"year": 2024})), text(client.get(address, {"year": "1999"}))

    assert "前年的班" in earlier
    assert "春训第一期" not in earlier
    assert "春训第一期" in strange


def test_page_says_that_a_figure_was_imported(full_school, appoint, signed_client):
    MetricValueFactory(school=full_school, reference="办班期数", value=17, note="历史台账")

    page = text(
        signed_client(appoint("head")).get(reverse("schools:school", args=[full_school.pk]), {"year": 2026})
    )

    assert "17 期" in page
    assert "由工作簿导入：历史台账" in page


def test_page_hides_records_from_the_security_administrator(full_school, appoint, signed_client):
    page = text(signed_client(appoint("security")).get(reverse("schools:school", args=[full_school.pk])))

    assert full_school.name in page
    assert "周教师" not in page
    assert "春训第一期" not in page


def test_voided_classes_are_not_shown(full_school, appoint, signed_client):
    head = appoint("head")
    TrainingClassFactory(school=full_school, name="误登记的班").void(by=head, reason="重复登记")

    page = text(signed_client(head).get(reverse("schools:school", args=[full_school.pk]), {"year": 2026}))

    assert "误登记的班" not in page
