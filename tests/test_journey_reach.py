"""The way of a school through the stages without script, and every page of the running year in large type on
a phone.
"""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from ratings.enums import Status
from ratings.judging.panels import assign, create_panel, seat_judge
from ratings.workflow import scheme_spec
from tests.browser import faults, too_wide
from tests.journeys import NARROW, Desk, asked_of_reviewers, fill_item
from tests.ratings.judged_year import Judged, judge_account, judge_year
from tests.ratings.opened_year import know_figures, open_year
from tests.ratings.year_folder import YearFolder

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.fixture
def office(appoint):
    return appoint("office")


@pytest.fixture
def plain(browser, live_server):
    """A person's desk in a browser without script, opened once."""
    found: dict[int, Desk] = {}

    def open_desk(user) -> Desk:
        if user.pk not in found:
            found[user.pk] = Desk(browser, live_server.url, user, java_script_enabled=False)
        return found[user.pk]

    yield open_desk
    for one in found.values():
        one.close()


def test_a_school_goes_all_the_way_to_the_judges_without_script(
    tmp_path, city, county, school, office, appoint, plain
):
    know_figures(school, office)
    scheme = open_year(YearFolder(tmp_path / "year"), city, office)
    assessment = scheme.assessments.get(school=school)
    filler, head, reviewer, lead = (
        plain(appoint(role)) for role in ("filler", "head", "county", "county_lead")
    )

    fill_in_items(filler, assessment)
    head.go("/")
    head.follow("确认并提交")
    head.press("确认提交自评")
    expect(head.page.get_by_role("heading", name="自评提交回执")).to_be_visible()
    review_on_one_page(reviewer, assessment)
    lead.go(reverse("ratings:review_confirm", args=[assessment.pk]))
    lead.page.get_by_label("五星").check()
    lead.page.get_by_label("初评意见").fill("经集体研究，同意。")
    lead.press("确认初评并报送市评审")
    lead.hears("已报送市评审")
    assessment.refresh_from_db()
    assert assessment.status == Status.CITY

    judge = plain(seat_three(assessment, city, office))
    judge.go(reverse("ratings:judging"))
    judge.follow(school.name)
    judge.press("同意初评")
    judge.follow("核对并提交评分表")
    judge.press("提交评分表，锁定评分")
    judge.hears("评分表已提交。")
    assert assessment.sheets.filter(submitted_at__isnull=False).count() == 1


def fill_in_items(filler: Desk, assessment) -> None:
    """From the task list through every item; each save leads to the next one."""
    spec = scheme_spec(assessment.scheme)
    for item in assessment.scheme.items.all():
        filler.go(reverse("ratings:assessment", args=[assessment.pk]))
        filler.follow(f"{item.code} {item.name}")
        if fill_item(filler, spec.bound[item.code]):
            filler.leave("保存并")
    filler.go(reverse("ratings:assessment_check", args=[assessment.pk]))
    filler.press("确认交负责人确认")
    filler.hears("已交负责人确认。")


def review_on_one_page(reviewer: Desk, assessment) -> None:
    """Agreeing in one click, then what is left to judge, saved by the button of the page."""
    spec = scheme_spec(assessment.scheme)
    reviewer.go(reverse("ratings:review_school", args=[assessment.pk]))
    reviewer.press("认可系统取数并同意自评")
    for code, bound in spec.bound.items():
        if reviewer.page.locator(f"#item-{code} .answers").count():
            fill_item(reviewer, bound, asks=asked_of_reviewers, within=f"#item-{code}")
    reviewer.press("保存本页")
    reviewer.hears("已保存")


def seat_three(assessment, city, office):
    """A panel for the school; returns the first of its judges."""
    panel = create_panel(assessment.scheme, "第一组", by=office)
    users = [judge_account(city, number) for number in range(1, 4)]
    for user in users:
        seat_judge(panel, label="", user=user, by=office)
    assign(panel, [assessment], by=office)
    return users[0]


@pytest.fixture
def judged(tmp_path, city, county, school, office) -> Judged:
    """Two schools with the judges."""
    return judge_year(YearFolder(tmp_path / "year"), city, county, school, office)


def addresses(judged: Judged) -> dict[str, list[str]]:
    """Pages of the running year by who works on them."""
    scheme, one = judged.scheme.pk, judged.assessment
    code = "L3"

    def at(*names: str, args=()) -> list[str]:
        return [reverse(f"ratings:{name}", args=args) for name in names]

    return {
        "head": at("assessment", "assessment_sheet", "assessment_check", "form_self", args=[one.pk])
        + at("assessment_item", args=[one.pk, code]),
        "county_lead": at("review", "review_grid", "review_changes", "review_division")
        + at("review_school", args=[one.pk])
        + at("review_item", args=[code])
        + at("form_county", args=[scheme, one.school.county_id]),
        "judge1": at("judging", "judging_grid")
        + at("judging_school", "judging_submit", "judging_panel", args=[one.pk])
        + at("judging_item", args=[one.pk, code])
        + at("form_sheet", args=[judged.sheet(judged.judges[0]).pk]),
        "office": at("panel_board", "progress_board", args=[scheme])
        + at("panel", args=[judged.panel.pk])
        + at("sheets", "progress_school", args=[one.pk])
        + at("city_adjustments", args=[one.pk])
        + at("progress_step", args=[one.pk, "return_"]),
        "chair": at("board", "accept_all", "settle", "projector", "materials", args=[scheme])
        + at("decide", args=[scheme, one.pk]),
    }


#: Pages whose owners do not look at them with axe.
LOOKED_AT_HERE = ("/progress/", "/forms/", "/adjustments/")


def test_pages_of_the_running_year_fit_a_phone_in_large_type(judged, appoint, browser, live_server):
    people = {role: appoint(role) for role in ("head", "county_lead", "chair")} | {
        "office": judged.office,
        "judge1": judged.judges[0],
    }
    wrong = []

    for name, found in addresses(judged).items():
        desk = Desk(browser, live_server.url, people[name], viewport=NARROW)
        desk.context.add_cookies([{"name": "text_size", "value": "large", "url": live_server.url}])
        for address in found:
            page = desk.go(address)
            wrong += (
                []
                if page.title() and "没有找到" not in page.title()
                else [f"{name} {address}: {page.title()}"]
            )
            wrong += [f"{name} {fault}" for fault in too_wide(page)]
            if any(part in address for part in LOOKED_AT_HERE):
                wrong += [f"{name} {fault}" for fault in faults(page)]
        desk.close()

    assert wrong == []
