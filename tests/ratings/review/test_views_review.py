"""The county's desk: its own schools, one click for agreement, rows saved, what is never shown."""

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from ratings.enums import Stage, Status
from ratings.models import Assessment, Evidence, Judge, Scheme, Score
from ratings.workflow.deadlines import return_deadline
from schools.models import User
from tests.factories import CountyFactory, SchoolFactory
from tests.html_forms import press, seen_on
from tests.ratings.county_year import county_year
from tests.ratings.opened_year import fields, know_figures, open_year

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


@pytest.fixture
def reviewed(assessment):
    """The school's assessment, waiting for its county."""
    county_year(assessment.scheme)
    assessment.refresh_from_db()
    return assessment


@pytest.fixture
def desk(signed_client, appoint, reviewed):
    return signed_client(appoint("county"))


def page(assessment, name: str = "review_school", *args) -> str:
    return reverse(f"ratings:{name}", args=[assessment.pk, *args])


def county_row(assessment, code: str) -> Score:
    return Score.objects.select_related("item").get(
        assessment=assessment, stage=Stage.COUNTY, item__code=code
    )


def test_overview_lists_the_schools_that_wait_with_self_score_and_deadline(desk, reviewed):
    shown = text(desk.get(reverse("ratings:review")))

    assert reviewed.school.short_name in shown
    assert "待判断（1）" in shown
    assert "5 项未评，系统取数未认可" in shown


def test_overview_shows_every_school_by_where_it_stands(desk, city, county, reviewed):
    other = SchoolFactory(county=county, city=city, short_name="未交镇委党校")
    other.assessments.create(scheme=reviewed.scheme)

    waiting, everything = (
        text(desk.get(reverse("ratings:review"))),
        text(desk.get(reverse("ratings:review") + "?view=all")),
    )

    assert "未交镇委党校" not in waiting
    assert "未交镇委党校" in everything
    assert "学校未提交（1）" in waiting


def test_a_name_finds_its_school_whatever_its_status(desk, reviewed):
    address = reverse("ratings:review")

    assert reviewed.school.short_name in text(desk.get(address + "?q=东溪"))
    assert "没有符合条件的党校" in text(desk.get(address + "?q=没有这一所"))


def test_the_day_of_a_return_comes_with_a_caveat_where_the_calendar_is_not_entered(
    desk, reviewed, monkeypatch
):
    day = return_deadline(timezone.localdate())
    monkeypatch.setattr("schools.calendar.checking.calendar_known", lambda year: year != day.year)

    assert f"{day.year}年的节假日安排还没有录入，补正期限只按周末和法定节日推算" in text(
        desk.get(page(reviewed, "review_return"))
    )
    monkeypatch.setattr("schools.calendar.checking.calendar_known", lambda year: True)
    assert "节假日安排" not in text(desk.get(page(reviewed, "review_return")))


def test_a_draft_is_the_schools_own_business(signed_client, appoint, assessment):
    response = signed_client(appoint("county")).get(page(assessment))

    assert "学校还没有提交自评" in text(response)
    assert "桌椅" not in text(response)


def test_another_countys_school_does_not_exist(signed_client, appoint, reviewed):
    stranger = appoint("county_lead", county=CountyFactory(city=reviewed.scheme.city))
    client = signed_client(stranger)
    before = county_row(reviewed, "K2")

    for name in ("review_school", "review_next", "review_return", "review_confirm"):
        assert client.get(page(reviewed, name)).status_code == 404
    for name in ("review_agree", "review_recall", "review_return", "review_confirm"):
        assert client.post(page(reviewed, name), {"act": "both"}).status_code == 404
    assert client.get(page(reviewed, "review_adjust", "K1")).status_code == 404
    assert client.post(page(reviewed), fields(before, 音响="是")).status_code == 404
    assert county_row(reviewed, "K2").answers is None


