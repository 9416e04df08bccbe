"""What the county does besides scoring: 核定, return and recall, division of work, collective
confirmation.
"""

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from ratings.enums import Stage, Status
from ratings.models import Adjustment, Assessment, Category, Division, Score
from ratings.sheets import load_sheets
from ratings.sheets.answering import save
from ratings.workflow import blockers, scheme_spec, take_step, uneditable
from ratings.workflow.deadlines import return_deadline
from schools.models import AuditEntry, School
from schools.templatetags.ui import day
from tests.factories import AppointmentFactory, CountyFactory, TrainingClassFactory
from tests.html_forms import press, seen_on
from tests.ratings.opened_year import fields

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


#: Posted by name; L1 is asked of reviewers only.
BEST = {
    "K2": {"音响": "是", "桌椅": "是"},
    "L2": {},
    "L3": {"质量": "A", "调研次数": "2"},
    "M1": {"成果": "1"},
}


@pytest.fixture
def submitted(assessment, filler, head) -> Assessment:
    """Filled in and submitted, waiting for the county."""
    answer(assessment, Stage.SELF, filler, BEST)
    take_step(assessment, "submit", by=head)
    return assessment


@pytest.fixture
def lead(appoint):
    return appoint("county_lead")


@pytest.fixture
def reviewer(appoint):
    return appoint("county")


def page(assessment, name: str, *args) -> str:
    return reverse(f"ratings:{name}", args=[assessment.pk, *args])


def county_row(assessment, code: str) -> Score:
    return Score.objects.select_related("item").get(
        assessment=assessment, stage=Stage.COUNTY, item__code=code
    )


def answer(assessment, stage: str, user, posted: dict) -> None:
    for score in Score.objects.filter(
        assessment=assessment, stage=stage, item__code__in=posted
    ).select_related("item"):
        save(
            score.pk, by=user, version=score.version, posted=posted[score.item.code], remark="", declared=True
        )


def scored(assessment, user) -> None:
    """Everything agreed, the one 核定要素 judged."""
    answer(assessment, Stage.COUNTY, user, BEST | {"L1": {"听课": "A"}})


def test_an_adjustment_needs_a_reason(signed_client, reviewer, submitted):
    response = press(
        signed_client(reviewer),
        page(submitted, "review_adjust", "K1"),
        {"points": "20", "reason": " "},
    )

    assert response.status_code == 200
    assert "填写有误" in text(response)
    assert 'value="20"' in text(response)
    assert not Adjustment.objects.exists()


@pytest.mark.parametrize("points", ["30.01", "-1", "多"])
def test_an_adjustment_stays_within_the_computed_part(points, signed_client, reviewer, submitted):
    press(
        signed_client(reviewer),
        page(submitted, "review_adjust", "K1"),
        {"points": points, "reason": "现场清点"},
    )

    assert not Adjustment.objects.exists()


def test_an_adjustment_keeps_the_figures_seen_and_enters_the_audit_trail(signed_client, reviewer, submitted):
    client = signed_client(reviewer)
    response = press(
        client,
        page(submitted, "review_adjust", "K1"),
        {"points": "20", "reason": "现场清点 80 座"},
        follow=True,
    )

    found = Adjustment.objects.get()
    assert (found.points, found.stage, found.by, found.metric_values) == (
        20,
        Stage.COUNTY,
        reviewer,
        {"主教室座位": "120"},
    )
    assert "20.00 分：现场清点 80 座" in text(response)
    assert AuditEntry.objects.filter(action="adjust").count() == 1


def test_a_withdrawn_adjustment_gives_the_system_figure_back_and_stays_in_the_trail(
    signed_client, reviewer, submitted
):
    client = signed_client(reviewer)
    press(client, page(submitted, "review_adjust", "K1"), {"points": "20", "reason": "现场清点"})
    press(client, page(submitted, "review_adjust", "K1"), {"withdraw": "1"})

    assert not Adjustment.objects.exists()
    assert AuditEntry.objects.filter(action="adjust").count() == 2


def test_an_adjusted_figure_that_changes_is_to_be_looked_at_again(signed_client, reviewer, submitted):
    client = signed_client(reviewer)
    press(client, page(submitted, "review_adjust", "K1"), {"points": "20", "reason": "现场清点"})
    snapshot = submitted.snapshots.get()
    snapshot.values["主教室座位"] = "90"
    snapshot.save()

    assert "数据已变，待复核" in text(client.get(page(submitted, "review_school")))


