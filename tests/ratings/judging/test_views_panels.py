"""The office's panel pages: setting up, assigning, progress without scores, giving back, paper sheets in two
hands.
"""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ratings.enums import Phase, Stage, Status
from ratings.judging.panels import assign
from ratings.judging.sheets import start_entry
from ratings.models import Assessment, Judge, JudgeSheet, Panel, Scheme, Score
from schools.models import AuditEntry, Role
from schools.workbooks import read_workbook
from tests.factories import AppointmentFactory, CityFactory, LiaisonFactory, UserFactory
from tests.html_forms import press
from tests.ratings.drafts import draft_year
from tests.ratings.judged_year import FULL, judge_account, judge_year, signed
from tests.ratings.opened_year import fields
from tests.small_pdf import SMALL_PDF
from tests.xlsx import book

pytestmark = pytest.mark.django_db

MOST_QUERIES = 13


@pytest.fixture
def colleague(city):
    """A second person of the office."""
    user = UserFactory(name="办公室乙")
    AppointmentFactory(user=user, role="office", city=city)
    return user


def pages(judged) -> dict[str, str]:
    """Every page of the office about panels, by name."""
    sheet = judged.sheet(judged.judges[0])
    return {
        "panel_board": reverse("ratings:panel_board", args=[judged.scheme.pk]),
        "panel": reverse("ratings:panel", args=[judged.panel.pk]),
        "sheets": reverse("ratings:sheets", args=[judged.assessment.pk]),
        "site_visit": reverse("ratings:site_visit", args=[judged.assessment.pk]),
        "sheet_reopen": reverse("ratings:sheet_reopen", args=[sheet.pk]),
        "paper_check": reverse("ratings:paper_check", args=[sheet.pk]),
    }


def test_next_years_draft_does_not_hide_the_panels_of_the_running_year(judged, city):
    draft, client = draft_year(city, year=judged.scheme.year + 1), signed(judged.office)
    board = reverse("ratings:panel_board", args=[judged.scheme.pk])

    assert client.get(reverse("ratings:panels")).url == board
    Scheme.objects.filter(pk=draft.pk).update(phase=Phase.SETTLED, imported=True)  # out of workbooks
    assert client.get(reverse("ratings:panels")).url == board


def text(response) -> str:
    return response.content.decode()


def test_the_office_sets_up_a_panel_seats_judges_and_gives_it_schools(judged, city):
    client, board = signed(judged.office), reverse("ratings:panel_board", args=[judged.scheme.pk])

    response = client.post(board, {"name": " 第二组 "})
    panel = Panel.objects.get(name="第二组")
    assert response.url == reverse("ratings:panel", args=[panel.pk])
    for number in (7, 8, 9):
        assert (
            client.post(response.url, {"user": judge_account(city, number).pk, "label": ""}).status_code
            == 302
        )
    member = panel.judges.first()
    unseen = client.get(response.url).context["seen"]
    another = panel.judges.last()
    leader = {"act": "leader"}
    press(client, reverse("ratings:panel_judge", args=[panel.pk, another.pk]), leader, on=response.url)
    second = reverse("ratings:panel_judge", args=[panel.pk, member.pk])
    told = text(client.post(second, leader | {"seen": unseen}, follow=True))
    assert f"本组成员和组长（{judged.office.name}" in told and "有变化，没有办理" in told
    panel.refresh_from_db()
    assert panel.leader == another
    press(client, second, leader, on=response.url)
    row = judged.assessments[1]
    chosen = {"school": row.pk, "panel": panel.pk, "act": "assign", "seen": f"{row.pk}:"}
    assert f'name="seen" value="{row.pk}:{row.panel_id}"' in text(client.get(board))
    lost = text(client.post(reverse("ratings:panel_schools", args=[judged.scheme.pk]), chosen, follow=True))
    assert f"{row.school.name}已分给第一组，没有改分" in lost and not panel.assessments.exists()
    chosen["seen"] = f"{row.pk}:{row.panel_id}"
    page = client.post(
        reverse("ratings:panel_schools", args=[judged.scheme.pk]), chosen, follow=True
    ).content.decode()

    panel.refresh_from_db()
    assert panel.leader == member
    assert panel.assessments.get() == judged.assessments[1]
    assert "已把 1 所党校分给第二组" in page


