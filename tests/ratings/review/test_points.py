"""What agreeing means item by item, and the points a stage makes of a school."""

from dataclasses import replace
from fractions import Fraction

import pytest

from ratings.criteria.spec import BandSpec, CategorySpec, ItemSpec, SchemeSpec
from ratings.review.agreeing import agreed_entry
from ratings.scoring import Entry, difference, most_of, owed_at, stage_sheet

RULES = {
    "A1": ("清单(书记任校长=2; 副职齐备=2)", ()),
    "A2": ("扣(月报逾期 每月 1; 数据不实 每处 1; 下限 0)", ("数据不实",)),
    "A3": ("清单(专人管理=2; 安全措施=2)", ("全部",)),
    "A4": ("评(听课: A=4; B=2; C=0)", ("听课",)),
    "A5": ("清单(列入预算=2) + 清单(无违规使用=2)", ("无违规使用",)),
    "A6": ("加(成果 每项 1)", ("成果",)),
    "A7": ("档(主教室座位: ≥100→4; 其他→0)", ()),
}
METRICS = {"月报逾期": Fraction(1), "主教室座位": Fraction(120)}


@pytest.fixture(scope="module")
def spec() -> SchemeSpec:
    items = tuple(
        ItemSpec(code, code, Fraction(4), rule, category="A", verified=names)
        for code, (rule, names) in RULES.items()
    )
    return SchemeSpec(
        name="测试",
        year=2026,
        organiser="某",
        city="某市",
        categories=(CategorySpec("A", "全部"),),
        items=items,
        bands=(),
    )


@pytest.mark.parametrize(
    ("code", "own", "agreed", "present"),
    [
        (
            "A1",
            {"书记任校长": True, "副职齐备": False},
            {"书记任校长": True, "副职齐备": False},
            {"书记任校长": True, "副职齐备": False},
        ),
        ("A2", None, None, {"数据不实": 0}),
        ("A3", None, None, {"专人管理": True, "安全措施": True}),
        ("A4", None, None, None),
        ("A5", {"列入预算": True}, None, {"列入预算": True, "无违规使用": True}),
        ("A6", None, None, None),
        ("A1", None, None, None),
        ("A5", None, None, None),
    ],
)
def test_agreeing_copies_answers_and_decides_nothing_for_the_reviewer(spec, code, own, agreed, present):
    entry = None if own is None else Entry(answers=own)

    found = [agreed_entry(spec.bound[code], entry, all_present=everything) for everything in (False, True)]

    assert [one and one.answers for one in found] == [agreed, present]


def test_not_applicable_and_whole_points_are_copied_as_they_stand(spec):
    for entry in (Entry(not_applicable=True), Entry(total=Fraction(3), system=Fraction(0))):
        assert agreed_entry(spec.bound["A1"], entry, all_present=False) == entry


def test_without_a_figure_of_the_stars_there_is_a_total_and_no_star(spec):
    named = replace(spec, bands=(BandSpec(5, "总分≥0 且 参训率≥60%"),))
    entries = {code: Entry(answers={}) for code in RULES} | {"A4": Entry(answers={"听课": "A"})}

    without = stage_sheet(named, "county", METRICS, entries)
    with_it = stage_sheet(named, "county", {**METRICS, "参训率": Fraction(1)}, entries)

    assert (without.total, without.star) == (with_it.total, None)
    assert with_it.star == 5


def test_a_schools_sheet_counts_what_it_was_asked_and_the_system_knows(spec):
    entries = {"A1": Entry(answers={"书记任校长": True}), "A5": Entry(answers={"列入预算": True})}

    sheet = stage_sheet(spec, "self", METRICS, entries)

    assert sheet.points == {"A1": 2, "A2": 3, "A5": 2, "A7": 4}
    assert sheet.unasked == {"A3", "A4", "A6"}
    assert sheet.total == 11


def test_a_countys_sheet_has_no_total_while_an_item_is_unscored(spec):
    sheet = stage_sheet(spec, "county", METRICS, {"A1": Entry(answers={})})

    assert sheet.missing == ("A2", "A3", "A4", "A5", "A6")
    assert sheet.total is None


def test_an_adjusted_system_part_takes_the_place_of_the_figure(spec):
    assert stage_sheet(spec, "county", METRICS, {}, {"A7": Fraction(1)}).points["A7"] == 1
    assert most_of(spec.bound["A7"], spec.bound["A7"].system_parts) == 4


def test_a_difference_compares_only_what_both_were_asked(spec):
    own, county = Entry(answers={"列入预算": True}), Entry(answers={"列入预算": True, "无违规使用": True})

    assert difference(spec, spec.bound["A5"], METRICS, own, county) == 0
    assert difference(spec, spec.bound["A5"], METRICS, own, Entry(answers={"无违规使用": True})) == -2
    assert difference(spec, spec.bound["A3"], METRICS, None, Entry(answers={"专人管理": True})) is None


def test_an_item_is_answered_once_its_levels_are(spec):
    assert owed_at(spec.bound["A4"], Entry(answers={}), "county").names == ("听课",)
    assert owed_at(spec.bound["A4"], Entry(answers={"听课": "B"}), "county") is None
    assert owed_at(spec.bound["A4"], None, "self") is None
    assert owed_at(spec.bound["A7"], None, "county") is None
