"""合议确认: the agreed sheet of one person counts once every member stands by it as it is."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from ratings.committee.readiness import sheet_gaps
from ratings.judging.confirming import confirm_agreed, sign_agreed, unconfirmed
from ratings.judging.sheets import reopen_sheet, shown_now, submit_sheet
from ratings.models import Assessment, JudgeSheet, Score, SheetConfirmation
from schools.models import AuditEntry
from schools.uploads import check_upload
from tests.factories import LiaisonFactory
from tests.ratings.judged_year import Judged, refused, signed
from tests.small_pdf import SMALL_PDF

pytestmark = [pytest.mark.engine, pytest.mark.django_db]


@pytest.fixture
def agreed(joint) -> Judged:
    """The leader has handed in the agreed sheet of the first school."""
    joint.score(None)
    submit_sheet(joint.sheet(None), by=joint.judges[0])
    return joint


def gaps(judged: Judged) -> list[str]:
    return sheet_gaps(judged.scheme)[judged.assessment.pk]


def test_the_sheet_waits_for_every_member_and_a_change_asks_them_anew(agreed):
    _, second, third = agreed.judges
    sheet = agreed.sheet(None)
    assert gaps(agreed) == ["合议待 2 人确认：评委2、评委3"]
    assert sheet_gaps(agreed.scheme, only=agreed.assessments[1].pk) == {
        agreed.assessments[1].pk: ["评分表尚未提交：合议"]
    }

    confirm_agreed(sheet, by=second, seen=shown_now(sheet).seen)
    assert gaps(agreed) == ["合议待 1 人确认：评委3"]
    stale = shown_now(sheet).seen
    Score.objects.filter(pk=agreed.row(None, "L1").pk).update(answers={"答": {"听课": "B"}})
    assert gaps(agreed) == ["合议待 2 人确认：评委2、评委3"]  # who said yes said it of another sheet
    (changed,) = refused(confirm_agreed, sheet, by=third, seen=stale)
    assert "评分内容" in changed
    assert "没有办理" in changed
    for member in (second, third, third):
        confirm_agreed(sheet, by=member, seen=shown_now(sheet).seen)
    assert gaps(agreed) == []

    reopen_sheet(sheet, by=agreed.office, reason="漏看材料")
    assert not SheetConfirmation.objects.exists()
    assert gaps(agreed) == ["评分表尚未提交：合议"]
    submit_sheet(sheet, by=agreed.judges[0])
    assert gaps(agreed) == ["合议待 2 人确认：评委2、评委3"]


def test_who_must_recuse_is_not_asked_and_nobody_else_confirms(agreed, appoint):
    sheet = agreed.sheet(None)
    LiaisonFactory(user=agreed.judges[2], school=agreed.assessment.school)

    assert gaps(agreed) == ["合议待 1 人确认：评委2"]
    (tied,) = refused(confirm_agreed, sheet, by=agreed.judges[2], seen=shown_now(sheet).seen)
    assert "应当回避" in tied
    for stranger in (agreed.office, appoint("chair")):
        assert refused(confirm_agreed, sheet, by=stranger, seen=shown_now(sheet).seen) == [
            "合议评分表由本组评委确认。"
        ]


def test_years_that_are_settled_or_read_from_workbooks_are_not_asked(agreed):
    agreed.scheme.imported = True
    assert unconfirmed(agreed.scheme) == {}
    agreed.scheme.imported = False
    Assessment.objects.filter(scheme=agreed.scheme).update(status="settled")
    assert unconfirmed(agreed.scheme) == {}


def test_a_signed_page_with_all_names_confirms_for_everybody(agreed):
    sheet = agreed.sheet(None)
    address = reverse("ratings:sheet_signatures", args=[sheet.pk])
    client = signed(agreed.judges[0])

    def post(names: str):
        scan = SimpleUploadedFile("签字页.pdf", SMALL_PDF)
        return client.post(address, {"names": names, "scan": scan}).content.decode()

    wrong = post("评委2、王科")
    assert "本组没有王科" in wrong and "签字页上还缺评委3" in wrong and "评委2、王科" in wrong
    assert not SheetConfirmation.objects.exists()
    assert signed(agreed.judges[1]).get(address).status_code == 404  # the leader or the office
    post("评委1，评委2,评委3")

    assert gaps(agreed) == []
    page = SheetConfirmation.objects.values_list("page", flat=True).distinct().get()
    assert page is not None
    assert AuditEntry.objects.filter(action="sheet", detail__contains="签字页").count() == 2
    upload = check_upload(SimpleUploadedFile("签字页.pdf", SMALL_PDF))
    assert refused(sign_agreed, sheet, names="评委2", upload=upload, by=agreed.office) == [
        "本组成员都已确认，不用再上传签字页。"
    ]
    assert (
        "在签字页上签字"
        in client.get(reverse("ratings:judging_school", args=[agreed.assessment.pk])).content.decode()
    )


def test_members_find_it_on_the_workbench_and_confirm_where_they_read_it(agreed):
    member = signed(agreed.judges[1])
    page = reverse("ratings:judging_school", args=[agreed.assessment.pk])

    assert "合议：1 所党校待您确认" in member.get("/").content.decode()
    shown = member.get(page)
    done = member.post(
        reverse("ratings:judging_confirm", args=[agreed.assessment.pk]), {"seen": shown.context["sheet_seen"]}
    )

    assert "我确认合议评分" in shown.content.decode()
    assert done.url == page and "我确认合议评分" not in member.get(page).content.decode()
    assert "待您确认" not in member.get("/").content.decode()
    assert "待您确认" not in signed(agreed.judges[0]).get("/").content.decode()
    assert JudgeSheet.objects.get(pk=agreed.sheet(None).pk).confirmations.count() == 1
    office = signed(agreed.office).get(reverse("ratings:sheets", args=[agreed.assessment.pk]))
    assert "上传合议签字页" in office.content.decode() and "待确认" in office.content.decode()
