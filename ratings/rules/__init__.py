"""The rule language (计分规则): one readable Chinese line that the machine executes. Pure Python, exact
fractions.

Reading: parse_rule, parse_condition, parse_effect; to_text prints the canonical line.
Meaning: Vocabulary, asked, references, part_is_computed. Points: evaluate_part, asked_range, comparisons.
The manual page is docs/计分规则.md.
"""

from ratings.rules.answers import clean_answer, format_answers, parse_answers
from ratings.rules.binding import (
    Asked,
    MetricInfo,
    Vocabulary,
    asked,
    names,
    part_is_computed,
    reference_key,
    references,
)
from ratings.rules.changes import Change, next_changes
from ratings.rules.checking import check_condition, check_rule
from ratings.rules.errors import AnswerError, Finding, RuleError, Unresolved
from ratings.rules.evaluation import PartResult, TraceStep, evaluate_part, maximum, missing_answers
from ratings.rules.figures import Answer, Gate, comparisons, holds
from ratings.rules.parsing import parse_condition, parse_effect, parse_rule
from ratings.rules.ranges import asked_range
from ratings.rules.syntax import Comparison, Condition, Effect, Part, Question, Reference, Rule, to_text
from ratings.rules.wording import condition_in_words, in_words

__all__ = [
    "Answer",
    "AnswerError",
    "Asked",
    "Change",
    "Comparison",
    "Condition",
    "Effect",
    "Finding",
    "Gate",
    "MetricInfo",
    "Part",
    "PartResult",
    "Question",
    "Reference",
    "Rule",
    "RuleError",
    "TraceStep",
    "Unresolved",
    "Vocabulary",
    "asked",
    "asked_range",
    "check_condition",
    "check_rule",
    "clean_answer",
    "comparisons",
    "condition_in_words",
    "evaluate_part",
    "format_answers",
    "holds",
    "in_words",
    "maximum",
    "missing_answers",
    "names",
    "next_changes",
    "parse_answers",
    "parse_condition",
    "parse_effect",
    "parse_rule",
    "part_is_computed",
    "reference_key",
    "references",
    "to_text",
]
