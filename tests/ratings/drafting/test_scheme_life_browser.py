"""The measure of a new year: next year's scheme from this year's with three changed items, in clicks."""

import datetime as dt
import re
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from ratings.criteria.storing import create_scheme
from ratings.criteria.versions import freeze
from ratings.criteria.workbook import read_scheme_workbook
from ratings.criteria.years import year_changes
from ratings.models import OpeningProposal, Scheme

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

SAMPLE = Path(__file__).parents[3] / "fixtures" / "shili-shi" / "scheme.xlsx"
MOST_CLICKS = 29
#: The highest band of a rule that counts something: a figure for this test to raise.
TOP_BAND = re.compile(r"(?<=: ≥)(\d+)(?=→)")


@pytest.fixture
def this_year(city) -> Scheme:
    """Scheme A, opened."""
    scheme = create_scheme(read_scheme_workbook(SAMPLE).spec, city=city)
    freeze(scheme, reason="启动评定")
    Scheme.objects.filter(pk=scheme.pk).update(phase="open")
    return scheme


def test_next_years_scheme_with_three_changed_items_takes_less_than_thirty_clicks(
    this_year, appoint, signed_in, live_server
):
    chosen = [item for item in this_year.items.all() if TOP_BAND.search(item.rule)][:3]
    assert len(chosen) == 3
    page = signed_in(appoint("office"))
    page.goto(live_server.url + reverse("schools:desk"))
    clicks = 0

    def click(target) -> None:
        nonlocal clicks
        target.click()
        clicks += 1

    def write(target, text: str) -> None:
        """A field is clicked before it is typed into."""
        click(target)
        target.fill(text)

    click(page.get_by_role("navigation").get_by_role("link", name="评定方案"))
    click(page.get_by_role("link", name="复制为新年度方案"))
    click(page.get_by_role("button", name="复制"))
    click(page.get_by_role("link", name="编制方案"))
    for item in chosen:
        click(page.get_by_role("link", name=item.name, exact=False).first)
        raised = TOP_BAND.sub(lambda found: str(int(found[1]) + 1), item.rule, count=1)
        write(page.locator("[name=rule]"), raised)
        click(page.get_by_role("button", name="保存，回到方案"))
    click(page.locator(".breadcrumbs").get_by_role("link").last)
    click(page.get_by_role("link", name="启动前检查"))
    everything = page.get_by_role("button", name="以上提示全部知悉")
    if everything.count():
        click(everything)
    elif page.get_by_role("button", name="知悉").count():
        click(page.get_by_role("button", name="知悉").first)
    click(page.get_by_role("link", name="去启动"))
    today = timezone.localdate()
    for place, column in enumerate(("self_due", "county_due", "city_due"), start=1):
        write(page.locator(f"[name={column}]"), (today + dt.timedelta(days=30 * place)).isoformat())
    click(page.get_by_role("button", name="提议启动"))
    page.get_by_text("等待确认").first.wait_for()

    following = Scheme.objects.get(year=this_year.year + 1)
    print(f"clicks from this year's scheme to the proposal of next year's with three changed items: {clicks}")
    assert [row.code for row in year_changes(following).rows] == [item.code for item in chosen]
    assert OpeningProposal.objects.get().scheme == following
    assert clicks <= MOST_CLICKS
