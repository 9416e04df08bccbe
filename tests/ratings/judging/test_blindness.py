"""What judges, schools and counties must not learn of single scores, before the panel is closed and after."""

import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from ratings.enums import Stage
from ratings.judging.seats import judged_by, load_seats, reveal
from ratings.models import Adjustment, Evidence, JudgeSheet, Panel, Score
from ratings.workflow import scheme_spec
from schools import audit
from schools.audit import ACTIONS
from schools.models import AuditEntry
from schools.workbooks import read_workbook
from tests.blind_year import OF_SCHOOLS, REGISTRY
from tests.ratings.judged_year import FULL, NOTHING, close, desk_pages, signed
from tests.ratings.opened_year import fields

pytestmark = pytest.mark.django_db

#: Everybody outside of the panel, and of each kind the one who sees most.
EVERYBODY = (
    "filler",
    "head",
    "county",
    "county_lead",
    "viewer",
    "liaison",
    "auditor",
    "sysadmin",
    "security",
)
SEE_MOST = ("head", "county_lead", "viewer", "auditor")
#: Who may read scores once the panel is closed, or opens no page of the rating.
AFTERWARDS = ("auditor", "sysadmin", "security")
CSRF = re.compile(rb'(csrfmiddlewaretoken" value="|x-csrftoken": ")[^"]+')


def read(client: Client, pages: list[str]) -> dict[str, bytes]:
    """The bytes of each page without its form token."""
    return {page: CSRF.sub(b"", client.get(page).content) for page in pages}


def test_another_judges_sheet_does_not_change_a_byte(judged):
    judge, other = judged.judges[:2]
    judged.score(judge)
    client, pages = signed(judge), desk_pages(judged)
    judged.score(other, NOTHING, remark="零分")
    nothing = read(client, pages)

    judged.score(other, FULL, remark="满分")
    full = read(client, pages)
    Score.objects.filter(judge__user=other).update(answers=None, points=None, remark="", version=0)
    unscored = read(client, pages)
    judged.hand_in(other)
    handed_in = read(client, pages)

    for page in pages:
        assert nothing[page] == full[page] == unscored[page] == handed_in[page], page


def test_the_same_comparison_sees_a_difference_in_ones_own_sheet(judged):
    client, pages = signed(judged.judges[0]), [reverse("ratings:judging_school", args=[judged.assessment.pk])]
    judged.score(judged.judges[0], NOTHING)
    nothing = read(client, pages)

    judged.score(judged.judges[0], FULL)

    assert read(client, pages) != nothing


def test_the_exported_grid_holds_ones_own_points_only(judged):
    judge, other = judged.judges[:2]
    judged.score(judge)
    cells = []
    for answers in (NOTHING, FULL):
        judged.score(other, answers, remark="评语暗号")
        response = signed(judge).post(reverse("ratings:judging_export"))
        cells.append(
            read_workbook(b"".join(response.streaming_content), name="grid.xlsx").first_sheet.table(
                ["党校", "L1 听课"]
            )
        )

    first, second = ([(row["党校"], row["L1 听课"]) for row in table.rows] for table in cells)
    assert first == second
    assert dict(first)[judged.assessment.school.name] in ("10", "10.00", 10)


def tokens(judged) -> dict[str, str]:
    """A word of its own in every confidential field of the city's review."""
    words = {}
    for number, judge in enumerate(judged.judges):
        words[f"label{number}"], words[f"remark{number}"] = f"署名暗号{number}甲", f"评语暗号{number}乙"
        judged.panel.judges.filter(user=judge).update(label=words[f"label{number}"])
        for assessment in judged.assessments:
            judged.score(
                judge, FULL if number else NOTHING, assessment=assessment, remark=words[f"remark{number}"]
            )
    words["panel"], words["adjustment"], words["scan"] = "组名暗号丙", "核定暗号丁", "扫描件暗号戊.pdf"
    Panel.objects.filter(pk=judged.panel.pk).update(name=words["panel"])
    item = judged.row(judged.judges[0], "L2").item
    reason = {"points": 1, "reason": words["adjustment"], "at": "2026-01-05T00:00Z"}
    Adjustment.objects.create(assessment=judged.assessment, item=item, stage=Stage.CITY, **reason)
    file = {
        "kind": "file",
        "file": "x",
        "digest": "0" * 64,
        "confidential": True,
        "by": judged.office,
        "at": "2026-01-05T00:00Z",
    }
    sheet = judged.sheet(judged.judges[1])
    sheet.scan = Evidence.objects.create(assessment=judged.assessment, name=words["scan"], **file)
    sheet.save(update_fields=["scan"])
    return words


def crawl(client: Client, start: str = "/", most: int = 300) -> dict[str, str]:
    """Every page that links lead to, from the workbench on; files as their bytes."""
    waiting, seen = [start], {}
    while waiting:
        address = waiting.pop()
        if (
            address in seen
            or address.startswith(("/static/", "/accounts/logout", "/admin/", *OF_SCHOOLS))
            or REGISTRY.match(address)
        ):
            continue
        assert len(seen) < most, "too many pages to look at all of them"
        response = client.get(address)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        seen[address] = content.decode(errors="replace")
        if response.status_code in (301, 302):
            waiting.append(response.url)
        waiting += [
            found.replace("&amp;", "&").split("#")[0]
            for found in re.findall(r'href="(/[^"]*)"', seen[address])
        ]
    return seen