def test_a_refusal_keeps_what_was_typed_and_says_why(judged, city, school):
    client = signed(judged.office)
    guide = judge_account(city, 9)
    LiaisonFactory(user=guide, school=school)

    again = client.post(
        reverse("ratings:panel_board", args=[judged.scheme.pk]), {"name": "第一组"}
    ).content.decode()
    seated = client.post(
        reverse("ratings:panel", args=[judged.panel.pk]), {"user": guide.pk, "label": "钱教授"}
    ).content.decode()
    nobody = client.post(
        reverse("ratings:panel", args=[judged.panel.pk]), {"user": "", "label": ""}
    ).content.decode()

    assert "本方案已有“第一组”" in again and 'value="第一组"' in again
    assert "不能评审该校" in seated and 'value="钱教授"' in seated
    assert "没有账号的评委请填写姓名" in nobody
    assert not Judge.objects.filter(label="钱教授").exists()


def test_a_guide_among_the_judges_stops_the_whole_assignment(judged, city):
    client = signed(judged.office)
    panel = Panel.objects.create(scheme=judged.scheme, name="第二组")
    for number in (7, 8, 9):
        panel.judges.add(
            Judge.objects.create(
                scheme=judged.scheme, label=f"评委{number}", user=judge_account(city, number)
            )
        )
    LiaisonFactory(user=panel.judges.first().user, school=judged.assessments[1].school)
    chosen = {"school": [one.pk for one in judged.assessments], "panel": panel.pk, "act": "assign"}
    chosen["seen"] = [f"{one.pk}:{one.panel_id}" for one in judged.assessments]

    page = client.post(
        reverse("ratings:panel_schools", args=[judged.scheme.pk]), chosen, follow=True
    ).content.decode()

    assert "评委7挂点联系指导" in page
    assert not panel.assessments.exists()


def test_visits_are_marked_for_the_ticked_schools(judged):
    client, address = signed(judged.office), reverse("ratings:panel_schools", args=[judged.scheme.pk])

    client.post(address, {"school": judged.assessment.pk, "act": "unvisited"})
    judged.assessment.refresh_from_db()
    assert not judged.assessment.visited
    page = client.post(address, {"act": "visited"}, follow=True).content.decode()
    assert "请先勾选党校" in page


def test_panels_and_schools_of_another_year_cannot_be_chosen(judged, city, school):
    other = draft_year(city, year=judged.scheme.year + 1)
    panel = Panel.objects.create(scheme=other, name="明年组")
    stray = Assessment.objects.create(scheme=other, school=school)
    client, address = signed(judged.office), reverse("ratings:panel_schools", args=[judged.scheme.pk])

    for chosen, sentence in (
        ({"school": judged.assessment.pk, "panel": panel.pk, "act": "assign"}, "请选择评审组。"),
        ({"school": stray.pk, "act": "visited"}, "请先勾选党校。"),
    ):
        page = client.post(address, chosen, follow=True)
        assert [str(message) for message in page.context["messages"]] == [sentence]


def test_the_list_of_schools_is_narrowed_to_a_panel_or_to_those_without(judged):
    client, board = signed(judged.office), reverse("ratings:panel_board", args=[judged.scheme.pk])
    seated, loose = judged.assessments
    Assessment.objects.filter(pk=loose.pk).update(panel=None)

    for query, found in (
        ({}, {seated, loose}),
        ({"panel": judged.panel.pk}, {seated}),
        ({"panel": "none"}, {loose}),
        ({"q": loose.school.code}, {loose}),
    ):
        assert set(client.get(board, query).context["page"]) == found, query
    Assessment.objects.filter(pk=loose.pk).update(status=Status.DECLINED)
    assert set(client.get(board).context["page"]) == {seated}


