"""One line while it is being typed: its canonical form, what it means, what it is worth, what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ratings.criteria.spec import EVERYTHING
from ratings.rules import Rule, RuleError, Vocabulary, asked, check_rule, in_words, maximum, parse_rule, part_is_computed, to_text

#: Characters shown on either side of the marked one.
AROUND = 12


@dataclass(frozen=True)
class Marked:
    """A remark with the place in the text as typed; without a place it is about the whole line."""

    level: str
    message: str
    position: int | None = None
    before: str = ""
    at: str = ""
    after: str = ""

    @property
    def number(self) -> int | None:
        """Which character, as people count."""
        return None if self.position is None else self.position + 1


@dataclass(frozen=True)
class Checked:
    """What is known of a line. `rule` is None where it cannot be read; `maximum` where the line leaves it open."""

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
    def errors(self) -> tuple[Marked, ...]:
        return tuple(one for one in self.findings if one.level == "error")

    @property
    def warnings(self) -> tuple[Marked, ...]:
        return tuple(one for one in self.findings if one.level == "warning")

    @property
    def is_sound(self) -> bool:
        """Nothing that a scheme would be refused for."""
        return self.rule is not None and not self.errors


def check_line(
    text: str, vocabulary: Vocabulary, *, points: Fraction | None, bonus: bool = False, verified: tuple[str, ...] = ()
) -> Checked:
    """Read and check a line; `points` is the 分值 as far as it was typed, `verified` the 核定要素."""
    if not text.strip():
        return Checked(text)
    try:
        rule = parse_rule(text)
    except RuleError as error:
        return Checked(text, findings=(_marked(text, "error", error.message, error.position),))
    worth = points if points is not None else sum((maximum(part, item_points=Fraction(0)) for part in rule.parts), Fraction(0))
    names = tuple(dict.fromkeys(one.name for one in asked(rule, vocabulary)))
    findings = [_marked(text, one.level, one.message, one.position) for one in check_rule(rule, vocabulary, item_points=worth, bonus=bonus)]
    if not any(one.level == "error" for one in findings):
        findings += _verified(names, verified)
    return Checked(
        text=text,
        rule=rule,
        canonical=to_text(rule),
        words=in_words(rule, vocabulary, item_points=worth),
        maximum=sum((maximum(part, item_points=worth) for part in rule.parts), Fraction(0)),
        points=points,
        findings=tuple(sorted(findings, key=lambda one: one.level != "error")),
        asked=names,
        verified=names if EVERYTHING in verified else tuple(name for name in names if name in verified),
        computed=all(part_is_computed(part, vocabulary) for part in rule.parts),
    )


def _marked(text: str, level: str, message: str, position: int | None) -> Marked:
    if position is None:
        return Marked(level, message)
    place = min(max(position, 0), len(text))
    before = text[max(place - AROUND, 0) : place]
    return Marked(level, message, place, before, text[place : place + 1] or " ", text[place + 1 : place + 1 + AROUND])


def _verified(names: tuple[str, ...], verified: tuple[str, ...]) -> list[Marked]:
    """The same remarks that the check of the whole scheme makes on 核定要素."""
    unknown = [name for name in verified if name != EVERYTHING and name not in names]
    found = [Marked("error", f"核定要素“{name}”不是本小项要人填写的内容") for name in unknown]
    if verified and not names:
        found.append(Marked("warning", "本小项全部由系统取数，核定要素不起作用"))
    return found
