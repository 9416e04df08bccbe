"""Small forms and line say the same: whatever a line holds comes back from the forms word for word."""

import random
from fractions import Fraction

import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from ratings.drafting.ruledesk.checking import check_line
from ratings.drafting.ruledesk.composing import (
    MISSING,
    Draft,
    act,
    compose,
    drafts_of,
    empty_draft,
    read_drafts,
)
from ratings.drafting.ruledesk.forms import part_forms
from ratings.rules import parse_rule, to_text
from tests.oracle.printing import rule_text
from tests.oracle.random_schemes import SchemeMaker
from tests.ratings.rule_words import MANUAL, VOCABULARY
from tests.ratings.rules.test_printing import rules


def posted(drafts):
    """What a browser sends of a page with these drafts, read back."""
    data = QueryDict(mutable=True)
    data["p-count"] = str(len(drafts))
    for form in part_forms(drafts, None, VOCABULARY, strict=False):
        data[f"{form.prefix}kind"] = form.kind
        data[f"{form.prefix}rows"] = str(len(form.draft.rows))
        data[f"{form.prefix}subjects"] = str(len(form.draft.subjects))
        data[f"{form.prefix}whole"] = form.draft.values.get("whole", "")
        for control in form.controls:
            if control.value or not control.is_box:
                data[control.name] = control.value
    return read_drafts(QueryDict(data.urlencode()))


def there_and_back(rule):
    return compose(posted(drafts_of(rule))).line


@settings(max_examples=80, deadline=None)
@given(rules)
def test_any_rule_survives_the_small_forms(rule):
    assert there_and_back(rule) == to_text(rule)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_rules_of_schemes_need_no_text(seed):
    maker = SchemeMaker(random.Random(seed))
    item = maker.item("A", "A-1", Fraction(6))
    rule = parse_rule(rule_text({"metrics": maker.metrics}, item))

    assert all(draft.kind != "text" for draft in drafts_of(rule))
    assert there_and_back(rule) == to_text(rule)


@pytest.mark.parametrize("text", MANUAL)
def test_examples_of_the_manual_need_no_text(text):
    drafts = drafts_of(parse_rule(text))

    assert all(draft.kind != "text" for draft in drafts)
    assert compose(drafts).line == text


def test_what_the_forms_cannot_show_is_kept_as_text_between_other_parts():
    text = "清单(甲=1) + 扣(满分 2; 参训率<85% 且 执行率<60% 1; 下限 0) + 分(0—1)"

    drafts = drafts_of(parse_rule(text))

    assert [draft.kind for draft in drafts] == ["checklist", "text", "judged"]
    assert there_and_back(parse_rule(text)) == text


def test_wrong_fields_are_named_one_by_one_and_nothing_is_written():
    draft = Draft(
        "checklist",
        {},
        [
            {"name": "音响", "points": "一分"},
            {"name": "", "points": "1"},
            {"name": "大屏", "points": "50%"},
            {},
        ],
    )

    composed = compose([draft])

    assert composed.line is None
    assert composed.errors == (
        {"r0-points": "应写分数，如 2 或 1.5", "r1-name": MISSING, "r2-points": "这里是分数，不能写百分数"},
    )
    assert set(composed.wrong()[0]) == {"r0-points", "r2-points"}


@pytest.mark.parametrize("kind", ["checklist", "graded", "ratio", "deduct", "add", "levels", "judged"])
def test_a_fresh_part_is_unfinished_but_not_wrong(kind):
    composed = compose([empty_draft(kind)])

    assert composed.line is None
    assert composed.errors[0]
    assert set(composed.wrong()[0]) <= {"under"}


def test_several_metrics_make_whole_conditions():
    rows = [
        {"op0": "≥", "value0": "1", "op1": "≥", "value1": "3", "points": "8"},
        {"op0": "≥", "value0": "1", "op1": "≥", "points": "4"},
    ]
    draft = Draft(
        "graded",
        {"other": "0"},
        rows,
        [{"metric": "上半年主体班"}, {"metric": "主体班次", "lname0": "学时", "lop0": "≥", "lvalue0": "2"}],
    )

    assert compose([draft]).line == "档(上半年主体班≥1 且 主体班次[学时≥2]≥3→8; 上半年主体班≥1→4; 其他→0)"


