"""Two years side by side: what counts as a change, and which words are marked."""

from dataclasses import replace
from fractions import Fraction

import pytest

from ratings.criteria.changes import ADDED, CHANGED, REMOVED, compare, differing
from ratings.criteria.spec import BandSpec, ItemSpec, RestrictionSpec, moved, shifted


@pytest.fixture
def spec(year):
    return year.spec()


def changed(spec, of, **values):
    """The scheme with one item changed."""
    return replace(
        spec, items=tuple(replace(item, **values) if item.code == of else item for item in spec.items)
    )


def only(changes):
    (row,) = changes.rows
    return row


def test_a_year_that_only_moved_on_changes_nothing(spec):
    following = shifted(spec, spec.year + 1)

    assert following.period_start.year == following.year == spec.year + 1
    assert compare(spec, following).rows == ()


def test_the_year_in_the_name_moves_in_either_kind_of_figures(spec):
    named = replace(spec, name="2025年度（二〇二五年）评定方案")

    assert shifted(named, 2026).name == "2026年度（二〇二六年）评定方案"


def test_the_last_of_february_stays_in_its_month(spec):
    assert moved(spec.period_start.replace(year=2024, month=2, day=29), 1).isoformat() == "2025-02-28"


@pytest.mark.parametrize(
    ("values", "label"),
    [
        ({"points": Fraction(25)}, "调整分值"),
        ({"rule_text": "档(主教室座位: ≥120→30; 其他→0)"}, "调整计分规则"),
        ({"standard": "有专用教室"}, "调整文字"),
        ({"name": "教室"}, "调整文字"),
        ({"onsite": True}, "调整设置"),
        ({"points": Fraction(25), "evidence": "照片"}, "调整分值、文字"),
    ],
)
def test_each_kind_of_change_is_named(spec, values, label):
    row = only(compare(spec, changed(spec, "K1", **values)))

    assert (row.section, row.kind, row.key, row.label) == ("item", CHANGED, "item:K1", label)


def test_a_rule_written_another_way_is_no_change(spec):
    assert not compare(spec, changed(spec, "K1", rule_text="档(主教室座位：>=100->30；>=60->20；其他->0)"))


def test_a_rule_that_cannot_be_read_yet_is_compared_as_it_stands(spec):
    assert (
        only(compare(spec, changed(spec, "K1", rule_text="档(主教室座位"))).fields[0].new == "档(主教室座位"
    )


def test_items_that_came_and_went(spec):
    new = ItemSpec("L9", "新课", Fraction(5), "分(0—5)", category="L")
    changes = compare(spec, replace(spec, items=(*spec.items[1:], new)))

    assert [(row.kind, row.code) for row in changes.rows] == [(ADDED, "L9"), (REMOVED, "K1")]
    assert changes.rows[0].detail == "5 分；分(0—5)"
    assert ("新增小项", 1) in changes.counts and ("取消小项", 1) in changes.counts
    assert ("场地", "60", "30") in changes.totals


def test_an_item_with_another_code_is_known_by_origin_or_by_name(spec):
    by_name = only(compare(spec, changed(spec, "K1", code="K7")))
    by_origin = only(compare(spec, changed(spec, "K1", code="K7", name="主课堂"), origins={"K7": "K1"}))

    assert [(one.label, one.old, one.new) for one in by_name.fields] == [("编码", "K1", "K7")]
    assert [one.label for one in by_origin.fields] == ["编码", "名称"]


def test_codes_that_changed_places_follow_their_origin(spec):
    """Two items swapped their codes: by code alone both would seem rewritten."""
    first, second = spec.items[:2]
    swapped = replace(spec, items=(replace(first, code="K2"), replace(second, code="K1"), *spec.items[2:]))

    changes = compare(spec, swapped, origins={"K2": "K1", "K1": "K2"})

    assert {one.label for row in changes.rows for one in row.fields} == {"编码"}


def test_bands_restrictions_and_parameters(spec):
    new = replace(
        spec,
        bands=(BandSpec(5, "总分≥92 且 L≥30"), *spec.bands[1:], BandSpec(2, "总分≥50")),
        restrictions=(
            replace(spec.restrictions[0], effect_text="不授星"),
            *spec.restrictions[1:],
            RestrictionSpec("Y9", "失实", "manual", effect_text="不授星"),
        ),
        bonus_cap=None,
        county_weight=Fraction(1, 2),
        city_weight=Fraction(1, 2),
    )

    found = {
        row.key: (row.kind, [(one.old, one.new) for one in row.fields]) for row in compare(spec, new).rows
    }

    assert found == {
        "parameter:county_weight": (CHANGED, [("30%", "50%")]),
        "parameter:city_weight": (CHANGED, [("70%", "50%")]),
        "parameter:bonus_cap": (CHANGED, [("3 分", "不设上限")]),
        "band:5": (CHANGED, [("总分≥90 且 L≥30", "总分≥92 且 L≥30")]),
        "band:2": (ADDED, []),
        "restriction:Y1": (CHANGED, [("最高三星", "不授星")]),
        "restriction:Y9": (ADDED, []),
    }


def test_differing_words_are_marked_and_nothing_is_lost():
    old, new = differing("全年办班不少于10期，有台账", "全年办班不少于12期")

    assert [(piece.text, piece.marked) for piece in old] == [
        ("全年办班不少于", False),
        ("10", True),
        ("期", False),
        ("，有台账", True),
    ]
    assert "".join(piece.text for piece in new) == "全年办班不少于12期"


def test_very_long_texts_are_marked_whole():
    old, new = differing("甲" * 4000, "乙")

    assert [piece.marked for piece in (*old, *new)] == [True, True]
