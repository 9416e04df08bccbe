"""Which names are metrics, what is asked of people, and how far answers can move the points."""

from itertools import product

import pytest

from ratings.rules import (
    Unresolved,
    asked,
    asked_range,
    evaluate_part,
    parse_condition,
    parse_rule,
    part_is_computed,
    references,
)
from ratings.rules import names as condition_names
from tests.ratings.rule_words import CONDITIONS, MANUAL, VOCABULARY, F


def test_references_are_the_metrics_with_their_arguments():
    assert references(parse_rule(MANUAL[6]), VOCABULARY) == {"缺管理制度[教学、学员、师资、经费]", "月报逾期"}
    assert references(parse_rule(MANUAL[4]), VOCABULARY) == {"办班期数[学时≥2, 人次≥15]", "有培训的双月数"}


def test_condition_names_totals_codes_and_metrics():
    condition = parse_condition(CONDITIONS[0] + " 且 办班期数[学时≥2]≥1")

    assert condition_names(condition) == {"总分", "最低大项得分率", "D3", "办班期数[学时≥2]"}
    assert references(condition, VOCABULARY) == {"办班期数[学时≥2]"}


def test_asked_names_every_kind_of_answer():
    text = (
        "清单(领导型师资=1; 音响=2) + 扣(满分 3; 月报逾期 每月 1; 数据不实 每处 1; 无专人 1) + "
        "评(听课: 优=2; 无=0)"
    )
    found = asked(
        parse_rule(f"{text} + 分(0—6; 步长 0.5) + 档(问 人数≥3 且 问 人数<9→1; 其他→0)"), VOCABULARY
    )

    assert [(one.name, one.kind, one.part) for one in found] == [
        ("音响", "tick", 0),
        ("数据不实", "count", 1),
        ("无专人", "tick", 1),
        ("听课", "level", 2),
        ("得分", "points", 3),
        ("人数", "number", 4),
    ]
    assert found[3].levels == (("优", 2), ("无", 0))
    assert (found[4].low, found[4].high, found[4].step) == (0, 6, F(1, 2))


@pytest.mark.parametrize(
    ("text", "computed"),
    [
        (MANUAL[1], True),
        (MANUAL[5], True),
        (MANUAL[6], False),
        (MANUAL[0], False),
        ("扣(月报逾期 每月 1)", True),
        ("档(问 人数: ≥1→1; 其他→0)", False),
    ],
)
def test_part_is_computed_when_every_name_is_a_metric(text, computed):
    assert part_is_computed(parse_rule(text).parts[0], VOCABULARY) is computed


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("清单(领导型师资=1; 音响=2; 专人=3)", 1, 6),
        ("扣(满分 5; 月报逾期 每月 0.5; 无专人 1; 下限 0)", 3, 4),
        ("扣(满分 5; 月报逾期 每月 0.5; 数据不实 每处 1; 下限 0.5)", F(1, 2), 4),
        ("扣(满分 5; 问 次数≥3 2; 下限 0)", 3, 5),
        ("加(领导型师资 1; 成果 每项 1; 上限 3)", 1, 3),
        ("加(成果 1; 课题 0.5; 上限 3)", 0, F(3, 2)),
        ("评(听课: A=2; B=1)", 1, 2),
        ("分(1—6)", 1, 6),
        ("档(问 人数: ≥3→2; ≥1→1; 其他→0)", 0, 2),
        ("档(问 人数: ≥0→2; 其他→0)", 2, 2),
        ("档(问 人数≥3 且 领导型师资≥1→4; 领导型师资≥1→2; 其他→0)", 2, 4),
        ("档(问 人数≥3 且 领导型师资≥9→4; 其他→1)", 1, 1),
        ("比(问 人数/领导型师资 ÷ 85%)×4", 0, 4),
        ("比(月报逾期/问 人数)×4", 0, 4),
        ("档(领导型师资: ≥1→7; 其他→0)", 0, 0),
    ],
)
def test_asked_range_keeps_metrics_as_they_stand(text, low, high):
    metrics = {"领导型师资": F(2), "月报逾期": F(2)}

    assert asked_range(parse_rule(text), VOCABULARY, metrics, item_points=F(9)) == (low, high)


def test_asked_range_without_the_names_of_a_later_stage():
    rule = parse_rule("清单(音响=1; 专人=2) + 扣(满分 3; 不实 每处 1) + 评(听课: A=2; B=1)")

    assert asked_range(rule, VOCABULARY, {}, item_points=F(8)) == (1, 8)
    assert asked_range(
        rule, VOCABULARY, {}, item_points=F(8), excluded=frozenset({"专人", "不实", "听课"})
    ) == (3, 4)


@pytest.mark.parametrize("ticks", list(product([True, False], repeat=3)))
def test_every_answer_lies_in_the_asked_range(ticks):
    rule = parse_rule("清单(甲=1; 乙=2; 领导型师资=0.5) + 扣(满分 3; 丙 2; 月报逾期 每月 1; 下限 0.5)")
    metrics, answers = {"领导型师资": F(1), "月报逾期": F(2)}, dict(zip("甲乙丙", ticks, strict=True))

    low, high = asked_range(rule, VOCABULARY, metrics, item_points=F(7))
    points = sum(
        evaluate_part(part, VOCABULARY, metrics, answers, item_points=F(7)).points for part in rule.parts
    )

    assert low <= points <= high


def test_mixed_part_is_left_to_people():
    rule = parse_rule("档(主教室座位: ≥80→2; 其他→0) + 清单(领导型师资=1; 音响=2)")

    assert [part_is_computed(part, VOCABULARY) for part in rule.parts] == [True, False]


def test_missing_metric_blocks_range_and_points():
    with pytest.raises(Unresolved):
        asked_range(parse_rule("清单(领导型师资=1; 音响=2)"), VOCABULARY, {}, item_points=F(3))
    with pytest.raises(Unresolved):
        evaluate_part(parse_rule(MANUAL[1]).parts[0], VOCABULARY, {"主教室座位": None}, {}, item_points=F(8))
