"""What every answer carries, and what people see when something is wrong."""

import errno
import logging
import sqlite3
from unittest import mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, OperationalError, connection, transaction
from django.test import Client
from django.urls import reverse

from schools.refusals import passing_trouble
from tests.html_forms import Forms

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("test_pages")]

OPEN = ["login", "help", "healthz"]


@pytest.mark.parametrize("name", OPEN)
def test_open_pages_need_no_sign_in(client, name):
    assert client.get(reverse(name)).status_code == 200


def test_an_unmarked_page_is_closed(client):
    assert client.get("/secret/?a=1").url == "/accounts/login/?next=/secret/%3Fa%3D1"


def test_a_partial_request_without_session_takes_the_whole_page_to_sign_in(client):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/gallery/?page=2"}

    response = client.get("/secret/", headers=headers)

    assert response.status_code == 200
    assert response.headers["HX-Redirect"] == "/accounts/login/?next=%2Fgallery%2F%3Fpage%3D2"


def test_headers_forbid_inline_code_foreign_hosts_and_frames(client):
    response = client.get(reverse("login"))

    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "object-src 'none'" in policy
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"


def test_the_secrecy_line_stands_on_every_kind_of_page(client, signed_client, appoint):
    login = client.get(reverse("login"))
    signed = signed_client(appoint("filler"))

    for page in (login, signed.get("/gallery/"), signed.get("/nowhere/"), signed.get("/refused/")):
        assert "本系统为非涉密系统，严禁上传、存储、处理国家秘密和工作秘密" in page.content.decode()


def test_health_tells_when_the_database_is_gone(client, monkeypatch):
    def gone(*args):
        raise DatabaseError

    assert client.get("/healthz").json() == {"status": "ok", "database": "ok"}
    monkeypatch.setattr("schools.site.views.connection.cursor", gone)
    assert client.get("/healthz").status_code == 503


def test_health_is_told_to_a_probe_that_asks_by_address_or_for_the_head_alone(client, settings):
    settings.ALLOWED_HOSTS = [".xingji.example"]
    by_address = {"host": "10.0.0.7:8000"}

    assert client.head("/healthz", headers=by_address).status_code == 200
    assert client.get("/healthz", headers=by_address).json()["status"] == "ok"
    assert client.post("/healthz", headers=by_address).status_code == 405
    assert client.get("/help/", headers=by_address).status_code == 400


@pytest.mark.engine
def test_a_wait_for_the_database_ends_with_a_sentence(transactional_db):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite waits twenty seconds, by its own clock")
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("15s",)

    with pytest.raises(OperationalError) as waited, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '20ms'")
        cursor.execute("SELECT pg_sleep(5)")

    assert passing_trouble(waited.value, is_save=True) == "别人正在办理，请稍候再试；您填写的内容还在。"


def test_a_bug_shows_a_number_that_is_in_the_log_and_asks_nothing_of_the_database(
    client, caplog, django_assert_num_queries
):
    client.raise_request_exception = False

    with django_assert_num_queries(0), caplog.at_level(logging.ERROR):
        response = client.get("/broken/")

    assert response.status_code == 500
    assert "系统出错了" in response.content.decode()
    assert response.context["number"] in response.content.decode()
    assert response.context["number"] in caplog.text


TYPED = {
    "remark": "桌椅损坏，已拍照\n另有两处待修",
    "points": "3.5",
    "tags": ["甲", "乙"],
    "old_password": "Geheim-1",
    "csrfmiddlewaretoken": "x",
}


def test_what_no_view_refuses_itself_is_a_page_with_reasons_and_everything_typed(signed_client, appoint):
    client = signed_client(appoint("filler"))

    answer = client.post("/refused-save/?a=1", TYPED, headers={"Referer": "http://testserver/desk/?b=2"})
    page = answer.content.decode()
    again = dict(Forms(page).found)["/refused-save/?a=1"]

    assert answer.status_code == 409
    assert "评分表已提交，不能再修改。" in page and "请先退回评分表。" in page
    assert page.count("桌椅损坏，已拍照\n另有两处待修</textarea>") == 2
    assert (again["remark"].strip(), again["points"].strip()) == (TYPED["remark"], "3.5")
    assert page.count('name="tags"') == 2
    assert "Geheim-1" not in page and "选过的文件" not in page
    assert 'href="http://testserver/desk/?b=2"' in page


def test_a_refusal_leads_back_only_within_the_site_and_asks_for_files_once_more(signed_client, appoint):
    client = signed_client(appoint("filler"))
    upload = SimpleUploadedFile("a.pdf", b"%PDF-1.7")

    page = client.post(
        "/refused-save/", {"remark": "说明", "scan": upload}, headers={"Referer": "http://elsewhere/"}
    ).content.decode()

    assert "elsewhere" not in page
    assert "选过的文件须重新选择" in page


def test_a_refusal_of_a_page_offers_nothing_to_send_and_of_a_part_is_its_sentences(signed_client, appoint):
    client = signed_client(appoint("filler"))

    page = client.get("/refused-save/")
    part = client.post("/refused-save/", TYPED, headers={"HX-Request": "true"})

    assert page.status_code == 409 and "再提交一次" not in page.content.decode()
    assert (part.status_code, part.content.decode()) == (409, "评分表已提交，不能再修改。\n请先退回评分表。")


