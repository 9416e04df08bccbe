"""The rule language (计分规则): one readable Chinese line that the machine executes. Pure Python, exact
fractions.

Reading: parse_rule, parse_condition, parse_effect; to_text prints the canonical line.
Meaning: Vocabulary, asked, references, part_is_computed. Points: evaluate_part, asked_range, comparisons.
The manual page is docs/计分规则.md.
"""

from .answers import clean_answer, format_answers, parse_answers
from .binding import (
    Asked,
    MetricInfo,
    Vocabulary,
    asked,
    names,
    part_is_computed,
    reference_key,
    references,
)
from .changes import next_changes
from .checking import check_condition, check_rule
from .errors import AnswerError, NoDenominator, RuleError, Unresolved
from .evaluation import evaluate_part, maximum, missing_answers
from .figures import Answer, comparisons, holds
from .parsing import parse_condition, parse_effect, parse_rule
from .ranges import asked_range
from .syntax import Comparison, Condition, Effect, Part, Question, Reference, Rule, to_text
from .wording import condition_in_words, in_words

__all__ = [
    "Answer",
    "AnswerError",
    "Asked",
    "Comparison",
    "Condition",
    "Effect",
    "MetricInfo",
    "NoDenominator",
    "Part",
    "Question",
    "Reference",
    "Rule",
    "RuleError",
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
