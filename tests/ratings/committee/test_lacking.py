"""审定前所缺: what stands against settling, school by school, narrowed, each line with the way to where it is
mended.
"""

from dataclasses import replace

import pytest
from django.urls import reverse

from ratings.committee.settling import accept_all
from ratings.enums import Status
from ratings.models import Assessment, JudgeSheet, MetricSnapshot, Score
from ratings.sheets.evaluation import evaluate
from tests.factories import CountyFactory, SchoolFactory
from tests.html_forms import press
from tests.ratings import committee_year as years
from tests.ratings.committee_year import JUDGES, committee_year

pytestmark = pytest.mark.django_db


@pytest.fixture
def chair(appoint):
    return appoint("chair")


@pytest.fixture
def scheme(city, county, chair):
    """One school under county review, one with an open sheet, one without a score, and one of 乙区 that only
    waits for a decision.
    """
    second = CountyFactory(city=city, name="乙区", order=2)
    schools = [*SchoolFactory.create_batch(3, county=county), SchoolFactory(county=second)]
    scheme = committee_year(city, schools, by=chair)
    away, unsigned, unscored, _ = (Assessment.objects.get(scheme=scheme, school=school) for school in schools)
    Assessment.objects.filter(pk=away.pk).update(status=Status.COUNTY)
    JudgeSheet.objects.filter(assessment=unsigned).update(submitted_at=None, submitted_by=None)
    Score.objects.filter(assessment=unscored, stage="city", item__code="L1").update(answers=None)
    return scheme


@pytest.fixture
def rows(scheme) -> list[Assessment]:
    return list(scheme.assessments.select_related("school").order_by("pk"))


@pytest.fixture
def page(client, scheme, chair):
    """Opens the page as the chair, narrowed: `page(kind="sheets")`."""
    client.force_login(chair)
    return lambda **query: client.get(reverse("ratings:settle", args=[scheme.pk]), query)


def listed(response) -> list[str]:
    return [line.assessment.school.name for line in response.context["page"].object_list]


def test_gaps_stand_school_by_school_with_their_number(page, rows):
    response = page()

    assert listed(response) == [row.school.name for row in rows]
    assert "4 所共缺 6 项" in response.content.decode()
    assert f"评分表尚未提交：{'、'.join(JUDGES)}" in response.content.decode()


def test_a_sheet_that_is_only_begun_is_not_counted_as_one_that_is_there(page, rows):
    others = Score.objects.filter(assessment=rows[1], stage="city").exclude(judge__label=JUDGES[0])
    others.update(answers=None)

    said = (
        page(kind="scores").context["page"].object_list[0].gaps
        + page(kind="sheets").context["page"].object_list[0].gaps
    )

    assert [gap.text for gap in said] == [
        "评委评分表至少 3 份，已有评分的 1 份",
        f"评分表尚未提交：{'、'.join(JUDGES)}",
    ]


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ({"kind": "away"}, [0]),
        ({"kind": "sheets"}, [1]),
        ({"kind": "scores"}, [2]),
        ({"kind": "decision"}, [1, 2, 3]),
        ({"kind": "restriction"}, []),
        ({"kind": "nonsense"}, [0, 1, 2, 3]),
        ({"county": "乙区"}, [3]),
        ({"county": "乙区", "kind": "sheets"}, []),
    ],
)
def test_one_kind_and_one_county_can_be_asked_for(query, places, page, rows):
    assert listed(page(**query)) == [rows[place].school.name for place in places]


def test_kinds_that_occur_are_offered_with_the_number_of_schools(page):
    everywhere, there = page(), page(county="乙区")

    assert everywhere.context["kinds"] == [
        ("", "全部", 4),
        ("away", "尚未到评审", 1),
        ("scores", "尚不能计算", 1),
        ("sheets", "评分表未交齐", 1),
        ("decision", "待审定", 3),
    ]
    assert there.context["kinds"] == [("", "全部", 1), ("decision", "待审定", 1)]


def test_every_line_leads_to_where_it_is_mended(page, scheme, rows):
    shown = page().content.decode()

    assert reverse("ratings:progress_school", args=[rows[0].pk]) in shown
    assert [reverse("ratings:decide", args=[scheme.pk, row.pk]) in shown for row in rows] == [
        False,
        True,
        True,
        True,
    ]
    assert reverse("ratings:accept_all", args=[scheme.pk]) in shown


def test_the_office_reads_the_same_list_and_is_led_to_the_sheets(client, scheme, rows, appoint):
    client.force_login(appoint("office"))

    shown = client.get(reverse("ratings:settle", args=[scheme.pk]))

    assert listed(shown) == [row.school.name for row in rows]
    assert reverse("ratings:sheets", args=[rows[1].pk]) in shown.content.decode()
    assert (
        reverse("ratings:settle", args=[scheme.pk])
        in client.get(reverse("ratings:board", args=[scheme.pk])).content.decode()
    )


def test_the_office_is_led_to_the_adjustment_that_releases_a_rate_over_nothing(
    client, city, county, chair, appoint, monkeypatch
):
    spec = years.committee_spec(city, 2026)
    rate = replace(spec.items[0], rule_text="比(办班期数/应训干部)×40")
    spec = replace(spec, items=(rate, *spec.items[1:]), restrictions=())
    monkeypatch.setattr(years, "committee_spec", lambda *_: spec)
    scheme = committee_year(city, SchoolFactory.create_batch(1, county=county), by=chair)
    row = scheme.assessments.get()
    MetricSnapshot.objects.update(values={"办班期数": "0", "应训干部": "0"})
    client.force_login(appoint("office"))

    stuck = client.get(reverse("ratings:settle", args=[scheme.pk])).content.decode()
    offered = client.get(reverse("ratings:city_adjustments", args=[row.pk])).content.decode()
    press(
        client,
        reverse("ratings:city_adjust", args=[row.pk, "K1"]),
        {"points": "40", "reason": "没有应训干部"},
    )

    assert "K1 应训干部 0 人，不能作分母" in stuck
    assert reverse("ratings:city_adjustments", args=[row.pk]) in stuck
    assert "应训干部 0 人，不能作分母，由评审方核定。" in offered
    assert evaluate(scheme).outcomes[str(row.pk)].items["K1"].points == 40
    assert "须核定" not in client.get(reverse("ratings:settle", args=[scheme.pk])).content.decode()


def test_the_office_is_told_that_nothing_is_missing_but_does_not_settle(client, city, county, chair, appoint):
    scheme = committee_year(city, SchoolFactory.create_batch(2, county=county), by=chair)
    accept_all(scheme, by=chair)
    client.force_login(appoint("office"))

    shown = client.get(reverse("ratings:settle", args=[scheme.pk])).content.decode()

    assert "可以由评委会主任办理审定" in shown
    assert 'name="password"' not in shown


@pytest.mark.parametrize("size", [2, 60])
def test_the_list_costs_the_same_queries_for_any_number(
    size, city, county, chair, client, django_assert_max_num_queries
):
    scheme = committee_year(city, SchoolFactory.create_batch(size, county=county), by=chair)
    client.force_login(chair)
    client.get(reverse("help"))  # the session notes once a minute that somebody is there

    with django_assert_max_num_queries(16):
        response = client.get(reverse("ratings:settle", args=[scheme.pk]))

    assert len(listed(response)) == min(size, 50)