def test_items_without_a_computed_part_are_not_adjusted(signed_client, reviewer, submitted):
    assert signed_client(reviewer).get(page(submitted, "review_adjust", "K2")).status_code == 404


def test_a_return_names_items_and_shows_until_when(signed_client, reviewer, submitted):
    client = signed_client(reviewer)
    shown = text(client.get(page(submitted, "review_return")))
    empty = press(client, page(submitted, "review_return"), {"comment": "请补正"})
    press(client, page(submitted, "review_return"), {"comment": "请补正", "item-L3": "调研材料不全"})

    submitted.refresh_from_db()
    due = return_deadline(timezone.localdate())
    assert day(due) in shown
    assert "请至少在一个小项里写明要补正什么" in text(empty)
    assert (submitted.status, submitted.return_due) == (Status.RETURNED, due)
    assert [(one.item.code, one.comment) for one in submitted.moves.last().items.all()] == [
        ("L3", "调研材料不全")
    ]


def test_a_returned_school_unlocks_the_named_item_only_and_comes_back(
    signed_client, reviewer, filler, head, submitted
):
    client = signed_client(reviewer)
    press(client, page(submitted, "review_return"), {"comment": "请补正", "item-L3": "调研材料不全"})
    rows = {
        row.item.code: row
        for row in Score.objects.filter(assessment=submitted, stage=Stage.SELF).select_related(
            "item", "assessment"
        )
    }

    assert uneditable(rows["L3"], filler) == ""
    assert uneditable(rows["K2"], filler) == "退回补正时只能修改所列小项。"
    assert "退回补正（1）" in text(client.get(reverse("ratings:review")))

    submitted.refresh_from_db()
    take_step(submitted, "resubmit", by=head)
    assert "退回时要求：调研材料不全" in text(client.get(page(submitted, "review_school") + "?show=all"))
    assert "本阶段已退回 1 次" in text(
        press(client, page(submitted, "review_return"), {"comment": "再补", "item-K2": "不清楚"})
    )


def test_recall_waits_for_the_deadline(signed_client, reviewer, submitted):
    client = signed_client(reviewer)
    press(client, page(submitted, "review_return"), {"comment": "请补正", "item-L3": "调研材料不全"})

    press(client, page(submitted, "review_recall"), on=page(submitted, "review_school"))
    assert Assessment.objects.get().status == Status.RETURNED
    assert "收回以后" not in text(client.get(page(submitted, "review_school")))

    Assessment.objects.update(return_due=timezone.localdate() - dt.timedelta(days=1))
    assert "收回以后" in text(client.get(page(submitted, "review_school")))
    press(client, page(submitted, "review_recall"), on=page(submitted, "review_school"))
    assert Assessment.objects.get().status == Status.COUNTY


def test_a_category_given_to_one_reviewer_is_closed_to_the_others(
    signed_client, lead, appoint, reviewer, county, submitted
):
    colleague = AppointmentFactory(role="county", county=county).user
    category = Category.objects.get(scheme=submitted.scheme, code="K")

    client, divided = signed_client(lead), {f"category-{category.pk}": str(colleague.pk)}
    before = seen_on(client, reverse("ratings:review_division"))
    press(client, reverse("ratings:review_division"), divided)
    told = text(client.post(reverse("ratings:review_division"), before))
    assert "初评分工有变化，没有办理" in told and Division.objects.get().user == colleague
    client = signed_client(reviewer)
    press(client, page(submitted, "review_agree"), {"act": "answers"}, on=page(submitted, "review_school"))
    client.post(page(submitted, "review_school"), fields(county_row(submitted, "K2"), 音响="是"))
    press(client, page(submitted, "review_adjust", "K1"), {"points": "20", "reason": "现场清点"})

    assert Division.objects.get().user == colleague
    assert county_row(submitted, "K2").answers is None
    assert county_row(submitted, "L3").answers is not None
    assert not Adjustment.objects.exists()


