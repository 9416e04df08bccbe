"""What is signed is what was shown: a page that changed since it was opened is shown anew, not signed."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from ratings.criteria.spec import digest
from ratings.enums import Stage, Status
from ratings.judging.panels import choose_leader
from ratings.models import Adjustment, Assessment, Evidence, Item, Score, SignedPage
from ratings.review.agreeing import adjust, withdraw_adjustment
from ratings.selfassessment.evidence import attach, take_back
from ratings.selfassessment.submission import confirmation_code, valid_signature
from ratings.sheets import own_sheet
from ratings.sheets.answering import save
from ratings.workflow import frozen_sheet, take_step
from schools.models import School
from schools.uploads import check_upload
from tests.html_forms import press, seen_in, seen_on
from tests.ratings.county_year import county_year
from tests.ratings.judged_year import FULL, signed
from tests.ratings.opened_year import answer_everything

pytestmark = [pytest.mark.engine, pytest.mark.django_db]

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
MOMENT = r"\d\d月\d\d日 \d\d:\d\d"


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def upload(name: str, more: bytes = b""):
    return check_upload(SimpleUploadedFile(name, PDF + more))


def rewrite(assessment: Assessment, stage: str, code: str, by, posted: dict, remark: str = "") -> None:
    row = Score.objects.get(assessment=assessment, stage=stage, item__code=code)
    assert save(row.pk, by=by, version=row.version, posted=posted, remark=remark).state == "saved"


def refuses_what_was_not_shown(client, page: str, address: str, typed: dict, change: Callable) -> str:
    """Opened, changed, pressed: nothing happens but that the page is shown anew, from which the next press
    goes through. Gives what was said.
    """
    opened = seen_on(client, page)
    assert opened, "the page says nothing of what it shows"
    change()
    before = [Assessment.objects.get().status, Assessment.objects.get().version]
    told = client.post(address, typed | opened)
    said = text(told)
    assert [Assessment.objects.get().status, Assessment.objects.get().version] == before
    assert "有变化，没有办理。下面是现在的内容，请核对后重新确认。" in said
    assert all(words in said for words in typed.values())
    again = seen_in(told)
    assert again != opened and again == seen_on(client, page)
    assert client.post(address, typed | again).status_code == 302
    return said


def at(name: str, *args) -> str:
    return reverse(f"ratings:{name}", args=args)


# The school


def answered(assessment, filler) -> None:
    rewrite(assessment, Stage.SELF, "M1", filler, {"成果": "0"})


def remarked(assessment, filler) -> None:
    row = Score.objects.get(assessment=assessment, stage=Stage.SELF, item__code="K2")
    Score.objects.filter(pk=row.pk).update(remark="音响是借的", updated_by=filler, updated_at=timezone.now())


def attached(assessment, filler) -> None:
    attach(assessment, Item.objects.get(code="M1"), by=filler, upload=upload("采纳证明.pdf"))


def registered(assessment, filler) -> None:
    School.objects.filter(pk=assessment.school_id).update(seats=61)


CHANGES_OF_SCHOOL = {
    answered: r"自评作答和说明（.*MOMENT）有变化",
    remarked: r"自评作答和说明（.*MOMENT）有变化",
    attached: r"佐证材料（.*MOMENT）有变化",
    registered: r"，系统数据有变化",
}


@pytest.mark.parametrize("change", CHANGES_OF_SCHOOL, ids=lambda change: change.__name__)
def test_the_head_submits_what_the_page_showed(change, assessment, filler, head):
    answer_everything(assessment)
    client, check = signed(head), at("assessment_check", assessment.pk)
    step = at("assessment_step", assessment.pk, "submit")

    said = refuses_what_was_not_shown(client, check, step, {}, lambda: change(assessment, filler))

    expected = CHANGES_OF_SCHOOL[change].replace("MOMENT", MOMENT)
    assert re.search(expected, said)
    assert "确认提交自评" in said and "M1 创新" in said  # the answers once more, not only the button
    assert Assessment.objects.get().status == Status.COUNTY


def test_what_hands_on_is_confirmed_below_the_answers_only(assessment, filler):
    answer_everything(assessment)
    client = signed(filler)
    step, check = at("assessment_step", assessment.pk, "send_to_head"), at("assessment_check", assessment.pk)

    assert client.get(step).url == check
    refuses_what_was_not_shown(client, check, step, {}, lambda: answered(assessment, filler))


def test_the_digest_of_what_was_submitted_covers_the_evidence(assessment, filler, head):
    answer_everything(assessment)
    bare = frozen_sheet(assessment, Stage.SELF)
    attach(assessment, Item.objects.get(code="M1"), by=filler, upload=upload("采纳证明.pdf"))
    first = frozen_sheet(assessment, Stage.SELF)
    take_back(Evidence.objects.get(), by=filler)
    attach(assessment, Item.objects.get(code="M1"), by=filler, upload=upload("采纳证明.pdf", b"%"))

    move = take_step(assessment, "submit", by=head)

    kept = Evidence.objects.kept().get()
    assert "evidence" not in bare  # a sheet of an earlier release is digested as it was
    assert len({digest(bare), digest(first), move.digest}) == 3 and digest(move.sheet) == move.digest
    assert [(one["item"], one["name"], one["digest"]) for one in move.sheet["evidence"]] == [
        ("M1", "采纳证明.pdf", kept.digest)
    ]
    receipt = text(signed(head).get(at("assessment_receipt", assessment.pk)))
    assert move.digest in receipt and "采纳证明.pdf" in receipt and kept.digest in receipt
    assert "全部作答、说明和佐证材料算出" in receipt
    move.sheet = bare
    move.save()
    assert "全部作答、说明算出" in text(signed(head).get(at("assessment_receipt", assessment.pk)))


def test_the_code_of_the_signed_page_covers_the_evidence_and_an_earlier_one_still_holds(
    assessment, filler, scheme
):
    scheme.confirmation = "signed"
    scheme.save()
    assessment.refresh_from_db()
    answer_everything(assessment)
    before = confirmation_code(own_sheet(assessment))
    now = timezone.now()
    attach(assessment, Item.objects.get(code="M1"), by=filler, upload=upload("采纳证明.pdf"))
    sheet = own_sheet(assessment)
    frozen = frozen_sheet(assessment, Stage.SELF)
    answers = {name: frozen[name] for name in ("stage", "scores", "adjustments")}
    figures = {name: None if one.value is None else str(one.value) for name, one in sheet.figures.items()}
    earlier = digest({"school": assessment.school_id, "sheet": answers, "figures": figures})

    assert len({before, confirmation_code(sheet), earlier}) == 3
    scan = Evidence.objects.get()
    for code, holds in ((earlier, True), (confirmation_code(sheet), True), (before, False)):
        SignedPage.objects.all().delete()
        page = SignedPage.objects.create(assessment=assessment, scan=scan, code=code, at=now)
        assert (valid_signature(sheet) == page) is holds


# The county


@pytest.fixture
def reviewed(assessment, appoint) -> Assessment:
    county_year(assessment.scheme)
    assessment.refresh_from_db()
    for row in assessment.scores.filter(stage=Stage.COUNTY).select_related("item"):
        row.answers, row.remark = {"答": FULL[row.item.code]}, "属实"
        row.save(update_fields=["answers", "remark"])
    return assessment


CHANGES_OF_COUNTY: dict[str, tuple[Callable, str]] = {
    "score": (
        lambda row, by: rewrite(row, Stage.COUNTY, "L1", by, {"听课": "C"}, "听了一课"),
        r"初评评分和理由（county某 MOMENT）有变化",
    ),
    "reason": (
        lambda row, by: rewrite(row, Stage.COUNTY, "L1", by, {"听课": "A"}, "改了的理由"),
        r"初评评分和理由（county某 MOMENT）有变化",
    ),
    "adjusted": (
        lambda row, by: adjust(row.pk, "K1", points=Decimal(7), reason="清点", by=by),
        r"初评核定（county某 MOMENT）有变化",
    ),
    "figures": (lambda row, by: registered(row, by), r"，系统数据有变化"),
}


@pytest.mark.parametrize("name", CHANGES_OF_COUNTY)
def test_the_lead_confirms_what_the_page_showed(name, reviewed, appoint):
    change, sentence = CHANGES_OF_COUNTY[name]
    reviewer, lead = appoint("county"), appoint("county_lead")
    page = at("review_confirm", reviewed.pk)

    said = refuses_what_was_not_shown(
        signed(lead), page, page, {"star": "5", "opinion": "同意推荐"}, lambda: change(reviewed, reviewer)
    )

    assert re.search(sentence.replace("MOMENT", MOMENT), said)
    assert "提交后系统数据有变化" in said  # what the school signed is not what counts from here on
    assert Assessment.objects.get().status == Status.CITY


def come_back(assessment: Assessment, head) -> None:
    """Withdrawn, changed and handed in again: the page of the county looks the same and is another one."""
    assessment.scores.filter(stage=Stage.COUNTY).update(answers=None)
    take_step(assessment, "withdraw", by=head)
    take_step(assessment, "submit", by=head)


@pytest.mark.parametrize(
    ("name", "page", "typed"),
    [
        ("review_return", "review_return", {"comment": "材料不齐", "item-K2": "补充照片"}),
        ("review_agree", "review_school", {"act": "both"}),
    ],
)
def test_the_county_answers_what_was_handed_in_when_the_page_was_opened(
    name, page, typed, reviewed, head, appoint
):
    client = signed(appoint("county"))
    opened = seen_on(client, at(page, reviewed.pk))
    come_back(reviewed, head)

    told = text(client.post(at(name, reviewed.pk), typed | opened, follow=True))

    assert re.search(f"状态（head某 {MOMENT}）有变化，没有办理", told)
    assert Assessment.objects.get().status == Status.COUNTY
    assert not reviewed.scores.filter(stage=Stage.COUNTY, answers__isnull=False).exists()
    assert name != "review_return" or "补充照片" in told
    press(client, at(name, reviewed.pk), typed, on=at(page, reviewed.pk))
    reviewed.refresh_from_db()
    done = reviewed.scores.filter(stage=Stage.COUNTY, answers__isnull=False).exists()
    assert done or reviewed.status == Status.RETURNED


# 核定: the second of two is told of the first


def test_the_second_reviewer_is_told_of_the_first(reviewed, appoint):
    first, page = appoint("county_lead"), at("review_adjust", reviewed.pk, "K1")
    client = signed(appoint("county"))

    said = refuses_what_was_not_shown(
        client,
        page,
        page,
        {"points": "7", "reason": "现场清点座位"},
        lambda: adjust(reviewed.pk, "K1", points=Decimal(20), reason="图纸为准", by=first),
    )

    assert re.search(f"核定（county_lead某 {MOMENT} 核定为 20.00 分：图纸为准）有变化", said)
    assert Adjustment.objects.get().points == 7
    opened = seen_on(client, page)
    withdraw_adjustment(reviewed.pk, "K1", by=first)
    gone = text(client.post(page, {"withdraw": "1"} | opened))
    assert "核定（核定已撤销）有变化，没有办理" in gone


def test_the_office_and_the_leader_do_not_overwrite_each_other(judged):
    choose_leader(judged.panel, judged.panel.judges.first(), by=judged.office)
    page = at("city_adjust", judged.assessment.pk, "K1")
    leader, office = signed(judged.judges[0]), signed(judged.office)
    opened = seen_on(office, page)
    first = {"points": "20", "reason": "图纸为准"}

    assert press(leader, page, first).status_code == 302
    assert leader.post(page, first | seen_on(leader, page)).status_code == 302  # pressed twice, done once
    told = text(office.post(page, {"points": "7", "reason": "现场清点"} | opened))

    assert re.search(f"核定（评委1 {MOMENT} 核定为 20.00 分：图纸为准）有变化，没有办理", told)
    assert "现场清点" in told and Adjustment.objects.get().points == 20


def test_a_judge_agrees_with_what_the_county_said_when_the_page_was_opened(judged):
    judge, page = judged.judges[0], at("judging_school", judged.assessment.pk)
    client, address = signed(judge), at("judging_agree", judged.assessment.pk)
    opened = seen_on(client, page)
    Assessment.objects.filter(pk=judged.assessment.pk).update(version=F("version") + 2)  # back and here again

    told = text(client.post(address, opened, follow=True))

    assert "状态有变化，没有办理" in told and judged.row(judge, "L1").answers is None
    press(client, address, on=page)
    assert judged.row(judge, "L1").answers == {"答": FULL["L1"]}


def test_a_judge_hands_in_what_the_page_showed(judged):
    judge, page = judged.judges[0], at("judging_submit", judged.assessment.pk)
    judged.score(judge)
    client = signed(judge)
    opened = seen_on(client, page)
    rewrite_own = Score.objects.get(assessment=judged.assessment, judge__user=judge, item__code="L1")
    save(rewrite_own.pk, by=judge, version=1, posted={"听课": "C"}, remark="另一个窗口里改的")

    told = text(client.post(page, opened, follow=True))

    assert re.search(f"评分内容（评委1 {MOMENT}）有变化，没有办理", told)
    assert judged.sheet(judge).submitted_at is None
    assert press(client, page).status_code == 302 and judged.sheet(judge).submitted_at
