"""A year of the sample city with counties, in a browser: school, county, judges, committee, bulletin; and
what it asks of people.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from ratings.committee.invariants import violations
from ratings.enums import Phase
from ratings.judging.sheets import agree, submit_sheet
from ratings.models import Decision, JudgeSheet
from ratings.workflow import scheme_spec
from tests.journeys import (
    PASSWORD,
    Desk,
    Year,
    attach_file,
    bring_before_reviewers,
    enter_meeting,
    fill_item,
    open_sample,
    reviewed_by_county,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

CODES = ("JQ01", "JQ02", "YQ01", "YQ02")
SEATS = 5
RETURNED, REQUEST = "班子与机构", "任职文件是前年的，请换成今年的"
OPINION = "经集体研究，同意初评结果，建议授予五星。"
REASON = "教学点共用情况经集体研究认定"
#: What the project promises people, as limits.
LEAST_FILLED, MOST_BASE_VALUES, MOST_VALUES, MOST_UPLOADS, MOST_CLICKS = 11, 16, 30, 2, 6
#: Items whose document the system does not hold already.
PAPERS = ("班子与机构", "经费保障")


@pytest.fixture
def year(tmp_path: Path, transactional_db) -> Year:
    """Two counties with two schools each, and everybody who takes part."""
    year = open_sample("shili-shi", tmp_path / "folder", CODES)
    own = year.schools[0]
    for role, at in (
        ("filler", own),
        ("head", own),
        ("county", own.county),
        ("county_lead", own.county),
        ("chair", None),
    ):
        year.appoint(role, at=at)
    for number in range(1, SEATS + 1):
        year.appoint("judge", username=f"judge{number}")
    return year


@pytest.fixture
def desk(browser, live_server, year):
    """A person's desk, opened once: `desk("filler")`."""
    found: dict[str, Desk] = {}

    def open_desk(name: str) -> Desk:
        if name not in found:
            found[name] = Desk(browser, live_server.url, year.people[name])
        return found[name]

    yield open_desk
    for one in found.values():
        one.close()


def test_a_year_with_counties_from_the_first_tick_to_the_star_at_the_school(year, desk):
    measures = fill_and_submit(year, desk)
    measures["clicks of a county reviewer per school"] = review(year, desk)
    measures["clicks of a judge per school"] = judge(year, desk)
    decide_and_publish(year, desk)
    read_result(year, desk)

    print(measures)
    assert measures["items filled by the system, wholly or partly"] >= LEAST_FILLED
    assert measures["values typed or ticked, base items"] <= MOST_BASE_VALUES
    assert measures["values typed or ticked, with bonus items"] <= MOST_VALUES
    assert measures["files uploaded"] <= MOST_UPLOADS
    assert measures["clicks of a county reviewer per school"] <= MOST_CLICKS
    assert measures["clicks of a judge per school"] <= MOST_CLICKS
    assert violations(year.scheme) == []


def fill_and_submit(year: Year, desk) -> dict[str, int]:
    """The filler answers what is asked and nothing else, the head confirms; returns what it took."""
    filler, assessment = desk("filler"), year.assessment(year.schools[0])
    filler.go("/")
    filler.follow("填写2025年度自评")
    filled, base = 0, 0
    for item in year.scheme.items.order_by("order"):
        bound = scheme_spec(year.scheme).bound[item.code]
        page = filler.go(reverse("ratings:assessment_item", args=[assessment.pk, item.code]))
        by_system = page.get_by_role("heading", name="系统取数（不用填写）").count()
        filled += by_system if not bound.item.bonus else 0
        if item.name in PAPERS:
            attach_file(filler)
        if fill_item(filler, bound):
            filler.leave("保存并")
        base = filler.values if not bound.item.bonus else base
    filler.go(reverse("ratings:assessment", args=[assessment.pk]))
    filler.follow("核对并交负责人确认")
    filler.press("确认交负责人确认")
    filler.hears("已交负责人确认。")

    head = desk("head")
    head.go("/")
    head.follow("确认并提交2025年度自评")
    head.press("确认提交自评")
    expect(head.page.get_by_role("heading", name="自评提交回执")).to_be_visible()
    return {
        "items filled by the system, wholly or partly": filled,
        "values typed or ticked, base items": base,
        "values typed or ticked, with bonus items": filler.values,
        "files uploaded": filler.uploads,
    }


def review(year: Year, desk) -> int:
    """One item goes back once; then the reviewer agrees with everything, and the lead confirms. Returns the
    reviewer's clicks.
    """
    school, assessment = year.schools[0], year.assessment(year.schools[0])
    reviewer, head, lead = desk("county"), desk("head"), desk("county_lead")
    reviewer.go(reverse("ratings:review_return", args=[assessment.pk]))
    reviewer.page.get_by_label("退回说明").fill("请补正一处")
    code = next(item.code for item in scheme_spec(assessment.scheme).items if item.name == RETURNED)
    reviewer.page.get_by_label(f"{code} {RETURNED}").fill(REQUEST)
    reviewer.press("退回学校补正")
    reviewer.hears("已退回")

    head.go("/")
    head.follow("自评被退回，请补正")
    expect(head.page.get_by_text(REQUEST).first).to_be_visible()
    head.follow(f"补正 {code}")
    head.page.get_by_label("说明").fill("已换成今年的任职文件")
    head.leave("保存并返回清单")
    expect(head.page.get_by_text("已修改")).to_be_visible()
    head.follow("核对并提交补正")
    head.press("确认提交补正")
    expect(head.page.get_by_role("heading", name="自评提交回执")).to_be_visible()

    reviewer.go(reverse("ratings:review"))
    reviewer.clicks = 0
    reviewer.follow(school.short_name)
    reviewer.press("认可系统取数并同意自评")
    reviewer.press("核定要素全部符合")
    levels = reviewer.page.locator("fieldset.answer-levels")
    for place in range(levels.count()):
        with reviewer.page.expect_response(lambda answer: "/scores/" in answer.url):
            reviewer.click(levels.nth(place).get_by_role("radio").first)
    expect(reviewer.page.locator("[data-pending]")).to_have_count(0)
    clicks = reviewer.clicks

    lead.go("/")
    lead.go(reverse("ratings:review_confirm", args=[assessment.pk]))
    lead.page.get_by_label("五星").check()
    lead.page.get_by_label("初评意见").fill(OPINION)
    lead.press("确认初评并报送市评审")
    lead.hears("已报送市评审")
    return clicks


