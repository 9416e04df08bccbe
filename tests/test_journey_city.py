"""A year of the sample city without counties, in a browser: signed pages, one agreed sheet, five levels; the
word 县 nowhere.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from ratings.committee.invariants import violations
from ratings.enums import Phase
from ratings.models import Result
from ratings.workflow import scheme_spec
from schools.models import MetricValue
from tests.journeys import (
    PASSWORD,
    SCAN,
    Desk,
    Year,
    asked_of_reviewers,
    bring_before_reviewers,
    enter_meeting,
    fill_item,
    open_sample,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

CODES = ("XJ01", "XJ02", "XJ03")
MEMBERS = 3


@pytest.fixture
def year(tmp_path: Path, transactional_db) -> Year:
    """Three schools that belong to the city directly; the last has nothing to show."""
    year = open_sample("shili-xianjishi", tmp_path / "folder", CODES)
    MetricValue.objects.filter(school=year.schools[2]).update(value=0)
    for role in ("filler", "head"):
        year.appoint(role, at=year.schools[0])
    for role in ("chair", "viewer"):
        year.appoint(role)
    for number in range(1, MEMBERS + 1):
        year.appoint("judge", username=f"judge{number}")
    return year


@pytest.fixture
def desk(browser, live_server, year):
    """A person's desk that keeps what every page said."""
    found: dict[str, Desk] = {}

    def open_desk(name: str) -> Desk:
        if name not in found:
            found[name] = Desk(browser, live_server.url, year.people[name], keeps_words=True)
        return found[name]

    yield open_desk
    for one in found.values():
        one.close()


def test_a_year_without_counties_from_the_first_tick_to_the_star_at_the_school(year, desk):
    fill_sign_and_submit(year, desk)
    deliberate(year, desk)
    decide_and_publish(year, desk)
    read_result(year, desk)

    assert violations(year.scheme) == []
    assert [
        result.star for result in Result.objects.filter(scheme=year.scheme).order_by("school__order")
    ] == [5, 3, 1]
    names = [year.scheme.name, year.scheme.organiser, year.city.name]
    said = []
    for name in ("filler", "head", "judge1", "judge2", "office", "chair", "viewer"):
        browse(desk(name))
        said += [
            f"{name} {line}" for page in desk(name).seen if (line := sentence_about_counties(page, names))
        ]
    assert said == []


def sentence_about_counties(page: str, names: list[str]) -> str:
    """Where a page speaks of counties, outside of names."""
    for name in names:
        page = page.replace(name, "")
    place = page.find("县")
    return "" if place < 0 else f"{page.split(' ')[0]}: {page[max(place - 30, 0) : place + 30].split()}"


def browse(desk: Desk) -> None:
    """Every page that navigation and front page lead to."""
    page = desk.go("/")
    links = {link.get_attribute("href") for link in page.locator("nav a, main a").all()}
    for address in sorted(
        link for link in links if link and link.startswith("/") and not link.startswith(("/admin", "/help"))
    ):
        desk.go(address)


def fill_sign_and_submit(year: Year, desk) -> None:
    """All on one page; the signed page is void as soon as something changes."""
    filler, head, assessment = desk("filler"), desk("head"), year.assessment(year.schools[0])
    spec = scheme_spec(year.scheme)
    filler.go(reverse("ratings:assessment_sheet", args=[assessment.pk]))
    for item in year.scheme.items.all():
        fill_item(filler, spec.bound[item.code], within=f"#item-{item.code}")
    filler.press("全部保存")
    filler.hears("已保存")
    filler.go(reverse("ratings:assessment", args=[assessment.pk]))
    filler.follow("核对并交负责人确认")
    filler.press("确认交负责人确认")

    head.go(reverse("ratings:assessment_check", args=[assessment.pk]))
    expect(head.page.get_by_role("button", name="确认提交自评")).to_have_count(0)
    head.follow("申报确认页")
    expect(head.page.get_by_text("校验码").first).to_be_visible()
    head.go(reverse("ratings:assessment_check", args=[assessment.pk]))
    head.page.get_by_label("扫描件").set_input_files(SCAN)
    head.press("上传", exact=True)
    head.hears("签字盖章页已上传")
    head.press("确认提交自评")
    expect(head.page.get_by_role("heading", name="自评提交回执")).to_be_visible()
    for school in year.schools[1:]:
        bring_before_reviewers(year, school, well=False)