@pytest.mark.parametrize("role", ["filler", "judge", "office", "chair", "viewer", "liaison", "auditor"])
def test_the_desk_is_closed_to_everybody_else(role, signed_client, appoint, reviewed):
    client = signed_client(User.objects.filter(username=role).first() or appoint(role))

    assert client.get(reverse("ratings:review")).status_code == 403
    assert client.get(page(reviewed)).status_code == 403


def test_one_click_accepts_the_figures_and_copies_what_the_school_answered(desk, reviewed):
    response = press(desk, page(reviewed, "review_agree"), {"act": "both"}, on=page(reviewed), follow=True)

    assert "填好 3 个小项；还有 2 项要由初评判断：L1、L2" in text(response)
    assert reviewed.snapshots.get().accepted_by.username == "county"
    own = Score.objects.get(assessment=reviewed, stage=Stage.SELF, item__code="L3").answers
    assert county_row(reviewed, "L3").answers == own
    assert county_row(reviewed, "L2").answers is None  # the school was not asked about 数据不符
    assert county_row(reviewed, "L1").answers is None
    assert "系统取数已认可" in text(response)
    assert "核定要素全部符合、没有应扣分的（L2）" in text(response)

    press(desk, page(reviewed, "review_agree"), {"act": "present"}, on=page(reviewed))
    assert county_row(reviewed, "L2").answers == {"答": {"无专人": True, "数据不符": 0}}
    assert county_row(reviewed, "L1").answers is None


def test_agreeing_overwrites_no_judgement(desk, reviewed):
    desk.post(page(reviewed), fields(county_row(reviewed, "K2"), 音响="是", remark="桌椅损坏"))
    press(desk, page(reviewed, "review_agree"), {"act": "answers"}, on=page(reviewed))

    row = county_row(reviewed, "K2")
    assert (row.answers, row.remark) == ({"答": {"音响": True, "桌椅": False}}, "桌椅损坏")


def test_two_people_on_one_row_see_both_values(desk, reviewed, appoint):
    row = county_row(reviewed, "K2")
    desk.post(page(reviewed), fields(row, 音响="是", 桌椅="是"))
    response = desk.post(page(reviewed), fields(row, 音响="是", remark="桌椅损坏"))

    assert "刚修改过这里，您的内容还没有保存" in text(response)
    assert "桌椅损坏" in text(response)
    assert county_row(reviewed, "K2").answers == {"答": {"音响": True, "桌椅": True}}


def test_agreeing_costs_few_queries(desk, reviewed, django_assert_max_num_queries):
    desk.get(page(reviewed))
    seen = seen_on(desk, page(reviewed))
    with django_assert_max_num_queries(19):
        desk.post(page(reviewed, "review_agree"), {"act": "both"} | seen)


def test_new_figures_are_to_be_accepted_again(desk, reviewed):
    press(desk, page(reviewed, "review_agree"), {"act": "figures"}, on=page(reviewed))
    snapshot = reviewed.snapshots.get()
    snapshot.taken_at = snapshot.accepted_at + timedelta(hours=1)
    snapshot.save()

    assert "系统取数未认可" in text(desk.get(reverse("ratings:review")))


def test_saving_the_page_stores_what_was_changed_and_leaves_the_rest_unscored(desk, reviewed):
    data = (
        fields(county_row(reviewed, "L1"), 听课="B")
        | fields(county_row(reviewed, "K2"))
        | fields(county_row(reviewed, "M1"))
    )
    response = desk.post(page(reviewed), data, follow=True)

    assert "已保存 1 个小项" in text(response)
    assert county_row(reviewed, "L1").answers == {"答": {"听课": "B"}}
    assert county_row(reviewed, "K2").answers is None


def test_a_wrong_value_comes_back_as_typed_with_its_sentence(desk, reviewed):
    response = desk.post(page(reviewed), fields(county_row(reviewed, "L3"), 质量="A", 调研次数="若干"))

    assert response.status_code == 200
    assert "填写有误" in text(response)
    assert 'value="若干"' in text(response)
    assert county_row(reviewed, "L3").answers is None