def judge(year: Year, desk) -> int:
    """The office gives every school to one panel; five judges agree at the first school by hand. Returns a
    judge's clicks.
    """
    for school in year.schools[1:]:
        bring_before_reviewers(year, school)
        reviewed_by_county(year, school)
    office = desk("office")
    office.go(reverse("ratings:panel_board", args=[year.scheme.pk]))
    office.page.get_by_label("新设评审组的名称").fill("第一评审组")
    office.press("设立评审组")
    for number in range(1, SEATS + 1):
        office.page.get_by_label("评委账号").select_option(str(year.people[f"judge{number}"].pk))
        office.press("加入本组")
        expect(office.page.get_by_role("rowheader", name=f"judge{number}某")).to_be_visible()
    office.go(reverse("ratings:panel_board", args=[year.scheme.pk]))
    for act in ("分组", "登记走访…"):
        for box in office.page.locator("input[name=school]").all():
            box.check()
        if act == "分组":
            office.page.get_by_label("把勾选的党校分给").select_option(label="第一评审组")
        office.press(act, exact=True)
        if act != "分组":
            office.page.get_by_label("其他参加人员").fill("走访组")
            office.page.get_by_label("走访日期").fill(timezone.localdate().isoformat())
            office.press("登记走访")
        office.hears("党校" if act == "分组" else "已登记走访 4 所")

    most = 0
    for number in range(1, SEATS + 1):
        one = desk(f"judge{number}")
        one.go(reverse("ratings:judging"))
        one.clicks = 0
        one.page.locator("tbody").get_by_role("link", name=year.schools[0].name).click()
        one.clicks += 1
        one.press("同意初评")
        one.follow("核对并提交评分表")
        one.press("提交评分表，锁定评分")
        one.hears("评分表已提交。")
        most = max(most, one.clicks)
        for sheet in JudgeSheet.objects.filter(judge__user=one.user, submitted_at__isnull=True):
            agree(sheet, by=one.user)
            submit_sheet(sheet, by=one.user)
    return most


def decide_and_publish(year: Year, desk) -> None:
    """One deviation with vote and reason, the others as computed; settled, drafted, numbered,
    issued, opened.
    """
    chair, office = desk("chair"), desk("office")
    other = year.assessment(year.schools[2])
    office.go(reverse("ratings:decide", args=[year.scheme.pk, other.pk]))
    office.follow("登记会议")
    enter_meeting(office)
    office.page.get_by_text("登记与计算不同的审定").click()
    office.page.get_by_label("审定星级").select_option(label="三星")
    office.page.get_by_label("理由").fill(REASON)
    office.page.locator("#id_votes_for").fill("7")
    office.press("登记，交主任确认")
    office.hears("已登记：审定为三星")
    chair.go("/")
    chair.follow("确认 1 项会改变星级的审定")
    chair.page.get_by_role("link", name=other.school.short_name or other.school.name).first.click()
    chair.press("确认审定为三星")
    chair.hears("已确认：审定为三星")
    chair.go(reverse("ratings:committee"))
    chair.follow("按计算结果审定")
    chair.page.get_by_label("评委会已集体审议").check()
    chair.press("所全部按计算结果审定")
    chair.follow("办理审定")
    chair.page.get_by_label("登录密码").fill(PASSWORD)
    chair.press("审定2025年度评定结果")
    chair.hears("已审定，可以起草通报")
    assert Decision.objects.exclude(star=F("computed")).get().reason == REASON

    office.go(reverse("ratings:bulletins"))
    office.press("起草通报")
    office.page.get_by_label("发文字号").fill("示组通〔2026〕8号")
    office.press("保存", exact=True)
    chair.go("/")
    chair.follow("审核并印发2025年度通报")
    chair.follow("印发通报")
    chair.page.get_by_label("登录密码").fill(PASSWORD)
    chair.press("印发2025年度通报")
    expect(chair.page.get_by_text("已印发").first).to_be_visible()
    year.scheme.refresh_from_db()
    assert year.scheme.phase == Phase.PUBLISHED


def read_result(year: Year, desk) -> None:
    """The school finds the bulletin and its own star with the steps that made it; the deviation is the other
    school's business.
    """
    head = desk("head")
    head.go("/")
    head.follow("2025年度评定结果")
    expect(head.page.get_by_text("五星").first).to_be_visible()
    assert REASON not in head.page.content()
    head.go(reverse("ratings:bulletins"))
    head.page.locator("main").get_by_role("link", name="通报").first.click()
    expect(head.page.locator(".bulletin")).to_contain_text(year.schools[0].name)
    with head.page.expect_download() as download:
        head.follow("下载 PDF")
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
