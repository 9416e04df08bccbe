"""What may be typed, and what a person is told where it cannot be read."""

from fractions import Fraction

import pytest

from ratings.rules import RuleError, parse_condition, parse_effect, parse_rule, to_text
from ratings.rules.syntax import Condition, Effect


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("清单（书记任校长＝２；副职齐备＝1）", "清单(书记任校长=2; 副职齐备=1)"),
        ("  清单 (\n书记任校长 = 2 ;\t副职齐备=1 ; ) ", "清单(书记任校长=2; 副职齐备=1)"),
        ('清单(「投影/大屏」=1.50;"音 响"=1)', "清单(“投影/大屏”=1.5; “音 响”=1)"),
        ("清单(3月底前备案=2)", "清单(3月底前备案=2)"),
        ("清单(㙍头镇=1; 𠮷=1; 挂 牌=1)", "清单(㙍头镇=1; 𠮷=1; 挂牌=1)"),
        ("档(执行率:80%-100%->2;>=60%=>1;其他→0)", "档(执行率: 80%—100%→2; ≥60%→1; 其他→0)"),
        ("档(执行率：８０％～１００％→2；≧60%⇒1；其他→0)", "档(执行率: 80%—100%→2; ≥60%→1; 其他→0)"),
        ("档(执行率:80——100%→2;其他→0)", "档(执行率: 80%—100%→2; 其他→0)"),
        ("档(有培训的双月数: 6→3; !=5→1; 其他→0)", "档(有培训的双月数: 6→3; ≠5→1; 其他→0)"),
        ("档(挂牌且明确≥1且参训率≥85%且乙<3→2;其他→0)", "档(挂牌且明确≥1 且 参训率≥85% 且 乙<3→2; 其他→0)"),
        ("档(问 年末人数:≥3→1;其他→0)", "档(问 年末人数: ≥3→1; 其他→0)"),
        ("档(问题整改率:≥80%→1;其他→0)", "档(问题整改率: ≥80%→1; 其他→0)"),
        ("档(问“题数”:≥3→1;其他→0)", "档(问 题数: ≥3→1; 其他→0)"),
        ("档(办班期数【学时≥2，人次>=15】:≥1→1;其他→0)", "档(办班期数[学时≥2, 人次≥15]: ≥1→1; 其他→0)"),
        ("比(参训党员／党员总数÷85％)*4", "比(参训党员/党员总数 ÷ 85%)×4"),
        ("比(参训人次÷100)x4", "比(参训人次 ÷ 100)×4"),
        ("扣(无专人1;月报逾期每月0.5)", "扣(无专人 1; 月报逾期 每月 0.5; 下限 0)"),
        ("扣(满分5;参训率<85%每1%1)", "扣(满分 5; 参训率<85% 每1个百分点 1; 下限 0)"),
        ("扣(参训率<85% 每2个百分点 1; 下限1)", "扣(参训率<85% 每2个百分点 1; 下限 1)"),
        ("加(采纳成果每项1.5;参训人次 每100人 1;上限3)", "加(采纳成果 每项 1.5; 参训人次 每100人 1; 上限 3)"),
        ("评（县抽听课：优=2；良=1）", "评(县抽听课: 优=2; 良=1)"),
        ("分(课堂: 0~6)", "分(课堂: 0—6)"),
        (
            "清单(“每月例会”=1; “其他”=1; 「“第一课”讲授」=1)",
            "清单(“每月例会”=1; “其他”=1; 「“第一课”讲授」=1)",
        ),
    ],
)
def test_spellings_of_one_rule_read_alike(typed, canonical):
    rule = parse_rule(typed)

    assert to_text(rule) == canonical
    assert parse_rule(canonical) == rule


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("", 0, "计分规则是空的"),
        ("表(甲=1)", 0, "计分方式（清单、档、比、扣、加、评、分）"),
        ("清单(甲=1，乙=2)", 6, "应为“)”或“；”"),
        ("清单（甲=１；乙=）", 9, "应为数字"),
        ("清单(甲=1; 乙=", 10, "没有写完，后面应为数字"),
        ("清单(甲=1) 清单(乙=1)", 8, "应为“+”或结束"),
        ("清单(“甲=1)", 3, "没有成对"),
        ("清单(“ ”=1)", 3, "引号里没有名称"),
        ("清单(每月例会=2)", 3, "请加引号"),
        ("档(甲≥1 或 乙≥2→3; 其他→0)", 6, "不支持“或”"),
        ("档(甲: ≥1→50%; 其他→0)", 8, "不能写百分数"),
        ("档(甲: 100%—80%→2; 其他→0)", 9, "从小到大"),
        ("比(甲)×4", 0, "分子/分母"),
        ("比(甲 ÷ 0)×4", 0, "不能是 0"),
        ("比(甲/乙 ÷ 85%)", 12, "应为“×”"),
        ("扣(甲≥1 且 乙≥1 每项 1)", 2, "“每”前面"),
        ("扣(甲≠1 每项 1)", 2, "“每”前面"),
        ("扣(甲 每0项 1)", 4, "不能是 0"),
        ("扣(满分 5)", 6, "应为“；”"),
        ("分(6—0)", 0, "从小到大"),
        ("分(0—6; 步长 0)", 0, "步长不能是 0"),
        ("清单(甲=12345678901)", 5, "太大"),
        ("清单(甲=0.00001)", 5, "小数太长"),
        (f"清单({'甲' * 61}=1)", 3, "最多 60 个字"),
        ("清单(甲=1) " + "+" * 2000, 2000, "太长"),
        ("清单(" + "甲=1;" * 41 + ")", 0, "最多写 40 项"),
        (" + ".join(["分(0—1)"] * 13), 12 * 9, "最多由 12 部分"),
    ],
)
def test_unreadable_rule_names_place_and_what_was_expected(text, position, words):
    with pytest.raises(RuleError) as caught:
        parse_rule(text)

    assert words in caught.value.message
    assert caught.value.position == position
    assert str(caught.value).startswith(f"第 {position + 1} 个字处：")


def test_number_is_exact():
    band = parse_rule("档(参训率: ≥85.5%→0.1; 其他→0)").parts[0].bands[0]

    assert band.test.low.value == Fraction(855, 1000)
    assert band.points.value == Fraction(1, 10)


def test_condition_knows_codes_with_dash_and_dot():
    condition = parse_condition("Z9-1>=2且B.2<3 且 总分≥90")

    assert isinstance(condition, Condition)
    assert to_text(condition) == "Z9-1≥2 且 B.2<3 且 总分≥90"


@pytest.mark.parametrize(
    ("text", "star"), [("不授星", 0), ("最高一星", 1), ("最高 3 星", 3), ("最高四星", 4)]
)
def test_effect_is_the_highest_star_left(text, star):
    assert parse_effect(text) == Effect(star)


@pytest.mark.parametrize("text", ["最高五星", "不评星", "", "最高三星 不授星"])
def test_other_effects_are_refused_with_a_sentence(text):
    with pytest.raises(RuleError, match=r"不授星|是空的|结束"):
        parse_effect(text)
