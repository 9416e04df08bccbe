"""对标自查: today's figures against the criteria, ways to each star, goals that stay within the school."""

from fractions import Fraction

import pytest
from django.urls import reverse

from ratings.enums import Phase
from ratings.models import Goal, Item, MetricSnapshot, Result, Scheme
from ratings.selfassessment.selfcheck import FAR, NEAR, REACHED, self_check, set_goal
from ratings.sheets.evaluation import evaluate
from ratings.workflow import take_step
from schools.models import School
from schools.saving import Stale
from tests.blind_year import pages_of
from tests.factories import LiaisonFactory, SchoolFactory, UserFactory
from tests.ratings.opened_year import answer_everything

pytestmark = pytest.mark.django_db
TOKEN, PERSON = "目标暗号癸", "责任暗号子"


def text(response) -> str:
    return response.content.decode()


def address(scheme: Scheme, code: str = "") -> str:
    return (
        reverse("ratings:self_check_item", args=[scheme.pk, code])
        if code
        else reverse("ratings:self_checks", args=[scheme.pk])
    )


def posted(**changes) -> dict[str, str]:
    return {"text": TOKEN, "person": PERSON, "due": "2026-06-30", "version": "0"} | changes


def seats(school: School, number: int) -> None:
    School.objects.filter(pk=school.pk).update(seats=number)


def standing(check, code: str):
    return next(one for one in check.standings if one.line.item.code == code)


def test_each_item_tells_what_records_give_and_what_is_missing(assessment, school, filler):
    seats(school, 70)

    check = self_check(assessment, filler)

    room = standing(check, "K1")
    assert (room.system, room.most, room.missing, room.judged) == (20, 30, 10, 0)
    assert room.further == ("主教室座位由 70 座到 100 座，可多得 10 分",)
    judged = standing(check, "L1")
    assert (judged.system, judged.missing, judged.judged) == (None, 0, 10)
    assert (check.total, check.most, check.judged) == (20, 30, 70)


@pytest.mark.parametrize(
    ("number", "states"), [(120, [NEAR, NEAR, NEAR]), (70, [NEAR, NEAR, NEAR]), (10, [FAR, FAR, NEAR])]
)
def test_ways_to_the_stars_follow_todays_records(number, states, assessment, school, filler):
    seats(school, number)

    ways = self_check(assessment, filler).ways

    assert [way.star for way in ways] == [5, 4, 3]
    assert [way.state for way in ways] == states
    if number == 10:
        assert ways[0].gaps == ("自评填写和上级评分的部分都得满分时，总分 70，要求 ≥90，差 20",)


def test_records_alone_can_reach_a_star(assessment, school, filler, scheme):
    version = scheme.versions.get()
    version.content = {**version.content, "bands": [{"star": 3, "condition_text": "总分≥30"}]}
    version.digest = "e" * 64
    version.save()

    assert [way.state for way in self_check(assessment, filler).ways] == [REACHED]


def test_page_stays_live_after_submission(assessment, school, head, signed_client, scheme):
    answer_everything(assessment)
    take_step(assessment, "submit", by=head)
    assert MetricSnapshot.objects.filter(assessment=assessment).exists()
    seats(school, 70)

    page = text(signed_client(head).get(address(scheme)))

    assert "主教室座位 70 座" in page and "差 10.00 分" in page


def test_restrictions_that_hold_today_are_named(assessment, school, filler, signed_client, scheme):
    seats(school, 10)

    assert "主教室不足（主教室座位 10（要求 &lt;20）），如经认定：不授星" in text(
        signed_client(filler).get(address(scheme))
    )


def test_a_missing_figure_is_said_and_breaks_nothing(assessment, school, filler, signed_client, scheme):
    seats(school, None)

    page = text(signed_client(filler).get(address(scheme)))

    assert "没有数值，请先登记" in page


def test_a_goal_is_noted_shown_and_taken_back(assessment, filler, head, signed_client, scheme):
    client = signed_client(filler)

    saved = client.post(address(scheme, "K1"), posted(done="on"))
    shown, item = text(signed_client(head).get(address(scheme))), text(client.get(address(scheme, "K1")))
    desk = text(client.get("/"))
    client.post(address(scheme, "K1"), posted(text="", version="1"))

    assert saved.url == f"{address(scheme)}#item-K1"
    assert TOKEN in shown and PERSON in shown and "6月30日前" in shown and "已完成" in shown
    assert TOKEN in item and "2026-06-30" in item
    assert f"{scheme.year}年度对标自查" in desk and address(scheme) in desk
    assert TOKEN not in text(client.get(address(scheme)))


def test_two_colleagues_lose_nothing(assessment, filler, head, signed_client, scheme):
    signed_client(head).post(address(scheme, "K1"), posted(text="校长写的目标"))
    client = signed_client(filler)

    conflict = client.post(address(scheme, "K1"), posted(text="填报人写的目标"))
    page = text(conflict)

    assert "校长写的目标" in page and "填报人写的目标" in page and "head某" in page
    assert Goal.objects.get().text == "校长写的目标"
    client.post(
        address(scheme, "K1"),
        posted(text="合并的目标", version=str(conflict.context["form"].data["version"])),
    )
    assert Goal.objects.get().text == "合并的目标"


