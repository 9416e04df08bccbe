"""Bulletins: preview, text, conflict of two editors, document, issue."""

import re

import pytest
from django.urls import reverse

from ratings.committee.invariants import bulletin_file
from ratings.documents.fonts import FontMissing
from ratings.enums import Phase
from ratings.models import Bulletin, Scheme
from ratings.publication.bulletin import BULLETIN
from ratings.workflow import take_step
from schools.models.audit import AuditEntry
from tests.cast import PASSWORD
from tests.html_forms import press
from tests.rating_factories import numbered, published_year, settled_year

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def draft(city, school) -> Bulletin:
    """The draft of a settled year."""
    return settled_year(city, [school]).bulletin


def posted(bulletin: Bulletin, **changes) -> dict:
    """The form as a browser sends it back."""
    values = (
        {name: getattr(bulletin, name) for name in Bulletin.TYPED} | {"version": bulletin.version} | changes
    )
    return {
        name: "on" if value is True else value
        for name, value in values.items()
        if value is not None and value is not False
    }


def address(name: str, bulletin: Bulletin) -> str:
    return reverse(f"ratings:{name}", args=[bulletin.pk])


def test_preview_looks_like_the_document_and_says_what_is_missing(draft, appoint, signed_client):
    page = text(signed_client(appoint("office")).get(address("bulletin", draft)))

    assert f"{draft.organ}文件" in page
    assert "印发前还要办好" in page
    assert "发文字号" in page
    assert "documents/bulletin.css" in page


def test_saving_stores_text_editor_and_version(draft, appoint, signed_client):
    office = appoint("office")

    response = signed_client(office).post(
        address("bulletin_edit", draft), posted(draft, body="一、新的正文", number="示组通(2025)12号")
    )

    saved = Bulletin.objects.get(pk=draft.pk)
    assert response.url == address("bulletin", draft)
    assert (saved.body, saved.number, saved.version, saved.edited_by) == (
        "一、新的正文",
        "示组通〔2025〕12号",
        1,
        office,
    )


def test_two_editors_both_texts_are_shown_and_nothing_is_lost(draft, appoint, signed_client):
    office, chair = appoint("office"), appoint("chair")
    opened = posted(draft)
    signed_client(office).post(address("bulletin_edit", draft), opened | {"body": "办公室写的正文"})
    client = signed_client(chair)

    conflict = client.post(address("bulletin_edit", draft), opened | {"body": "主任写的正文"})
    page = text(conflict)
    stored = Bulletin.objects.get(pk=draft.pk)
    again = client.post(
        address("bulletin_edit", draft),
        opened | {"body": "合并后的正文", "version": conflict.context["form"].data["version"]},
    )

    assert conflict.status_code == 200
    assert "office某" in page and "办公室写的正文" in page and "主任写的正文" in page
    assert stored.body == "办公室写的正文"
    assert again.status_code == 302
    assert Bulletin.objects.get(pk=draft.pk).body == "合并后的正文"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"body": "字" * 4001}, "正文共 4001 字，超过 4000 字"),
        ({"number": "12"}, "发文字号应依次写"),
        ({"title": ""}, "标题"),
        ({"issued_on": "x"}, "成文日期"),
    ],
)
def test_a_wrong_form_keeps_what_was_typed_and_names_the_field(
    changes, sentence, draft, appoint, signed_client
):
    typed = posted(draft, body="打了一半的正文") | changes

    page = text(signed_client(appoint("office")).post(address("bulletin_edit", draft), typed))

    assert "填写有误" in page
    assert sentence in page
    assert typed["body"][:20] in page
    assert Bulletin.objects.get(pk=draft.pk).version == 0


def test_characters_are_counted_on_the_server_without_white_space(draft, appoint, signed_client):
    draft.body = "一、标题\n  正文 三\n"
    draft.save(update_fields=["body"])

    page = text(signed_client(appoint("office")).get(address("bulletin_edit", draft)))

    assert "<output>7</output>" in page


