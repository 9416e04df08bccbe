"""离上一星级还差什么: the next star alone, and only what a school can still do by itself."""

from dataclasses import replace
from fractions import Fraction

import pytest

from ratings.criteria.spec import BandSpec, CategorySpec, ItemSpec, RestrictionSpec
from ratings.enums import Stage, Trigger
from ratings.scoring import Entry, SchoolInput, Sheet, advise, score_school
from schools.models import Region
from tests.rating_factories import spec_for

F = Fraction
SPEC = replace(
    spec_for(Region(name="示例市"), 2026),
    categories=(CategorySpec("K", "办班"), CategorySpec("L", "教学")),
    items=(
        ItemSpec("K1", "办班", F(40), "档(办班期数: ≥10→40; ≥5→30; 其他→0)", category="K"),
        ItemSpec("K2", "教室", F(5), "档(主教室座位: ≥100→5; 其他→0)", category="K"),
        ItemSpec("K3", "经费", F(5), "档(到位经费: ≥10→5; 其他→0)", category="K"),
        ItemSpec("K4", "规模", F(10), "档(办班期数: ≥10→10; 其他→0)", category="K"),
        ItemSpec("L1", "听课", F(40), "分(0—40)", category="L"),
        ItemSpec("M1", "多办", F(5), "加(办班期数 每10期 1)", bonus=True),
    ),
    bands=(
        BandSpec(5, "总分≥90"),
        BandSpec(4, "总分≥75 且 总分≥80 且 最低大项得分率≥90%"),
        BandSpec(3, "总分≥60"),
    ),
    restrictions=(
        RestrictionSpec("Y1", "情形一", Trigger.MANUAL.value, effect_text="最高三星", basis="认定书"),
        RestrictionSpec("Y2", "情形二", Trigger.MANUAL.value, effect_text="最高四星", basis="认定书"),
    ),
)
#: 30 of 60 points for classes, 35 of 40 for teaching.
SCHOOL = SchoolInput(
    "1",
    {"办班期数": F(9), "主教室座位": F(50), "到位经费": F(1)},
    city=(Sheet("", {"L1": Entry(answers={"得分": "35"})}),),
)


def advice(**changes) -> dict:
    school = replace(SCHOOL, **changes)
    return advise(SPEC, school, score_school(SPEC, school))


def test_the_nearest_star_is_named_with_what_its_conditions_lack():
    found = advice()

    assert (found["star"], found["name"], found["missing"]) == (4, "四星", "15.00")
    assert found["gates"] == ["最低大项得分率 50%，要求 ≥90%，差 40 个百分点"]


def test_only_activity_is_offered_and_its_gain_is_that_of_all_base_items():
    """Neither seats nor money; the bonus has a cap and a floor of its own and is left out."""
    assert [(one["code"], one["gain"]) for one in advice()["changes"]] == [("K1", "20.00")]


def test_an_adjusted_item_no_longer_follows_its_records():
    found = advice(adjustments={(Stage.CITY, "K1"): F(30)})

    assert [(one["code"], one["gain"]) for one in found["changes"]] == [("K4", "10.00")]


@pytest.mark.parametrize(("code", "named"), [("Y1", True), ("Y2", False)])
def test_a_restriction_is_named_where_it_keeps_the_school_from_that_star(code, named):
    gates = advice(cases=frozenset({code}))["gates"]

    assert any(f"限制性情形 {code}" in gate for gate in gates) is named


def test_nothing_is_said_at_the_top_and_without_points():
    best = replace(SCHOOL, metrics={"办班期数": F(10), "主教室座位": F(100), "到位经费": F(10)})

    assert advise(SPEC, best, score_school(SPEC, best)) == {}
    assert advice(submitted=False, city=()) == {}
