"""One line while it is being typed: the names it may use, its canonical form, what it means, what it is
worth, what is wrong with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ratings.criteria.fields import METRIC
from ratings.criteria.spec import (
    EVERYTHING,
    CategorySpec,
    CustomMetricSpec,
    ItemSpec,
    SchemeSpec,
)
from ratings.criteria.storing import read_row
from ratings.enums import FilledBy
from ratings.models import Scheme
from ratings.rules import (
    MetricInfo,
    Rule,
    RuleError,
    Vocabulary,
    asked,
    check_rule,
    in_words,
    maximum,
    parse_rule,
    part_is_computed,
    to_text,
)
from schools.metrics import METRICS
from schools.metrics.catalogue import DIRECTIONS


def words_of(scheme: Scheme) -> SchemeSpec:
    """The scheme's own metrics and codes, without the rules: three queries, however long the table."""
    categories = scheme.categories.values_list("code", "name")
    items = scheme.items.values_list("code", flat=True)
    return SchemeSpec(
        name=scheme.name,
        year=scheme.year,
        organiser=scheme.organiser,
        city="",
        categories=tuple(CategorySpec(code, name) for code, name in categories),
        items=tuple(ItemSpec(code, "", Fraction(0), "") for code in items),
        bands=(),
        custom_metrics=tuple(read_row(METRIC, row) for row in scheme.custom_metrics.all()),
        has_county_stage=scheme.has_county_stage,
        period_start=scheme.period_start,
        period_end=scheme.period_end,
    )


def catalogue(spec: SchemeSpec, word: str = "") -> list[dict[str, str]]:
    """Every metric a rule may name, the scheme's own first; with `word` those that mention it."""
    entries = [_entry(metric) for metric in (*spec.custom_metrics, *METRICS.values())]
    return [
        entry | {"direction": DIRECTIONS[direction]}
        for direction, entry in entries
        if word in "".join(entry.values())
    ]


def _entry(metric: MetricInfo) -> tuple[str, dict[str, str]]:
    """Its direction, and what it is found by."""
    own = isinstance(metric, CustomMetricSpec)
    arguments = [f"{name}≥…" for name in sorted(metric.accepts)] + ([] if own else [*metric.word_order])
    by_whom = f"本方案的自定义指标，由{FilledBy(metric.filled_by).label}填报。" if own else metric.definition
    entry = {"label": metric.label, "unit": metric.unit, "definition": by_whom}
    return metric.direction, entry | {"arguments": "、".join(arguments)}


#: Characters shown on either side of the marked one.
AROUND = 12


@dataclass(frozen=True)
class Marked:
    """A remark with the place in the text as typed, which character as people count; without one it is about
    the whole line.
    """

    level: str
    message: str
    number: int | None = None
    before: str = ""
    at: str = ""
    after: str = ""


@dataclass(frozen=True)
class Checked:
    """What is known of a line. `rule` is None where it cannot be read; `maximum` where the line leaves it
    open.
    """

    text: str
    rule: Rule | None = None
    canonical: str = ""
    words: tuple[str, ...] = ()
    maximum: Fraction | None = None
    points: Fraction | None = None
    findings: tuple[Marked, ...] = ()
    asked: tuple[str, ...] = ()
    verified: tuple[str, ...] = ()
    computed: bool = False

    @property
    def errors(self) -> list[Marked]:
        return [finding for finding in self.findings if finding.level == "error"]

    @property
    def is_sound(self) -> bool:
        """Nothing that a scheme would be refused for."""
        return self.rule is not None and not self.errors


def check_line(
    text: str,
    vocabulary: Vocabulary,
    *,
    points: Fraction | None,
    bonus: bool = False,
    verified: tuple[str, ...] = (),
) -> Checked:
    """Read and check a line; `points` is the 分值 as far as it was typed, `verified` the 核定要素."""
    if not text.strip():
        return Checked(text)
    try:
        rule = parse_rule(text)
    except RuleError as error:
        return Checked(text, findings=(_marked(text, "error", error.message, error.position),))
    worth = _most(rule, Fraction(0)) if points is None else points
    names = tuple(dict.fromkeys(question.name for question in asked(rule, vocabulary)))
    findings = check_rule(rule, vocabulary, item_points=worth, bonus=bonus)
    marked = [_marked(text, finding.level, finding.message, finding.position) for finding in findings]
    if "error" not in {finding.level for finding in findings}:
        marked += _verified(names, verified)
    marked.sort(key=lambda mark: mark.level != "error")
    return Checked(
        text=text,
        rule=rule,
        canonical=to_text(rule),
        words=in_words(rule, vocabulary, item_points=worth),
        maximum=_most(rule, worth),
        points=points,
        findings=tuple(marked),
        asked=names,
        verified=_of_reviewers(names, verified),
        computed=all(part_is_computed(part, vocabulary) for part in rule.parts),
    )


def _of_reviewers(names: tuple[str, ...], verified: tuple[str, ...]) -> tuple[str, ...]:
    return names if EVERYTHING in verified else tuple(name for name in names if name in verified)


def _most(rule: Rule, item_points: Fraction) -> Fraction:
    """The most that all parts together give."""
    return sum((maximum(part, item_points=item_points) for part in rule.parts), Fraction(0))


def _marked(text: str, level: str, message: str, position: int | None) -> Marked:
    if position is None:
        return Marked(level, message)
    place = min(max(position, 0), len(text))
    before, after = text[max(place - AROUND, 0) : place], text[place + 1 : place + 1 + AROUND]
    return Marked(level, message, place + 1, before, text[place : place + 1] or " ", after)


def _verified(names: tuple[str, ...], verified: tuple[str, ...]) -> list[Marked]:
    """The same remarks that the check of the whole scheme makes on 核定要素."""
    unknown = [name for name in verified if name != EVERYTHING and name not in names]
    found = [Marked("error", f"核定要素“{name}”不是本小项要人填写的内容") for name in unknown]
    if verified and not names:
        found.append(Marked("warning", "本小项全部由系统取数，核定要素不起作用"))
    return found
