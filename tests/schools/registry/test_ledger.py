"""台账: the year's file of a school, on screen, as PDF, as a workbook."""

import io
from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from schools.models import AuditEntry, Binder, MonthlyReport, PlannedClass, Problem
from schools.registry.yearfile import ledger_of, years_of
from tests.factories import (
    AnnualPlanFactory,
    BudgetFactory,
    LessonFactory,
    SchoolFactory,
    TrainingClassFactory,
    UserFactory,
    VisitFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def records(school):
    """A plan, two classes of which one is voided, money, a visit with a problem."""
    plan = AnnualPlanFactory(school=school, year=2026)
    planned = PlannedClass.objects.create(plan=plan, month=3, name="春训")
    held = TrainingClassFactory(
        school=school,
        name="春训",
        starts_on=date(2026, 3, 5),
        ends_on=date(2026, 3, 5),
        planned=planned,
        cost=300,
    )
    LessonFactory(training_class=held)
    voided = TrainingClassFactory(
        school=school, name="登错的班", starts_on=date(2026, 3, 6), ends_on=date(2026, 3, 6), cost=999
    )
    voided.void(by=UserFactory(), reason="登错")
    BudgetFactory(school=school, year=2026, arrived=5000)
    Problem.objects.create(visit=VisitFactory(school=school, on="2026-05-08"), text="缺桌牌")
    return held


def section(ledger, title: str):
    return next(one for one in ledger.sections if one.title == title)


def test_the_file_holds_what_counts_and_nothing_voided(records, school):
    ledger = ledger_of(school, 2026)

    assert [row[1] for row in section(ledger, "开班登记").rows] == ["春训"]
    assert section(ledger, "经费支出").total == "300 元"
    assert section(ledger, "年度培训计划").total.startswith("计划 1 期，已办 1 期")
    assert section(ledger, "经费来源和建设投入").total == "经费到位 5000 元，建设投入 0 元"
    assert section(ledger, "问题整改").total == "1 个，已销号 0 个"


def test_a_year_without_records_is_an_empty_file_not_an_error(school, appoint, signed_client):
    page = signed_client(appoint("filler")).get(reverse("schools:ledger", args=[school.pk])).content.decode()

    assert "本年没有记录" in page


def test_the_workbook_has_a_sheet_for_each_part_and_is_recorded(records, school, appoint, signed_client):
    response = signed_client(appoint("head")).post(
        f"{reverse('schools:ledger_sheets', args=[school.pk])}?year=2026"
    )

    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(response.streaming_content)))
    assert book.sheet_names[:4] == ["案卷", "卷内目录", "年度培训计划", "开班登记"]
    assert [row[1] for row in book.get_sheet_by_name("卷内目录").to_python()][1:] == [
        one.title for one in ledger_of(school, 2026).sections
    ]
    assert AuditEntry.objects.filter(action="export").count() == 1


def test_the_school_writes_where_the_binder_stands_and_nobody_else(records, school, appoint, client):
    address = f"{reverse('schools:ledger', args=[school.pk])}?year=2026"
    values = {"number": "2026-01", "keeper": "李某", "place": "档案柜三"}

    client.force_login(appoint("county"))
    refused = client.post(address, values).status_code
    client.force_login(appoint("filler"))
    client.post(address, values)

    assert refused == 403
    assert (Binder.objects.get().year, Binder.objects.get().keeper) == (2026, "李某")
    assert "档案柜三" in client.get(address).content.decode()


def test_the_pdf_is_an_attachment_and_trouble_a_sentence(
    records, school, appoint, signed_client, monkeypatch
):
    client, address = signed_client(appoint("filler")), reverse("schools:ledger_pdf", args=[school.pk])
    monkeypatch.setattr("ratings.desk.CONTRIBUTIONS.renderers", [lambda paper: b"%PDF-1.7"])
    given = client.post(address)
    monkeypatch.setattr("ratings.desk.CONTRIBUTIONS.renderers", [])

    refused = client.post(address, follow=True).content.decode()

    assert b"".join(given.streaming_content) == b"%PDF-1.7"
    assert given.headers["Content-Disposition"].startswith("attachment")
    assert "请用浏览器打印" in refused


def test_every_year_with_any_record_is_offered(records, school, django_assert_num_queries):
    AnnualPlanFactory(school=school, year=2031)
    BudgetFactory(school=school, year=2019)
    VisitFactory(school=school, on="2021-05-08")
    MonthlyReport.objects.create(
        school=school, year=2022, month=3, confirmed_at=timezone.now(), confirmed_by=UserFactory()
    )
    MonthlyReport.objects.create(school=school, year=2017, month=3)
    TrainingClassFactory(school=school, starts_on=date(2018, 3, 6)).void(by=UserFactory(), reason="登错")
    Binder.objects.create(school=school, year=2020)
    AnnualPlanFactory(school=SchoolFactory(), year=2016)

    with django_assert_num_queries(1):
        years = years_of(school)

    assert set(years) == {2019, 2020, 2021, 2022, 2026, 2031, timezone.localdate().year}
    assert list(years) == sorted(years, reverse=True)


def test_the_file_asks_the_same_questions_for_many_records(records, school, django_assert_num_queries):
    with django_assert_num_queries(13):
        ledger_of(school, 2026)
    for day in (date(2026, 4, number) for number in range(10, 25)):
        LessonFactory(
            training_class=TrainingClassFactory(school=school, name=f"班{day}", starts_on=day, ends_on=day)
        )

    with django_assert_num_queries(13):
        ledger_of(school, 2026)


def test_a_figure_is_explained_by_its_records(records, school, appoint, signed_client):
    client, address = signed_client(appoint("filler")), reverse("schools:explanation", args=[school.pk])
    turned_round = {"start": "2026-12-31", "end": "2026-01-01"}

    for period in ({"year": 2026}, turned_round):
        page = client.get(address, {"figure": "办班期数[学时≥2]", **period}).content.decode()
        assert "春训" in page
        assert "登错的班" not in page
    unknown = client.get(address, {"figure": "没有的指标"})

    assert unknown.status_code == 404


def test_every_metric_has_a_page_that_says_what_it_counts(appoint, signed_client):
    from schools.metrics import METRICS

    client = signed_client(appoint("filler"))
    for label, metric in METRICS.items():
        page = client.get(reverse("schools:metric", args=[label])).content.decode()
        assert metric.definition in page
        assert "年度起按此口径" in page
    assert client.get(reverse("schools:metric", args=["没有的指标"])).status_code == 404
    assert "没有符合条件的指标" in client.get(reverse("schools:metrics"), {"q": "不存在"}).content.decode()
