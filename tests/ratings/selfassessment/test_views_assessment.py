"""The self-assessment page by page, as filler and head, without scripts."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ratings.enums import Status
from ratings.models import Assessment, Evidence, Result, Score
from ratings.workflow import take_step
from ratings.workflow.snapshots import take_snapshot
from schools.models import User
from tests.factories import SchoolFactory, TrainingClassFactory
from tests.html_forms import press
from tests.rating_factories import published_year
from tests.ratings.opened_year import answer_everything, fields
from tests.small_pdf import SMALL_PDF

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def at(assessment):
    """The address of a page of the assessment: `at("item", "K2")`."""

    def address(page: str = "", *args) -> str:
        return reverse(
            f"ratings:assessment_{page}" if page else "ratings:assessment", args=[assessment.pk, *args]
        )

    return address


def test_the_only_assessment_opens_at_once(signed_client, filler, at):
    response = signed_client(filler).get(reverse("ratings:assessments"))

    assert response.url == at()


def test_the_task_list_says_what_is_left_and_by_when(signed_client, filler, at, row):
    client = signed_client(filler)
    client.post(at("item", "K2"), fields(row("K2"), 音响="是"))
    client.post(at("item", "L3"), fields(row("L3"), 质量="A"))

    page = text(client.get(at()))

    assert "已填 1 / 4 项" in page
    assert "截止，还有" in page
    for word in ("由系统取数", "由初评核定", "尚未开始", "填写中", "已完成"):
        assert word in page
    assert "10.00 / 30.00" in page


def test_an_item_of_figures_alone_shows_rule_figure_points_and_records(signed_client, filler, at):
    page = text(signed_client(filler).get(at("item", "K1")))

    assert "主教室座位达到 100 座得 30 分" in page
    assert "120 座" in page
    assert "← 本校" in page
    assert "系统取数部分 30.00 分" in page
    assert "#profile" in page
    assert "data-row" not in page


def test_questions_of_reviewers_are_not_asked(signed_client, filler, at):
    client = signed_client(filler)

    assert "由初评核定" in text(client.get(at("item", "L1")))
    assert "data-row" not in text(client.get(at("item", "L1")))
    mixed = text(client.get(at("item", "L2")))
    assert "answer-无专人" in mixed
    assert "answer-数据不符" not in mixed


def test_saving_an_item_leads_to_the_next_and_from_the_check_page_back(signed_client, filler, at, row):
    client = signed_client(filler)

    onward = client.post(at("item", "K2"), fields(row("K2"), 音响="是", 桌椅="是"))
    back = client.post(at("item", "K2"), fields(row("K2"), 音响="是") | {"back": "check"})

    assert onward.url == at("item", "L1")
    assert back.url == at("check")
    assert row("K2").answers == {"答": {"音响": True, "桌椅": False}}


def test_an_item_left_open_goes_on_and_says_that_it_is_open(signed_client, filler, at, row):
    page = text(
        signed_client(filler).post(at("item", "K2"), fields(row("K2")) | {"act": "next"}, follow=True)
    )

    assert "K2没有作答，没有计为 0。确实都没有的，请勾选“以上都没有”再保存。" in page
    assert row("K2").answers is None


def test_an_error_keeps_what_was_typed_and_links_to_the_field(signed_client, filler, at, row):
    page = text(
        signed_client(filler).post(
            at("item", "L3"), fields(row("L3"), 质量="A", 调研次数="许多", remark="写了很久的话")
        )
    )

    assert "填写有误" in page
    assert 'value="许多"' in page
    assert "写了很久的话" in page
    assert f'href="#s{row("L3").pk}-a1"' in page
    assert row("L3").answers is None


def test_a_conflict_without_scripts_shows_both_and_the_next_save_decides(
    signed_client, filler, head, at, row
):
    stale = fields(row("M1"), 成果="1", remark="我写的")
    client = signed_client(head)
    client.post(at("item", "M1"), fields(row("M1"), 成果="3", remark="校长写的"))
    client = signed_client(filler)

    page = text(client.post(at("item", "M1"), stale))
    again = client.post(at("item", "M1"), stale | {f"s{row('M1').pk}-version": "1"})

    assert "校长写的" in page and "我写的" in page
    assert again.status_code == 302
    assert row("M1").remark == "我写的"


def test_the_deadline_passing_while_typing_keeps_the_text_on_the_page(signed_client, filler, at, row, scheme):
    data = fields(row("M1"), 成果="1", remark="来不及了")
    scheme.self_due = scheme.self_due.replace(year=scheme.self_due.year - 1)
    scheme.save()

    page = text(signed_client(filler).post(at("item", "M1"), data))

    assert "截止" in page
    assert "来不及了" in page
    assert row("M1").answers is None


def test_the_sheet_saves_what_was_touched_and_leaves_the_rest_untouched(signed_client, filler, at, row):
    data = (
        fields(row("K2"))
        | fields(row("L2"), 无专人="是")
        | fields(row("L3"), 质量="乱写")
        | fields(row("M1"), 成果="1")
    )

    page = text(signed_client(filler).post(at("sheet"), data))

    assert row("K2").answers is None
    assert row("L2").answers == {"答": {"无专人": True}}
    assert row("M1").answers == {"答": {"成果": 1}}
    assert row("L3").answers is None
    assert "“质量”应是 A、B、C 之一" in page


def test_nothing_at_all_is_declared_on_the_sheet(signed_client, filler, at, row):
    data = fields(row("K2")) | {f"s{row('K2').pk}-declared": "1"}

    assert signed_client(filler).post(at("sheet"), data).status_code == 302
    assert row("K2").answers == {"答": {"音响": False, "桌椅": False}}


def test_the_check_page_names_what_is_missing_with_links(signed_client, filler, at):
    page = text(signed_client(filler).get(at("check")))

    assert "还有 4 处没有完成" in page
    assert f"{at('item', 'M1')}?back=check" in page
    assert "确认交负责人确认" not in page


def test_filler_hands_over_and_head_submits_and_keeps_a_receipt(signed_client, filler, head, at, assessment):
    answer_everything(assessment)
    client = signed_client(filler)
    assert press(client, at("step", "send_to_head"), on=at("check")).url == at()
    assert "已交负责人确认" in text(client.get(at()))
    assert "请先取回" in text(client.get(at("item", "M1")))

    client = signed_client(head)
    assert "确认提交自评" in text(client.get(at("check")))
    assert press(client, at("step", "submit"), on=at("check")).url == at("receipt")
    receipt = text(client.get(at("receipt")))

    assessment.refresh_from_db()
    assert assessment.status == Status.COUNTY
    assert assessment.moves.get(step="submit").digest in receipt
    assert "接下来" in receipt
    assert at("step", "withdraw") in receipt


def test_a_step_that_is_refused_says_why_and_changes_nothing(signed_client, head, at, assessment):
    page = text(press(signed_client(head), at("step", "submit"), on=at("check")))

    assert "M1 创新尚未填写" in page
    assessment.refresh_from_db()
    assert assessment.status == Status.DRAFT


def test_asking_to_be_left_out_needs_a_reason(signed_client, head, at, assessment):
    client = signed_client(head)

    refused = text(press(client, at("step", "ask_decline"), {"comment": " "}))
    press(client, at("step", "ask_decline"), {"comment": "校舍重建"})

    assert "请写明理由" in refused
    assert assessment.moves.get(step="ask_decline").comment == "校舍重建"
    assert at("step", "ask_decline") not in text(client.get(at()))


@pytest.mark.parametrize("code", ["settle", "return_", "reopen", "nonsense"])
def test_only_the_schools_own_steps_have_a_page(signed_client, head, at, code):
    assert signed_client(head).get(at("step", code)).status_code == 404


def test_returned_items_alone_can_be_changed(signed_client, head, appoint, at, row, assessment):
    answer_everything(assessment)
    take_step(assessment, "submit", by=head)
    take_step(assessment, "return_", by=appoint("county"), comment="材料不全", items={"M1": "请附采纳证明"})
    client = signed_client(head)

    tasks = text(client.get(at()))
    client.post(at("item", "M1"), fields(row("M1"), 成果="2"))
    client.post(at("item", "L3"), fields(row("L3"), 质量="C", 调研次数="2"))

    assert "请附采纳证明" in tasks
    assert "需补正" in tasks
    assert row("M1").answers == {"答": {"成果": 2}}
    assert row("L3").answers == {"答": {"质量": "A", "调研次数": "2"}}
    assert press(client, at("step", "resubmit"), on=at("check")).url == at("receipt")


def test_evidence_is_a_record_a_file_or_paper_and_no_more_than_three(
    signed_client, filler, at, row, assessment, school
):
    held = TrainingClassFactory(school=school, starts_on=assessment.scheme.period_start)
    client, address = signed_client(filler), at("item", "M1")
    page = text(client.get(address))
    record = next(
        part.split('"')[0] for part in page.split('value="') if f"class={held.pk}#" in part
    ).replace("&amp;", "&")

    client.post(address, {"act": "attach", "record": record})
    client.post(
        address,
        {
            "act": "attach",
            "file": SimpleUploadedFile("证明.pdf", SMALL_PDF),
        },
    )
    client.post(address, {"act": "attach", "paper": "批复", "copies": "2", "location": "档案室"})
    full = text(client.post(address, {"act": "attach", "record": record}))

    kinds = list(Evidence.objects.filter(assessment=assessment).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["link", "file", "paper"]
    assert "最多 3 份" in full


def test_evidence_that_is_refused_says_why_and_keeps_the_answers(signed_client, filler, at, row):
    data = fields(row("M1"), 成果="2") | {
        "act": "attach",
        "file": SimpleUploadedFile("机密报告.pdf", SMALL_PDF),
    }

    page = text(signed_client(filler).post(at("item", "M1"), data))

    assert "密级字样" in page
    assert row("M1").answers == {"答": {"成果": 2}}
    assert not Evidence.objects.exists()


def test_an_address_that_was_not_offered_is_no_evidence(signed_client, filler, at):
    signed_client(filler).post(at("item", "M1"), {"act": "attach", "record": "https://example.org/"})

    assert not Evidence.objects.exists()


def test_evidence_is_taken_back_but_kept_on_record(signed_client, filler, at):
    client = signed_client(filler)
    client.post(at("item", "M1"), {"act": "attach", "paper": "批复", "copies": "1", "location": "档案室"})

    client.post(at("item", "M1"), {"remove": Evidence.objects.get().pk})

    assert Evidence.objects.get().removed_by == filler


def test_a_file_is_an_attachment_of_its_checked_type_for_readers_only(
    signed_client, filler, appoint, at, county, city
):
    client = signed_client(filler)
    client.post(at("item", "M1"), {"file": SimpleUploadedFile("证明.pdf", SMALL_PDF)})
    address = reverse("ratings:evidence", args=[Evidence.objects.get().pk])

    response = client.get(address)

    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Type"] == "application/pdf"
    assert b"".join(response.streaming_content) == SMALL_PDF
    take_snapshot(Assessment.objects.get(), "submit")
    Assessment.objects.update(status="county")
    assert signed_client(appoint("county")).get(address).status_code == 200
    assert signed_client(appoint("sysadmin")).get(address).status_code == 404
    assert signed_client(appoint("judge")).get(address).status_code == 404


@pytest.mark.parametrize("role", ["county", "county_lead", "viewer", "auditor", "office", "chair"])
def test_what_is_not_handed_in_is_no_evidence_for_others(role, signed_client, filler, appoint, at):
    signed_client(filler).post(at("item", "M1"), {"file": SimpleUploadedFile("证明.pdf", SMALL_PDF)})
    address = reverse("ratings:evidence", args=[Evidence.objects.get().pk])
    other = signed_client(User.objects.filter(username=role).first() or appoint(role))

    def opens(status: str) -> bool:
        returned = {"returned_to": "county", "return_due": "2026-12-31"} if status == "returned" else {}
        Assessment.objects.update(**{"status": status, "returned_to": "", "return_due": None} | returned)
        return other.get(address).status_code == 200

    assert not any(map(opens, Status.values))
    take_snapshot(Assessment.objects.get(), "submit")
    assert [status for status in Status.values if not opens(status)] == ["draft", "confirming"]


def test_other_schools_find_nothing(signed_client, appoint, county, at, row, scheme):
    stranger = appoint("head", school=SchoolFactory(county=county))
    client = signed_client(stranger)

    for address in (at(), at("sheet"), at("check"), at("item", "M1"), at("step", "submit"), at("receipt")):
        assert client.get(address).status_code == 404, address
    before = Score.objects.filter(answers__isnull=False).count()
    assert client.post(at("item", "M1"), fields(row("M1"), 成果="1")).status_code == 404
    assert client.post(at("step", "submit")).status_code == 404
    assert (
        client.post(reverse("ratings:answer", args=[row("M1").pk]), fields(row("M1"), 成果="1")).status_code
        == 404
    )
    assert Score.objects.filter(answers__isnull=False).count() == before


def test_a_signed_page_is_owed_and_voided_by_any_change(signed_client, head, at, row, assessment, scheme):
    scheme.confirmation = "signed"
    scheme.save()
    answer_everything(assessment)
    client = signed_client(head)
    scan = {"scan": SimpleUploadedFile("确认页.pdf", SMALL_PDF)}

    assert "上传签字盖章页后" in text(client.get(at("check")))
    assert "校验码" in text(client.get(at("confirmation")))
    press(client, at("signature"), scan, on=at("check"))
    assert "确认提交自评" in text(client.get(at("check")))
    client.post(at("item", "M1"), fields(row("M1"), 成果="2"))
    assert "内容已变更，请重新打印签字" in text(client.get(at("check")))
    scan["scan"].seek(0)
    press(client, at("signature"), scan, on=at("check"))

    assert press(client, at("step", "submit"), on=at("check")).url == at("receipt")


def test_changed_records_void_the_signed_page_too(signed_client, head, at, assessment, scheme, school):
    scheme.confirmation = "signed"
    scheme.save()
    answer_everything(assessment)
    client = signed_client(head)
    press(
        client,
        at("signature"),
        {"scan": SimpleUploadedFile("确认页.pdf", SMALL_PDF)},
        on=at("check"),
    )
    school.seats = 80
    school.save()

    assert "请打印申报确认页" in text(press(client, at("step", "submit"), on=at("check")))


def test_autosave_gets_the_row_back_and_without_it_a_page(signed_client, filler, row):
    client, address = signed_client(filler), reverse("ratings:answer", args=[row("M1").pk])

    saved = client.post(address, fields(row("M1"), 成果="1"), headers={"HX-Request": "true"})
    wrong = client.post(address, fields(row("M1"), 成果="x"), headers={"HX-Request": "true"})
    plain = client.post(address, fields(row("M1"), 成果="y", remark="还在"))

    assert saved.status_code == wrong.status_code == plain.status_code == 200
    assert 'data-state="saved"' in text(saved) and 'name="s' in text(saved)
    assert 'data-state="invalid"' in text(wrong)
    assert "<html" in text(plain) and "还在" in text(plain)


def test_pages_cost_the_same_queries_however_much_is_filled_in(signed_client, head, at, assessment):
    client = signed_client(head)
    pages = {at(): 13, at("sheet"): 11, at("check"): 16, at("item", "L2"): 14}
    client.get(at())  # the first request of a session writes it, and a process reads the criteria once
    before = {address: queries_of(client, address) for address in pages}
    answer_everything(assessment)
    for code in ("K2", "L2", "M1"):
        client.post(at("item", code), {"act": "attach", "paper": "批复", "copies": "1", "location": "档案室"})

    after = {address: queries_of(client, address) for address in pages}

    assert after == before
    assert all(after[address] <= most for address, most in pages.items()), after


def test_pages_of_a_returned_school_cost_hardly_more(signed_client, head, appoint, at, assessment):
    answer_everything(assessment)
    take_step(assessment, "submit", by=head)
    take_step(
        assessment,
        "return_",
        by=appoint("county"),
        comment="材料不全",
        items=dict.fromkeys(("K2", "L3", "M1"), "请补正"),
    )
    client = signed_client(head)
    client.get(at())

    assert [queries_of(client, at()), queries_of(client, at("sheet"))] == [16, 12]


def queries_of(client, address) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_an_open_year_opens_at_once_and_the_others_stay_within_reach(signed_client, filler, at, city, school):
    published_year(city, [school], year=2024)
    client = signed_client(filler)

    assert client.get(reverse("ratings:assessments")).url == at()
    assert "2024年度自评" in text(client.get(reverse("ratings:assessments"), {"all": 1}))
    assert "历年申报" in text(client.get(at()))


def test_the_workbench_says_whose_turn_it_is(signed_client, filler, head, at, assessment):
    answer_everything(assessment)
    assert "填写中" in text(signed_client(filler).get("/"))
    take_step(assessment, "send_to_head", by=filler)

    assert "确认并提交" not in text(signed_client(filler).get("/"))
    assert at("check") in text(signed_client(head).get("/"))


def test_last_years_points_stand_beside_the_item_of_the_same_name(
    signed_client, filler, at, city, school, scheme
):
    published_year(city, [school], year=2024)
    Result.objects.update(
        trace={"items": [{"code": "B9", "name": "设施", "points": "12.00", "full": "30.00", "steps": []}]}
    )

    assert "12.00 / 30.00 分" in text(signed_client(filler).get(at("item", "K2")))