def test_the_list_narrows_to_what_waits_and_to_what_differs(desk, reviewed):
    press(desk, page(reviewed, "review_agree"), {"act": "both"}, on=page(reviewed))
    desk.post(page(reviewed) + "?show=all", fields(county_row(reviewed, "K2"), 音响="是", remark="桌椅损坏"))

    waiting, differing = text(desk.get(page(reviewed))), text(desk.get(page(reviewed) + "?show=differing"))

    assert "与自评有差异（1）" in waiting
    assert 'id="item-L1"' in waiting
    assert 'id="item-K2"' not in waiting
    assert "比自评低 20.00 分" in differing


def test_next_leads_through_the_schools_that_wait_and_back_to_the_first(
    year, city, county, school, office, appoint, signed_client
):
    know_figures(school, office)
    SchoolFactory.create_batch(2, county=county, city=city, seats=120)
    scheme = open_year(year, city, office)
    county_year(scheme)
    client = signed_client(appoint("county"))
    pages = [page(one) for one in scheme.assessments.order_by("school__order", "school__code")]

    visited = [client.get(f"{address}next/").url for address in pages]

    assert visited == [*pages[1:], pages[0]]


def test_an_item_over_all_schools_is_saved_and_leads_to_the_next(desk, reviewed):
    address = reverse("ratings:review_item", args=["L1"])
    shown = text(desk.get(address))
    response = desk.post(address, fields(county_row(reviewed, "L1"), 听课="A"))

    assert "本项不问学校" in shown
    assert county_row(reviewed, "L1").answers == {"答": {"听课": "A"}}
    assert response.url.startswith(reverse("ratings:review_item", args=["L2"]))


def test_the_grid_shows_what_waits_and_what_differs(desk, reviewed):
    press(desk, page(reviewed, "review_agree"), {"act": "both"}, on=page(reviewed))
    desk.post(page(reviewed), fields(county_row(reviewed, "K2"), 音响="是", remark="桌椅损坏"))

    shown = text(desk.get(reverse("ratings:review_grid")))

    assert 'cell-waiting">待' in shown
    assert 'cell-differs">10.00 ≠' in shown


def test_items_the_system_fills_have_no_page_of_their_own(desk):
    assert desk.get(reverse("ratings:review_item", args=["K1"])).status_code == 404


def test_nothing_of_the_citys_judges_reaches_the_county(desk, reviewed):
    judge = Judge.objects.create(scheme=reviewed.scheme, label="评委暗号丁零")
    item = county_row(reviewed, "K2").item
    reviewed.scores.create(
        item=item,
        stage=Stage.CITY,
        judge=judge,
        answers={"答": {"音响": True}},
        points=7,
        remark="评分暗号戊寅",
    )
    reviewed.adjustments.create(
        item=item, stage=Stage.CITY, points=3, reason="核定暗号己卯", at=reviewed.snapshots.get().taken_at
    )
    before = {name: text(desk.get(name)) for name in addresses(reviewed)}

    reviewed.scores.filter(stage=Stage.CITY).delete()
    reviewed.adjustments.filter(stage=Stage.CITY).delete()

    assert not any("暗号" in shown for shown in before.values())
    assert {name: stripped(shown) for name, shown in before.items()} == {
        name: stripped(text(desk.get(name))) for name in addresses(reviewed)
    }


def addresses(assessment) -> list[str]:
    plain = [reverse(f"ratings:{name}") for name in ("review", "review_grid", "review_changes")]
    return [
        *plain,
        reverse("ratings:review_item", args=["K2"]),
        page(assessment) + "?show=all",
        page(assessment, "review_return"),
    ]


def stripped(shown: str) -> str:
    """Without the token that is new on every page."""
    return re.sub(r"[A-Za-z0-9]{64}", "", shown)