def test_what_a_former_reviewer_was_given_is_everybodys_again(signed_client, reviewer, county, submitted):
    former = AppointmentFactory(
        role="county", county=county, end=timezone.localdate() - dt.timedelta(days=1)
    ).user
    Division.objects.create(
        category=Category.objects.get(scheme=submitted.scheme, code="K"), county=county, user=former
    )
    client = signed_client(reviewer)

    press(client, page(submitted, "review_agree"), {"act": "answers"}, on=page(submitted, "review_school"))
    press(client, page(submitted, "review_adjust", "K1"), {"points": "20", "reason": "现场清点"})

    assert county_row(submitted, "K2").answers is not None
    assert Adjustment.objects.get().item.code == "K1"
    assert uneditable(county_row(submitted, "K2"), reviewer) == ""


def test_only_the_lead_divides_and_confirms(signed_client, reviewer, submitted):
    client = signed_client(reviewer)

    assert client.get(reverse("ratings:review_division")).status_code == 403
    assert press(client, page(submitted, "review_confirm"), {"star": 5, "opinion": "同意"}).status_code == 403
    assert Assessment.objects.get().status == Status.COUNTY


def test_reviewers_of_other_counties_are_not_offered(signed_client, lead, reviewer, city, submitted):
    stranger = AppointmentFactory(role="county", county=CountyFactory(city=city)).user
    shown = signed_client(lead).get(reverse("ratings:review_division"))

    assert reviewer.name in text(shown)
    assert stranger.username not in text(shown)


def test_what_is_missing_is_listed_with_links_and_stops_the_confirmation(signed_client, lead, submitted):
    client = signed_client(lead)
    shown = text(client.get(page(submitted, "review_confirm")))
    refused = text(press(client, page(submitted, "review_confirm"), {"star": "5", "opinion": "同意上报"}))

    assert f'<a href="{page(submitted, "review_school")}?show=all#item-L1">L1 听课尚未评分</a>' in shown
    assert "L1 听课尚未评分" in refused
    assert "同意上报" in refused
    assert Assessment.objects.get().status == Status.COUNTY


def test_a_difference_beyond_a_fifth_owes_a_reason_before_confirming(
    signed_client, lead, reviewer, submitted
):
    scored(submitted, reviewer)
    row = county_row(submitted, "K2")
    save(row.pk, by=reviewer, version=row.version, posted={"桌椅": "是"}, remark="")
    client = signed_client(lead)

    shown = text(client.get(page(submitted, "review_confirm")))
    refused = text(press(client, page(submitted, "review_confirm"), {"star": "4", "opinion": "同意上报"}))
    row = county_row(submitted, "K2")
    save(row.pk, by=reviewer, version=row.version, posted={"桌椅": "是"}, remark="音响已损坏")
    press(client, page(submitted, "review_confirm"), {"star": "4", "opinion": "同意上报"})

    assert "K2 设施与自评相差较大，请写明理由" in shown
    assert "初评与自评相差 10.00 分，请写明理由" in refused
    assert Assessment.objects.get().status == Status.CITY


@pytest.mark.parametrize(
    "changed", [("L3", {"质量": "B", "调研次数": "2"}), ("K2", {"音响": "是"}), ("M1", {})]
)
def test_the_page_and_the_step_name_the_same_reasons_owed(changed, reviewer, submitted):
    scored(submitted, reviewer)
    row = county_row(submitted, changed[0])
    save(row.pk, by=reviewer, version=row.version, posted=changed[1], remark="")
    sheet = load_sheets(scheme_spec(submitted.scheme), [submitted])[0]

    named = {one.item for one in blockers(submitted, "recommend", {"star": 5, "opinion": "同意"})}

    assert named == set(sheet.reasons_owed)


def test_confirming_sends_star_and_opinion_to_the_city_and_locks_the_review(
    signed_client, lead, reviewer, submitted
):
    scored(submitted, reviewer)
    client = signed_client(lead)
    response = press(
        client,
        page(submitted, "review_confirm"),
        {"star": "5", "opinion": "经集体研究，同意推荐五星。"},
        follow=True,
    )

    submitted.refresh_from_db()
    assert (submitted.status, submitted.suggested_star, submitted.county_opinion) == (
        Status.CITY,
        5,
        "经集体研究，同意推荐五星。",
    )
    assert submitted.snapshots.filter(moment="final").exists()
    assert "已报送市评审" in text(response)
    assert "初评不能再填写" in text(client.get(page(submitted, "review_school")))
    row = county_row(submitted, "K2")
    client.post(page(submitted, "review_school"), fields(row, 音响="是"))
    press(client, page(submitted, "review_agree"), {"act": "both"}, on=page(submitted, "review_school"))
    assert county_row(submitted, "K2").version == row.version


