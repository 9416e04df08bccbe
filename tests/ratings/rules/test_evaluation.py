"""Points of every kind of part, at every threshold: just below, exactly, just above."""

from fractions import Fraction

import pytest

from ratings.rules import Unresolved, Vocabulary, asked, evaluate_part, maximum, missing_answers, parse_rule
from tests.ratings.rule_words import MANUAL, VOCABULARY, F, Word

CENT = F(1, 100)


def _points(text, metrics=None, answers=None, *, item_points=10, excluded=(), vocabulary=VOCABULARY):
    rule = parse_rule(text)
    results = [
        evaluate_part(
            part,
            vocabulary,
            metrics or {},
            answers or {},
            item_points=F(item_points),
            excluded=frozenset(excluded),
        )
        for part in rule.parts
    ]
    for part, result in zip(rule.parts, results, strict=True):
        most = maximum(part, item_points=F(item_points))
        assert sum((step.points for step in result.steps), F(0)) == result.points <= most
    return sum((result.points for result in results), F(0))


@pytest.mark.parametrize(
    ("value", "points"),
    [
        ("0", "0"),
        ("29.99", "0"),
        ("30", "3"),
        ("59.99", "3"),
        ("60", "5"),
        ("79.99", "5"),
        ("80", "6.5"),
        ("99.99", "6.5"),
        ("100", "8"),
        ("100.01", "8"),
        ("5000", "8"),
    ],
)
def test_first_band_that_fits_gives_the_points(value, points):
    assert _points(MANUAL[1], {"主教室座位": F(value)}) == F(points)


@pytest.mark.parametrize(
    ("value", "points"),
    [("0.5999", "0"), ("0.6", "1"), ("0.7999", "1"), ("0.8", "2"), ("1", "2"), ("1.0001", "1"), ("1.5", "1")],
)
def test_range_band_includes_both_ends(value, points):
    assert _points(MANUAL[3], {"执行率": F(value)}) == F(points)


@pytest.mark.parametrize(
    ("op", "below", "at", "above"),
    [("≥", 0, 1, 1), (">", 0, 0, 1), ("≤", 1, 1, 0), ("<", 1, 0, 0), ("", 0, 1, 0), ("≠", 1, 0, 1)],
)
def test_each_operator_on_both_sides_of_its_bound(op, below, at, above):
    text = f"档(培训支出: {op}3→1; 其他→0)"

    assert [_points(text, {"培训支出": 3 + step}) for step in (-CENT, F(0), CENT)] == [below, at, above]


@pytest.mark.parametrize(
    ("first", "second", "year", "points"),
    [(1, 1, 3, 8), (1, 1, 2, 7), (2, 0, 2, 4), (0, 1, 1, 4), (3, 0, 3, 4), (0, 0, 0, 0), (5, 5, 10, 8)],
)
def test_first_case_that_holds_gives_the_points(first, second, year, points):
    assert (
        _points(MANUAL[2], {"上半年主体班": F(first), "下半年主体班": F(second), "主体班次": F(year)})
        == points
    )


@pytest.mark.parametrize(
    ("trained", "points"),
    [(0, F(0)), (84, F(84, 85) * 4), (85, F(4)), (86, F(4)), (100, F(4)), (17, F(4, 5))],
)
def test_ratio_is_exact_and_stops_at_its_target(trained, points):
    assert _points("比(参训党员/党员总数 ÷ 85%)×4", {"参训党员": F(trained), "党员总数": F(100)}) == points


def test_ratio_without_denominator_measures_against_target():
    assert _points("比(参训党员 ÷ 80)×4", {"参训党员": F(20)}) == 1


def test_zero_denominator_blocks_with_a_sentence():
    with pytest.raises(Unresolved, match="党员总数 0 人，不能作分母"):
        _points("比(参训党员/党员总数 ÷ 85%)×4", {"参训党员": F(0), "党员总数": F(0)})


@pytest.mark.parametrize(
    ("rate", "points"),
    [
        ("0.9", 5),
        ("0.85", 5),
        ("0.8499", 5),
        ("0.8401", 5),
        ("0.84", 4),
        ("0.8399", 4),
        ("0.83", 3),
        ("0.805", 1),
        ("0.8", 0),
        ("0.1", 0),
    ],
)
def test_every_full_step_beyond_the_bound_deducts(rate, points):
    for unit in ("个百分点", "百分点"):
        text = f"扣(满分 5; 无专人 1; 参训率<85% 每1{unit} 1; 下限 0)"
        assert _points(text, {"参训率": F(rate)}) == points


@pytest.mark.parametrize(
    ("missing", "late", "wrong", "points"),
    [(0, 0, 0, 6), (1, 0, 0, 5), (0, 3, 0, F("4.5")), (0, 0, 2, 4), (4, 2, 1, 0), (4, 12, 9, 0)],
)
def test_deductions_count_metrics_and_answers_down_to_the_floor(missing, late, wrong, points):
    metrics = {"缺管理制度[教学、学员、师资、经费]": F(missing), "月报逾期": F(late)}

    assert _points(MANUAL[6], metrics, {"数据不实": wrong}, item_points=6) == points


