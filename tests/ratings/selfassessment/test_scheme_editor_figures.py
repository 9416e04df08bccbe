"""自定义指标: who types the value, until when, and that it counts."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ratings.criteria.spec import BandSpec
from ratings.enums import Phase, Status
from ratings.models import Assessment, Scheme
from ratings.sheets import own_sheet
from ratings.workflow import blockers, open_scheme
from schools.models import MetricValue, RecordChange, School
from tests.factories import SchoolFactory
from tests.ratings.drafts import draft_year, with_metric

pytestmark = pytest.mark.django_db


@pytest.fixture
def opened(city, school, appoint):
    """Opens a year whose first item counts a figure typed by the given side."""

    def make(filled_by: str, **changes) -> Assessment:
        scheme = with_metric(city, filled_by=filled_by)
        Scheme.objects.filter(pk=scheme.pk).update(has_county_stage=True, **changes)
        scheme.refresh_from_db()
        open_scheme(scheme, by=None)
        return scheme.assessments.get(school=school)

    return make


def page_of(assessment):
    return reverse("ratings:scheme_figures", args=[assessment.scheme_id])


def typing(assessment, value, was=""):
    name = f"figure-{assessment.pk}-0"
    return {name: value, f"was-{name}": was}


def points(assessment):
    sheet = own_sheet(Assessment.objects.select_related("scheme__city", "school").get(pk=assessment.pk))
    return next(line.own_points for line in sheet.lines if line.item.code == "K1")


def test_a_value_that_the_school_types_gives_points(opened, signed_client, appoint):
    assessment, client = opened("school"), signed_client(appoint("filler"))
    tasks = client.get(reverse("ratings:assessment", args=[assessment.pk])).content.decode()
    assert points(assessment) is None
    assert page_of(assessment) in tasks
    assert "尚未填报" in tasks

    client.post(page_of(assessment), typing(assessment, "75%"))

    assert points(assessment) == 20
    value = MetricValue.objects.get()
    assert (value.reference, value.year, value.value, value.recorded_by.username) == (
        "群众满意度",
        2030,
        Decimal("0.75"),
        "filler",
    )
    client.post(page_of(assessment), typing(assessment, "0.95", was="0.75"))
    assert points(assessment) == 40
    client.post(page_of(assessment), typing(assessment, "", was="0.95"))
    assert points(assessment) is None
    acts = [
        (one.action, one.before.get("数值"), one.after.get("数值"), one.by.username)
        for one in RecordChange.objects.order_by("pk")
    ]
    assert acts == [
        ("add", None, "0.75", "filler"),
        ("change", "0.75", "0.95", "filler"),
        ("void", "0.95", None, "filler"),
    ]


@pytest.mark.parametrize(
    ("filled_by", "role"), [("county", "county"), ("county", "county_lead"), ("city", "office")]
)
def test_county_and_office_type_for_their_schools(opened, signed_client, appoint, filled_by, role):
    assessment, client = opened(filled_by), signed_client(appoint(role))

    assert client.post(page_of(assessment), typing(assessment, "90%")).status_code == 302

    assert points(assessment) == 40
    assert client.get(reverse("ratings:figures")).url == page_of(assessment)


@pytest.mark.parametrize(
    ("filled_by", "role"),
    [("county", "filler"), ("city", "county"), ("school", "office"), ("school", "county_lead")],
)
def test_nobody_types_for_another_side(opened, signed_client, appoint, filled_by, role):
    assessment, client = opened(filled_by), signed_client(appoint(role))

    page = client.post(page_of(assessment), typing(assessment, "90%")).content.decode()

    assert "没有要您填报的指标" in page
    assert not MetricValue.objects.exists()


def test_a_school_of_another_county_is_out_of_reach(opened, signed_client, appoint, city):
    stranger = SchoolFactory(city=city)
    assessment = opened("county")
    other = assessment.scheme.assessments.get(school=stranger)

    signed_client(appoint("county")).post(page_of(assessment), typing(other, "90%"))

    assert not MetricValue.objects.exists()


@pytest.mark.parametrize(
    ("filled_by", "role", "status", "may"),
    [
        ("school", "filler", Status.DRAFT, True),
        ("school", "filler", Status.CONFIRMING, False),
        ("school", "head", Status.CONFIRMING, True),
        ("school", "head", Status.COUNTY, False),
        ("county", "county", Status.COUNTY, True),
        ("county", "county", Status.CITY, False),
        ("city", "office", Status.CITY, False),
        ("city", "office", Status.LAPSED, False),
    ],
)
def test_the_figure_is_open_until_the_stage_is_left(
    opened, signed_client, appoint, filled_by, role, status, may
):
    assessment, client = opened(filled_by), signed_client(appoint(role))
    Assessment.objects.filter(pk=assessment.pk).update(status=status)

    response = client.post(page_of(assessment), typing(assessment, "90%"))

    assert response.status_code in (200, 302)
    assert MetricValue.objects.exists() == may


def test_a_school_that_is_late_types_no_more(opened, signed_client, appoint):
    assessment = opened("school", self_due=timezone.localdate() - timedelta(days=20))
    client = signed_client(appoint("filler"))

    client.post(page_of(assessment), typing(assessment, "90%"))

    assert not MetricValue.objects.exists()
    assert "自评已截止" in client.get(page_of(assessment)).content.decode()


def test_after_settling_nothing_is_typed(opened, signed_client, appoint):
    assessment = opened("city")
    Scheme.objects.filter(pk=assessment.scheme_id).update(phase=Phase.SETTLED)

    signed_client(appoint("office")).post(page_of(assessment), typing(assessment, "90%"))

    assert not MetricValue.objects.exists()


@pytest.mark.parametrize("wrong", ["很高", "120%", "-1", "1e9999999", "九成"])
def test_what_is_no_figure_stays_in_its_field_with_the_reason(opened, signed_client, appoint, wrong):
    assessment, client = opened("school"), signed_client(appoint("filler"))

    page = client.post(page_of(assessment), typing(assessment, wrong)).content.decode()

    assert "填写有误" in page
    assert f'value="{wrong}"' in page
    assert not MetricValue.objects.exists()


def test_what_a_colleague_typed_in_between_is_shown_and_not_overwritten(opened, signed_client, appoint):
    assessment, client = opened("school"), signed_client(appoint("filler"))
    client.post(page_of(assessment), typing(assessment, "80%"))

    page = client.post(page_of(assessment), typing(assessment, "95%")).content.decode()

    assert "现在保存的是 0.8，您填的是 95%" in page
    assert MetricValue.objects.get().value == Decimal("0.8")
    assert f'name="was-figure-{assessment.pk}-0" value="0.8"' in page
    client.post(page_of(assessment), typing(assessment, "95%", was="0.8"))
    assert MetricValue.objects.get().value == Decimal("0.95")


@pytest.mark.parametrize("was", ["sNaN", "Infinity", "x"])
def test_what_the_page_never_wrote_counts_as_an_empty_field(opened, signed_client, appoint, was):
    assessment, client = opened("school"), signed_client(appoint("filler"))

    client.post(page_of(assessment), typing(assessment, "75%", was=was))

    assert MetricValue.objects.get().value == Decimal("0.75")


def test_who_has_to_type_the_missing_figure_is_named(opened):
    assessment = opened("county")

    assert "K1 办班总量缺自定义指标“群众满意度”，由县（区）初评人填报" in [
        one.text for one in blockers(assessment, "submit")
    ]


def test_a_figure_that_only_a_star_names_is_owed_as_well(city, school, appoint, signed_client):
    scheme = draft_year(city, bands=(BandSpec(5, "总分≥90 且 主教室座位≥60"), BandSpec(3, "总分≥60")))
    open_scheme(scheme, by=None)
    assessment = scheme.assessments.get(school=school)
    page = (
        signed_client(appoint("head"))
        .get(reverse("ratings:assessment_check", args=[assessment.pk]))
        .content.decode()
    )

    assert "星级标准要用的“主教室座位”没有数据，请先补全登记" in [
        one.text for one in blockers(assessment, "submit")
    ]
    assert "星级标准要用的“主教室座位”没有数据，请先补全登记" in page

    School.objects.filter(pk=school.pk).update(seats=80)
    assert not [one.text for one in blockers(assessment, "submit") if "星级标准" in one.text]


def test_the_list_costs_the_same_with_many_schools(opened, signed_client, appoint, city, county):
    SchoolFactory.create_batch(20, city=city, county=county)
    assessment, client = opened("county"), signed_client(appoint("county"))
    others = assessment.scheme.assessments.exclude(pk=assessment.pk)
    client.get(page_of(assessment))

    with CaptureQueriesContext(connection) as many:
        client.get(page_of(assessment))
    with CaptureQueriesContext(connection) as few:
        client.get(page_of(assessment), {"q": "东溪"})

    assert others.count() == 20
    assert len(few) == len(many) <= 12


@pytest.mark.parametrize(
    ("filled_by", "role", "count"), [("school", "filler", 1), ("county", "county", 1), ("city", "office", 1)]
)
def test_the_workbench_counts_what_is_owed(opened, signed_client, appoint, filled_by, role, count):
    assessment, client = opened(filled_by), signed_client(appoint(role))
    assert f"还有 {count} 个数没有填" in client.get(reverse("schools:desk")).content.decode()

    client.post(page_of(assessment), typing(assessment, "90%"))

    assert "个数没有填" not in client.get(reverse("schools:desk")).content.decode()


def test_the_page_of_the_scheme_leads_to_whose_figures_it_asks(opened, signed_client, appoint):
    assessment = opened("county")
    scheme = reverse("ratings:scheme", args=[assessment.scheme_id])

    assert page_of(assessment) in signed_client(appoint("county")).get(scheme).content.decode()
    assert page_of(assessment) not in signed_client(appoint("filler")).get(scheme).content.decode()


def test_a_scheme_without_such_metrics_says_so(signed_client, appoint):
    page = signed_client(appoint("filler")).get(reverse("ratings:figures")).content.decode()

    assert "没有要您填报的指标" in page