def test_an_opinion_of_more_than_300_characters_is_kept_and_refused(signed_client, lead, reviewer, submitted):
    scored(submitted, reviewer)
    response = press(
        signed_client(lead),
        page(submitted, "review_confirm"),
        {"star": "5", "opinion": "好" * 301},
    )

    assert "好" * 301 in text(response)
    assert "300" in text(response)
    assert Assessment.objects.get().status == Status.COUNTY


def test_an_opinion_that_cannot_be_printed_is_replaced_and_said_or_refused_by_its_sign(
    signed_client, lead, reviewer, submitted
):
    scored(submitted, reviewer)
    client, address = signed_client(lead), page(submitted, "review_confirm")

    refused = text(press(client, address, {"star": "4", "opinion": "同意👍建议四星"}))
    submitted.refresh_from_db()
    assert "“👍”（U+1F44D）在公文和用表里印不出来" in refused and "同意👍建议四星" in refused
    assert (submitted.status, submitted.county_opinion) == (Status.COUNTY, "")

    following = press(client, address, {"star": "4", "opinion": "☑同意\u2028建议四星"}, follow=True)
    submitted.refresh_from_db()
    assert submitted.county_opinion == "√同意\n建议四星"
    assert "“☑”（U+2611）改为“√”，U+2028改为换行。" in text(following)

    # Stored before it was asked: the paper is not printed with something else, and says where.
    Assessment.objects.update(county_opinion="同意👍")
    county = [submitted.scheme_id, submitted.school.county_id]
    paper = text(client.get(reverse("ratings:form_county_pdf", args=county), follow=True))
    assert f"“{submitted.school.name}”一行的“初评意见”一栏" in paper
    assert "请由县（市、区）初评人改正" in paper


def test_figures_changed_since_submission_are_listed_with_their_items(signed_client, reviewer, submitted):
    client = signed_client(reviewer)
    before = text(client.get(reverse("ratings:review_changes")))
    School.objects.filter(pk=submitted.school_id).update(seats=80)

    after = text(client.get(reverse("ratings:review_changes")))

    assert "没有变化" in before
    assert (
        '主教室座位</th><td class="num">120 座</td><td class="num"><strong>80 座</strong></td><td>K1</td>'
        in after
    )


def test_classes_registered_late_are_shown_as_a_share(signed_client, reviewer, submitted):
    start = submitted.scheme.period_start
    at = timezone.make_aware(dt.datetime.combine(start + dt.timedelta(days=40), dt.time(9)))
    TrainingClassFactory(school=submitted.school, starts_on=start, recorded_at=at)
    TrainingClassFactory(school=submitted.school, starts_on=start)

    assert '<td class="num">50%</td>' in text(signed_client(reviewer).get(reverse("ratings:review_changes")))


def test_after_the_deadline_nothing_is_written_and_everybody_is_told(signed_client, lead, submitted):
    submitted.scheme.county_due = timezone.localdate() - dt.timedelta(days=10)
    submitted.scheme.save(update_fields=["county_due"])
    client = signed_client(lead)
    kept = fields(county_row(submitted, "L1"), 听课="A", remark="写下的话")

    refused = text(client.post(page(submitted, "review_school") + "?show=all", kept))
    agreed = text(
        press(
            client,
            page(submitted, "review_agree"),
            {"act": "both"},
            on=page(submitted, "review_school"),
            follow=True,
        )
    )
    adjusted = text(
        press(client, page(submitted, "review_adjust", "K1"), {"points": "20", "reason": "现场清点"})
    )

    assert "写下的话" in refused
    assert all("如需延期请联系市评委会办公室" in shown for shown in (refused, agreed, adjusted))
    assert not Adjustment.objects.exists()
    assert not Score.objects.filter(stage=Stage.COUNTY, answers__isnull=False).exists()
    assert submitted.snapshots.get().accepted_at is None
