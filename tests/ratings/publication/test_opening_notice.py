"""The opening notice: first draft, conflict of two editors, issue, document, who reads it."""

import hashlib
import json
from dataclasses import replace
from fractions import Fraction

import pytest
from django.urls import reverse

from ratings.committee.invariants import opening_notice_file
from ratings.criteria.storing import create_scheme
from ratings.criteria.years import write_notes, year_changes
from ratings.models import Item, OpeningNotice, Scheme
from ratings.publication.opening_notice import OPENING_NOTICE, annexes_of, from_json, to_json
from ratings.workflow import open_scheme
from schools.models.audit import AuditEntry
from schools.saving import Refused
from tests import documents
from tests.factories import CityFactory, UserFactory
from tests.html_forms import press
from tests.rating_factories import published_year, spec_for

pytestmark = pytest.mark.django_db
DAY = "2026-03-02"


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def office(appoint):
    return appoint("office")


@pytest.fixture
def next_year(city, school, office) -> Scheme:
    """The year after a published one: one item worth more, another less, one rule changed, with a
    note on it.
    """
    published_year(city, [school], year=2025)
    spec = spec_for(city, 2026)
    items = (
        replace(spec.items[0], points=Fraction(50), rule_text="档(办班期数: ≥12→50; ≥6→30; 其他→0)"),
        replace(spec.items[1], points=Fraction(20), rule_text="分(0—20)"),
        replace(spec.items[2], rule_text="清单(音响=10; 桌椅=20)", verified=("桌椅",)),
    )
    scheme = create_scheme(replace(spec, items=items), city=city)
    key = next(row.key for row in year_changes(scheme).rows if row.code == "K1")
    write_notes(scheme, {key: "突出教育培训主业"}, by=office)
    return scheme


@pytest.fixture
def notice(next_year, office) -> OpeningNotice:
    """The draft of an opened year, with everything that issuing asks for."""
    open_scheme(next_year, by=office)
    found = OPENING_NOTICE.draft(next_year, issued_on="2026-03-02")
    found.number = "示组通〔2026〕3号"
    found.save(update_fields=["number"])
    return OpeningNotice.objects.select_related("scheme__city").get(pk=found.pk)


def posted(notice: OpeningNotice, **changes) -> dict:
    """The form as a browser sends it back."""
    values = (
        {name: getattr(notice, name) for name in OpeningNotice.TYPED} | {"version": notice.version} | changes
    )
    return {
        name: "on" if value is True else value
        for name, value in values.items()
        if value is not None and value is not False
    }


def address(scheme: Scheme, name: str = "") -> str:
    return reverse(f"ratings:opening_notice{name}", args=[scheme.pk])


def test_first_draft_says_what_the_scheme_says(notice):
    context = OPENING_NOTICE.context(notice)

    assert notice.title == "关于开展2026年度镇街党校规范化建设星级评定工作的通知"
    expected = [
        "全市1所镇街党校",
        "2026年1月1日至2026年11月30日",
        "3个大项、3个小项，满分100分",
        "五星级、四星级、三星级",
        "附件4",
        "印发评定结果通报",
    ]
    assert [word for word in expected if word not in notice.body] == []
    assert not any(word in notice.body for word in ("公示", "异议"))
    assert "县" not in notice.body + notice.addressee
    assert [annex.kind for annex in context.annexes] == ["criteria", "form", "schedule", "changes"]


def test_annexes_hold_rules_in_words_blank_answers_and_the_priority_behind_each_change(notice):
    criteria, form, _, changes = OPENING_NOTICE.context(notice).annexes

    rows = {row[0]: row for _, group in criteria.content["groups"] for row in group}
    assert rows["K1 办班总量"][3] == ("办班期数达到 12 期得 50 分，达到 6 期得 30 分，其他得 0 分。",)
    assert rows["M1 保障"][4] == "学校填报、评审核定"
    blanks = {row[0]: row[2] for _, group in form.content["groups"] for row in group}
    assert blanks == {
        "K1 办班总量": ("由系统取数，不用填写",),
        "L1 听课": ("得分＿＿＿＿分（0—20分）",),
        "M1 保障": ("□音响",),
    }
    changed = {row[0]: row for _, rows in changes.content["sections"] for row in rows}
    assert changed["K1 办班总量"][4] == "突出教育培训主业"
    assert "分值：40" in changed["K1 办班总量"][2] and "分值：50" in changed["K1 办班总量"][3]


