"""走访: what is judged on site is shut until day and people are registered, whichever way one comes."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from ratings.committee.readiness import sheet_gaps
from ratings.judging.adjusting import adjust
from ratings.judging.sheets import agree, reopen_sheet, start_entry, submit_sheet
from ratings.judging.visits import Trip, register_visit, shown_visits, withdraw_visits
from ratings.models import Adjustment, Assessment, Score, SiteVisit
from ratings.sheets.answering import save
from schools.models import AuditEntry
from tests.factories import LiaisonFactory
from tests.ratings.judged_year import FULL, judge_year, refused, signed, visited
from tests.ratings.opened_year import ITEMS

pytestmark = [pytest.mark.engine, pytest.mark.django_db]

NO_COUNTY = {"县级初评": "无", "县初评权重": "0%", "评审权重": "100%"}


def shut_of(assessment: Assessment) -> str:
    return f"现场项走访后才能评分：{assessment.school.name}还没有登记走访，请先登记走访的日期和人员。"


@pytest.fixture
def unvisited(year, city, county, school, office, monkeypatch):
    """Without a county stage, two items on site (one of them computed), and nobody has been there."""
    items = [[*item[:11], "是", item[12]] if item[3] == "K1" else item for item in ITEMS]
    monkeypatch.setattr("tests.ratings.opened_year.ITEMS", items)
    made = judge_year(year, city, county, school, office, schools=1, **NO_COUNTY)
    withdraw_visits(made.scheme, [made.assessment.pk], by=office)
    made.assessment.refresh_from_db()
    return made


def test_onsite_items_stay_shut_whichever_way_one_comes(unvisited):
    judge, sheet, shut = (
        unvisited.judges[0],
        unvisited.sheet(unvisited.judges[0]),
        shut_of(unvisited.assessment),
    )
    row = unvisited.row(judge, "K2")

    typed = save(row.pk, by=judge, version=0, posted={"音响": "是"})
    agree(sheet, by=judge)
    for code in FULL.keys() - {"K2"}:
        Score.objects.filter(pk=unvisited.row(judge, code).pk).update(answers={"答": FULL[code]})

    assert (typed.state, typed.sentence) == ("refused", shut)
    assert unvisited.row(judge, "K2").answers is None
    assert refused(submit_sheet, sheet, by=judge) == ["K2 设施尚未评分", shut]
    assert refused(
        adjust, unvisited.assessment, "K1", points=Decimal(20), reason="清点座位", by=unvisited.office
    ) == [shut]
    assert not Adjustment.objects.exists()
    paper = unvisited.sheet(unvisited.judges[1])
    start_entry(paper, by=unvisited.office)
    row = unvisited.row(unvisited.judges[1], "K2")
    assert save(row.pk, by=unvisited.office, version=0, posted={"音响": "是"}).sentence == shut


def test_the_judge_reads_why_and_is_one_click_from_registering(unvisited):
    client, pk = signed(unvisited.judges[0]), unvisited.assessment.pk
    address = reverse("ratings:site_visit", args=[pk])
    pages = [reverse("ratings:judging_school", args=[pk]), reverse("ratings:judging_item", args=[pk, "K2"])]

    for page in pages:
        content = client.get(page).content.decode()
        assert shut_of(unvisited.assessment) in content and f'href="{address}"' in content
    typed = {"on": "2099-01-01", "others": "王科、李干事", "seen": shown_visits([unvisited.assessment]).seen}
    wrong = client.post(address, typed).content.decode()
    assert "走访日期不能晚于今天" in wrong and "王科、李干事" in wrong
    today = timezone.localdate().isoformat()
    alone = client.post(address, typed | {"on": today}).content.decode()
    assert "走访人员里没有您本人" in alone and not SiteVisit.objects.exists()
    done = client.post(address, typed | {"on": today, "judges": ["评委1", "评委2"]})

    assert done.url == pages[0]
    assert SiteVisit.objects.get().members == "评委1、评委2、王科、李干事"
    assert AuditEntry.objects.filter(action="panel", detail__contains="评委1、评委2、王科").count() == 1
    row = unvisited.row(unvisited.judges[0], "K2")
    assert save(row.pk, by=unvisited.judges[0], version=0, posted={"音响": "是"}).state == "saved"
    assert "待走访" not in client.get(pages[0]).content.decode()


def test_several_schools_of_one_day_are_registered_on_one_page(judged):
    keys = [one.pk for one in judged.assessments]
    withdraw_visits(judged.scheme, keys, by=judged.office)
    client = signed(judged.office)
    ticked = {"school": keys, "act": "visited"}

    page = client.post(reverse("ratings:panel_schools", args=[judged.scheme.pk]), ticked)
    client.post(
        page.url,
        {"on": timezone.localdate(), "judges": ["评委3"], "seen": shown_visits(judged.assessments).seen},
    )
    nothing_yet = SiteVisit.objects.exists()  # what was on that page were two visited schools
    rows = Assessment.objects.filter(pk__in=keys)
    done = client.post(
        page.url, {"on": timezone.localdate(), "judges": ["评委3"], "seen": shown_visits(rows).seen}
    )

    assert not nothing_yet
    assert done.url == reverse("ratings:panel_board", args=[judged.scheme.pk])
    assert set(SiteVisit.objects.values_list("assessment", "members")) == {(key, "评委3") for key in keys}
    assert "（没有登记日期和人员）" not in client.get(done.url).content.decode()


def test_days_and_people_are_mended_after_sheets_are_in_but_nothing_opens(judged):
    one, other = judged.assessments
    withdraw_visits(judged.scheme, [other.pk], by=judged.office)
    for assessment in judged.assessments:
        judged.score(judged.judges[0], assessment=assessment)
        submit_sheet(judged.sheet(judged.judges[0], assessment), by=judged.judges[0])
    earlier = Trip(timezone.localdate() - dt.timedelta(days=1), ("评委1", "评委2"))

    register_visit(judged.scheme, [one.pk], earlier, by=judged.office)

    assert SiteVisit.objects.get(assessment=one).on == earlier.on
    handed_in = f"{other.school.name}已有评委提交评分表，须先退回评分表，再改走访情况。"
    assert refused(register_visit, judged.scheme, [other.pk], earlier, by=judged.office) == [handed_in]
    reopen_sheet(judged.sheet(judged.judges[0], other), by=judged.office, reason="补走访")
    register_visit(judged.scheme, [other.pk], earlier, by=judged.judges[1])
    assert refused(register_visit, judged.scheme, [other.pk], Trip(earlier.on, ()), by=judged.office) == [
        "请写明走访人员。"
    ]


def test_nobody_registers_for_a_panel_not_theirs_or_a_school_they_guide(judged, appoint):
    pk = judged.assessment.pk
    LiaisonFactory(user=judged.judges[0], school=judged.assessment.school)
    trip = Trip(timezone.localdate(), ("评委1",))

    (tied,) = refused(register_visit, judged.scheme, [pk], trip, by=judged.judges[0])
    (stranger,) = refused(register_visit, judged.scheme, [pk], trip, by=appoint("county_lead"))

    assert "应当回避" in tied and "没有可以登记的党校" in stranger
    assert signed(judged.judges[0]).get(reverse("ratings:site_visit", args=[pk])).status_code == 403


def test_a_year_from_before_says_that_its_day_is_not_known(judged):
    SiteVisit.objects.all().delete()

    page = signed(judged.judges[0]).get(reverse("ratings:judging_school", args=[judged.assessment.pk]))

    assert "已走访（没有登记日期和人员）" in page.content.decode()
    visited(judged.scheme, [judged.assessment.pk], by=judged.office)
    assert SiteVisit.objects.count() == 1


def test_what_was_scored_unseen_before_waits_for_its_visit(unvisited):
    row = unvisited.row(unvisited.judges[0], "K2")
    Score.objects.filter(pk=row.pk).update(answers={"答": FULL["K2"]})
    waiting = "现场项已评分，还没有登记走访"

    assert waiting in sheet_gaps(unvisited.scheme)[unvisited.assessment.pk]
    unvisited.hand_in(unvisited.judges[0])
    visited(unvisited.scheme, [unvisited.assessment.pk], by=unvisited.office)  # nothing opens by it here

    assert waiting not in sheet_gaps(unvisited.scheme)[unvisited.assessment.pk]
