"""代录: a signed sheet is typed in by one person of the office and checked against its scan by another."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ratings.enums import Stage
from ratings.judging.sheets import (
    attach_scan,
    cancel_entry,
    check_entry,
    own_rows,
    reopen_sheet,
    shown_sheet,
    start_entry,
    submit_sheet,
)
from ratings.models import Evidence, Judge, JudgeSheet, Score
from ratings.sheets.answering import save
from ratings.workflow import uneditable
from schools.models import User
from schools.uploads import check_upload
from tests.factories import AppointmentFactory, UserFactory
from tests.ratings.judged_year import FULL, refused
from tests.small_pdf import SMALL_PDF

pytestmark = pytest.mark.django_db


@pytest.fixture
def colleague(city) -> User:
    """A second person of the office."""
    user = UserFactory(name="办公室乙")
    AppointmentFactory(user=user, role="office", city=city)
    return user


@pytest.fixture
def scan():
    return check_upload(SimpleUploadedFile("评分表.pdf", SMALL_PDF))


def read(sheet: JudgeSheet) -> str:
    """What a checker has before the eyes now."""
    return shown_sheet(sheet, own_rows(sheet).select_related("item")).seen


def enter(judged, sheet: JudgeSheet, by: User) -> None:
    """Type a whole paper sheet in."""
    for row in Score.objects.filter(
        assessment=sheet.assessment, stage=Stage.CITY, judge=sheet.judge
    ).select_related("item"):
        posted = {
            name: "是" if value is True else "" if value is False else str(value)
            for name, value in FULL[row.item.code].items()
        }
        assert save(row.pk, by=by, version=row.version, posted=posted).state == "saved"


def test_a_paper_sheet_is_entered_by_one_person_and_checked_by_another(judged, colleague, scan):
    sheet = judged.sheet(judged.judges[0])
    start_entry(sheet, by=judged.office)
    enter(judged, sheet, judged.office)
    attach_scan(sheet, scan, by=judged.office)
    sheet.refresh_from_db()

    assert refused(submit_sheet, sheet, by=judged.office) == ["代录的评分表由另一人核对后提交。"]
    assert refused(check_entry, sheet, by=judged.office, seen=read(sheet)) == [
        "录入的人不能核对，请由办公室另一人核对。"
    ]
    before = read(sheet)
    Score.objects.filter(assessment=sheet.assessment, judge=sheet.judge).update(remark="会后补写")
    (said,) = refused(check_entry, sheet, by=colleague, seen=before)
    assert said.startswith(f"您打开本页以后，评分内容（{judged.office.name} ") and "有变化，没有办理" in said
    check_entry(sheet, by=colleague, seen=read(sheet))

    sheet.refresh_from_db()
    assert (sheet.entered_by, sheet.checked_by, sheet.submitted_by) == (judged.office, colleague, colleague)
    assert sheet.scan.confidential and sheet.scan.digest == scan.sha256

    reopen_sheet(sheet, by=judged.office, reason="漏录一项")
    sheet.refresh_from_db()
    assert (sheet.entered_by, sheet.checked_by, sheet.submitted_by) == (judged.office, None, None)


def test_who_typed_a_part_cannot_check_after_a_colleague_took_over(judged, colleague, scan):
    sheet = judged.sheet(judged.judges[0])
    start_entry(sheet, by=judged.office)
    enter(judged, sheet, judged.office)
    start_entry(sheet, by=colleague)
    attach_scan(sheet, scan, by=colleague)
    sheet.refresh_from_db()

    assert refused(check_entry, sheet, by=judged.office, seen=read(sheet)) == [
        "录入的人不能核对，请由办公室另一人核对。"
    ]
    assert refused(check_entry, sheet, by=colleague, seen=read(sheet)) == [
        "录入的人不能核对，请由办公室另一人核对。"
    ]


def test_who_judges_and_is_of_the_office_neither_enters_nor_checks_the_own_sheet(judged, colleague):
    sheet = judged.sheet(judged.judges[0])
    Judge.objects.filter(pk=sheet.judge_id).update(user=judged.office)

    assert refused(start_entry, sheet, by=judged.office) == ["不能代录本人的评分表。"]
    start_entry(sheet, by=colleague)
    row = judged.assessment.scores.filter(judge=sheet.judge).first()
    assert uneditable(row, judged.office) == "只有登记代录的人可以录入这份评分表。"
    assert uneditable(row, colleague) == ""
    own = JudgeSheet.objects.get(pk=sheet.pk)
    assert refused(check_entry, own, by=judged.office, seen="") == ["不能核对本人的评分表。"]


def test_a_paper_sheet_needs_its_scan_and_every_item(judged, colleague, scan):
    sheet = judged.sheet(judged.judges[0])
    start_entry(sheet, by=judged.office)
    sheet.refresh_from_db()
    assert refused(check_entry, sheet, by=colleague, seen="") == ["还没有上传签字原件的扫描件，不能核对。"]

    attach_scan(sheet, scan, by=judged.office)
    assert len(refused(check_entry, sheet, by=colleague, seen="")) == len(FULL)


def test_a_judge_who_scores_on_screen_is_not_entered_from_paper_and_the_other_way_round(judged):
    judge = judged.judges[0]
    first, second = (judged.sheet(judge, assessment) for assessment in judged.assessments)
    judged.score(judge)
    assert refused(start_entry, first, by=judged.office) == ["评委1已经在系统里评分，不能再代录。"]

    start_entry(second, by=judged.office)
    row = judged.row(judge, "L1", judged.assessments[1])
    assert (
        save(row.pk, by=judge, version=0, posted={"听课": "A"}).sentence
        == "这份评分表由办公室按签字原件代录。"
    )
    assert save(row.pk, by=judged.office, version=0, posted={"听课": "A"}).state == "saved"
    assert refused(cancel_entry, second, by=judged.office) == ["已经录入评分，不能取消代录。"]
    Score.objects.filter(pk=row.pk).update(answers=None, version=0)
    cancel_entry(second, by=judged.office)
    assert save(row.pk, by=judge, version=0, posted={"听课": "A"}).state == "saved"


def test_an_earlier_scan_is_taken_back_not_lost_and_schools_never_see_either(judged, scan, appoint):
    sheet = judged.sheet(judged.judges[0])
    start_entry(sheet, by=judged.office)
    first = attach_scan(sheet, scan, by=judged.office)
    second = attach_scan(sheet, scan, by=judged.office)
    first.refresh_from_db()

    assert (first.removed_by, second.removed_by) == (judged.office, None)
    for role in ("filler", "head", "county", "county_lead", "viewer", "auditor"):
        assert not Evidence.objects.visible_to(appoint(role)).exists(), role
    assert not Evidence.objects.visible_to(judged.judges[0]).exists()
    assert Evidence.objects.visible_to(judged.office).count() == 2
    assert first.file.open().read() == io.BytesIO(SMALL_PDF).read()
