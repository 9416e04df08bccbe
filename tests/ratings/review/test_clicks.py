"""The measure of the county's desk, in a browser with the sample scheme: clicks for one school, every page by
axe and on a phone.
"""

from decimal import Decimal
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from ratings.criteria.storing import create_scheme
from ratings.criteria.workbook import read_scheme_workbook
from ratings.enums import Stage
from ratings.models import Score
from ratings.review.agreeing import adjust, agree_with_school
from ratings.sheets import load_sheets
from ratings.workflow import open_scheme, scheme_spec
from tests.browser import faults, too_wide
from tests.factories import SchoolFactory
from tests.ratings.county_year import county_year

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

SAMPLE = Path(__file__).parents[3] / "fixtures" / "shili-shi" / "scheme.xlsx"
MOST_CLICKS = 6


@pytest.fixture
def sample(city, county, school, appoint):
    """Two schools of scheme A before their county."""
    SchoolFactory(
        city=city, county=county, name="中共名称特别长的街道工作委员会党校（功能区管理委员会分校）", order=9
    )
    scheme = create_scheme(read_scheme_workbook(SAMPLE).spec, city=city)
    open_scheme(scheme, by=appoint("office"))
    county_year(scheme)
    return scheme


def test_a_reviewer_who_agrees_with_everything_needs_six_clicks(
    sample, school, appoint, signed_in, live_server
):
    page = signed_in(appoint("county"))
    page.goto(live_server.url + reverse("ratings:review"))
    assessment = sample.assessments.get(school=school)
    clicks = 0

    def click(target) -> None:
        nonlocal clicks
        target.click()
        clicks += 1

    click(page.get_by_role("link", name=school.short_name))
    click(page.get_by_role("button", name="认可系统取数并同意自评"))
    click(page.get_by_role("button", name="核定要素全部符合"))
    levels = page.locator("fieldset.answer-levels")
    for place in range(levels.count()):
        with page.expect_response(lambda answer: "/scores/" in answer.url):
            click(levels.nth(place).get_by_role("radio").first)
    page.locator("[data-state]").first.wait_for()
    expect(page.locator("[data-pending]")).to_have_count(0)

    sheet = load_sheets(scheme_spec(sample), [assessment])[0]
    print(f"clicks for one school by a county reviewer who agrees: {clicks}")
    assert clicks <= MOST_CLICKS
    assert sheet.waiting == ()
    assert sheet.figures_accepted
    assert sheet.county_sheet.total is not None
    assert not Score.objects.filter(assessment=assessment, stage=Stage.COUNTY, answers__isnull=True).exists()


def test_every_page_of_the_desk_is_accessible_and_fits_a_phone(
    sample, school, appoint, signed_in, live_server
):
    lead = appoint("county_lead")
    page = signed_in(lead)
    pk, begun = sample.assessments.order_by("pk").values_list("pk", flat=True)
    agree_with_school(begun, by=lead, accept=True)
    spec = scheme_spec(sample)
    computed = next(code for code, bound in spec.bound.items() if not bound.owed_by_reviewers)
    first, verified = (
        next(iter(spec.bound)),
        next(code for code, bound in spec.bound.items() if bound.not_for_school),
    )
    adjust(begun, computed, points=Decimal("5"), reason="现场清点座位", by=lead)
    Score.objects.filter(assessment=begun, stage=Stage.COUNTY, item__code=first).update(answers={"答": {}})
    addresses = [
        reverse(f"ratings:{name}") for name in ("review", "review_grid", "review_changes", "review_division")
    ]
    addresses += [
        reverse(f"ratings:{name}", args=[pk]) for name in ("review_school", "review_return", "review_confirm")
    ]
    addresses += [
        reverse("ratings:review_item", args=[verified]),
        reverse("ratings:review_adjust", args=[pk, computed]),
    ]
    addresses += [
        reverse("ratings:review_school", args=[begun]) + f"?show={show}"
        for show in ("waiting", "differing", "all")
    ]
    addresses += [reverse("ratings:review_confirm", args=[begun]), reverse("ratings:review") + "?view=all"]
    appoint("county")
    said, wrong = [], []
    page.on("console", lambda message: said.append(message.text))

    for address in addresses:
        assert page.goto(live_server.url + address).status == 200, address
        wrong += faults(page) + too_wide(page)

    assert wrong == []
    assert said == []
