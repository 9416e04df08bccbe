"""The manual page of the rule language says what the program does."""

import re
from pathlib import Path

import pytest

from ratings.rules import RuleError, check_rule, in_words, parse_condition, parse_rule, to_text
from tests.ratings.rule_words import VOCABULARY, F

PAGE = (Path(__file__).parents[2] / "docs" / "计分规则.md").read_text(encoding="utf-8")
KIND = re.compile(r"`((?:清单|档|比|扣|加|评|分)\([^`]*\)[^`]*)`")
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