MOST_QUERIES = 12
#: These read every kind of record anew: each once for all schools together, or for the one that is confirmed.
MOST_WITH_RECORDS = {"review_changes": 16, "review_confirm": 26}


@pytest.mark.parametrize(
    "name", ["review", "review_grid", "review_item", "review_changes", "review_school", "review_confirm"]
)
def test_pages_cost_the_same_queries_for_any_number_of_schools(
    name, year, city, county, school, office, appoint, signed_client, django_assert_max_num_queries
):
    know_figures(school, office)
    client = signed_client(appoint("county_lead"))
    client.get("/")
    SchoolFactory.create_batch(29, county=county, city=city, seats=120)
    scheme = open_year(year, city, office)
    first = scheme.assessments.order_by("pk").first().pk
    args = {"review_item": ["K2"], "review_school": [first], "review_confirm": [first]}
    counts = []
    for count in (1, 3, 30):
        county_year(scheme, count)
        with django_assert_max_num_queries(MOST_WITH_RECORDS.get(name, MOST_QUERIES)) as captured:
            assert client.get(reverse(f"ratings:{name}", args=args.get(name, []))).status_code == 200
        counts.append(len(captured))
    assert len(set(counts)) == 1


def test_evidence_stands_beside_its_item_and_what_was_taken_back_does_not(desk, reviewed, filler):
    now = timezone.now()
    item = county_row(reviewed, "M1").item
    kept = Evidence.objects.create(
        assessment=reviewed,
        item=item,
        kind="paper",
        name="采纳证明",
        copies=1,
        location="档案柜三",
        by=filler,
        at=now,
    )
    Evidence.objects.create(
        assessment=reviewed,
        item=item,
        kind="link",
        name="撤回的材料",
        link="/schools/1/",
        by=filler,
        at=now,
        removed_at=now,
        removed_by=filler,
    )

    shown = text(desk.get(page(reviewed)))

    assert f'{kept.name} <span class="hint">纸质备查，1 份，存放在档案柜三</span>' in shown
    assert "撤回的材料" not in shown


def test_the_workbench_names_what_waits_for_the_county(desk, reviewed, signed_client, appoint):
    before = text(desk.get("/"))
    reviewed.scores.filter(stage=Stage.COUNTY).update(answers={"答": {}})
    after = text(signed_client(appoint("county_lead")).get("/"))

    assert "初评：1 所党校待判断" in before
    assert "集体确认：1 所党校已评完" in after


def test_workbench_and_desk_name_the_same_last_day(desk, reviewed):
    Scheme.objects.filter(pk=reviewed.scheme_id).update(county_due=date(2026, 12, 5))  # a Saturday

    for address in ("/", reverse("ratings:review")):
        found = text(desk.get(address))
        assert "12月7日 24:00" in found and "12月5日" not in found


def test_a_school_shows_the_last_day_of_the_stage_it_is_in(desk, reviewed):
    days = {"self_due": date(2026, 1, 5), "county_due": date(2099, 1, 6), "city_due": date(2099, 1, 7)}
    Scheme.objects.filter(pk=reviewed.scheme_id).update(**days)

    found = {}
    for status in (Status.COUNTY, Status.CITY, Status.SETTLED):
        Assessment.objects.update(status=status)
        found[status] = re.search('class="lead-line">(.*?)</p>', text(desk.get(page(reviewed)))).group(1)
    assert "1月6日 24:00" in found[Status.COUNTY] and "1月7日 24:00" in found[Status.CITY]
    assert "截止" not in found[Status.SETTLED]


def test_without_a_scheme_the_desk_says_so(signed_client, appoint):
    client = signed_client(appoint("county_lead"))

    for name in ("review", "review_changes", "review_division"):
        assert "还没有需要县级初评的方案" in text(client.get(reverse(f"ratings:{name}")))
    assert client.get(reverse("ratings:review_grid")).status_code == 404
