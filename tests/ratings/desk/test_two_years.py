"""Two years at once: which of them each person is shown, how the header changes it, what an address says."""

import datetime as dt
import re

import pytest
from django.urls import reverse

from ratings.criteria.years import copy_scheme
from ratings.desk.tasks import figure_tasks, review_tasks, self_assessment_tasks
from ratings.enums import Phase, Status
from ratings.judging.leaving import void_sheet
from ratings.models import Assessment, Judge, JudgeSheet, Panel, Scheme
from ratings.workflow.opening import checks_of
from schools.models import User
from schools.site.years import years_of
from tests import clock
from tests.rating_factories import open_year, published_year, settled_year
from tests.ratings.judged_year import signed

pytestmark = pytest.mark.django_db

JANUARY = clock.at(dt.date(2027, 1, 12))
SHOWN = re.compile(r'title="切换年度">(本页)?(\d{4})年度')


@pytest.fixture
def running(city, school) -> Scheme:
    return open_year(city, [school], year=2026, scored=False)


def opened(city, school, *, year: int, status=Status.DRAFT, **columns) -> Scheme:
    """A year that schools fill in, or whatever `columns` say."""
    scheme = open_year(city, [school], year=year, scored=False)
    Scheme.objects.filter(pk=scheme.pk).update(phase=Phase.OPEN, **columns)
    Assessment.objects.filter(scheme=scheme).update(status=status)
    scheme.refresh_from_db()
    return scheme


def current(user: User) -> int:
    return years_of(User.objects.get(pk=user.pk)).current


def header(client, address: str = "/") -> tuple[str, str]:
    """What the header says of the page, in both of its places the same."""
    (found,) = set(SHOWN.findall(client.get(address, follow=True).content.decode()))
    return found


@JANUARY
def test_a_draft_of_next_year_hides_nothing_of_the_running_one(
    running, city, school, office, appoint, signed_client
):
    draft = copy_scheme(running, year=2027, by=office)
    people = {role: appoint(role) for role in ("filler", "head", "county", "viewer", "chair")}

    assert {role: current(user) for role, user in people.items()} == dict.fromkeys(people, 2026)
    client = signed_client(office)
    for name, number in (("panels", "panel_board"), ("committee", "board"), ("progress", "progress_board")):
        assert client.get(reverse(f"ratings:{name}")).url == reverse(f"ratings:{number}", args=[running.pk])
    assert header(client) == ("", "2026")
    assert header(client, reverse("ratings:scheme", args=[draft.pk])) == ("本页", "2027")


@JANUARY
def test_where_only_a_draft_is_to_be_done_it_is_the_year_of_those_who_write_it(
    city, school, office, appoint, signed_client
):
    copy_scheme(published_year(city, [school], year=2025), year=2026, by=office)

    assert (current(office), current(appoint("filler"))) == (2026, 2027)
    client = signed_client(office)  # a draft has no board, the nearest year has
    assert "2025年度" in client.get(reverse("ratings:committee"), follow=True).content.decode()


@JANUARY
@pytest.mark.parametrize(
    ("before", "after", "year"),
    [
        (Status.CITY, Status.DRAFT, 2026),  # in review; the next one is far off
        (Status.SETTLED, Status.DRAFT, 2026),  # the result is not out
        (Status.SETTLED, Status.CONFIRMING, 2027),
        (Status.DECLINED, Status.CITY, 2027),
        (Status.COUNTY, Status.CONFIRMING, 2026),
    ],
)
def test_a_school_is_shown_the_older_year_as_long_as_it_is_not_over(
    before, after, year, running, city, school, appoint
):
    Assessment.objects.filter(scheme=running).update(status=before)
    opened(city, school, year=2027, status=after, self_due=dt.date(2027, 12, 10))

    assert current(appoint("head")) == year


@JANUARY
def test_county_and_judge_are_shown_the_year_that_waits_for_them(running, city, school, appoint):
    later = opened(city, school, year=2027, status=Status.COUNTY, has_county_stage=True)
    county, judge = appoint("county"), appoint("judge")
    panel = Panel.objects.create(scheme=later, name="一组")
    seat = Judge.objects.create(scheme=later, label="评委一", user=judge)
    panel.judges.add(seat)
    own = later.assessments.get()
    waits, free = current(county), current(judge)
    Assessment.objects.filter(pk=own.pk).update(status=Status.CITY, panel=panel)
    JudgeSheet.objects.create(assessment=own, judge=seat)

    assert (waits, free) == (2027, 2026)
    assert (current(county), current(judge)) == (2026, 2027)


