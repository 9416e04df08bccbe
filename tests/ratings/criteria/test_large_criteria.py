"""A table of 6 categories, 42 groups and 228 items: imported, scored, and read in pages that stay small."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ratings.criteria.checking import check_scheme
from ratings.criteria.standards import MANY, division_of
from ratings.criteria.storing import create_scheme, read_scheme
from ratings.criteria.versions import freeze
from ratings.criteria.workbook import read_scheme_workbook
from ratings.enums import Aggregation, Stage, Status
from ratings.models import Assessment, Item, Judge, Panel, Score
from ratings.scoring import Entry, SchoolInput, Sheet, score_school
from ratings.workflow import open_city_rows
from tests.rating_factories import spec_for
from tests.ratings.county_year import best_answer, county_year
from tests.ratings.large_criteria import CATEGORIES, GROUPS, ITEMS, large_workbook, rows
from tests.ratings.opened_year import fields

LARGE, SMALL = 2025, 2024
#: A page of large criteria, as sent; pages show one 大项 at a time where each item is a form.
MOST_KILOBYTES = 170


@pytest.fixture(scope="module")
def spec():
    return read_scheme_workbook(large_workbook(year=LARGE)).spec


def test_large_table_reads_without_findings(spec):
    assert (len(spec.categories), len({item.group for item in spec.items}), len(spec.items)) == (
        CATEGORIES,
        GROUPS,
        ITEMS,
    )
    assert check_scheme(spec) == []
    assert sum(item.points for item in spec.items) == 100


def test_large_table_is_scored_item_by_item(spec):
    joint = replace(
        spec,
        has_county_stage=False,
        county_weight=Fraction(0),
        city_weight=Fraction(1),
        aggregation=Aggregation.JOINT.value,
    )
    best = {
        code: {one.name: best_answer(one) for one in bound.asked}
        for code, bound in joint.bound.items()
        if bound.asked
    }
    unticked = {
        code: {name: False if value is True else value for name, value in said.items()}
        for code, said in best.items()
    }
    lost = sum(Fraction(Decimal(str(row[5]))) for row in rows()[::4])

    def total(answers):
        sheet = Sheet("", {code: Entry(answers=said) for code, said in answers.items()})
        return score_school(joint, SchoolInput("1", {"主体班次": Fraction(9)}, city=(sheet,))).totals.total

    assert (total(best), total(unticked)) == (100, 100 - lost)


def test_pages_divide_large_criteria_only(spec):
    first, second = division_of(spec), division_of(spec, "G2")

    assert [len(part.codes) <= MANY for part in first.parts] == [True] * CATEGORIES
    assert (first.chosen.key, second.chosen.key, division_of(spec, "all").chosen) == ("G1", "G2", None)
    assert division_of(replace(spec, items=spec.items[:16])).parts == ()


@pytest.fixture
def years(spec, city, school):
    """The school before its county in a large and in a small year, and in a judge's panel in others like
    them.
    """
    small = replace(spec_for(city, SMALL), has_county_stage=True)
    found = {}
    for year, criteria in ((LARGE, spec), (SMALL, small)):
        for shift, stage in ((0, "county"), (-2, "city")):
            scheme = create_scheme(replace(criteria, year=year + shift), city=city)
            freeze(scheme, reason="启动", spec=read_scheme(scheme))
            assessment = Assessment.objects.create(scheme=scheme, school=school)
            items = dict(Item.objects.filter(scheme=scheme).values_list("code", "pk"))
            owed = [items[code] for code, bound in criteria.bound.items() if bound.owed_by_school]
            Score.objects.bulk_create(
                Score(assessment=assessment, item_id=item, stage=Stage.SELF) for item in owed
            )
            county_year(scheme)
            found[year, stage] = Assessment.objects.get(pk=assessment.pk)
    return found


def costs(client: Client, address: str) -> tuple[int, int]:
    """Queries and kilobytes of a page that was opened before."""
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address)
    assert response.status_code == 200, address
    return len(queries), len(response.content) // 1024


def school_pages(assessment, code: str) -> list[str]:
    found = [
        reverse(f"ratings:{name}", args=[assessment.pk])
        for name in ("assessment", "assessment_sheet", "assessment_check")
    ]
    return [*found, reverse("ratings:assessment_item", args=[assessment.pk, code])]


def county_pages(assessment) -> list[str]:
    return [
        reverse("ratings:review_grid") + f"?year={assessment.scheme.year}",
        reverse("ratings:review_school", args=[assessment.pk]),
    ]


@pytest.mark.django_db
def test_pages_cost_no_more_queries_than_those_of_small_criteria(years, appoint, client):
    large, small = years[LARGE, "county"], years[SMALL, "county"]
    for role, pages in (
        ("filler", (school_pages(large, "G3-101"), school_pages(small, "L1"))),
        ("county", map(county_pages, (large, small))),
    ):
        client.force_login(appoint(role))
        for big, little in zip(*pages, strict=True):
            (queries, size), (expected, _) = costs(client, big), costs(client, little)
            assert queries <= expected, big
            assert size <= MOST_KILOBYTES, big


@pytest.mark.django_db
def test_a_judge_scores_large_criteria_one_part_at_a_time(years, appoint, client):
    judge, counted = appoint("judge"), {}
    for year in (SMALL, LARGE):
        assessment = years[year, "city"]
        panel = Panel.objects.create(scheme=assessment.scheme, name="评审组")
        panel.judges.add(Judge.objects.create(scheme=assessment.scheme, label="评委一", user=judge))
        Assessment.objects.filter(pk=assessment.pk).update(panel=panel, status=Status.CITY)
        assessment.refresh_from_db()
        open_city_rows(assessment)
        client.force_login(judge)
        counted[year] = costs(client, reverse("ratings:judging_school", args=[assessment.pk]))
    asked = {"part": "G2", "year": assessment.scheme.year}
    page = client.get(reverse("ratings:judging_grid"), asked).content.decode()

    assert counted[LARGE][0] <= counted[SMALL][0]
    assert counted[LARGE][1] <= MOST_KILOBYTES
    assert "按大项分开显示" in page
    assert ("G2-41<br>" in page, "G1-2<br>" in page) == (True, False)


@pytest.mark.django_db
def test_task_list_is_grouped_and_searched(years, appoint, client):
    client.force_login(appoint("filler"))
    assessment = years[LARGE, "county"]
    address = reverse("ratings:assessment", args=[assessment.pk])
    Score.objects.filter(assessment=assessment, item__code="G1-4").update(answers=None)

    whole, found = client.get(address).content.decode(), client.get(address, {"q": "第5组"}).content.decode()
    left, none = (
        client.get(address, {"open": "1"}).content.decode(),
        client.get(address, {"q": "没有这一项"}).content.decode(),
    )

    assert whole.count('class="tasks-group"') == GROUPS
    assert 'href="#part-6"' in whole
    assert found.count('class="tasks-group"') == 1
    assert left.count('class="tasks-text"') == 1
    assert "没有符合的小项" in none


@pytest.mark.django_db
def test_sheet_saves_the_part_that_is_shown_and_stays_there(years, appoint, client):
    client.force_login(appoint("filler"))
    assessment = years[LARGE, "county"]
    Assessment.objects.filter(pk=assessment.pk).update(status=Status.DRAFT)
    assessment.scheme.phase = "open"
    assessment.scheme.save(update_fields=["phase"])
    row = assessment.scores.select_related("item").get(item__code="G2-41", stage=Stage.SELF)
    address = reverse("ratings:assessment_sheet", args=[assessment.pk]) + "?part=G2"
    page = client.get(address).content.decode()

    saved = client.post(address, fields(row, 要点40有记录=""))

    assert ("G2-41 " in page, "G1-1 " in page) == (True, False)
    assert saved.url == address
    row.refresh_from_db()
    assert row.answers == {"答": {"要点40有记录": False}}
