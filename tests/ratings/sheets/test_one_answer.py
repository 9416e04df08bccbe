"""Where two pages or papers used to give two answers to one question."""

import re
from fractions import Fraction

import pytest
from django.urls import reverse

from ratings.criteria.spec import CategorySpec, ItemSpec, SchemeSpec
from ratings.drafting.errata.foreseeing import points_so_far
from ratings.drafting.ruledesk import checking
from ratings.enums import Confirmation, Stage, Status
from ratings.models import Adjustment, CustomMetric, Item, Scheme
from ratings.rules.rounding import show
from ratings.scoring import Entry, Outcome, SchoolInput
from ratings.workflow import blockers, snapshots, take_step
from ratings.workflow.deadlines import last_day
from schools.metrics.catalogue import DIRECTIONS
from schools.models import School
from tests import clock
from tests.ratings.opened_year import answer_everything, know_figures, open_year

#: Own answers give 90 base points and 2 of bonus, the computed part of K1 thirty of them.
FLOOR = "基础分目前 90.00 分，不足加分起算分 95.00 分，加分 2.00 分暂不计入合计"
UNCOUNTED = FLOOR.replace("目前", "").replace("暂", "")


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


@pytest.fixture
def client_of(client):
    def sign_in(user):
        client.force_login(user)
        return lambda name, *args, **query: text(client.get(reverse(f"ratings:{name}", args=args), query))

    return sign_in


@pytest.fixture
def floored(year, city, school, office):
    """The school has filled everything in; its bonus is below 加分起算分, the head signs on paper."""
    know_figures(school, office)
    scheme = open_year(year, city, office, 加分起算分=95)
    Scheme.objects.filter(pk=scheme.pk).update(confirmation=Confirmation.SIGNED)
    assessment = scheme.assessments.select_related("scheme").get(school=school)
    answer_everything(assessment)
    return assessment


@pytest.fixture
def submitted(assessment, head):
    """With the county."""
    answer_everything(assessment)
    take_step(assessment, "submit", by=head)
    return assessment


@pytest.fixture
def reviewer(appoint):
    return appoint("county")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["assessment", "assessment_check", "assessment_confirmation", "form_self", "form_confirmation"]
)
def test_a_bonus_below_its_floor_counts_nowhere_and_the_school_reads_why(name, floored, filler, client_of):
    shown = client_of(filler)(name, floored.pk)

    assert "90.00" in shown and "92.00" not in shown
    assert UNCOUNTED in shown


@pytest.mark.django_db
def test_while_items_are_open_the_bonus_does_not_count_yet(floored, filler, client_of):
    floored.scores.filter(stage=Stage.SELF, item__code="L3").update(answers=None)

    shown = client_of(filler)("assessment", floored.pk)

    assert FLOOR.replace("90.00", "80.00") in shown and "目前合计 80.00 分" in shown


@pytest.mark.django_db
def test_an_item_asked_only_of_reviewers_has_no_points_of_the_school(submitted, filler, reviewer, client_of):
    own = client_of(filler)("assessment_check", submitted.pk)
    county = client_of(reviewer)("review_school", submitted.pk, show="all")

    assert re.search(r'L1 听课</th>.*?<td class="num">— / 10.00</td>', own)
    assert re.search(r'id="item-L1">.*?<h4>自评<small>—</small>', county)


@pytest.mark.django_db
def test_the_countys_list_and_its_paper_tell_one_difference(submitted, reviewer, client_of):
    for row in submitted.scores.filter(stage=Stage.COUNTY).select_related("item"):
        own = submitted.scores.filter(stage=Stage.SELF, item=row.item).first()
        row.answers = {
            "答": {
                **(own.answers["答"] if own else {}),
                **({"听课": "A"} if row.item.code == "L1" else {"数据不符": 0}),
            }
        }
        if row.item.code != "L2":
            row.answers["答"].pop("数据不符", None)
        row.save(update_fields=["answers"])
    item = Item.objects.get(scheme=submitted.scheme, code="K1")
    values = {"points": 28, "reason": "现场清点", "metric_values": {"主教室座位": "120"}, "at": clock.NOW}
    Adjustment.objects.create(assessment=submitted, item=item, stage=Stage.COUNTY, **values)

    desk = client_of(reviewer)("review", view="all")
    paper = client_of(reviewer)("form_county", submitted.scheme_id, submitted.school.county_id)

    assert '<td class="num">-2.00</td>' in desk
    assert '<td class="num">-2.00</td>' in paper


@pytest.mark.django_db
def test_what_stops_handing_in_is_listed_as_it_is_refused(assessment, filler, client_of):
    School.objects.filter(pk=assessment.school_id).update(seats=None)

    shown = client_of(filler)("assessment_check", assessment.pk)

    reasons = [blocker.text for blocker in blockers(assessment, "send_to_head")] + [
        "K1 主教室缺系统数据：主教室座位，请先补全登记"
    ]
    assert len(reasons) == 5
    assert all(reason in shown for reason in reasons)


@pytest.mark.django_db
def test_after_the_last_day_the_page_says_what_the_step_would(assessment, filler, client_of):
    Scheme.objects.filter(pk=assessment.scheme_id).update(
        self_due=last_day(assessment.scheme.self_due).replace(month=1, day=2)
    )
    assessment.refresh_from_db()

    (overdue,) = [blocker.text for blocker in blockers(assessment, "send_to_head") if "截止" in blocker.text]

    assert overdue in client_of(filler)("assessment_check", assessment.pk)


@pytest.mark.django_db
def test_a_figure_nobody_knows_is_worded_alike_for_school_and_county(submitted, filler, reviewer, client_of):
    submitted.snapshots.update(values={"主教室座位": None, "月报逾期": "0"})

    own = client_of(filler)("assessment_check", submitted.pk)
    county = client_of(reviewer)("review_school", submitted.pk)

    assert "主教室座位 尚无数据" in own
    assert re.search(r"主教室座位</a> <strong>尚无数据</strong>", county)


@pytest.mark.django_db
def test_handing_in_takes_the_figures_once(assessment, head, monkeypatch):
    answer_everything(assessment)
    taken = []
    compute = snapshots.city_figures
    monkeypatch.setattr(snapshots, "city_figures", lambda *args: taken.append(args) or compute(*args))

    take_step(assessment, "submit", by=head)

    assert len(taken) == 1
    assert assessment.status == Status.COUNTY


@pytest.mark.parametrize(
    ("value", "words"), [(Fraction(-3, 2), "-1.50"), (Fraction(-1, 300), "0.00"), (Fraction(5, 1000), "0.01")]
)
def test_figures_below_zero_are_rounded_like_those_above(value, words):
    assert show(value) == words


def test_a_preview_of_a_correction_keeps_points_within_the_item():
    item = ItemSpec("A1", "项", Fraction(4), "清单(主教室座位=3) + 加(成果 每项 1)", category="A")
    spec = SchemeSpec(
        name="测试",
        year=2026,
        organiser="某",
        city="某市",
        categories=(CategorySpec("A", "全部"),),
        items=(item,),
        bands=(),
    )
    school = SchoolInput("1", {"主教室座位": Fraction(50)})

    assert (
        points_so_far(spec, school, Outcome("1", {}, None, None), {"A1": Entry(answers={"成果": 3})}, "A1")
        == 4
    )


@pytest.mark.django_db
def test_the_direction_of_a_metric_is_spelled_once():
    assert CustomMetric._meta.get_field("direction").choices == list(DIRECTIONS.items())
    assert checking.DIRECTIONS == DIRECTIONS
