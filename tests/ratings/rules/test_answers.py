"""The column 作答 of a score sheet."""

import pytest

from ratings.rules import AnswerError, asked, format_answers, missing_answers, parse_answers, parse_rule
from tests.ratings.rule_words import VOCABULARY, F

MIXED = "清单(“投影/大屏”=1; 音响=1; 网络=1) + 加(成果 每项 1; 上限 3) + 评(听课: A=2; B=1)"


def _read(text, rule=MIXED):
    return parse_answers(text, asked(parse_rule(rule), VOCABULARY))


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("音响", {"音响": True}),
        ("音响；投影/大屏；成果×2；听课=A", {"音响": True, "投影/大屏": True, "成果": 2, "听课": "A"}),
        (" “投影／大屏” ; 成果 ＝ 3 ； 听课＝ｂ", {"投影/大屏": True, "成果": 3, "听课": "B"}),
        ("音响、网络，投影/大屏\n成果x2次", {"音响": True, "网络": True, "投影/大屏": True, "成果": 2}),
        ("音响=是；网络=否；成果", {"音响": True, "网络": False, "成果": 1}),
        ("A；音响", {"听课": "A", "音响": True}),
        ("无", {}),
    ],
)
def test_answers_are_read_as_people_write_them(text, answers):
    assert _read(text) == answers


@pytest.mark.parametrize(
    ("rule", "text", "answers"),
    [
        ("评(听课: 可用=3; 停用=1; 无=0)", "无", {"听课": "无"}),
        ("评(听课: 可用=3; 停用=1; 无=0)", "可用", {"听课": "可用"}),
        ("分(0—6; 步长 0.5)", "4.5", {"得分": F("4.5")}),
        ("分(1—5; 步长 2)", "3", {"得分": F(3)}),
        ("档(问 到课率: ≥85%→1; 其他→0)", "85.5%", {"到课率": F("0.855")}),
        ("档(问 人数: ≥3→1; 其他→0)", "人数=12", {"人数": F(12)}),
        ("清单(「a;b=c×2」=1; 甲=1)", "“a;b=c×2”；甲", {"a;b=c×2": True, "甲": True}),
    ],
)
def test_single_answer_may_stand_bare(rule, text, answers):
    assert _read(text, rule) == answers


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "作答是空的"),
        ("；；", "作答是空的"),
        ("话筒", "本项没有“话筒”；本项要填：投影/大屏、音响"),
        ("话筒=1", "本项没有“话筒”"),
        ("音响；音响", "写了两次"),
        ("听课", "还没有写等次"),
        ("听课=E", "应是 A、B 之一"),
        ("听课×2", "不能写次数"),
        ("成果=-1", "应写次数"),
        ("成果=1.5", "应写次数"),
        ("成果×99999", "应写次数"),
        ("音响=3", "应写 是 或 否"),
    ],
)
def test_wrong_answer_is_refused_with_a_sentence(text, words):
    with pytest.raises(AnswerError) as caught:
        _read(text)

    assert words in caught.value.message


@pytest.mark.parametrize(
    ("rule", "text", "words"),
    [
        ("分(0—6; 步长 0.5)", "6.5", "应在 0—6 分之间"),
        ("分(0—6; 步长 0.5)", "4.2", "应按 0.5 分一步"),
        ("分(1—5; 步长 2)", "2", "应按 2 分一步"),
        ("分(甲: 0—6) + 分(乙: 0—6)", "3", "本项没有“3”"),
        ("评(听课: A=1; B=0)", "C", "应是 A、B 之一"),
        ("档(问 人数: ≥3→1; 其他→0)", "人数=十二", "应写数字"),
    ],
)
def test_owed_answer_is_never_guessed(rule, text, words):
    with pytest.raises(AnswerError) as caught:
        _read(text, rule)

    assert words in caught.value.message


@pytest.mark.parametrize("rule", ["分(0—6)", "评(听课: A=1; B=0)", "档(问 人数: ≥3→1; 其他→0)"])
def test_nothing_does_not_answer_what_is_owed(rule):
    assert missing_answers(asked(parse_rule(rule), VOCABULARY), _read("无", rule)) == [
        asked(parse_rule(rule), VOCABULARY)[0].name
    ]


@pytest.mark.parametrize(
    ("rule", "answers", "text"),
    [
        (MIXED, {}, "无"),
        (MIXED, {"音响": True, "网络": False, "成果": 2, "听课": "A"}, "音响；成果×2；听课=A"),
        ("分(0—6)", {"得分": F("4.5")}, "得分=4.5"),
        ("评(听课: 可用=1; 无=0)", {"听课": "无"}, "听课=无"),
        ("清单(「a;b=c×2」=1; 甲=1)", {"a;b=c×2": True}, "“a;b=c×2”"),
    ],
)
def test_answers_are_written_so_that_they_read_back(rule, answers, text):
    questions = asked(parse_rule(rule), VOCABULARY)

    assert format_answers(answers, questions) == text
    assert parse_answers(text, questions) == {
        name: answer for name, answer in answers.items() if answer is not False
    }