def test_the_office_sees_progress_and_no_score(judged):
    client = signed(judged.office)
    judged.score(judged.judges[0], remark="评语暗号")
    Score.objects.filter(judge__user=judged.judges[0]).update(points="17.7700")

    text = "".join(client.get(address).content.decode() for address in pages(judged).values())

    assert "5 / 5" in text
    assert "评语暗号" not in text and "17.77" not in text


def test_the_exported_progress_counts_sheets_and_holds_no_score(judged):
    judged.hand_in(judged.judges[0])
    Score.objects.filter(judge__user=judged.judges[0]).update(points="17.7700", remark="评语暗号")

    response = signed(judged.office).post(reverse("ratings:panel_export", args=[judged.scheme.pk]))
    table = read_workbook(b"".join(response.streaming_content), name="x.xlsx").first_sheet.table(
        ["党校", "评分表", "已提交"]
    )

    found = {row["党校"]: (int(row["评分表"]), int(row["已提交"])) for row in table.rows}
    assert found == {judged.assessments[0].school.name: (3, 1), judged.assessments[1].school.name: (3, 0)}
    assert AuditEntry.objects.filter(action="export").count() == 1


def test_a_sheet_is_given_back_with_a_reason_only(judged):
    client = signed(judged.office)
    judged.hand_in(judged.judges[0])
    sheet = judged.sheet(judged.judges[0])
    address = reverse("ratings:sheet_reopen", args=[sheet.pk])

    assert "请写明退回理由" in client.post(address, {"reason": ""}).content.decode()
    client.post(address, {"reason": "漏看台账"})

    sheet.refresh_from_db()
    assert sheet.submitted_at is None
    assert "漏看台账" in AuditEntry.objects.get(action="sheet").detail


def test_a_paper_sheet_goes_through_two_hands(judged, colleague):
    sheet = judged.sheet(judged.judges[0])
    office, other = signed(judged.office), signed(colleague)
    paper = reverse("ratings:paper", args=[sheet.pk])

    assert office.get(paper).status_code == 404
    assert office.post(reverse("ratings:paper_entry", args=[sheet.pk])).url == paper
    rows = Score.objects.filter(
        assessment=judged.assessment, stage=Stage.CITY, judge=sheet.judge
    ).select_related("item")
    data = {}
    for row in rows:
        answers = {
            name: "是" if value is True else str(value)
            for name, value in FULL[row.item.code].items()
            if value is not False
        }
        data |= fields(row, **answers)
    assert office.post(paper, data).status_code == 302
    scan = SimpleUploadedFile("签字表.pdf", SMALL_PDF)
    office.post(reverse("ratings:sheet_scan", args=[sheet.pk]), {"scan": scan})
    check = reverse("ratings:paper_check", args=[sheet.pk])
    own = office.get(check).content.decode()
    page = other.get(check).content.decode()
    seen = page.split('name="seen" value="')[1].split('"')[0]

    office.post(check, {"seen": seen})
    sheet.refresh_from_db()
    assert "录入的人不能核对" in own
    assert sheet.submitted_at is None
    assert (
        "听课：A" in page
        and reverse("ratings:evidence", args=[JudgeSheet.objects.get(pk=sheet.pk).scan_id]) in page
    )
    other.post(check, {"seen": seen})
    sheet.refresh_from_db()
    assert (sheet.entered_by, sheet.checked_by) == (judged.office, colleague)


def test_empty_rows_of_a_paper_sheet_stay_unscored(judged):
    sheet = judged.sheet(judged.judges[0])
    client = signed(judged.office)
    client.post(reverse("ratings:paper_entry", args=[sheet.pk]))
    rows = Score.objects.filter(
        assessment=judged.assessment, stage=Stage.CITY, judge=sheet.judge
    ).select_related("item")
    data = {name: value for row in rows for name, value in fields(row).items()} | fields(
        rows.get(item__code="L1"), 听课="B"
    )

    client.post(reverse("ratings:paper", args=[sheet.pk]), data)

    assert [row.item.code for row in rows.filter(answers__isnull=False)] == ["L1"]


