"""What is refused, and what is only asked about, before a scheme may use a rule."""

import pytest

from ratings.rules import check_condition, check_rule, parse_condition, parse_rule
from tests.ratings.rule_words import MANUAL, VOCABULARY, F


def _check(text, points, **options):
    return check_rule(parse_rule(text), VOCABULARY, item_points=F(points), **options)


@pytest.mark.parametrize(
    ("text", "points"),
    list(zip(MANUAL, ["4", "8", "8", "2", "8", "8", "6", "5", "3", "3", "6", "2.5"], strict=True)),
)
def test_manual_examples_pass_without_remark(text, points):
    assert _check(text, points) == []


@pytest.mark.parametrize(
    ("text", "points", "words", "position"),
    [
        ("档(主教室坐位: ≥1→1; 其他→0)", 1, "没有名为“主教室坐位”的系统取数指标；相近的有：主教室座位", 2),
        ("档(总分: ≥1→1; 其他→0)", 1, "只能用在星级标准", 2),
        ("清单(甲[学时≥2]=1)", 1, "没有名为“甲”", 3),
        ("档(办班期数[座位≥2]: ≥1→1; 其他→0)", 1, "不能限定“座位”；可以写：人次、学时", 2),
        ("档(办班期数[学时≠2]: ≥1→1; 其他→0)", 1, "应是与普通数字", 2),
        ("档(办班期数[学时≥2%]: ≥1→1; 其他→0)", 1, "应是与普通数字", 2),
        ("扣(缺管理制度[教学、食堂] 每项 1)", 1, "没有“食堂”这一类", 2),
        ("扣(缺管理制度[教学、教学] 每项 1)", 1, "写了两次", 2),
        ("档(主教室座位[教学]: ≥1→1; 其他→0)", 1, "不带方括号", 2),
        ("清单(甲=1; 甲=2)", 3, "“甲”在一条规则里写了两次", None),
        ("清单(甲=1) + 评(甲: A=1; B=0)", 2, "写了两次", None),
        ("清单(甲=1) + 档(问 甲: ≥3→1; 其他→0)", 2, "写了两次", None),
        ("清单(领导型师资=1; 领导型师资=1)", 2, "在同一部分里写了两次", 0),
        ("评(听课: A=1; A=0)", 1, "等次“A”写了两次", 0),
        ("评(参训率: A=1; B=0)", 1, "不能由人评定", 0),
        ("清单(无=1)", 1, "不能作名称", None),
        ("清单(甲=1; 乙=2)", 4, "最高合计 3 分，与分值 4 分不符", None),
        ("扣(满分 5; 无专人 1)", 6, "最高合计 5 分", None),
        ("清单(甲=1) + 扣(无专人 1)", 3, "写明满分", 10),
        ("清单(甲=1) + 加(乙 1)", 3, "写明上限", 10),
        ("扣(满分 5; 无专人 1; 下限 5)", 5, "下限应小于满分", 0),
        ("分(0—6; 步长 4)", 6, "不能整除", 0),
        ("档(主教室座位: ≥100→8; ≥80→6)", 8, "缺“其他→”", 0),
        ("档(主教室座位: ≥60→8; ≥80→6; 其他→0)", 8, "“≥80→6”已包含在前面的“≥60→8”之中", None),
        ("档(主教室座位: ≥60→8; <60→6; ≥0→5; 其他→0)", 8, "“≥0→5”已包含在前面各档之中", None),
        ("档(主教室座位: ≥60→8; <60→6; 其他→0; ≥5→1)", 8, "“其他→0”已包含在前面各档之中", None),
        ("档(主教室座位: 其他→0; ≥60→8)", 8, "已包含在前面的“其他→0”之中", None),
        ("档(主教室座位: ≥80→5; ≥60→6; 其他→0)", 6, "分数与指标“主教室座位”的方向相反", None),
        ("档(主教室座位: ≥80→6; ≥60→6; 其他→0)", 6, "分数相同", None),
        ("档(月报逾期: ≥3→3; ≥1→1; 其他→0)", 3, "方向相反", None),
        ("档(参训率: ≥120%→2; 其他→0)", 2, "不可能达到", None),
        ("档(有培训的双月数: 7→3; 其他→0)", 3, "不可能达到", None),
        ("档(参训率: ≥60→2; 其他→0)", 2, "是百分数，应写 60%", None),
        ("档(主教室座位: ≥60%→2; 其他→0)", 2, "不是百分数", None),
        ("档(主教室座位≥5 且 主教室座位<3→2; 其他→0)", 2, "自相矛盾", None),
        ("档(主体班次≥1→2; 主体班次≥1 且 参训率≥50%→1; 其他→0)", 2, "已包含在前面", None),
        ("档(主体班次≥1→2; 参训率≥50%→3; 其他→0)", 3, "方向相反", None),
        ("档(主体班次≤1→2; 其他→0)", 2, "方向相反", None),
        ("清单(月报逾期=1)", 1, "越少越好，不能用来得分", 3),
        ("扣(参训党员 每人 1)", 1, "越多越好，不能用来扣分", 2),
        ("扣(参训率>85% 1)", 1, "方向相反", 2),
        ("加(参训率<85% 1; 上限 1)", 1, "方向相反", 2),
        ("扣(参训率<85% 每1项 1)", 1, "应写“每1个百分点”", 2),
        ("扣(月报逾期 每1个百分点 1)", 1, "不能按百分点计", 2),
        ("比(月报逾期 ÷ 3)×1", 1, "越少越好", 2),
        ("比(参训党员/参训党员 ÷ 85%)×1", 1, "同一个名称", 0),
    ],
)
def test_faulty_rule_is_refused(text, points, words, position):
    errors = [finding for finding in _check(text, points) if finding.level == "error"]

    assert any(words in finding.message and position in (None, finding.position) for finding in errors), (
        errors
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("清单(领导型师姿=1)", "很像，请确认不是写错"),
        ("清单(领导型=1)", "“领导型师资”很像"),
        ("档(问 参训率: ≥50%→1; 其他→0)", "写了“问”就要人工填写"),
        ("比(参训党员/主教室座位 ÷ 85%)×1", "分母“主教室座位”越多越好"),
    ],
)
def test_doubtful_rule_is_only_a_warning(text, words):
    (finding,) = _check(text, 1)

    assert finding.level == "warning"
    assert words in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "清单(音响=1)",
        "档(月报逾期: ≤1→1; 其他→0)",
        "档(月报逾期: 0→1; 其他→0)",
        "档(培训支出: ≥5→0; ≥1→1; 其他→0)",
    ],
)
def test_unlike_names_and_right_directions_pass(text):
    assert _check(text, 1) == []