def _of_database(**code):
    """An error of the database as Django hands it on."""
    error = OperationalError("canceling statement")
    error.__cause__ = Exception()
    vars(error.__cause__).update(code)
    return error


TROUBLE = {
    "a lock of PostgreSQL": (_of_database(sqlstate="55P03"), "别人正在办理"),
    "a statement of PostgreSQL": (_of_database(sqlstate="57014"), "别人正在办理"),
    "two who wait for each other": (_of_database(sqlstate="40P01"), "别人正在办理"),
    "the one writer of SQLite": (_of_database(sqlite_errorcode=sqlite3.SQLITE_BUSY), "别人正在办理"),
    "no room for the database": (_of_database(sqlstate="53100"), "磁盘已满"),
    "no room for a file": (OSError(errno.ENOSPC, "No space left on device"), "磁盘已满"),
}


@pytest.mark.parametrize("case", TROUBLE)
def test_what_passes_by_itself_gets_a_sentence_and_everything_typed(
    signed_client, appoint, monkeypatch, case
):
    error, sentence = TROUBLE[case]
    monkeypatch.setattr("tests.config.urls.failing", mock.Mock(side_effect=error))
    client = signed_client(appoint("filler"))

    answer = client.post("/failing/", TYPED)
    part = client.post("/failing/", TYPED, headers={"HX-Request": "true"})
    looked = client.get("/failing/").content.decode()

    assert (answer.status_code, part.status_code) == (503, 503)
    page = answer.content.decode()
    assert sentence in page and page.count("桌椅损坏，已拍照\n另有两处待修</textarea>") == 2
    assert sentence in part.content.decode() and "<" not in part.content.decode()
    assert "您填写的内容还在" not in looked


def test_another_error_of_the_database_is_an_error(signed_client, appoint, monkeypatch):
    monkeypatch.setattr("tests.config.urls.failing", mock.Mock(side_effect=_of_database(sqlstate="42P01")))
    client = signed_client(appoint("filler"))
    client.raise_request_exception = False

    assert client.post("/failing/", TYPED).status_code == 500


UNREADABLE = {
    "letters of two bytes": ("a=1", "application/x-www-form-urlencoded; charset=utf-16"),
    "too many fields": ("a=1&" * 5001, "application/x-www-form-urlencoded"),
    "too long": ("a=" + "1" * (5 * 1024 * 1024 + 1), "application/x-www-form-urlencoded"),
    "parts without a mark": ("--x", "multipart/form-data"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_cannot_be_read_gets_a_page(appoint, case):
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(appoint("filler"))
    client.cookies["csrftoken"] = "x" * 32  # its check is the first to read the body
    body, content_type = UNREADABLE[case]

    answer = client.post("/secret/", body, content_type=content_type)

    assert answer.status_code == 400
    assert "请返回上一页" in answer.content.decode() and "UTF-8 encoded" not in answer.content.decode()


def test_a_refusal_says_its_reason(signed_client, appoint):
    response = signed_client(appoint("filler")).get("/refused/")

    assert response.status_code == 403
    assert "评分期间不能修改标准。" in response.content.decode()


def test_an_unknown_address_keeps_the_navigation(signed_client, appoint):
    response = signed_client(appoint("filler")).get("/nowhere/")

    assert response.status_code == 404
    assert "没有找到这个页面" in response.content.decode()
    assert "主导航" in response.content.decode()


def test_reloading_the_address_of_a_form_explains_itself(signed_client, appoint):
    response = signed_client(appoint("filler")).get("/only-post/")

    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"
    assert "这个地址不能直接打开" in response.content.decode()


def test_an_old_form_is_told_to_reload(client):
    client.handler.enforce_csrf_checks = True

    response = client.post("/only-post/")

    assert response.status_code == 403
    assert "页面已过期" in response.content.decode()


def test_a_body_above_the_limit_is_refused_unread(client, settings):
    settings.REQUEST_LIMIT = 1024

    response = client.post("/only-post/", {"text": "字" * 2000})

    assert response.status_code == 413
    assert "上传的内容太大" in response.content.decode()


@pytest.mark.parametrize(
    "agent",
    ["Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1)", "Mozilla/5.0 (Trident/7.0; rv:11.0) like Gecko"],
)
def test_internet_explorer_gets_one_plain_page(client, agent):
    response = client.get("/", headers={"User-Agent": agent})

    content = response.content.decode()
    assert "请切换到极速模式" in content
    assert "<link" not in content
    assert "<script" not in content


def test_large_type_is_remembered_by_the_browser_and_returns_to_the_page(client):
    response = client.post(reverse("text_size"), {"next": "/help/"})

    assert response.url == "/help/"
    assert 'class="large-text"' in client.get("/help/").content.decode()
    client.post(reverse("text_size"), {"next": "/help/"})
    assert 'class="large-text"' not in client.get("/help/").content.decode()


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "abc", ""]
)
def test_large_type_never_leads_to_another_site(client, target):
    assert client.post(reverse("text_size"), {"next": target}).url == "/"


def test_navigation_shows_what_the_role_has_business_with(signed_client, appoint):
    def words(role: str) -> list[str]:
        return [entry["label"] for entry in signed_client(appoint(role)).get("/gallery/").context["entries"]]

    assert words("filler") == ["部件", "帮助"]
    assert words("auditor") == ["部件", "帮助", "审计"]