def test_deduction_once_holds_for_tick_metric_and_condition():
    text = "扣(满分 5; 无专人 1; 月报逾期 1; 参训率<50% 2; 下限 0.5)"

    assert _points(text, {"月报逾期": F(0), "参训率": F(1, 2)}) == 5
    assert _points(text, {"月报逾期": F(7), "参训率": F("0.4999")}, {"无专人": True}) == 1
    assert _points(text.replace("2;", "5;"), {"月报逾期": F(1), "参训率": F(0)}) == F(1, 2)


@pytest.mark.parametrize(
    ("adopted", "closed", "points"),
    [(0, 0, 0), (1, 0, F("1.5")), (1, 2, F("2.5")), (2, 0, 3), (2, 1, 3), (9, 9, 3)],
)
def test_additions_stop_at_the_cap(adopted, closed, points):
    assert _points(MANUAL[8], {}, {"采纳成果": adopted, "课题结项": closed}, item_points=3) == points


def test_addition_without_cap_stops_at_the_points_of_the_item():
    assert _points("加(采纳成果 每项 1.5)", {}, {"采纳成果": 9}, item_points=3) == 3


@pytest.mark.parametrize(("people", "points"), [(0, 0), (99, 0), (100, 1), (199, 1), (250, 2)])
def test_only_full_units_count(people, points):
    assert _points("加(参训党员 每100人 1; 上限 5)", {"参训党员": F(people)}) == points


def test_checklist_ticks_metrics_above_zero_and_answers():
    text = "清单(领导型师资=1; 音响=2; 年度计划按期备案=4)"

    assert _points(text, {"领导型师资": F(0), "年度计划按期备案": F(0)}) == 0
    assert _points(text, {"领导型师资": F(3), "年度计划按期备案": F(1)}, {"音响": True}) == 7


@pytest.mark.parametrize(("word", "points"), [("A", "1.5"), ("B", "1"), ("C", "0.5"), ("D", "0")])
def test_level_gives_its_points(word, points):
    assert _points("评(第一项: A=1.5; B=1; C=0.5; D=0)", {}, {"第一项": word}) == F(points)


def test_judged_points_count_as_given():
    assert _points("分(0—6; 步长 0.5)", {}, {"得分": "4.5"}) == F("4.5")


def test_typed_number_chooses_the_band():
    assert [_points("档(问 人数: ≥3→1; 其他→0)", {}, {"人数": n}) for n in (2, 3)] == [0, 1]


def test_missing_figures_are_all_named():
    with pytest.raises(Unresolved) as caught:
        _points("档(上半年主体班≥1 且 主体班次[学时≥8]≥3→8; 其他→0)", {"上半年主体班": None})

    assert caught.value.problems == ("指标“上半年主体班”没有数值", "指标“主体班次[学时≥8]”没有数值")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("评(听课: A=1; B=0)", "“听课”没有评定等次"),
        ("分(0—3)", "“得分”没有填写"),
        ("档(问 人数: ≥3→1; 其他→0)", "“人数”没有填写"),
    ],
)
def test_missing_answer_is_never_zero(text, words):
    with pytest.raises(Unresolved, match=words):
        _points(text)
    assert missing_answers(asked(parse_rule(text), VOCABULARY), {}) == [words.split("”")[0].strip("“")]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"听课": "E"}, "没有“E”这一等次"),
        ({"听课": "A", "得分": 4}, "应在 1—3 分之间"),
        ({"听课": "A", "得分": 0}, "应在 1—3 分之间"),
    ],
)
def test_impossible_answer_is_refused(answers, words):
    with pytest.raises(Unresolved, match=words):
        _points("评(听课: A=1; B=0) + 分(1—3)", {}, answers)


def test_float_is_refused():
    with pytest.raises(TypeError):
        _points("分(0—6)", {}, {"得分": 0.1})


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("清单(音响=2; 专人=1)", 1),
        ("扣(满分 5; 音响 每处 1; 专人 1; 下限 0)", 4),
        ("加(音响 每处 1; 专人 1; 上限 5)", 1),
        ("评(音响: A=3; B=1)", 0),
        ("档(问 音响: ≥0→3; 其他→1)", 0),
        ("比(问 音响 ÷ 3)×3", 0),
        ("扣(满分 5; 问 音响≥0 2; 下限 0)", 5),
        ("分(音响: 1—3)", 0),
    ],
)
def test_name_not_asked_at_this_stage_gives_and_takes_nothing(text, points):
    answers = {"音响": 3, "专人": True}

    assert _points(text, {}, answers, item_points=5, excluded={"音响"}) == points
    assert missing_answers(asked(parse_rule(text), VOCABULARY), {}, excluded=frozenset({"音响"})) == []


def test_steps_tell_figure_rule_and_points():
    part = parse_rule(MANUAL[1]).parts[0]

    (step,) = evaluate_part(part, VOCABULARY, {"主教室座位": F(86)}, {}, item_points=F(8)).steps

    assert step.text == "主教室座位 86 座，达到 ≥80 → 6.5 分"
    assert step.points == Fraction(13, 2)


def test_custom_metric_with_quoted_label_is_found():
    vocabulary = Vocabulary(metrics={"到课率（%）": Word("到课率（%）", "%")})

    assert _points("档(“到课率（%）”: ≥50%→1; 其他→0)", {"到课率（%）": F(1, 2)}, vocabulary=vocabulary) == 1
