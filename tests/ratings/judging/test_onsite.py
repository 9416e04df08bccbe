"""现场评分表 and 反馈意见, 授牌名单: the paper for the team, the note for the school, the list for the
ceremony.
"""

from dataclasses import replace

import pytest
from django.urls import reverse

from ratings.criteria.storing import create_scheme
from ratings.criteria.versions import freeze
from ratings.documents.papers import paper_pdf
from ratings.enums import Phase
from ratings.judging.papers import onsite_paper, plaque_paper
from ratings.models import Assessment, Feedback, Scheme
from ratings.offline.running import run_year
from tests import documents
from tests.factories import SchoolFactory
from tests.rating_factories import published_year, settled_year, spec_for

pytestmark = pytest.mark.django_db
TOKEN = "反馈暗号丑"


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def office(appoint):
    return appoint("office")


@pytest.fixture
def assessment(city, school) -> Assessment:
    """A school in a year with one item that is looked at on site."""
    spec = spec_for(city, 2026)
    spec = replace(spec, items=(*spec.items[:2], replace(spec.items[2], onsite=True, standard="环境整洁")))
    scheme = create_scheme(spec, city=city)
    freeze(scheme, reason="启动", spec=spec)
    Scheme.objects.filter(pk=scheme.pk).update(phase=Phase.SCORING)
    return Assessment.objects.create(scheme=scheme, school=school)


def address(assessment: Assessment, name: str = "feedback") -> str:
    return reverse(f"ratings:{name}", args=[assessment.pk])


def posted(**changes) -> dict[str, str]:
    return {"text": TOKEN, "visited_on": "2026-11-20", "version": "0"} | changes


def test_paper_has_the_onsite_items_to_score_and_a_note_without_points(assessment, office):
    blank = documents.text(paper_pdf(onsite_paper(assessment, None)))
    filled = documents.text(
        paper_pdf(onsite_paper(assessment, Feedback(text=TOKEN, visited_on=assessment.scheme.period_end)))
    )

    assert "M1保障" in blank and "环境整洁" in blank and "K1" not in blank
    assert "存在问题" in blank and "本单交学校" in blank
    assert TOKEN in filled and "2026年11月30日" in filled and "存在问题" not in filled


def test_the_office_registers_the_note_and_prints_it(assessment, office, signed_client):
    client = signed_client(office)

    saved = client.post(address(assessment), posted())
    page, paper = text(client.get(address(assessment))), text(client.get(address(assessment, "form_onsite")))

    assert saved.url == address(assessment)
    assert TOKEN in page and TOKEN in paper
    assert f'<li><a href="{address(assessment)}">现场反馈意见</a>' in paper
    assert address(assessment) in text(client.get(address(assessment, "sheets")))


WRONG = [({"text": ""}, "反馈意见"), ({"text": "字" * 501}, "500"), ({"visited_on": "x"}, "走访日期")]


@pytest.mark.parametrize(("changes", "sentence"), WRONG)
def test_a_wrong_form_says_so_and_stores_nothing(changes, sentence, assessment, office, signed_client):
    page = text(signed_client(office).post(address(assessment), posted(**changes)))

    assert "填写有误" in page and sentence in page
    assert not Feedback.objects.exists()


def test_two_of_the_office_lose_nothing(assessment, office, signed_client):
    client = signed_client(office)
    client.post(address(assessment), posted(text="先写的意见"))

    page = text(client.post(address(assessment), posted(text="后写的意见")))

    assert "先写的意见" in page and "后写的意见" in page
    assert Feedback.objects.get().text == "先写的意见"


def test_a_scheme_without_onsite_items_has_no_note(city, school, office, signed_client):
    scheme = settled_year(city, [school])
    one = scheme.assessments.get()

    assert [
        signed_client(office).get(address(one, name)).status_code for name in ("feedback", "form_onsite")
    ] == [404, 404]


def test_the_school_reads_it_after_publication_and_not_before(city, school, office, appoint, signed_client):
    scheme = published_year(city, [school])
    result = school.results.get()
    Feedback.objects.create(assessment=result.assessment, text=TOKEN, by=office, at=scheme.published_at)
    readers = {role: appoint(role) for role in ("head", "filler", "county_lead", "viewer", "auditor")}
    place = reverse("ratings:result", args=[result.pk])

    after = {role: TOKEN in text(signed_client(user).get(place)) for role, user in readers.items()}
    Scheme.objects.filter(pk=scheme.pk).update(phase=Phase.SETTLED, published_at=None)
    before = [Feedback.objects.visible_to(user).exists() for user in readers.values()]

    assert after == {"head": True, "filler": True, "county_lead": False, "viewer": False, "auditor": False}
    assert before == [False] * len(readers)


def test_after_publication_the_note_stands(assessment, office, signed_client):
    client = signed_client(office)
    client.post(address(assessment), posted())
    Scheme.objects.filter(pk=assessment.scheme_id).update(
        phase=Phase.PUBLISHED, published_at="2026-12-30T00:00Z"
    )

    client.post(address(assessment), posted(text="改", version="1"))

    assert Feedback.objects.get().text == TOKEN
    assert "<form" not in text(client.get(address(assessment))).split("<main")[1]


def test_plaques_list_the_highest_star_in_administrative_order(city, school):
    scheme = settled_year(city, [school, *SchoolFactory.create_batch(3, city=city, county=school.county)])
    top = list(scheme.results.filter(star=5).order_by("order").values_list("school_name", "county_name"))

    paper = plaque_paper(scheme)

    assert list(paper.schools) == top != []
    assert paper.title == "2025年度五星级镇街党校授牌名单"
    scheme.results.update(star=4)
    assert "没有五星级镇街党校" in documents.text(paper_pdf(plaque_paper(scheme)))


def test_plaques_bear_the_day_of_the_city_not_of_greenwich(city, school):
    scheme = published_year(city, [school])
    Scheme.objects.filter(pk=scheme.pk).update(published_at="2025-12-28T23:30Z")
    scheme.refresh_from_db()

    assert plaque_paper(scheme).issued == "2025年12月29日"


def test_a_city_without_counties_reads_no_county_on_notice_methodology_and_papers(
    year, office, city, appoint, signed_client
):
    year.parameters |= {"县级初评": "无", "县初评权重": "0%", "评审权重": "100%", "所属市": city.name}
    year.schools = [(code, name, "") for code, name, _ in year.schools]
    year.scores = [row for row in year.scores if row[2] != "初评"]
    year.item("K2")[11] = "是"
    year.write()
    scheme = run_year(year.scheme, year.folder, issue=False).scheme
    client = signed_client(office)
    Scheme.objects.filter(pk=scheme.pk).update(imported=False)
    client.post(reverse("ratings:opening_notice_start", args=[scheme.pk]))
    one = scheme.assessments.first()
    names = [
        ("opening_notice", scheme.pk),
        ("methodology", scheme.pk),
        ("form_plaques", scheme.pk),
        ("feedback", one.pk),
    ]
    names += [("form_onsite", one.pk), ("result", one.result.pk)]

    pages = {
        name: text(client.get(reverse(f"ratings:{name}", args=[pk]))).split("<main")[1] for name, pk in names
    }

    assert [name for name, page in pages.items() if "县" in page] == []
    assert [
        name
        for name, page in pages.items()
        if "学校自评" not in page and name in ("opening_notice", "methodology")
    ] == []
