"""The board of a city with more schools than a page holds: the second page is there, and counts are those of
all schools.
"""

import pytest
from django.urls import reverse

from ratings.committee import views
from ratings.committee.settling import accept_all, settle_scheme
from tests.factories import CountyFactory, SchoolFactory
from tests.ratings.committee_year import committee_year

pytestmark = pytest.mark.django_db


@pytest.fixture
def chair(appoint):
    return appoint("chair")


@pytest.fixture
def scheme(city, county, chair, monkeypatch):
    """Seven schools of which the last is of another county, four to a page."""
    monkeypatch.setattr(views, "PAGE_SIZE", 4)
    second = CountyFactory(city=city, name="乙区", order=2)
    return committee_year(
        city, [*SchoolFactory.create_batch(6, county=county), SchoolFactory(county=second)], by=chair
    )


@pytest.fixture
def board(client, scheme, chair):
    """The board as the chair opens it: `board(page=2)`."""
    client.force_login(chair)
    return lambda **query: client.get(reverse("ratings:board", args=[scheme.pk]), query)


def test_a_city_of_ordinary_size_stands_on_one_page():
    assert views.PAGE_SIZE == 100


def test_the_live_board_goes_on_and_counts_everybody_on_each_page(board):
    first, second = board(), board(page=2)

    assert [len(first.context["page"]), len(second.context["page"])] == [4, 3]
    for response in (first, second):
        shown = response.content.decode()
        assert "7 所" in shown
        assert "已审定 0 / 7" in shown
        assert "未审定（7）" in shown
        assert "五星 7" in shown


def test_pages_keep_the_filter_and_say_how_many_there_are_beside(board):
    shown = board(county="甲区", page=2).content.decode()

    assert "共 6 所，第 2 / 2 页" in shown
    assert "全市共 7 所" in shown
    assert "county=%E7%94%B2%E5%8C%BA&amp;page=1" in shown


def test_the_projector_goes_through_all_schools(client, board, scheme):
    board()

    assert (
        "7 / 7" in client.get(reverse("ratings:projector", args=[scheme.pk]), {"place": 7}).content.decode()
    )


def test_the_settled_board_goes_on_with_the_averages_and_counts_of_all(board, scheme, chair):
    accept_all(scheme, by=chair)
    settle_scheme(scheme, by=chair)

    first, second = board(), board(page=2)

    assert [len(first.context["page"]), len(second.context["page"])] == [4, 3]
    assert first.context["board"].averages == second.context["board"].averages
    assert "五星 7" in second.content.decode()
    assert "共 7 所，第 2 / 2 页" in second.content.decode()
