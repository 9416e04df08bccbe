"""What random years do not reach: weights of nothing, what is not owed, schools that did not hand in."""

from dataclasses import replace
from fractions import Fraction

import pytest

from ratings.criteria.spec import BandSpec, CategorySpec, ItemSpec, RestrictionSpec
from ratings.enums import Aggregation, Stage, Trigger
from ratings.scoring import (
    Entry,
    SchoolInput,
    Sheet,
    answered_apart,
    difference,
    owed_codes,
    score_all,
    score_school,
    stage_sheet,
    was_visited,
)
from schools.models import Region
from tests.rating_factories import spec_for

F = Fraction
#: Two stages of which the county's has no weight; every kind of item the edges need.
SPEC = replace(
    spec_for(Region(name="示例市"), 2026),
    categories=(CategorySpec("K", "办班"), CategorySpec("L", "教学")),
    items=(
        ItemSpec("K1", "办班", F(40), "档(办班期数: ≥10→40; 其他→0)", category="K", onsite=True),
        ItemSpec("K2", "设施", F(10), "分(0—10)", category="K", onsite=True, may_be_na=True),
        ItemSpec("L1", "台账", F(40), "分(0—40)", category="L"),
        ItemSpec("L2", "听课", F(10), "清单(自述=4; 抽查=6)", category="L", verified=("抽查",)),
        ItemSpec("M1", "创新", F(5), "加(成果 每项 1)", bonus=True),
    ),
    bands=(BandSpec(5, "总分≥90"), BandSpec(3, "总分≥60")),
    restrictions=(
        RestrictionSpec(
            "Y1",
            "办班少",
            Trigger.CONDITION.value,
            effect_text="最高三星",
            condition_text="办班期数<5",
            basis="登记",
        ),
    ),
    has_county_stage=True,
    county_weight=F(0),
    city_weight=F(1),
    aggregation=Aggregation.MEAN.value,
    bonus_floor=F(90),
    bonus_cap=F(1),
)
METRICS = {"办班期数": F(10)}


def entries(**changed) -> dict[str, Entry]:
    """Full marks without a bonus."""
    points = {"K2": "10", "L1": "40"}
    full = {code: Entry(answers={"得分": value}) for code, value in points.items()}
    return full | {"L2": Entry(answers={"自述": True, "抽查": True}), "M1": Entry(answers={})} | changed


def school(key: str = "1", **changes) -> SchoolInput:
    sheets = tuple(Sheet(judge, entries()) for judge in "甲乙丙")
    return replace(SchoolInput(key, METRICS, county=entries(), city=sheets), **changes)


def test_a_stage_without_weight_has_no_say_in_what_applies():
    outcome = score_school(SPEC, school(county=entries(K2=Entry(not_applicable=True))))

    assert outcome.problems == ()
    assert outcome.items["K2"].points == 10


@pytest.mark.parametrize("stage", [Stage.COUNTY, Stage.CITY])
def test_an_adjustment_of_either_stage_marks_its_item(stage):
    items = score_school(SPEC, school(adjustments={(stage, "K1"): F(30)})).items

    assert [code for code, item in items.items() if item.adjusted] == ["K1"]


def test_a_school_that_did_not_hand_in_needs_a_restriction_that_says_so_whatever_was_scored():
    """An adjustment is a score as well: the rest is owed then."""
    lacking = "未提交自评，方案没有相应的限制性情形"
    adjusted = {"adjustments": {(Stage.CITY, "K1"): F(30)}}
    for scored, expected in (
        ({"county": {}, "city": ()}, [f"{lacking}，也没有任何评分"]),
        ({}, [lacking]),
        ({"county": {}, "city": ()} | adjusted, ["评委评分表至少 3 份，已有评分的 0 份"]),
    ):
        problems = score_school(SPEC, school(submitted=False, **scored)).problems
        assert [problem.text for problem in problems][:1] == expected


def test_a_school_was_visited_where_a_judge_scored_an_item_that_is_asked_there():
    computed, asked = (
        school(city=(Sheet("甲", {code: Entry(total=F(1), system=F(0))}),)) for code in ("K1", "K2")
    )

    assert (was_visited(SPEC, computed), was_visited(SPEC, asked)) == (False, True)


@pytest.mark.parametrize(("county", "apart"), [("32", None), ("31.99", F("8.01"))])
def test_a_reason_is_owed_beyond_a_fifth_of_the_points_and_not_at_it(county, apart):
    said = [Entry(answers={"得分": points}) for points in ("40", county)]

    assert answered_apart(SPEC, SPEC.bound["L1"], METRICS, *said) == apart


def test_where_no_county_can_stand_in_onsite_items_are_owed_without_a_visit():
    alone = replace(SPEC, has_county_stage=False)

    owed = [owed_codes(spec, Stage.CITY, visited=False) for spec in (SPEC, alone)]

    assert owed == [["L1", "L2", "M1"], ["K2", "L1", "L2", "M1"]]