def test_bonus_may_exceed_its_points_but_not_stay_below():
    assert [finding.level for finding in _check("加(成果 每项 1; 上限 5)", 3, bonus=True)] == ["warning"]
    assert [finding.level for finding in _check("加(成果 每项 1; 上限 2)", 3, bonus=True)] == ["error"]


def test_huge_grid_is_refused_instead_of_reckoned():
    cases = "; ".join(
        f"主教室座位≥{n} 且 师资人数≥{n} 且 参训党员≥{n} 且 工作人员数≥{n}→{n}" for n in range(30, 1, -1)
    )

    assert any("太多" in finding.message for finding in _check(f"档({cases}; 其他→0)", 30))


@pytest.mark.parametrize("text", ["总分≥90 且 最低大项得分率≥70% 且 D3≥28", "办班期数[学时≥2]<1", "Z9-1>2"])
def test_condition_of_known_names_passes(text):
    assert check_condition(parse_condition(text), VOCABULARY) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A4≥1", "没有名为“A4”"),
        ("总份≥90", "相近的有：总分"),
        ("问 总数≥90", "不能写“问”"),
        ("有培训的双月数≥9", "不可能达到，最高只有 6"),
        ("总分≥90 且 总分<80", "不可能达到"),
        ("参训率≥85", "是百分数，应写 85%"),
        ("A3[学时≥2]≥1", "没有名为“A3”"),
    ],
)
def test_condition_is_refused_with_a_sentence(text, words):
    findings = check_condition(parse_condition(text), VOCABULARY)

    assert any(words in finding.message and finding.level == "error" for finding in findings), findings
