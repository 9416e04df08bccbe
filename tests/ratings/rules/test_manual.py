"""The manual page of the rule language says what the program does."""

import ast
import re
from pathlib import Path

import pytest

from ratings.drafting.ruledesk.manual import manual, read
from ratings.rules import (
    AnswerError,
    RuleError,
    Unresolved,
    asked,
    check_rule,
    evaluate_part,
    in_words,
    parse_answers,
    parse_condition,
    parse_rule,
    to_text,
)
from tests.ratings.rule_words import VOCABULARY, F

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "计分规则.md").read_text(encoding="utf-8")
KIND = re.compile(r"`((?:清单|档|比|扣|加|评|分)\([^`]*\)[^`]*)`")
#: What a sentence about a rule leaves the program by, and helpers that end sentences.
SAYING = {"RuleError", "AnswerError", "Unresolved", "error", "warning", "_refuse"}
ENDING = {"_hint", "_choices"}
ABOVE, BELOW = PAGE.split("## 提示和改法")
ROWS = re.findall(r"^\| `(.+?)` \| (.+?) \| .+ \|$", BELOW, re.MULTILINE)


@pytest.mark.parametrize("text", KIND.findall(ABOVE))
def test_example_of_the_manual_is_canonical_and_sayable(text):
    rule = parse_rule(text)

    assert to_text(rule).replace("; 下限 0)", ")") == text.replace("; 下限 0)", ")")
    assert in_words(rule, VOCABULARY, item_points=F(5))


@pytest.mark.parametrize("text", re.findall(r"^    (.+)$", ABOVE, re.MULTILINE))
def test_condition_of_the_manual_is_canonical(text):
    assert to_text(parse_condition(text)) == text


@pytest.mark.parametrize(("text", "words"), ROWS)
def test_sentence_of_the_manual_is_what_the_program_says(text, words):
    try:
        said = [finding.message for finding in check_rule(parse_rule(text), VOCABULARY, item_points=F(1))]
    except RuleError as error:
        said = [error.message]

    assert any(words in message for message in said), said


def test_manual_explains_many_sentences():
    assert len(ROWS) >= 45
    assert len(KIND.findall(ABOVE)) >= 10


def sentences() -> list[str]:
    """The longest fixed piece of every sentence that the rule language can say."""
    found = []
    for path in sorted((ROOT / "ratings" / "rules").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in SAYING
                and node.args
            ):
                found += pieces(node.args[0])
            if isinstance(node, ast.FunctionDef) and node.name in ENDING:
                found += [
                    piece
                    for one in ast.walk(node)
                    if isinstance(one, ast.Return)
                    for piece in pieces(one.value)
                ]
    return sorted({piece for piece in found if piece})


def pieces(node: ast.expr) -> list[str]:
    match node:
        case ast.Constant(value=str(text)):
            return [text.strip("；，“”")]
        case ast.JoinedStr(values=values):
            return [
                max(
                    (one.value for one in values if isinstance(one, ast.Constant)), key=len, default=""
                ).strip("；，“”")
            ]
        case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, right=other):
            return [*pieces(one), *pieces(other)]
    return []


def test_every_sentence_of_the_rule_language_is_explained():
    assert [piece for piece in sentences() if piece not in BELOW] == []
    assert len(sentences()) >= 60


@pytest.mark.parametrize(
    ("rule", "answer"),
    [
        ("评(听课: A=1; B=0.5; C=0; D=0)", "听课=优"),
        ("评(听课: A=1; B=0) + 清单(音响=1)", "听课"),
        ("清单(音响=1)", ""),
        ("清单(音响=1)", "音响；音响"),
        ("清单(音响=1)", "音响=好"),
        ("清单(音响=1; 大屏=1)", "音像"),
        ("加(采纳成果 每项 1)", "采纳成果=几次"),
        ("档(问 图书册数: ≥1→1; 其他→0)", "图书册数=许多"),
        ("分(0—6)", "得分=7"),
        ("分(0—6; 步长 0.5)", "得分=4.3"),
    ],
)
def test_sentence_about_an_answer_stands_in_the_manual(rule, answer):
    with pytest.raises(AnswerError) as refused:
        parse_answers(answer, asked(parse_rule(rule), VOCABULARY))

    assert f"| {refused.value.message} |" in BELOW


@pytest.mark.parametrize(
    ("rule", "answers"),
    [
        ("档(主教室座位: ≥1→1; 其他→0)", {}),
        ("档(座位: ≥1→1; 其他→0)", {}),
        ("档(问 年末图书册数: ≥1→1; 其他→0)", {}),
        ("分(0—6)", {"得分": F(7)}),
        ("评(听课: A=1; B=0)", {}),
        ("评(听课: A=1; B=0)", {"听课": "E"}),
        ("比(参训干部/应训干部 ÷ 100%)×4", {}),
    ],
)
def test_sentence_about_missing_points_stands_in_the_manual(rule, answers):
    figures = {"参训干部": F(0), "应训干部": F(0)}
    with pytest.raises(Unresolved) as gap:
        evaluate_part(parse_rule(rule).parts[0], VOCABULARY, figures, answers, item_points=F(6))

    assert f"| {gap.value.problems[0]} |" in BELOW


@pytest.mark.parametrize(
    "text",
    [
        "清单(" + "甲" * 2000,
        " ",
        " + ".join(["分(0—1)"] * 13),
        "清单(" + "; ".join(f"项{'甲' * number}=1" for number in range(41)) + ")",
        "清单(" + "甲" * 61 + "=1)",
        "清单(“甲\u0007”=1)",
    ],
)
def test_limit_stands_in_the_manual(text):
    with pytest.raises(RuleError) as refused:
        parse_rule(text)

    assert f"| {refused.value.message} |" in BELOW


def test_page_of_the_manual_shows_the_whole_file():
    shown = "".join(
        span.text for block in manual().blocks for line in block.lines for cell in line for span in cell
    )
    bare = re.sub(r"[`*|#\s-]", "", PAGE)

    assert [block.kind for block in manual().blocks].count("table") >= 6
    assert len(re.sub(r"[`*|#\s-]", "", shown)) >= len(bare) * 0.97


def test_markup_in_the_manual_stays_text():
    (block,) = read("# 题\n\n<b>甲</b> `a<b` **乙**").blocks

    assert [(span.text, span.style) for span in block.first] == [
        ("<b>甲</b> ", ""),
        ("a<b", "code"),
        (" ", ""),
        ("乙", "strong"),
    ]