def leaks(pages: dict[str, str], words: dict[str, str], hidden: set[str]) -> list[str]:
    """Where a hidden word stands."""
    return [
        f"{name} on {address}"
        for address, text in pages.items()
        for name in sorted(hidden)
        if words[name] in text
    ]


@pytest.fixture(
    params=[SEE_MOST, pytest.param(EVERYBODY, marks=pytest.mark.deep)], ids=["who sees most", "everybody"]
)
def readers(request) -> tuple[str, ...]:
    return request.param


def test_nobody_reads_a_confidential_word_of_the_review_before_closing(judged, appoint, readers):
    words = tokens(judged)
    others = {name for name in words if name[-1] in "12"} | {"scan"}
    wrong = leaks(crawl(signed(judged.judges[0])), words, others)

    for role in readers:
        wrong += [f"{role}: {leak}" for leak in leaks(crawl(signed(appoint(role))), words, set(words))]

    assert wrong == []


def test_after_closing_the_panel_sees_its_scores_and_schools_and_counties_still_none(
    judged, appoint, readers
):
    words = tokens(judged)
    close(judged)

    mine = crawl(signed(judged.judges[0]))
    wrong = leaks(mine, words, {"remark1", "remark2", "scan"})
    for role in (one for one in readers if one not in AFTERWARDS):
        wrong += [f"{role}: {leak}" for leak in leaks(crawl(signed(appoint(role))), words, set(words))]

    panel = mine[reverse("ratings:judging_panel", args=[judged.assessment.pk])]
    assert words["label1"] in panel and words["label2"] in panel
    assert wrong == []


def test_one_open_sheet_anywhere_keeps_the_whole_panel_closed_to_its_judges(judged):
    words = tokens(judged)
    close(judged)
    last = JudgeSheet.objects.filter(assessment=judged.assessments[1]).last()
    JudgeSheet.objects.filter(pk=last.pk).update(submitted_at=None, submitted_by=None)

    page = (
        signed(judged.judges[0])
        .get(reverse("ratings:judging_panel", args=[judged.assessment.pk]))
        .content.decode()
    )

    assert "现在还不能查看" in page
    assert words["label1"] not in page


def test_a_row_of_another_judge_cannot_be_opened_or_written(judged):
    row = judged.row(judged.judges[1], "L1")
    for user in (judged.judges[0], judged.office):
        client = signed(user)
        assert client.get(reverse("ratings:answer", args=[row.pk])).status_code == 404
        assert client.post(reverse("ratings:answer", args=[row.pk]), fields(row, 听课="A")).status_code == 404
    assert judged.row(judged.judges[1], "L1").answers is None


def test_the_office_entering_one_paper_sheet_cannot_open_the_others_there(judged):
    JudgeSheet.objects.filter(pk=judged.sheet(judged.judges[0]).pk).update(entered_by=judged.office)
    client = signed(judged.office)

    assert (
        client.get(reverse("ratings:answer", args=[judged.row(judged.judges[0], "L1").pk])).status_code == 200
    )
    assert (
        client.get(reverse("ratings:answer", args=[judged.row(judged.judges[1], "L1").pk])).status_code == 404
    )


def test_the_audit_trail_keeps_once_who_saw_the_scores_of_which_school(judged):
    first, second = judged.judges[:2]
    here, there = (reverse("ratings:judging_panel", args=[one.pk]) for one in judged.assessments)
    for judge in judged.judges:
        for assessment in judged.assessments:
            judged.score(judge, assessment=assessment)

    signed(first).get(here)
    assert not AuditEntry.objects.filter(action="reveal").exists()

    close(judged)
    for user, page in ((first, here), (first, here), (first, there), (second, here)):
        assert "评委1" in signed(user).get(page).content.decode()
    seen = AuditEntry.objects.filter(action="reveal").order_by("number")
    here, there = map(str, judged.assessments)
    assert [(entry.user, entry.subject) for entry in seen] == [(first, here), (first, there), (second, here)]
    assert {entry.detail for entry in seen} == {'{"评审组":"第一组"}'}


def test_a_page_opened_twice_at_the_same_moment_is_seen_once(judged, monkeypatch):
    judge = judged.judges[0]
    close(judged)
    (seat,) = load_seats(
        scheme_spec(judged.scheme), [judged_by(judge).get(pk=judged.assessment.pk)], judge, with_points=True
    )
    with monkeypatch.context() as patch:

        def hold_after_the_other_request(city):
            patch.undo()
            audit.record("reveal", by=judge, city=city, subject=str(judged.assessment), detail={})

        patch.setattr(audit, "hold_chain", hold_after_the_other_request)
        assert reveal(seat, by=judge)

    assert AuditEntry.objects.filter(action="reveal").count() == 1


def test_every_act_the_audit_trail_names_is_recorded_somewhere():
    """An auditor filters by them: a name that is never recorded promises what does not exist."""
    sources = [
        path.read_text()
        for room in ("ratings", "schools")
        for path in (settings.BASE_DIR / room).rglob("*.py")
    ]
    recorded = "\n".join(text for text in sources if "ACTIONS: dict" not in text)

    assert [action for action in ACTIONS if f'"{action}"' not in recorded] == []
    later = ("公示", "异议", "抽取", "归档", "结果运用")
    assert [label for label in ACTIONS.values() if any(word in label for word in later)] == []