@pytest.mark.parametrize(
    ("points", "bonus", "note"), [("30", 1, "按上限计 1.00 分"), ("29.99", 0, "不足加分起算分 90.00 分")]
)
def test_the_bonus_counts_from_its_floor_on_and_says_so_below_it(points, bonus, note):
    said = entries(L1=Entry(answers={"得分": points}), M1=Entry(answers={"成果": 2}))

    sheet = stage_sheet(SPEC, Stage.COUNTY, METRICS, said)

    assert sheet.so_far.bonus == bonus
    assert note in sheet.bonus_note


def test_an_item_that_only_reviewers_answer_says_nothing_at_the_first_stage_unless_it_reads_a_figure():
    rule = "清单(抽查=6) + 档(办班期数: ≥10→4; 其他→0)"
    found = {}
    for code, text in (("alone", "清单(抽查=10)"), ("figure", rule)):
        item = replace(SPEC.items[3], rule_text=text)
        spec = replace(SPEC, items=(*SPEC.items[:3], item, SPEC.items[4]))
        found[code] = stage_sheet(spec, Stage.SELF, METRICS, entries()).points.get("L2")

    assert found == {"alone": None, "figure": 4}


def test_points_typed_as_one_figure_are_not_compared_with_what_the_school_was_not_asked():
    own, typed = Entry(answers={"自述": True}), Entry(total=F(10), system=F(0))
    answered = Entry(answers={"自述": False, "抽查": True})

    assert difference(SPEC, SPEC.bound["L2"], METRICS, own, typed) is None
    assert difference(SPEC, SPEC.bound["L2"], METRICS, own, answered) == -4


def test_a_restriction_with_a_condition_applies_as_well_where_a_person_confirmed_it():
    assert score_school(SPEC, school()).star == 5
    assert score_school(SPEC, school(cases=frozenset({"Y1"}))).star == 3


def test_the_share_of_five_stars_is_one_of_the_schools_with_points():
    spec = replace(
        SPEC,
        five_star_share=F(1, 2),
        restrictions=(RestrictionSpec("Y2", "未申报", Trigger.NO_SUBMISSION.value, effect_text="不授星"),),
    )
    lapsed = {"submitted": False, "county": {}, "city": ()}
    schools = [
        school("1"),
        school("2", metrics={"办班期数": F(0)}),
        school("3", **lapsed),
        school("4", **lapsed),
    ]
    better = replace(schools[1], key="5", metrics=METRICS, county=schools[0].county)

    stars = {key: one.star for key, one in score_all(spec, [*schools, better]).items()}

    assert stars == {"1": 4, "2": 3, "3": 0, "4": 0, "5": 4}


#: 40 points by a rate, of which 应训干部 is 0 at some school.
RATE = ItemSpec("K1", "参训", F(40), "比(参训干部/应训干部)×40", category="K")
NOBODY = {"参训干部": F(0), "应训干部": F(0), "办班期数": F(10)}


def rated(rule: str = RATE.rule_text, *, optional: bool = False, **changes):
    """What comes out at a school with nobody to be trained, where K1 is counted so."""
    item = replace(RATE, rule_text=rule, may_be_na=optional)
    return score_school(replace(SPEC, items=(item, *SPEC.items[1:])), school(**{"metrics": NOBODY} | changes))


@pytest.mark.parametrize("stage", [Stage.COUNTY, Stage.CITY])
@pytest.mark.parametrize(
    "rule", [RATE.rule_text, "比(参训干部/应训干部÷90%)×30 + 档(办班期数: ≥10→10; 其他→0)"]
)
def test_a_rate_over_nothing_is_what_a_stage_says_it_is_worth(rule, stage):
    said = rated(rule, adjustments={(stage, "K1"): F(36)})

    assert (said.problems, said.items["K1"].points) == ((), 36)
    assert said.items["K1"].steps[0] == "应训干部 0 人，不能作分母"


def test_a_rate_over_nothing_does_not_apply_where_the_scheme_allows_it_unless_somebody_says_otherwise():
    alone, adjusted = rated(optional=True), rated(optional=True, adjustments={(Stage.CITY, "K1"): F(30)})

    assert (alone.items["K1"].points, alone.items["K1"].steps[-1]) == (None, "本项按方案不适用")
    assert alone.totals.categories["K"] == 50
    assert adjusted.items["K1"].points == 30


def test_reviewers_may_say_that_an_item_with_a_rate_over_nothing_does_not_apply():
    rule = "比(参训干部/应训干部)×30 + 清单(有台账=10)"
    nobody = entries(K1=Entry(not_applicable=True))
    sheets = tuple(Sheet(judge, nobody) for judge in "甲乙丙")

    assert rated(rule, optional=True, county=nobody, city=sheets).items["K1"].points is None


@pytest.mark.parametrize(
    ("figures", "undefined"),
    [({}, True), ({"应训干部": None}, False), ({"参训干部": None}, False)],
)
def test_a_rate_is_not_released_without_a_word_nor_where_a_figure_is_missing(figures, undefined):
    adjusted = {"adjustments": {(Stage.CITY, "K1"): F(30)}} if figures else {}

    (problem,) = rated(metrics=NOBODY | figures, **adjusted).problems

    assert (problem.code, problem.undefined) == ("K1", undefined)