def deliberate(year: Year, desk) -> None:
    """The visiting group keeps one agreed sheet; the leader writes it, each member stands by it."""
    office = desk("office")
    office.go(reverse("ratings:panel_board", args=[year.scheme.pk]))
    office.page.get_by_label("新设评审组的名称").fill("走访组")
    office.press("设立评审组")
    for number in range(1, MEMBERS + 1):
        office.page.get_by_label("评委账号").select_option(str(year.people[f"judge{number}"].pk))
        office.press("加入本组")
        office.hears("已加入走访组")
    office.click(office.page.get_by_role("row", name="judge1某").get_by_role("button", name="定为组长"))
    office.page.get_by_text("judge1某（组长）").first.wait_for()
    office.go(reverse("ratings:panel_board", args=[year.scheme.pk]))
    tick_every_school(office)
    office.page.get_by_label("把勾选的党校分给").select_option(label="走访组")
    office.press("分组", exact=True)
    office.hears("分给走访组")
    tick_every_school(office)
    office.press("登记走访…")
    office.page.get_by_label("其他参加人员").fill("走访组")
    office.page.get_by_label("走访日期").fill(timezone.localdate().isoformat())
    office.press("登记走访")
    office.hears(f"已登记走访 {len(CODES)} 所")

    leader, members = desk("judge1"), [desk(f"judge{number}") for number in range(2, MEMBERS + 1)]
    for school in year.schools:
        leader.go(reverse("ratings:judging"))
        leader.page.locator("tbody").get_by_role("link", name=school.name).click()
        leader.press("同意自评")
        score_what_is_left(leader, year)
        leader.follow("核对并提交评分表")
        leader.press("提交评分表，锁定评分")
        leader.hears("评分表已提交。")
    for member, school in product(members, year.schools):
        member.go(reverse("ratings:judging_school", args=[year.assessment(school).pk]))
        expect(member.page.get_by_role("button", name="同意")).to_have_count(0)
        member.press("我确认合议评分")
        member.hears("已确认合议结果")


def tick_every_school(office: Desk) -> None:
    for box in office.page.locator("input[name=school]").all():
        box.check()


def score_what_is_left(leader: Desk, year: Year) -> None:
    """Items that agreeing leaves to the group, one after the other; the last leads back to the school."""
    if leader.page.get_by_role("link", name="核对并提交评分表").count():
        return
    spec = scheme_spec(year.scheme)
    leader.follow("逐项评分")
    while "/items/" in leader.page.url:
        code = leader.page.url.rstrip("/").split("/")[-1]
        fill_item(leader, spec.bound[code], asks=asked_of_reviewers)
        leader.leave("保存并下一项")


def decide_and_publish(year: Year, desk) -> None:
    """As computed; settled, drafted, numbered, issued."""
    chair, office = desk("chair"), desk("office")
    chair.go(reverse("ratings:committee"))
    chair.follow("评委会会议")
    enter_meeting(chair)
    chair.follow("按计算结果审定")
    chair.page.get_by_label("评委会已集体审议").check()
    chair.press("所全部按计算结果审定")
    chair.follow("办理审定")
    chair.page.get_by_label("登录密码").fill(PASSWORD)
    chair.press("审定2025年度评定结果")
    chair.hears("已审定，可以起草通报")
    office.go(reverse("ratings:bulletins"))
    office.press("起草通报")
    office.page.get_by_label("发文字号").fill("示组〔2026〕8号")
    office.press("保存", exact=True)
    chair.go(reverse("ratings:bulletin", args=[year.scheme.bulletin.pk]))
    chair.follow("印发通报")
    chair.page.get_by_label("登录密码").fill(PASSWORD)
    chair.press("印发2025年度通报")
    expect(chair.page.get_by_text("已印发").first).to_be_visible()
    year.scheme.refresh_from_db()
    assert year.scheme.phase == Phase.PUBLISHED


def read_result(year: Year, desk) -> None:
    """The school finds its star with the steps that made it."""
    head = desk("head")
    head.go("/")
    head.follow("2025年度评定结果")
    expect(head.page.get_by_text("五星").first).to_be_visible()
