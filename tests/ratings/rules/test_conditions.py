"""Conditions of stars and restrictions: whether they hold, by how much they fail, and what a school could
change.
"""

import pytest

from ratings.rules import (
    Unresolved,
    comparisons,
    condition_in_words,
    holds,
    in_words,
    next_changes,
    parse_condition,
    parse_rule,
)
from tests.ratings.rule_words import CONDITIONS, MANUAL, VOCABULARY, F

FIVE = parse_condition(CONDITIONS[0])


@pytest.mark.parametrize(
    ("total", "rate", "category", "met"),
    [
        ("90", "0.7", "28", True),
        ("89.99", "0.7", "28", False),
        ("90", "0.6999", "28", False),
        ("90", "0.7", "27.99", False),
        ("90.01", "0.7001", "28.01", True),
    ],
)
def test_condition_holds_exactly_from_its_bounds(total, rate, category, met):
    assert holds(FIVE, {"总分": F(total), "最低大项得分率": F(rate), "D3": F(category)}) is met


def test_comparison_tells_figure_bound_and_gap():
    gates = comparisons(FIVE, {"总分": F("86.5"), "最低大项得分率": F("0.65"), "D3": F(30)})

    assert [(gate.name, gate.holds, gate.gap) for gate in gates] == [
        ("总分", False, F("3.5")),
        ("最低大项得分率", False, F("0.05")),
        ("D3", True, 0),
    ]
    assert gates[0].text == "总分 86.5（要求 ≥90）"
    assert gates[1].gap_text == "最低大项得分率 65%，要求 ≥70%，差 5 个百分点"


def test_shown_figure_never_contradicts_the_verdict():
    (gate,) = comparisons(parse_condition("最低大项得分率≥70%"), {"最低大项得分率": F(69_9999, 100_0000)})

    assert not gate.holds
    assert "70%（" not in gate.text
    assert gate.gap_text.endswith("差 0.0001 个百分点")


def test_missing_value_is_never_false():
    with pytest.raises(Unresolved, match="“D3”没有数值"):
        holds(FIVE, {"总分": F(90), "最低大项得分率": F(1)})


@pytest.mark.parametrize(
    ("text", "metrics", "reference", "value", "gain"),
    [
        (MANUAL[1], {"主教室座位": 86}, "主教室座位", 100, "1.5"),
        (MANUAL[2], {"上半年主体班": 1, "下半年主体班": 0, "主体班次": 3}, "下半年主体班", 1, 4),
        ("扣(月报逾期 每月 0.5)", {"月报逾期": 3}, "月报逾期", 2, "0.5"),
        ("扣(参训率<85% 每1个百分点 1)", {"参训率": F("0.83")}, "参训率", F("0.84"), 1),
        ("扣(参训率<85% 每1个百分点 1)", {"参训率": F("0.8")}, "参训率", F("0.81"), 1),
        ("加(参训党员>100 每10人 1; 上限 9)", {"参训党员": 135}, "参训党员", 140, 1),
        ("清单(领导型师资=1)", {"领导型师资": 0}, "领导型师资", 1, 1),
        ("清单(执行率=1)", {"执行率": 0}, "执行率", F("0.01"), 1),
        ("扣(月报逾期 每2月 1)", {"月报逾期": 4}, "月报逾期", 3, 1),
        ("扣(月报逾期 每2月 1)", {"月报逾期": 5}, "月报逾期", 3, 1),
        ("扣(月报逾期 2)", {"月报逾期": 3}, "月报逾期", 0, 2),
        ("加(领导型师资 1; 上限 5)", {"领导型师资": 0}, "领导型师资", 1, 1),
        ("加(参训党员 每100人 1; 上限 5)", {"参训党员": 200}, "参训党员", 300, 1),
        (
            "比(参训党员/党员总数 ÷ 85%)×4",
            {"参训党员": 50, "党员总数": 99},
            "参训党员",
            85,
            4 - F(50, 99) / F("0.85") * 4,
        ),
        ("加(参训党员 每100人 1; 上限 5)", {"参训党员": 130}, "参训党员", 200, 1),
        ("档(执行率: >50%→1; 其他→0)", {"执行率": F("0.3")}, "执行率", F("0.51"), 1),
    ],
)
def test_next_change_is_the_nearest_that_brings_points(text, metrics, reference, value, gain):
    figures = {name: F(figure) for name, figure in metrics.items()}

    change = next_changes(parse_rule(text), VOCABULARY, figures, item_points=F(5))[0]

    assert (change.reference, change.to_value, change.gain) == (reference, value, F(gain))


@pytest.mark.parametrize(
    ("text", "metrics"),
    [
        (MANUAL[1], {"主教室座位": F(100)}),
        (MANUAL[1], {"主教室座位": None}),
        ("清单(音响=1)", {}),
        ("扣(月报逾期 每月 0.5; 下限 7)", {"月报逾期": F(6)}),
        ("档(有培训的双月数: ≥6→1; 其他→0)", {"有培训的双月数": F(6)}),
        ("档(培训支出: ≥6→1; 其他→0)", {"培训支出": F(1)}),
        ("加(有培训的双月数 每4个 1; 上限 3)", {"有培训的双月数": F(4)}),
    ],
)
def test_nothing_is_advised_where_no_record_would_help(text, metrics):
    assert next_changes(parse_rule(text), VOCABULARY, metrics, item_points=F(8)) == ()


def test_rule_is_said_in_sentences():
    said = [in_words(parse_rule(text), VOCABULARY, item_points=F(6)) for text in MANUAL]

    assert said[1] == (
        (
            "主教室座位达到 100 座得 8 分，达到 80 座得 6.5 分，达到 60 座得 5 分，达到 30 座得 3 分，"
            "其他得 0 分。"
        ),
    )
    assert said[3] == ("执行率在 80% 至 100% 之间得 2 分，达到 60% 得 1 分，其他得 0 分。",)
    assert said[5][0] == "参训党员占党员总数的比例达到 85% 得 4 分，不足的按比例得分。"
    assert said[6] == (
        (
            "从 6 分扣起：缺管理制度（教学、学员、师资、经费）每项扣 1 分；月报逾期每月扣 0.5 分；"
            "数据不实每处扣 1 分；最低 0 分。"
        ),
    )
    assert said[7] == ("从 5 分扣起：无专人扣 1 分；参训率低于 85%，每1个百分点扣 1 分；最低 0 分。",)
    assert said[8] == ("采纳成果每项加 1.5 分；课题结项每项加 0.5 分；合计不超过 3 分。",)
    assert said[10] == ("得分由评分人在 0 至 6 分之间评定，每 0.5 分一级。",)
    assert all(sentence.endswith("。") for sentences in said for sentence in sentences)


def test_condition_is_said_in_words():
    assert condition_in_words(FIVE, VOCABULARY) == "总分达到 90，且最低大项得分率达到 70%，且D3达到 28"
