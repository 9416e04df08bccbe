"""Forms on paper: who gets which, what stands on page and PDF, and what never does."""

import pytest
from django.urls import reverse

from ratings.committee.settling import accept_all, settle_scheme
from ratings.enums import Confirmation, Status
from ratings.models import Assessment, Judge, JudgeSheet, Result, Scheme, Score
from schools.models import AuditEntry
from tests.documents import text as pdf_text
from tests.factories import CountyFactory, SchoolFactory, UserFactory
from tests.rating_factories import SECRETS, published_year
from tests.ratings.committee_year import JUDGES, OPINION, committee_year

pytestmark = pytest.mark.django_db

OWN, COUNTY, CITY = "自评备注甲戌", "初评备注乙亥", "评审备注丙子"


@pytest.fixture
def chair(appoint):
    return appoint("chair")


@pytest.fixture
def neighbour(city):
    return SchoolFactory(county=CountyFactory(city=city, name="乙区", order=2))


@pytest.fixture
def scheme(city, school, neighbour, chair):
    scheme = committee_year(city, [school, neighbour], by=chair)
    for stage, remark in (("self", OWN), ("county", COUNTY), ("city", CITY)):
        Score.objects.filter(stage=stage).update(remark=remark)
    return scheme


@pytest.fixture
def row(scheme, school) -> Assessment:
    return scheme.assessments.get(school=school)


@pytest.fixture
def read(client):
    """Reads a form as somebody: the page, or the text of the PDF; the status where there is none."""

    def get(user, name: str, *args, pdf=False, **query):
        client.force_login(user)
        response = client.get(reverse(f"ratings:{name}{'_pdf' if pdf else ''}", args=args), query)
        if response.status_code != 200:
            return response.status_code
        return pdf_text(b"".join(response.streaming_content)) if pdf else response.content.decode()

    return get


@pytest.mark.parametrize("pdf", [False, True])
def test_self_form_tells_answers_figures_and_totals(pdf, row, appoint, read):
    found = read(appoint("head"), "form_self", row.pk, pdf=pdf)

    assert all(word in found for word in ("自评表", row.school.name, "100.00", OWN))
    assert "办班期数" in found
    assert [word for word in (*JUDGES, COUNTY, CITY, OPINION) if word in found] == []


@pytest.mark.parametrize(
    ("role", "allowed"),
    [("filler", True), ("county", True), ("office", True), ("judge", False), ("viewer", False)],
)
def test_self_form_is_for_the_school_and_those_who_review_it(role, allowed, row, appoint, read):
    found = read(appoint(role), "form_self", row.pk)

    assert (found == 403) is not allowed


def test_a_sheet_that_is_not_handed_in_is_the_schools_own(row, appoint, read, chair):
    Assessment.objects.filter(pk=row.pk).update(status=Status.DRAFT)
    filler, county = appoint("filler"), appoint("county")

    assert "尚未提交" in read(filler, "form_self", row.pk)
    assert (read(county, "form_self", row.pk), read(chair, "form_self", row.pk)) == (404, 404)


def test_another_school_is_not_found(scheme, neighbour, appoint, read):
    foreign = scheme.assessments.get(school=neighbour)

    assert [read(appoint(role), "form_self", foreign.pk) for role in ("filler", "county")] == [404, 404]


@pytest.mark.parametrize("pdf", [False, True])
def test_confirmation_page_carries_totals_and_a_code_that_follows_every_change(
    pdf, scheme, row, appoint, read
):
    Scheme.objects.filter(pk=scheme.pk).update(confirmation=Confirmation.SIGNED)
    Assessment.objects.filter(pk=row.pk).update(status=Status.CONFIRMING)
    head = appoint("head")

    before = read(head, "form_confirmation", row.pk, pdf=pdf)
    Score.objects.filter(assessment=row, stage="self", item__code="L1").update(remark="改了一句")
    after = read(head, "form_confirmation", row.pk, pdf=pdf)

    assert all(word in before for word in ("申报确认页", row.school.name, "校验码", "盖章"))
    assert before != after


def test_confirmation_page_exists_only_where_pages_are_signed(row, appoint, read):
    assert read(appoint("head"), "form_confirmation", row.pk) == 404
    assert read(appoint("office"), "form_confirmation", row.pk) == 403


@pytest.mark.parametrize("pdf", [False, True])
def test_county_form_tells_the_counties_scores_and_nothing_of_the_city(
    pdf, scheme, county, row, neighbour, appoint, read
):
    found = read(appoint("county_lead"), "form_county", scheme.pk, county.pk, pdf=pdf)

    assert all(word in found for word in ("初评汇总表", row.school.name, "98.00", OPINION, "五星"))
    assert "2.00" in found
    assert [word for word in (*JUDGES, CITY, COUNTY, neighbour.name) if word in found] == []


