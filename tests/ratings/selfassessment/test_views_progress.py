"""申报进度: the office sees where every school stands, extends deadlines and takes the steps that are its
own.
"""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from ratings.enums import Status
from ratings.models import Assessment, Extension, Scheme
from tests.factories import SchoolFactory
from tests.html_forms import press, seen_on
from tests.ratings.county_year import county_scheme

pytestmark = pytest.mark.django_db

YEAR = 2026


@pytest.fixture
def scheme(city, school) -> Scheme:
    """One school before its county."""
    return county_scheme(city, [school], year=YEAR)


@pytest.fixture
def assessment(scheme) -> Assessment:
    return scheme.assessments.get()


@pytest.fixture
def office(appoint, signed_client):
    """A client signed in as the office."""
    return signed_client(appoint("office"))


def test_board_shows_status_turn_and_filters(office, scheme, assessment, school):
    page = office.get(reverse("ratings:progress_board", args=[scheme.pk])).content.decode()

    assert school.name in page
    assert "县初评中（1）" in page
    assert "初评人、县（区）负责人" in page


def test_without_a_running_year_the_page_says_so(office, city):
    assert "没有正在进行的评定" in office.get(reverse("ratings:progress")).content.decode()


def test_extension_is_granted_with_its_reason(office, assessment):
    day = timezone.localdate() + dt.timedelta(days=10)
    page = reverse("ratings:progress_school", args=[assessment.pk])
    address, typed = reverse("ratings:progress_extend", args=[assessment.pk]), {"stage": "county"}
    before = seen_on(office, page)
    press(office, address, typed | {"due_on": day, "reason": "停电"}, on=page)
    later = typed | {"due_on": day + dt.timedelta(days=9), "reason": "停水"}
    told = office.post(address, later | before)

    assert "延期（" in told.content.decode() and "：停电）有变化，没有办理" in told.content.decode()
    assert "停水" in told.content.decode() and told.context["seen"] != before["seen"]
    extension = Extension.objects.get()
    assert (extension.stage, extension.due_on, extension.reason) == ("county", day, "停电")


def test_a_rest_day_is_named_with_the_working_day_it_moves_to(office, assessment):
    page = reverse("ratings:progress_school", args=[assessment.pk])
    address = reverse("ratings:progress_extend", args=[assessment.pk])
    told = []
    for day in (dt.date(2099, 1, 10), dt.date(2099, 1, 12), dt.date(2099, 1, 13)):
        typed = {"stage": "county", "due_on": day, "reason": "停电"}
        told.append(press(office, address, typed, on=page, follow=True).content.decode())

    until = "延至2099年1月10日（星期六），顺延至2099年1月12日"
    assert f"已{until}。" in told[0] and f"初评{until}：停电" in told[0]
    assert "延至的日期须晚于现在的截止时间 2099年1月12日。" in told[1]
    assert "已延至2099年1月13日。" in told[2]


def test_extension_to_an_earlier_day_keeps_what_was_typed(office, assessment):
    Scheme.objects.update(county_due=dt.date(2099, 1, 5))

    response = press(
        office,
        reverse("ratings:progress_extend", args=[assessment.pk]),
        {"stage": "county", "due_on": "2098-01-06", "reason": "停电"},
        on=reverse("ratings:progress_school", args=[assessment.pk]),
    )

    page = response.content.decode()
    assert "延至的日期须晚于现在的截止时间" in page
    assert "停电" in page
    assert not Extension.objects.exists()


def test_lapse_is_offered_once_the_deadline_has_passed_and_refused_with_a_sentence_before(office, assessment):
    Assessment.objects.update(status=Status.DRAFT)
    Scheme.objects.update(self_due=dt.date(2099, 1, 5))
    page, address = (
        reverse(f"ratings:progress_{name}", args=[assessment.pk, *code])
        for name, code in (("school", ()), ("step", ("lapse",)))
    )
    early, opened = office.get(page).content.decode(), office.get(address).content.decode()
    posted = office.post(address, {"comment": "未交"}).content.decode()
    Scheme.objects.update(self_due=dt.date(2020, 1, 6))
    late = office.get(page).content.decode()

    assert address not in early and address in late
    assert "现在不能认定未申报：自评截止时间未到（2099年1月5日截止）" in opened
    assert "<textarea" not in opened
    assert "自评截止时间未到" in posted and "未交" in posted
    assert Assessment.objects.get().status == Status.DRAFT


def test_school_that_handed_in_nothing_is_lapsed(office, assessment):
    Assessment.objects.update(status=Status.DRAFT)
    Scheme.objects.update(self_due=dt.date(2020, 1, 6))

    press(
        office, reverse("ratings:progress_step", args=[assessment.pk, "lapse"]), {"comment": "经提醒仍未提交"}
    )

    assert Assessment.objects.get().status == Status.LAPSED


def test_step_that_does_not_fit_the_status_offers_no_form(office, assessment):
    page = office.get(reverse("ratings:progress_step", args=[assessment.pk, "send_back"])).content.decode()

    assert "现在不能退回县级重新初评" in page
    assert "<textarea" not in page


def test_office_returns_items_where_there_is_no_county_stage(office, assessment, scheme):
    Scheme.objects.update(has_county_stage=False)
    Assessment.objects.update(status=Status.CITY)
    code = next(iter(scheme.items.values_list("code", flat=True)))

    press(
        office,
        reverse("ratings:progress_step", args=[assessment.pk, "return_"]),
        {"comment": "请补正", f"item-{code}": "材料不清"},
    )

    assert Assessment.objects.get().status == Status.RETURNED
    assert assessment.moves.get(step="return_").items.get().comment == "材料不清"


def test_chair_looks_on_without_acting(appoint, signed_client, assessment):
    client = signed_client(appoint("chair"))

    page = client.get(reverse("ratings:progress_school", args=[assessment.pk])).content.decode()

    assert "流转记录" in page
    assert "批准延期" not in page


@pytest.mark.parametrize("count", [1, 3, 30])
def test_board_costs_the_same_queries_for_any_number_of_schools(
    office, city, county, count, django_assert_max_num_queries
):
    scheme = county_scheme(city, [SchoolFactory(city=city, county=county) for _ in range(count)], year=YEAR)

    with django_assert_max_num_queries(15):
        office.get(reverse("ratings:progress_board", args=[scheme.pk]))