@pytest.mark.parametrize("per", ["项", "每项", "1项", "每1项"])
def test_a_unit_may_be_written_with_or_without_its_every(per):
    assert (
        compose([Draft("add", {"cap": "3"}, [{"name": "采纳成果", "per": per, "points": "1.5"}])]).line
        == "加(采纳成果 每项 1.5; 上限 3)"
    )


@pytest.mark.parametrize("text", ["1", "项 1) + 加(乙 每项", "项 2; 丙 每项", ")", "每", "项" * 9])
def test_a_unit_that_is_none_is_refused(text):
    assert "r0-per" in compose([Draft("add", {}, [{"name": "甲", "per": text, "points": "1"}])]).errors[0]


@pytest.mark.parametrize("name", ["甲]≥1 且 乙[学时≥1", "“甲", "甲[", "问 甲", "[", "甲" * 61])
def test_a_name_that_is_none_is_refused(name):
    assert "r0-name" in compose([Draft("checklist", {}, [{"name": name, "points": "1"}])]).errors[0]


# -- buttons


@pytest.fixture
def two():
    return drafts_of(parse_rule("清单(甲=1; 乙=2) + 分(0—3)"))


def kinds(drafts):
    return [draft.kind for draft in drafts]


def test_parts_are_added_moved_and_removed(two):
    act(two, "add-part", kind="levels")
    act(two, "part-up:1")
    assert kinds(two) == ["judged", "checklist", "levels"]
    act(two, "part-down:1")
    act(two, "drop-part:0")
    assert kinds(two) == ["levels", "checklist"]


def test_rows_are_added_moved_and_removed(two):
    act(two, "row-down:0:0")
    act(two, "add-row:0")
    assert [row.get("name") for row in two[0].rows] == ["乙", "甲", None]
    act(two, "drop-row:0:0")
    assert compose(two).line == "清单(甲=1) + 分(0—3)"


def test_a_metric_taken_out_of_a_table_takes_its_comparisons_along():
    drafts = drafts_of(parse_rule("档(甲≥1 且 乙≥2 且 丙≥3→8; 其他→0)"))

    act(drafts, "drop-subject:0:1")

    assert compose(drafts).line == "档(甲≥1 且 丙≥3→8; 其他→0)"


@settings(max_examples=100, deadline=None)
@given(
    st.text("abcdehilnoprstuvw-:0123456789", max_size=20)
    | st.sampled_from(["row-up:9:9", "drop-row:0", "drop-subject:0:0", "part-up:0"])
)
def test_an_order_from_a_stale_page_breaks_nothing(order):
    drafts = drafts_of(parse_rule("清单(甲=1; 乙=2)"))

    act(drafts, order, kind="nonsense")

    compose(drafts)


# -- the check of a line


def test_a_line_is_told_in_words_with_its_most():
    checked = check_line("清单( 甲=1;乙=2 )", VOCABULARY, points=Fraction(3), verified=("乙",))

    assert checked.is_sound
    assert checked.canonical == "清单(甲=1; 乙=2)"
    assert checked.words == ("甲得 1 分；乙得 2 分。",)
    assert (checked.maximum, checked.asked, checked.verified) == (3, ("甲", "乙"), ("乙",))


def test_what_cannot_be_read_is_marked_where_it_stands():
    text = "清单(甲=1，乙=2)"

    (mark,) = check_line(text, VOCABULARY, points=None).findings

    assert (mark.number, mark.before, mark.at, mark.after) == (7, "清单(甲=1", "，", "乙=2)")


def test_unknown_metrics_name_the_nearest():
    found = check_line("档(主教室坐位: ≥100→8; 其他→0)", VOCABULARY, points=Fraction(8)).errors

    assert "相近的有：主教室座位" in found[0].message
    assert found[0].at == "主"


def test_points_that_are_not_typed_yet_are_no_mistake():
    assert check_line("清单(甲=1)", VOCABULARY, points=None).is_sound
    assert not check_line("清单(甲=1)", VOCABULARY, points=Fraction(2)).is_sound


def test_verified_names_must_be_asked():
    assert (
        "核定要素“丙”"
        in check_line("清单(甲=1)", VOCABULARY, points=Fraction(1), verified=("丙",)).errors[0].message
    )


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60) | st.text("清单档比扣加评分(甲=1; ≥→其他每问)0", max_size=60))
def test_no_line_breaks_the_check(text):
    check_line(text, VOCABULARY, points=Fraction(1))
