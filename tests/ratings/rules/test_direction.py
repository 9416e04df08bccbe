"""A rule that passes its checks never punishes a better figure; the check itself is tried on rules made at
random.
"""

from hypothesis import assume, given
from hypothesis import strategies as st

from ratings.rules import check_rule, evaluate_part, to_text
from ratings.rules import syntax as s
from tests.ratings.rule_words import VOCABULARY, F

METRICS = {"主体班次": "up", "师资人数": "up", "月报逾期": "down"}
ZERO = s.Number(F(0))
IDLE = ("不可能达到", "已包含在")

small = st.integers(0, 4).map(lambda n: s.Number(F(n)))
references = st.sampled_from(sorted(METRICS)).map(s.Reference)
signs = st.sampled_from("≥>≤<")
bands = st.lists(st.builds(s.Band, st.builds(s.Test, signs, small), small), min_size=1, max_size=4)
conditions = st.lists(st.builds(s.Comparison, references, signs, small), min_size=1, max_size=2).map(
    lambda some: s.Condition(tuple(some))
)
cases = st.lists(st.builds(s.Case, conditions, small), min_size=1, max_size=3)
terms = st.lists(
    st.builds(s.Term, st.one_of(references, conditions), st.none(), small)
    | st.builds(s.Term, references, st.just(s.Per(s.Number(F(1)), "项")), small),
    min_size=1,
    max_size=3,
)
parts = st.one_of(
    st.builds(lambda subject, some: s.Graded(subject, (*some, s.Band(None, ZERO))), references, bands),
    st.builds(lambda some: s.Cases((*some, s.Case(None, ZERO))), cases),
    st.builds(lambda some: s.Deduct(s.Number(F(6)), tuple(some), ZERO), terms),
    st.builds(lambda some: s.Add(tuple(some), s.Number(F(6))), terms),
    st.builds(
        lambda some: s.Checklist(tuple(s.Tick(one, s.Number(F(1))) for one in some)),
        st.lists(references, min_size=1, max_size=3),
    ),
)
figures = st.integers(0, 10).map(lambda n: F(n, 2))


def _points(part, metrics):
    return evaluate_part(part, VOCABULARY, metrics, {}, item_points=F(6)).points


@given(
    parts, st.fixed_dictionaries(dict.fromkeys(METRICS, figures)), st.sampled_from(sorted(METRICS)), figures
)
def test_better_figure_never_costs_points_where_the_check_passes(part, metrics, better, value):
    messages = [finding.message for finding in check_rule(s.Rule((part,)), VOCABULARY, item_points=F(6))]
    assume(
        not any("方向" in message or "越多越好" in message or "越少越好" in message for message in messages)
    )
    worse, best = sorted([metrics[better], value], reverse=METRICS[better] == "down")

    assert _points(part, {**metrics, better: worse}) <= _points(part, {**metrics, better: best})


@given(parts, st.fixed_dictionaries(dict.fromkeys(METRICS, figures)))
def test_line_called_unreachable_never_gives_the_points(part, metrics):
    assume(isinstance(part, s.Graded | s.Cases))
    messages = [finding.message for finding in check_rule(s.Rule((part,)), VOCABULARY, item_points=F(6))]
    lines = part.bands if isinstance(part, s.Graded) else part.cases
    assume(len({to_text(line) for line in lines}) == len(lines))
    idle = [
        line
        for line in lines
        if any(f"“{to_text(line)}”{verdict}" in message for verdict in IDLE for message in messages)
    ]
    rest = tuple(line for line in lines if line not in idle)
    shorter = s.Graded(part.subject, rest) if isinstance(part, s.Graded) else s.Cases(rest)

    assert _points(shorter, metrics) == _points(part, metrics)