def test_county_form_is_empty_of_figures_while_the_county_has_not_finished_and_for_a_lapsed_school(
    scheme, county, row, appoint, read
):
    Assessment.objects.filter(pk=row.pk).update(status=Status.LAPSED)
    lead = appoint("county_lead")
    lapsed = read(lead, "form_county", scheme.pk, county.pk)
    assert row.school.name in lapsed and "98.00" not in lapsed

    Assessment.objects.filter(pk=row.pk).update(status=Status.DECLINED)
    assert row.school.name not in read(lead, "form_county", scheme.pk, county.pk)

    Assessment.objects.filter(pk=row.pk).update(status=Status.COUNTY)
    Score.objects.filter(assessment=row, stage="county", item__code="L1").update(answers=None)

    assert "98.00" not in read(appoint("county"), "form_county", scheme.pk, county.pk)


def test_the_city_gets_a_counties_scores_only_once_they_are_sent_on(scheme, county, row, chair, read):
    sent = read(chair, "form_county", scheme.pk, county.pk)
    Assessment.objects.filter(pk=row.pk).update(status=Status.COUNTY)

    kept = read(chair, "form_county", scheme.pk, county.pk)
    assert row.school.name in sent and "还没有可以汇总的党校" not in sent
    assert row.school.name not in kept and "还没有可以汇总的党校" in kept


def test_another_county_is_not_found(scheme, neighbour, appoint, read):
    assert read(appoint("county"), "form_county", scheme.pk, neighbour.county_id) == 404
    assert read(appoint("head"), "form_county", scheme.pk, neighbour.county_id) == 403


@pytest.fixture
def judges(scheme, appoint, city):
    """Accounts for the first two seats."""
    users = [appoint("judge"), appoint("judge", user=UserFactory(), city=city)]
    for user, label in zip(users, JUDGES, strict=False):
        Judge.objects.filter(scheme=scheme, label=label).update(user=user)
    return users


def sheet_of(row, label) -> JudgeSheet:
    return JudgeSheet.objects.get(assessment=row, judge__label=label)


@pytest.mark.parametrize("pdf", [False, True])
def test_judges_form_holds_the_judges_own_points_alone(pdf, row, judges, read):
    found = read(judges[0], "form_sheet", sheet_of(row, JUDGES[0]).pk, pdf=pdf)

    assert all(word in found for word in ("评委评分表", row.school.name, JUDGES[0], "28.00"))
    assert [word for word in (*JUDGES[1:], OWN, COUNTY, OPINION) if word in found] == []
    assert "30.00" not in found
    assert "办班总量" not in found  # counted by the system: nothing to judge


def test_judges_form_says_the_rule_in_words(row, judges, read):
    found = read(judges[0], "form_sheet", sheet_of(row, JUDGES[0]).pk)

    assert "0 至 30 分" in found and "分(0—30)" not in found


def test_a_judge_reads_no_other_judges_form(row, judges, read):
    assert read(judges[1], "form_sheet", sheet_of(row, JUDGES[0]).pk) == 404


def test_the_office_prints_blank_forms_until_the_panel_is_closed(row, judges, appoint, read, chair):
    office, sheet = appoint("office"), sheet_of(row, JUDGES[0])

    filled = read(office, "form_sheet", sheet.pk)
    other = sheet_of(row, JUDGES[1])
    JudgeSheet.objects.filter(pk=other.pk).update(submitted_at=None, submitted_by=None)

    assert "28.00" in filled
    assert "28.00" not in read(office, "form_sheet", sheet.pk)
    assert read(chair, "form_sheet", sheet.pk) == 403


@pytest.mark.parametrize("pdf", [False, True])
def test_result_form_explains_the_star_without_any_secret(pdf, city, school, neighbour, appoint, read):
    scheme = published_year(city, [school, neighbour, SchoolFactory(county=school.county)])
    result = school.results.get(scheme=scheme)

    found = read(appoint("head"), "form_result", result.pk, pdf=pdf)

    assert all(
        word in found for word in ("评定结果", school.name, str(result.total), result.get_star_display())
    )
    assert "2025年12月28日" in "".join(found.split()) and "2025-12-28" not in found
    assert [word for word in SECRETS if word in found] == []  # the reason is another school's


def test_result_form_before_publication_is_the_committees_alone(scheme, row, chair, appoint, read):
    accept_all(scheme, by=chair)
    settle_scheme(scheme, by=chair)
    result = Result.objects.get(assessment=row)

    assert read(appoint("head"), "form_result", result.pk) == 404
    assert "未通报" in read(chair, "form_result", result.pk)
    assert read(appoint("judge"), "form_result", result.pk) == 403


def test_each_pdf_enters_the_audit_trail(row, appoint, read):
    read(appoint("head"), "form_self", row.pk, pdf=True)

    assert AuditEntry.objects.filter(action="export", subject="2026年度星级评定自评表").count() == 1


def test_county_form_costs_the_same_queries_for_any_number(
    city, county, chair, client, django_assert_max_num_queries
):
    client.force_login(chair)
    client.get(reverse("help"))
    for size in (1, 3, 30):
        scheme = committee_year(
            city, SchoolFactory.create_batch(size, county=county), by=chair, year=2020 + size
        )
        with django_assert_max_num_queries(13):
            client.get(reverse("ratings:form_county", args=[scheme.pk, county.pk]))


def test_no_remark_of_anybody_reaches_a_form_it_is_not_meant_for(row, judges, read):
    found = read(judges[0], "form_sheet", sheet_of(row, JUDGES[0]).pk)

    assert [word for word in (OWN, COUNTY, CITY) if word in found] == []