def test_a_first_year_has_no_annex_of_changes(city, school):
    scheme = create_scheme(spec_for(city, 2026), city=city)

    notice = OPENING_NOTICE.draft(scheme, issued_on=DAY)

    assert [annex.kind for annex in annexes_of(scheme)] == ["criteria", "form", "schedule"]
    assert "附件4" not in notice.body


def test_schedule_moves_a_deadline_off_a_rest_day(next_year):
    Scheme.objects.filter(pk=next_year.pk).update(self_due="2026-11-15")
    next_year.refresh_from_db()

    rows = {row[0]: row for row in annexes_of(next_year)[2].content["rows"]}

    assert rows["学校自评"][3] == "2026年11月16日前"
    assert rows["市级评审"][3] == "另行通知"
    assert "县级初评" not in rows


def test_annexes_survive_storing(next_year):
    annexes = annexes_of(next_year)

    assert to_json(from_json(to_json(annexes))) == to_json(annexes)


def test_issuing_keeps_file_digest_annexes_and_an_audit_line(notice, office, monkeypatch):
    monkeypatch.setattr(
        "ratings.documents.life.document_pdf", lambda context: b"%PDF-1.7 " + context.body.encode()
    )

    issued = OPENING_NOTICE.issue(notice, by=office)
    Item.objects.filter(scheme=notice.scheme, code="K1").update(name="后来改的名字")
    notice.scheme.versions.all().delete()

    assert hashlib.sha256(issued.pdf.read()).hexdigest() == issued.digest
    assert "办班总量" in str(
        OPENING_NOTICE.context(OpeningNotice.objects.get(pk=issued.pk)).annexes[0].content["groups"]
    )
    entry = AuditEntry.objects.get(action="opening_notice")
    assert json.loads(entry.detail) == {"发文字号": "示组通〔2026〕3号", "文件摘要": issued.digest}
    with pytest.raises(Refused, match="已经印发"):
        OPENING_NOTICE.issue(issued, by=office)
    assert list(opening_notice_file(issued.scheme)) == []
    OpeningNotice.objects.update(body="印发以后改的")
    altered = Scheme.objects.get(pk=issued.scheme_id)
    assert list(opening_notice_file(altered)) == ["启动通知的文稿在印发以后被改动，与存档的文件不符"]
    issued.pdf.storage.delete(issued.pdf.name)
    assert list(opening_notice_file(issued.scheme)) == ["存档的启动通知文件不见了"]


def test_a_draft_scheme_and_a_changed_text_are_not_issued(next_year, office):
    notice = OPENING_NOTICE.draft(next_year, issued_on=DAY)
    with pytest.raises(Refused, match="尚未启动"):
        OPENING_NOTICE.issue(notice, by=office)
    open_scheme(next_year, by=office)
    OpeningNotice.objects.update(number="示组通〔2026〕3号")
    stale = OpeningNotice.objects.select_related("scheme").get()
    OpeningNotice.objects.update(version=1, body="改过的正文")

    with pytest.raises(Refused, match="文稿有变化"):
        OPENING_NOTICE.issue(stale, by=office)

    assert not OpeningNotice.objects.get().is_issued


