"""parse(to_text(x)) == x, for every tree the language has."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.rules import parse_condition, parse_effect, parse_rule, to_text
from ratings.rules import syntax as s
from tests.ratings.rule_words import CONDITIONS, EFFECTS, MANUAL

_PIECES = [
    "满分",
    "下限",
    "上限",
    "步长",
    "其他",
    "问",
    "且",
    "每",
    "月",
    "项",
    "无",
    "x",
    "A",
    "B",
    "3",
    "-1",
    ".5",
    " ",
    "·",
    "/",
    "（",
    "(",
    "“",
    "；",
    "=",
    "≥",
    "㙍",
    "𠮷",
    "％",
]
_LEFT_QUOTES = '“”"＂'


def _can_be_quoted(name: str) -> bool:
    return bool(name) and not (set(name) & set(_LEFT_QUOTES) and set(name) & set("「」"))


names = st.lists(
    st.one_of(st.sampled_from(_PIECES), st.characters(categories=("L", "N", "P", "S"))),
    min_size=1,
    max_size=8,
)
names = names.map("".join).map(str.strip).filter(_can_be_quoted)
decimals = st.builds(lambda n, places: Fraction(n, 10**places), st.integers(0, 10**9 - 1), st.integers(0, 4))
points = st.builds(s.Number, decimals)
numbers = st.one_of(points, st.builds(lambda value: s.Number(value / 100, True), decimals))
positive = points.filter(lambda number: number.value)
signs = st.sampled_from("≥>≤<=≠")
limits = st.builds(s.Limit, names, signs, numbers)
tuples = {"min_size": 1, "max_size": 4}


def some(strategy: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(strategy, **tuples).map(tuple)


references = st.builds(
    s.Reference, names, st.lists(limits, max_size=2).map(tuple), st.lists(names, max_size=2).map(tuple)
)
operands = st.one_of(references, st.builds(s.Question, names))
conditions = st.builds(s.Condition, some(st.builds(s.Comparison, operands, signs, numbers)))
ordered = st.tuples(numbers, numbers).map(lambda pair: sorted(pair, key=lambda number: number.value))
same_kind = ordered.filter(lambda pair: pair[0].percent == pair[1].percent)
tests = st.one_of(st.builds(s.Test, signs, numbers), same_kind.map(lambda pair: s.Test("—", *pair)))
units = st.text(st.sampled_from("项月次人个期处"), min_size=1, max_size=3)
per = st.one_of(st.builds(s.Per, positive, units), positive.map(lambda number: s.Per(number, s.POINT_UNIT)))
single = st.builds(s.Comparison, operands, st.sampled_from("<≤>≥"), numbers).map(
    lambda one: s.Condition((one,))
)
terms = st.one_of(
    st.builds(s.Term, st.one_of(references, conditions), st.none(), points),
    st.builds(s.Term, st.one_of(references, single), per, points),
)
ratios = st.builds(
    s.Ratio, operands, st.none() | operands, st.none() | numbers.filter(lambda number: number.value), points
)
judged = st.tuples(points, points).filter(lambda pair: pair[0].value < pair[1].value)
parts = st.one_of(
    st.builds(s.Checklist, some(st.builds(s.Tick, references, points))),
    st.builds(s.Graded, operands, some(st.builds(s.Band, st.none() | tests, points))),
    st.builds(s.Cases, some(st.builds(s.Case, st.none() | conditions, points))),
    ratios.filter(lambda ratio: ratio.denominator or ratio.target),
    st.builds(s.Deduct, st.none() | points, some(terms), points),
    st.builds(s.Add, some(terms), st.none() | points),
    st.builds(s.Levels, names, some(st.builds(s.Level, names, points))),
    st.builds(
        lambda name, pair, step: s.Judged(name, *pair, step),
        names | st.just(s.JUDGED_NAME),
        judged,
        st.none() | positive,
    ),
)
rules = st.builds(s.Rule, some(parts)).filter(lambda rule: len(to_text(rule)) <= 2000)


@given(rules)
def test_rule_printed_and_parsed_is_itself(rule):
    assert parse_rule(to_text(rule)) == rule


@given(conditions.filter(lambda condition: len(to_text(condition)) <= 2000))
def test_condition_printed_and_parsed_is_itself(condition):
    assert parse_condition(to_text(condition)) == condition


@given(rules)
def test_rules_that_are_equal_hash_alike(rule):
    assert hash(parse_rule(to_text(rule))) == hash(rule)


@pytest.mark.parametrize("text", MANUAL)
def test_canonical_line_prints_unchanged(text):
    assert to_text(parse_rule(text)) == text


@pytest.mark.parametrize("text", CONDITIONS)
def test_canonical_condition_prints_unchanged(text):
    assert to_text(parse_condition(text)) == text


@pytest.mark.parametrize("text", EFFECTS)
def test_canonical_effect_prints_unchanged(text):
    assert to_text(parse_effect(text)) == text