def test_what_was_typed_into_a_bulletin_issued_meanwhile_is_kept(city, school, appoint, signed_client):
    bulletin = published_year(city, [school]).bulletin
    body = bulletin.body

    response = signed_client(appoint("office")).post(
        address("bulletin_edit", bulletin), posted(bulletin, body="打了一半的正文")
    )

    assert response.status_code == 409
    assert "不能再修改" in text(response) and "打了一半的正文" in text(response)
    assert Bulletin.objects.get(pk=bulletin.pk).body == body


@pytest.mark.parametrize("role", ["filler", "county_lead", "judge", "viewer", "sysadmin", "auditor"])
def test_forbidden_writes_leave_everything_as_it_was(role, draft, appoint, signed_client):
    numbered(draft.scheme)
    before = (
        Bulletin.objects.filter(pk=draft.pk).values().get(),
        Scheme.objects.filter(pk=draft.scheme_id).values().get(),
    )
    client = signed_client(appoint(role))

    statuses = [
        client.post(address("bulletin_edit", draft), posted(draft, body="偷改")).status_code,
        client.post(address("bulletin_issue", draft), {"password": PASSWORD}).status_code,
        client.post(reverse("ratings:bulletin_start", args=[draft.scheme_id])).status_code,
        client.post(reverse("ratings:board_export", args=[draft.scheme_id])).status_code,
    ]

    after = (
        Bulletin.objects.filter(pk=draft.pk).values().get(),
        Scheme.objects.filter(pk=draft.scheme_id).values().get(),
    )
    assert set(statuses) == {403}
    assert after == before
    assert not AuditEntry.objects.filter(action__in=["publish", "export"]).exists()


def test_office_cannot_issue(draft, appoint, signed_client):
    numbered(draft.scheme)

    assert (
        signed_client(appoint("office"))
        .post(address("bulletin_issue", draft), {"password": PASSWORD})
        .status_code
        == 403
    )
    assert Scheme.objects.get(pk=draft.scheme_id).phase == Phase.SETTLED


def test_a_wrong_password_issues_nothing(draft, appoint, signed_client):
    numbered(draft.scheme)

    page = text(
        signed_client(appoint("chair")).post(address("bulletin_issue", draft), {"password": "Bushi-2026"})
    )

    assert "密码不正确，没有办理" in page
    assert AuditEntry.objects.filter(action="signature_failed", subject="chair某（chair）").exists()
    assert Scheme.objects.get(pk=draft.scheme_id).phase == Phase.SETTLED


def test_issuing_without_a_number_says_so_and_issues_nothing(draft, appoint, signed_client):
    page = text(
        signed_client(appoint("chair")).post(address("bulletin_issue", draft), {"password": PASSWORD})
    )

    assert "现在还不能印发" in page
    assert Scheme.objects.get(pk=draft.scheme_id).phase == Phase.SETTLED


def test_what_the_issuer_did_not_see_is_not_issued(draft, appoint, signed_client, monkeypatch):
    monkeypatch.setattr("ratings.documents.life.document_pdf", lambda context: b"%PDF-1.7 test")
    numbered(draft.scheme)
    client = signed_client(appoint("chair"))
    preview = text(client.get(address("bulletin", draft)))
    link = re.search(r'href="([^"]*issue/[?]seen=[^"]*)"', preview)[1]
    seen = client.get(link).context["seen"]
    BULLETIN.save(
        Bulletin.objects.get(pk=draft.pk), {"body": "同事刚改的正文"}, version=0, by=appoint("office")
    )

    mistyped = client.post(address("bulletin_issue", draft), {"password": "Bushi-2026", "seen": seen})
    refused = client.post(
        address("bulletin_issue", draft), {"password": PASSWORD, "seen": mistyped.context["seen"]}
    )
    unsaid = client.post(address("bulletin_issue", draft), {"password": PASSWORD})
    late = client.get(link)

    sentence = r"您打开本页以后，文稿（office某 [\d: 月日]+）有变化，没有办理。"
    assert all(re.search(sentence, text(page)) for page in (refused, late))
    assert "本页内容有变化，没有办理。" in text(unsaid)
    assert "同事刚改的正文" in text(refused) and refused.context["seen"] != seen
    assert not Bulletin.objects.get(pk=draft.pk).is_issued