def test_the_office_walks_from_nothing_to_the_issued_notice(next_year, office, signed_client, monkeypatch):
    monkeypatch.setattr("ratings.documents.life.document_pdf", lambda context: b"%PDF-1.7")
    open_scheme(next_year, by=office)
    client = signed_client(office)

    assert "还没有起草" in text(client.get(address(next_year)))
    assert client.post(address(next_year, "_start")).url == address(next_year, "_edit")
    notice = OpeningNotice.objects.get()
    refused = text(client.post(address(next_year, "_issue")))
    client.post(address(next_year, "_edit"), posted(notice, body="一、改过的正文", number="示组通(2026)3号"))
    asked = text(client.get(address(next_year, "_issue")))
    press(client, address(next_year, "_issue"))
    page = text(client.get(address(next_year)))

    assert "发文字号" in refused and "现在还不能印发" in refused
    assert "此操作不能撤销" in asked
    assert "改过的正文" in page and "已印发" in page and "修改文稿" not in page
    assert client.get(address(next_year, "_pdf")).headers["Content-Disposition"].startswith("attachment")
    assert client.post(address(next_year, "_edit"), posted(notice, body="偷改")).status_code == 409
    assert OpeningNotice.objects.get().body == "一、改过的正文"


def test_everybody_of_the_city_reads_it_once_it_is_issued_and_nobody_before(
    notice, office, appoint, signed_client, monkeypatch
):
    monkeypatch.setattr("ratings.documents.life.document_pdf", lambda context: b"%PDF-1.7")
    readers = [appoint(role) for role in ("filler", "county", "judge", "viewer", "auditor")]

    before = [text(signed_client(user).get(address(notice.scheme))) for user in readers]
    files = [signed_client(user).get(address(notice.scheme, "_pdf")).status_code for user in readers]
    OPENING_NOTICE.issue(notice, by=office)
    after = [text(signed_client(user).get(address(notice.scheme))) for user in readers]

    assert all("通知还没有印发" in page and notice.title not in page for page in before)
    assert set(files) == {404}
    assert all(notice.title in page for page in after)
    listed = text(signed_client(readers[0]).get(reverse("ratings:bulletins")))
    assert address(notice.scheme) in listed


def test_two_editors_both_texts_are_shown_and_nothing_is_lost(notice, office, appoint, signed_client):
    opened = posted(notice)
    signed_client(office).post(address(notice.scheme, "_edit"), opened | {"body": "办公室写的正文"})

    page = text(
        signed_client(appoint("chair")).post(
            address(notice.scheme, "_edit"), opened | {"body": "主任写的正文"}
        )
    )

    assert "办公室写的正文" in page and "主任写的正文" in page
    assert OpeningNotice.objects.get().body == "办公室写的正文"


def test_a_wrong_form_keeps_what_was_typed(notice, office, signed_client):
    page = text(
        signed_client(office).post(
            address(notice.scheme, "_edit"), posted(notice, number="3", body="打了一半的正文")
        )
    )

    assert "发文字号应依次写" in page and "打了一半的正文" in page
    assert OpeningNotice.objects.get().version == 0


def test_another_city_knows_nothing_of_it(notice, appoint, signed_client):
    stranger = appoint("office", user=UserFactory(), city=CityFactory())

    assert [
        signed_client(stranger).get(address(notice.scheme, name)).status_code
        for name in ("", "_pdf", "_edit")
    ] == [404, 404, 404]


def test_pages_cost_few_queries(notice, office, signed_client, django_assert_max_num_queries):
    client = signed_client(office)
    client.get(address(notice.scheme))

    with django_assert_max_num_queries(16):
        client.get(address(notice.scheme))


def test_document_is_set_in_the_layout_of_the_bulletin_with_all_fonts_inside(notice):
    pdf = OPENING_NOTICE.pdf(notice)

    said = documents.text(pdf)
    expected = [
        "中共示例市委组织部文件",
        "示组通〔2026〕3号",
        "附件：1.2026年度镇街党校规范化建设星级评定细则",
        "办班期数达到12期得50分",
        "突出教育培训主业",
        "市评委会办公室",
        "2026年3月2日印发",
    ]
    assert [word for word in expected if word not in said] == []
    pages = documents.tool("pdfinfo", "-", given=pdf).decode()
    assert int(pages.split("Pages:")[1].split()[0]) >= 5
    fonts = documents.tool("pdffonts", "-", given=pdf).decode().splitlines()[2:]
    assert fonts and all(line.split()[-5] == "yes" for line in fonts)
    sizes = documents.tool("pdfinfo", "-f", "1", "-l", "20", "-", given=pdf).decode()
    assert "841.89 x 595.276" in sizes and "595.276 x 841.89" in sizes