def test_a_wrong_value_of_a_paper_sheet_stays_on_the_page_and_the_rest_is_saved(judged):
    sheet = judged.sheet(judged.judges[0])
    client = signed(judged.office)
    client.post(reverse("ratings:paper_entry", args=[sheet.pk]))
    rows = Score.objects.filter(
        assessment=judged.assessment, stage=Stage.CITY, judge=sheet.judge
    ).select_related("item")
    data = fields(rows.get(item__code="L1"), 听课="B") | fields(
        rows.get(item__code="L3"), 质量="A", 调研次数="多次"
    )

    page = client.post(reverse("ratings:paper", args=[sheet.pk]), data).content.decode()

    assert 'value="多次"' in page and "填写有误" in page
    assert rows.get(item__code="L1").answers == {"答": {"听课": "B"}}
    assert rows.get(item__code="L3").answers is None


def test_a_scan_that_is_no_picture_of_paper_is_refused(judged):
    sheet = judged.sheet(judged.judges[0])
    client = signed(judged.office)
    client.post(reverse("ratings:paper_entry", args=[sheet.pk]))

    address = reverse("ratings:sheet_scan", args=[sheet.pk])

    for name, content, sentence in (
        ("表.html", b"<html></html>", "不接收 .html 文件"),
        ("表.xlsx", book(["得分"]), "请上传 PDF、JPG 或 PNG 格式的扫描件。"),
    ):
        page = client.post(address, {"scan": SimpleUploadedFile(name, content)}, follow=True)
        assert sentence in page.content.decode()
    sheet.refresh_from_db()
    assert sheet.scan is None


@pytest.mark.parametrize("role", [role.value for role in Role if role != Role.OFFICE])
def test_panel_pages_are_the_office_alone_and_a_forbidden_post_changes_nothing(role, judged, appoint):
    user = judged.judges[0] if role == "judge" else appoint(role)
    client, before = (
        signed(user),
        (Panel.objects.count(), list(JudgeSheet.objects.values()), list(Score.objects.values())),
    )

    addresses = pages(judged)
    if role == "judge":
        addresses.pop("site_visit")  # those who went register it too
    for address in addresses.values():
        assert client.get(address).status_code == 403
        assert client.post(
            address, {"name": "第九组", "reason": "想看", "user": "", "label": "某人"}
        ).status_code in (403, 405)
    sheet = judged.sheet(judged.judges[0])
    for name in ("paper_entry", "sheet_scan"):
        assert client.post(reverse(f"ratings:{name}", args=[sheet.pk])).status_code == 403

    assert (Panel.objects.count(), list(JudgeSheet.objects.values()), list(Score.objects.values())) == before


def test_the_office_of_another_city_finds_nothing(judged):
    stranger = UserFactory()
    AppointmentFactory(user=stranger, role="office", city=CityFactory())
    client = signed(stranger)

    assert {client.get(address).status_code for address in pages(judged).values()} == {404}


@pytest.mark.parametrize("schools", [1, 3, 8])
def test_panel_pages_keep_their_query_count(schools, year, city, county, school, office):
    judged = judge_year(year, city, county, school, office, schools=schools)
    client, counts = signed(office), {}
    judged.hand_in(judged.judges[0])
    entered = judged.sheet(judged.judges[1])
    start_entry(entered, by=office)
    client.get("/")

    for name, address in {**pages(judged), "paper": reverse("ratings:paper", args=[entered.pk])}.items():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        counts[name] = len(queries)

    assert max(counts.values()) <= MOST_QUERIES, counts
    assert counts["panel_board"] == 9, counts


def test_assigning_the_same_schools_again_changes_nothing(judged):
    assert assign(judged.panel, judged.assessments, by=judged.office) == 0


def test_an_office_without_a_year_to_arrange_is_told_so(appoint, signed_client):
    response = signed_client(appoint("office")).get(reverse("ratings:panels"))

    assert "还没有可以安排评审的方案" in response.content.decode()
