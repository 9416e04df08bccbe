"""The page of parameters, a new scheme, and the fields in which both are typed."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from django import forms
from django.urls import reverse

from ratings.criteria.kinds import Amount, Caps, Day, Share, TypedField
from ratings.models import Scheme
from tests.ratings.drafts import draft_year

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(city):
    return draft_year(city, has_county_stage=True, county_weight=0, city_weight=1)


@pytest.fixture
def desk(signed_client, appoint):
    return signed_client(appoint("office"))


def opened(desk, draft):
    """The page as a browser would post it back."""
    form = desk.get(reverse("ratings:scheme_parameters", args=[draft.pk])).context["form"]
    return {name: form[name].value() for name in form.fields if form[name].value() is not None}


def save(desk, draft, **changes):
    response = desk.post(reverse("ratings:scheme_parameters", args=[draft.pk]), opened(desk, draft) | changes)
    draft.refresh_from_db()
    return response


def test_everything_is_typed_as_people_write_it(desk, draft):
    response = save(
        desk,
        draft,
        county_weight="30%",
        city_weight="70",
        period_start="2030年1月5日",
        period_end="11.20",
        self_due="20301120",
        county_due="12月1日",
        bonus_cap="5分",
        bonus_group_caps="示范课=3；课题=2分",
        five_star_share="33.3333%",
    )

    assert response.status_code == 302
    assert (draft.county_weight, draft.city_weight, draft.five_star_share) == (
        Decimal("0.3"),
        Decimal("0.7"),
        Decimal("0.333333"),
    )
    assert (draft.period_start, draft.period_end) == (date(2030, 1, 5), date(2030, 11, 20))
    assert (draft.self_due, draft.county_due) == (date(2030, 11, 20), date(2030, 12, 1))
    assert (draft.bonus_cap, draft.bonus_group_caps) == (5, [["示范课", "3"], ["课题", "2"]])
    assert draft.version == 1


def test_saving_what_was_not_touched_changes_nothing(desk, draft):
    save(
        desk,
        draft,
        county_weight="33.3333%",
        city_weight="",
        five_star_share="12.5%",
        bonus_group_caps="课题=2.5",
    )

    save(desk, draft)

    assert draft.version == 1
    assert draft.city_weight == Decimal("0.666667")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"county_weight": "30%", "city_weight": "60%"}, "之和应为 100%，现为 90%"),
        ({"county_weight": "130%"}, "不能超过 100%"),
        ({"city_weight": "三成"}, "三成"),
        ({"period_end": "2029-12-31"}, "统计截止日早于统计起始日"),
        ({"self_due": "12月1日", "county_due": "11月1日"}, "早于自评截止日"),
        ({"self_due": "2月30日"}, "不是有效日期"),
        ({"bonus_group_caps": "课题"}, "应写成 分组=分值"),
        ({"bonus_group_caps": "课题=2；课题=3"}, "写了两次"),
        ({"return_limit": "10"}, "9"),
        ({"year": "1999"}, "年度"),
        ({"name": ""}, "名称"),
    ],
)
def test_what_cannot_be_is_refused_and_kept_on_the_screen(desk, draft, changes, sentence):
    response = save(desk, draft, **changes)

    assert response.status_code == 200
    page = response.content.decode()
    assert sentence in page
    assert all(value in page for value in changes.values())
    assert draft.version == 0


def test_without_county_stage_its_weight_and_deadline_disappear(desk, draft):
    save(desk, draft, county_weight="30%", city_weight="70%", county_due="12月1日")

    save(desk, draft, has_county_stage="False", county_weight="看不见也不管")

    assert (draft.has_county_stage, draft.county_weight, draft.city_weight, draft.county_due) == (
        False,
        0,
        1,
        None,
    )
    page = desk.get(reverse("ratings:scheme_parameters", args=[draft.pk])).content.decode()
    assert page.count("data-county hidden") == 3
    assert "data-no-county hidden" not in page
    save(desk, draft, has_county_stage="True", county_weight="40%", city_weight="")
    assert (draft.county_weight, draft.city_weight) == (Decimal("0.4"), Decimal("0.6"))


def test_two_people_on_the_parameters_lose_nothing(desk, draft, appoint):
    mine = opened(desk, draft) | {"return_limit": "3"}
    save(desk, draft, bonus_floor="7")

    response = desk.post(reverse("ratings:scheme_parameters", args=[draft.pk]), mine)

    differences = response.context["form"].conflict.differences
    assert [(one.label, one.theirs, one.mine, one.chosen) for one in differences] == [
        ("退回次数", "1", "3", "mine"),
        ("加分起算分", "7", "0", "theirs"),
    ]
    draft.refresh_from_db()
    assert (draft.return_limit, draft.bonus_floor) == (1, 7)


def test_an_empty_scheme_starts_from_last_year(desk, draft):
    address = reverse("ratings:scheme_start")
    form = desk.get(address).context["form"]
    assert (form["year"].value(), form["name"].value()) == (2031, "示例市2031年度星级评定方案")

    posted = {name: form[name].value() for name in form.fields}
    response = desk.post(address, posted)

    made = Scheme.objects.get(year=2031)
    assert response.url == reverse("ratings:scheme_parameters", args=[made.pk])
    assert (made.phase, made.period_start, made.organiser) == ("drafting", date(2031, 1, 1), draft.organiser)
    assert desk.get(reverse("ratings:scheme_edit", args=[made.pk])).status_code == 200
    assert "已有评定方案" in desk.post(address, posted).content.decode()


def test_the_first_scheme_of_a_city_has_usual_words(desk, city):
    form = desk.get(reverse("ratings:scheme_start")).context["form"]

    assert form["name"].value().startswith("示例市")
    assert form["organiser"].value() == "中共示例市委组织部"


@pytest.mark.parametrize(
    ("typed", "value"),
    [("30%", "0.3"), ("30", "0.3"), ("0.3", "0.3"), ("１００％", "1"), ("1", "1"), ("0", "0")],
)
def test_percentages(typed, value):
    field = TypedField(kind=Share())

    assert field.clean(typed) == Decimal(value)
    assert field.clean(field.prepare_value(Decimal(value))) == Decimal(value)


def test_fields_give_back_what_they_read():
    caps = TypedField(kind=Caps(cap=Amount()), required=False)
    assert TypedField(kind=Day()).prepare_value(date(2030, 3, 5)) == "2030-03-05"
    assert caps.clean("") == {}
    assert caps.prepare_value({"课题": "2.50"}) == "课题=2.5"
    with pytest.raises(forms.ValidationError):
        TypedField(kind=Day()).clean("3月5日")


def test_a_cap_with_a_fraction_from_a_workbook_can_be_edited(desk, city):
    draft = draft_year(city, year=2033, bonus_group_caps=(("课题", Fraction(5, 2)),))

    assert opened(desk, draft)["bonus_group_caps"] == "课题=2.5"
    assert save(desk, draft).status_code == 302
    assert draft.version == 0
