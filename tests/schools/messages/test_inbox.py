"""消息: told once, read once, one's own alone, and a count in the header that costs no query."""

import pytest
from django.urls import reverse

from schools.messages.inbox import notify
from schools.models import Notice
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return response.content.decode()


def test_nobody_is_told_twice_of_one_occasion(django_assert_num_queries):
    people = UserFactory.create_batch(3)
    notify(people[:2], "10月月报已到期", url="/x/", key="report:1:2026-10")

    with django_assert_num_queries(1):
        notify([*people, people[0]], "10月月报已到期，再次提醒", key="report:1:2026-10")

    assert [Notice.objects.filter(user=one).count() for one in people] == [1, 1, 1]
    assert Notice.objects.get(user=people[0]).text == "10月月报已到期"


def test_a_long_text_is_cut_to_what_the_column_holds():
    notify([UserFactory()], "长" * 1000, key="long")

    assert len(Notice.objects.get().text) == 400


def test_header_counts_unread_messages_without_a_query_of_its_own(
    appoint, signed_client, django_assert_num_queries
):
    user = appoint("filler")
    client = signed_client(user)
    client.get("/inbox/")
    with django_assert_num_queries(6):  # session, user, appointments with the count, unread, messages, years
        client.get("/inbox/")
    for number in range(60):
        notify([user], f"消息{number}", key=str(number))

    with django_assert_num_queries(7):  # the page is now long enough to be counted and read
        page = text(client.get("/inbox/"))

    assert 'class="count"><span class="visually-hidden">未读</span> 60' in page
    assert page.count('class="unread"') == 50


def test_opening_marks_as_read_once_and_leads_on(school, appoint, signed_client):
    user = appoint("filler")
    notify([user], "请确认10月月报", url=f"/schools/{school.pk}/", key="k")
    client, notice = signed_client(user), Notice.objects.get()

    response = client.post(reverse("schools:notice_open", args=[notice.pk]))
    first = Notice.objects.get().read_at
    client.post(reverse("schools:notice_open", args=[notice.pk]))

    assert response.url == f"/schools/{school.pk}/"
    assert first is not None
    assert Notice.objects.get().read_at == first


@pytest.mark.parametrize("url", ["", "https://example.com/", "//example.com/", "javascript:alert(1)", "abc"])
def test_a_message_never_leads_out_of_the_system(url, appoint, signed_client):
    user = appoint("filler")
    notify([user], "消息", url=url, key="k")

    response = signed_client(user).post(reverse("schools:notice_open", args=[Notice.objects.get().pk]))

    assert response.url == reverse("schools:inbox")


def test_messages_of_others_are_not_found_and_stay_unread(appoint, signed_client):
    notify([UserFactory()], "别人的消息", key="k")
    client = signed_client(appoint("office"))

    response = client.post(reverse("schools:notice_open", args=[Notice.objects.get().pk]))
    client.post(reverse("schools:notices_read"))

    assert response.status_code == 404
    assert Notice.objects.get().read_at is None
    assert "别人的消息" not in text(client.get(reverse("schools:inbox")))


def test_all_are_marked_at_once_and_the_unread_shown_alone(appoint, signed_client):
    user = appoint("viewer")
    client = signed_client(user)
    notify([user], "旧消息", key="old")
    client.post(reverse("schools:notices_read"))
    notify([user], "新消息", key="new")

    page = text(client.get(reverse("schools:inbox"), {"show": "unread"}))

    assert "新消息" in page
    assert "旧消息" not in page
    assert "未读消息（1）" in page
