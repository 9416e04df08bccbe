"""退回补正 as the school meets it: what it was asked to mend first, the way from one to the next, the rest to
be read.
"""

import pytest
from django.urls import reverse

from ratings.models import Assessment
from ratings.workflow import take_step
from tests.ratings.opened_year import answer_everything, fields

pytestmark = pytest.mark.django_db


@pytest.fixture
def returned(assessment, head, appoint) -> Assessment:
    """Everything was answered; K2 and M1 came back."""
    answer_everything(assessment)
    take_step(assessment, "submit", by=head)
    take_step(
        assessment,
        "return_",
        by=appoint("county"),
        comment="材料不全",
        items={"K2": "请核对设施", "M1": "请附采纳证明"},
    )
    return assessment


@pytest.fixture
def page(client, returned, filler):
    """Opens a page of the returned self-assessment as the filler: `page("_item", "K2")`."""
    client.force_login(filler)

    def get(name: str = "", *args, method="get", data=None):
        return getattr(client, method)(reverse(f"ratings:assessment{name}", args=[returned.pk, *args]), data)

    return get


def test_named_items_come_first_and_the_main_button_leads_to_the_first_of_them(page, returned):
    shown = page().content.decode()

    first = reverse("ratings:assessment_item", args=[returned.pk, "K2"])
    assert f'class="btn btn-primary" href="{first}">补正 K2' in shown
    assert shown.index("请核对设施") < shown.index("请附采纳证明") < shown.index('id="progress"')


def test_items_that_were_not_named_are_marked_as_read_only(page):
    response = page()

    lines = response.context["sheet"].lines
    assert response.content.decode().count("只供查阅</span>") == len(lines) - 2


def test_an_item_touched_since_the_return_says_so_and_the_next_one_is_up(page, row):
    page("_item", "K2", method="post", data=fields(row("K2"), 音响="是"))

    shown = page()

    assert [touched for _, touched in shown.context["mendings"]] == [True, False]
    assert "补正 M1" in shown.content.decode()


def test_once_all_are_touched_the_filler_is_sent_to_the_head(page, row):
    page("_item", "K2", method="post", data=fields(row("K2"), 音响="是"))
    page("_item", "M1", method="post", data=fields(row("M1"), 成果="2"))

    assert "请负责人核对并提交补正" in page().content.decode()


def test_saving_leads_from_one_named_item_to_the_next_and_then_to_the_list(page, returned):
    onward = page("_item", "K2", method="post", data={"act": "next"}).url
    home = page("_item", "M1", method="post", data={"act": "next"}).url

    assert onward == reverse("ratings:assessment_item", args=[returned.pk, "M1"])
    assert home == reverse("ratings:assessment", args=[returned.pk])


def test_a_named_item_has_only_named_neighbours_and_the_others_all(page):
    named, other = page("_item", "M1").context, page("_item", "L1").context

    assert (named["before"].code, named["after"]) == ("K2", None)
    assert other["after"].code == "L2"


def test_the_sheet_leads_to_the_named_items(page):
    shown = page("_sheet").content.decode()

    assert 'href="#item-K2"' in shown
    assert 'href="#item-M1"' in shown
    assert "在一页上填写" in page().content.decode()