@JANUARY
def test_the_switch_keeps_the_page_and_is_kept_for_the_session(running, city, school, appoint, signed_client):
    later = opened(city, school, year=2027, self_due=dt.date(2027, 12, 10))
    client = signed_client(appoint("office"))

    def switch(year, address):
        return client.post(reverse("year"), {"year": year, "next": address})

    board = reverse("ratings:progress_board", args=[running.pk])
    school_page = reverse("ratings:progress_school", args=[running.assessments.get().pk])
    there = reverse("ratings:progress_board", args=[later.pk])

    assert switch(2027, board).url == there
    assert header(client) == ("", "2027")
    assert client.get(reverse("ratings:progress")).url == there
    assert header(client, board) == ("本页", "2026")  # the address is obeyed
    assert switch(2027, school_page).url == reverse(
        "ratings:progress_school", args=[later.assessments.get().pk]
    )
    page = f"{reverse('schools:teaching')}?year=2026&q=东溪&page=3"
    assert switch(2027, page).url == f"{reverse('schools:teaching')}?year=2027&q=%E4%B8%9C%E6%BA%AA"
    month = reverse("schools:month", args=[school.pk, 2026, 12])
    assert switch(2027, month).url == reverse("schools:month", args=[school.pk, 2027, 12])
    assert switch(2026, "https://elsewhere/").url == "/"
    assert (current(appoint("viewer")), header(client)) == (2026, ("", "2026"))
    assert [switch(year, "/").status_code for year in ("2019", "x", "9" * 40)] == [404] * 3


@JANUARY
def test_the_nearest_page_of_the_year_is_opened_where_there_is_none(
    running, city, school, office, appoint, signed_client
):
    draft = copy_scheme(running, year=2027, by=office)
    client, scheme = signed_client(office), reverse("ratings:scheme", args=[draft.pk])
    decide = reverse("ratings:decide", args=[running.pk, running.assessments.get().pk])
    found = {
        address: client.post(reverse("year"), {"year": 2027, "next": address}).url
        for address in (
            decide,
            reverse("ratings:panel_board", args=[running.pk]),
            reverse("ratings:scheme_errata", args=[running.pk]),
        )
    }
    client = signed_client(appoint("filler"))
    own = reverse("ratings:assessment", args=[running.assessments.get().pk])

    assert list(found.values()) == [scheme, reverse("ratings:panel_board", args=[draft.pk]), scheme]
    assert client.post(reverse("year"), {"year": 2027, "next": own}).url == "/"


@JANUARY
def test_pages_of_records_follow_the_year_and_write_where_they_said(running, school, appoint, signed_client):
    client = signed_client(appoint("filler"))
    rooms = ("registry_budget", "registry", "teaching_school", "guidance_school")
    pages = [f"schools:{room}" for room in rooms]
    shown = {name: header(client, reverse(name, args=[school.pk])) for name in pages}
    budget = client.get(reverse("schools:registry_budget", args=[school.pk])).content.decode()

    assert shown == dict.fromkeys(pages, ("", "2026"))
    assert 'method="post" action="?year=2026"' in budget


def test_a_year_alone_offers_nothing_to_choose(city, school, appoint, signed_client):
    settled_year(city, [school], year=2026)

    page = signed_client(appoint("viewer")).get("/").content.decode()

    assert "<span>2026年度</span>" in page and "切换年度" not in page


@pytest.mark.parametrize(
    ("today", "asked"),
    [("2027-01-12", False), ("2027-11-09", False), ("2027-11-10", True), ("2027-12-01", True)],
)
def test_the_self_assessment_is_asked_for_once_its_time_has_come(today, asked, city, school, appoint):
    scheme = opened(city, school, year=2027, self_due=dt.date(2027, 12, 10))
    head = appoint("head")
    with clock.at(dt.date.fromisoformat(today)):
        found = [task.title for task in self_assessment_tasks(head)]
        scheme.assessments.update(status=Status.CONFIRMING)
        handed = [task.title for task in self_assessment_tasks(head)]

    assert found == ["填写2027年度自评"] * asked
    assert handed == ["确认并提交2027年度自评"]