def test_issuing_stores_the_document_publishes_the_results_and_is_recorded(
    draft, school, appoint, signed_client, monkeypatch
):
    monkeypatch.setattr("ratings.documents.life.document_pdf", lambda context: b"%PDF-1.7 test")
    numbered(draft.scheme)
    head = appoint("head")

    response = press(
        signed_client(appoint("chair")), address("bulletin_issue", draft), {"password": PASSWORD}, follow=True
    )
    pdf = signed_client(head).get(address("bulletin_pdf", draft))

    issued = Bulletin.objects.get(pk=draft.pk)
    assert "通报已印发" in text(response)
    assert issued.digest in text(response)
    assert issued.version == draft.version + 1  # a page opened before is of an older one
    assert list(bulletin_file(issued.scheme)) == []
    assert b"".join(pdf.streaming_content) == b"%PDF-1.7 test"
    assert pdf.headers["Content-Type"] == "application/pdf"
    assert "attachment" in pdf.headers["Content-Disposition"]
    assert AuditEntry.objects.filter(action="publish").count() == 1
    Bulletin.objects.update(body="印发以后改的")
    altered = Scheme.objects.get(pk=issued.scheme_id)
    assert list(bulletin_file(altered)) == ["通报文稿在印发以后被改动，与存档的通报文件不符"]
    assert (
        signed_client(head).get(reverse("ratings:result", args=[school.results.get().pk])).status_code == 200
    )


def test_draft_document_is_named_as_one(draft, appoint, signed_client, monkeypatch):
    monkeypatch.setattr("ratings.documents.life.document_pdf", lambda context: b"%PDF-1.7 draft")

    response = signed_client(appoint("office")).get(address("bulletin_pdf", draft))

    assert response.content == b"%PDF-1.7 draft"
    assert "%E8%8D%89%E7%A8%BF" in response.headers["Content-Disposition"]


def test_a_draft_that_no_face_can_print_says_so_instead_of_a_document(
    draft, appoint, signed_client, monkeypatch
):
    def refused(context):
        raise FontMissing("所备字体都没有“𰻝”字。")

    monkeypatch.setattr("ratings.documents.life.document_pdf", refused)

    page = text(signed_client(appoint("office")).get(address("bulletin_pdf", draft), follow=True))

    assert "所备字体都没有“𰻝”字。" in page


def test_after_the_decision_was_withdrawn_the_text_waits_as_a_draft(draft, school, appoint, signed_client):
    chair = appoint("chair")
    take_step(school.assessments.get(), "reopen", by=chair, comment="漏了一份材料")
    client = signed_client(chair)

    page = text(client.get(address("bulletin", draft)))
    edit = text(client.get(address("bulletin_edit", draft), follow=True))

    assert "草稿" in page and "已印发" not in page
    assert "审定已撤回，重新审定以后才能修改、印发通报。" in page
    assert "审定已撤回" in edit and "通报已经印发" not in edit


def test_a_settled_year_without_draft_offers_one(draft, appoint, signed_client):
    scheme, body = draft.scheme, draft.body
    draft.delete()
    client = signed_client(appoint("office"))

    listed = text(client.get(reverse("ratings:bulletins")))
    response = client.post(reverse("ratings:bulletin_start", args=[scheme.pk]))

    written = Bulletin.objects.get(scheme=scheme)
    assert "起草通报" in listed
    assert response.url == address("bulletin_edit", written)
    assert written.body == body


def test_unwelcome_words_are_pointed_out(draft, appoint, signed_client):
    draft.body = "对排名靠前的予以表彰。"
    draft.save(update_fields=["body"])

    page = text(signed_client(appoint("office")).get(address("bulletin", draft)))

    assert "不公布排名" in page
    assert "评定结果" in page


def test_list_costs_the_same_queries_for_any_number(
    city, school, appoint, signed_client, django_assert_max_num_queries
):
    client = signed_client(appoint("office"))
    for first, last in ((2001, 2001), (2002, 2003), (2004, 2030)):
        for year in range(first, last + 1):
            published_year(city, [school], year=year)
        with django_assert_max_num_queries(12):
            client.get(reverse("ratings:bulletins"))