def test_a_form_of_a_goal_that_is_gone_is_shown_again(assessment, filler, signed_client, scheme):
    page = text(signed_client(filler).post(address(scheme, "K1"), posted(version="7")))

    assert TOKEN in page
    assert not Goal.objects.exists()


def test_a_first_note_of_two_is_not_overwritten_either(assessment, filler, head):
    item = Item.objects.get(scheme=assessment.scheme, code="K1")
    set_goal(assessment, item, {"text": "先写的"}, version=0, by=head)

    with pytest.raises(Stale):
        set_goal(assessment, item, {"text": "后写的"}, version=0, by=filler)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [({"text": "字" * 201}, "200"), ({"due": "x"}, "日期"), ({"person": "人" * 41}, "40")],
)
def test_a_wrong_form_keeps_what_was_typed(changes, sentence, assessment, filler, signed_client, scheme):
    page = text(signed_client(filler).post(address(scheme, "K1"), posted(**changes)))

    assert "填写有误" in page and sentence in page and PERSON[:3] in page + PERSON
    assert not Goal.objects.exists()


def test_after_the_bulletin_it_is_read_only(assessment, filler, signed_client, scheme):
    client = signed_client(filler)
    client.post(address(scheme, "K1"), posted())
    Scheme.objects.filter(pk=scheme.pk).update(phase=Phase.PUBLISHED, published_at="2026-12-30T00:00Z")

    page = text(client.post(address(scheme, "K1"), posted(text="改到十五期", version="1")))
    assert "不再修改" in page and "改到十五期" in page
    assert Goal.objects.get().text == TOKEN
    assert "不再修改" in text(client.get(address(scheme, "K1")))


OUTSIDE = ("county", "county_lead", "liaison", "judge", "chair", "viewer", "auditor", "sysadmin", "security")


def test_goals_are_read_by_nobody_but_the_school(
    assessment, school, county, city, filler, office, scheme, appoint, signed_client
):
    neighbour = appoint("head", user=UserFactory(), school=SchoolFactory(city=city, county=county))
    outsiders = [office, neighbour, *(appoint(role) for role in OUTSIDE)]
    LiaisonFactory(user=next(user for user in outsiders if user.username == "liaison"), school=school)
    signed_client(filler).post(address(scheme, "K1"), posted())
    names = [
        ("schools:desk",),
        ("schools:school", school.pk),
        ("ratings:scheme", scheme.pk),
        ("ratings:assessment", assessment.pk),
    ]
    names += [
        ("ratings:review",),
        ("ratings:progress_school", assessment.pk),
        ("ratings:judging",),
        ("ratings:form_self", assessment.pk),
    ]
    places = [address(scheme), address(scheme, "K1"), *(reverse(name, args=rest) for name, *rest in names)]
    assert TOKEN in "".join(pages_of(filler, places).values())

    found = {user.username: pages_of(user, places) for user in outsiders}

    assert [
        (name, place)
        for name, pages in found.items()
        for place, said in pages.items()
        if TOKEN in said or PERSON in said
    ] == []
    assert not any(Goal.objects.visible_to(user).exists() for user in outsiders)


def test_goals_change_no_score(assessment, school, head, scheme, year):
    answer_everything(assessment)
    take_step(assessment, "submit", by=head)
    before = evaluate(scheme, with_self=True)

    for item in Item.objects.filter(scheme=scheme):
        set_goal(assessment, item, {"text": "满分"}, version=0, by=head)

    after = evaluate(scheme, with_self=True)
    assert (before.inputs, before.outcomes, before.own) == (after.inputs, after.outcomes, after.own)
    assert not Result.objects.exists()


def test_pages_cost_the_same_queries_with_and_without_goals(
    assessment, filler, signed_client, scheme, django_assert_max_num_queries
):
    client = signed_client(filler)
    client.get(address(scheme))
    for goals in (False, True):
        if goals:
            for item in Item.objects.filter(scheme=scheme):
                set_goal(assessment, item, {"text": "满分"}, version=0, by=filler)
        with django_assert_max_num_queries(12):
            client.get(address(scheme))


def test_a_year_from_workbooks_and_an_unknown_item_have_no_page(assessment, filler, signed_client, scheme):
    client = signed_client(filler)
    assert client.get(address(scheme, "ZZ")).status_code == 404

    Scheme.objects.filter(pk=scheme.pk).update(imported=True)

    assert client.get(address(scheme)).status_code == 404


def test_bonus_that_people_must_grant_is_not_planned_with(assessment, filler):
    check = self_check(assessment, filler)

    bonus = standing(check, "M1")
    assert (bonus.judged, bonus.system) == (Fraction(5), None)
    assert all("加分" not in gap for way in check.ways for gap in way.gaps)