def test_the_county_has_a_task_for_each_year(running, city, school, appoint):
    Scheme.objects.filter(pk=running.pk).update(has_county_stage=True)
    Assessment.objects.filter(scheme=running).update(status=Status.COUNTY)
    opened(city, school, year=2027, status=Status.COUNTY, has_county_stage=True)

    found = [(task.title, task.url) for task in review_tasks(appoint("county_lead"))]

    assert found == [
        ("集体确认：1 所党校已评完", f"{reverse('ratings:review')}?year={year}&view=judged")
        for year in (2026, 2027)
    ]


GAP = "2026年度的统计期到2026年11月30日为止，2027年度的从"
NOWHERE = "的办班等记录哪个年度都不计入。"
TWICE = "的办班等记录两个年度都计入。"
MEND = "请把本方案的统计起始日改为2026年12月1日；"


@pytest.mark.parametrize(
    ("begins", "said"),
    [
        ("2026-12-01", ""),
        ("2027-01-01", f"{GAP}2027年1月1日开始：2026年12月1日至2026年12月31日{NOWHERE}{MEND}"),
        ("2026-12-02", f"{GAP}2026年12月2日开始：2026年12月1日{NOWHERE}{MEND}"),
        ("2026-11-16", f"{GAP}2026年11月16日开始：2026年11月16日至2026年11月30日{TWICE}{MEND}"),
    ],
)
def test_days_between_two_periods_are_named_at_the_check(begins, said, running, office, signed_client):
    draft = copy_scheme(running, year=2027, by=office)
    Scheme.objects.filter(pk=draft.pk).update(period_start=begins)
    draft.refresh_from_db()

    found = [finding.text for finding in checks_of(draft).open_warnings]
    page = signed_client(office).get(reverse("ratings:scheme_checks", args=[draft.pk])).content.decode()

    assert found == ([f"{said}确实要这样的，确认知悉。"] if said else [])
    assert said in page and ("edit/parameters/#id_period_start" in page) is bool(said)


def test_a_year_that_is_not_beside_it_says_nothing(city, school, office):
    draft = copy_scheme(published_year(city, [school], year=2024), year=2026, by=office)

    assert checks_of(draft).passed
    assert list(figure_tasks(office)) == []


@clock.at(dt.date(2026, 12, 1))
def test_pages_of_the_running_year_say_so_and_its_rooms_follow_the_chosen_one(judged, city, school, appoint):
    before = published_year(city, [school], year=2025)
    sheet, panel = judged.sheet(judged.judges[0]), reverse("ratings:panel", args=[judged.panel.pk])
    judged.score(judged.judges[1])
    change = void_sheet(judged.sheet(judged.judges[1]), reason="因病", by=judged.office)
    office, judge, viewer = (signed(one) for one in (judged.office, judged.judges[0], appoint("viewer")))

    def switch(client, address="/"):
        return client.post(reverse("year"), {"year": 2025, "next": address}).url

    assert [switch(client) for client in (office, judge, viewer)] == ["/"] * 3
    here = dict.fromkeys(("sheets", "site_visit", "city_adjustments"), judged.assessment.pk)
    here |= dict.fromkeys(("sheet_void", "sheet_reopen", "paper_check"), sheet.pk)
    here |= {
        "panel": judged.panel.pk,
        "sheet_follow": change.pk,
        "voided_sheet": change.voided.get().pk,
        "settle": judged.scheme.pk,
    }
    shown = {name: header(office, reverse(f"ratings:{name}", args=[pk])) for name, pk in here.items()}
    assert shown == dict.fromkeys(here, ("本页", "2026"))

    board = reverse("ratings:panel_board", args=[before.pk])
    assert switch(office, panel) == reverse("ratings:panels")
    assert office.get(reverse("ratings:panels")).url == board
    closed = office.get(board).content.decode()
    assert "方案处于“已通报”阶段，不能调整评审组。" in closed
    assert not [act for act in ("设立评审组</button>", "登记走访", "分组</button>") if act in closed]
    assert (
        "2025年度没有您的评审，以下是2026年度的。" in judge.get(reverse("ratings:judging")).content.decode()
    )

    results = reverse("ratings:results")
    asked = viewer.get(f"{results}?year=2026").content.decode()
    assert "2026年度尚未通报，以下是2025年度的评定结果。" in asked and "错误：" not in asked
    assert "尚未通报" not in viewer.get(results).content.decode()
