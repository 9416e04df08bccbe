"""The rule line of an item while it is written: the line, its check and the small forms, always in step."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from ratings.enums import ItemKind
from ratings.models import Item, Scheme
from ratings.rulebuilder import KINDS, Checked, Composed, Draft, act, check_line, compose, drafts_of, has_drafts, read_drafts
from ratings.rulebuilder.vocabulary import words_of
from ratings.rules import RuleError, parse_rule
from ratings.rules.building import MAX_PARTS
from ratings.rules.parsing import MAX_LENGTH

from .rule_parts import MOST_CONTROLS, PartForm, part_forms

#: Buttons that do not touch the small forms.
LOOKING = ("", "read", "clear", "preview", "trial")
#: Sent by themselves after every change: of a small form, of the line. Empty fields are not complained about yet.
LIVE, CHECK = "live", "check"
WRITE = "write"
_POINTS = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,4})?)\s*分?")
_SEPARATORS = re.compile(r"[、，,；;\s]+")


@dataclass(frozen=True)
class Facts:
    """What the rest of the item's form says, as far as the line depends on it."""

    code: str = ""
    name: str = ""
    standard: str = ""
    evidence: str = ""
    points: Fraction | None = None
    bonus: bool = False
    verified: tuple[str, ...] = ()
    onsite: bool = False
    may_be_na: bool = False


def facts_of(get: Callable[[str], object]) -> Facts:
    """From a posted form or from the fields of a form; whatever cannot be read counts as not typed yet."""
    text = {name: str(get(name) or "").strip() for name in ("code", "name", "standard", "evidence", "points", "kind", "verified")}
    points = _POINTS.fullmatch(text["points"])
    return Facts(
        code=text["code"][:20],
        name=text["name"][:60],
        standard=text["standard"][:2000],
        evidence=text["evidence"][:200],
        points=Fraction(points[1]) if points and Fraction(points[1]) else None,
        bonus=text["kind"] == ItemKind.BONUS,
        verified=tuple(filter(None, _SEPARATORS.split(text["verified"][:400]))),
        onsite=bool(get("onsite")),
        may_be_na=bool(get("may_be_na")),
    )


class RuleDesk:
    """`data` is what was posted, the small forms included; without it they are read from the line."""

    def __init__(
        self, scheme: Scheme, line: str, facts: Facts, *, item: Item | None = None, data: Mapping[str, str] | None = None, do: str = ""
    ) -> None:
        self.scheme, self.item, self.facts, self.do = scheme, item, facts, do
        self.line = "" if do == "clear" else line[: MAX_LENGTH + 1]
        self.readonly, self.label, self.errors, self.hint = False, "计分规则", (), ""
        self.reread = False
        self.composed: Composed | None = None
        self.drafts = self._drafts(data)
        if self.drafts is not None and data is not None and do not in LOOKING:
            self._write(data)

    def _drafts(self, data: Mapping[str, str] | None) -> list[Draft] | None:
        """The posted forms while they still belong to the line; else the line taken apart; None where it cannot be read."""
        posted = data is not None and has_drafts(data) and self.do not in ("read", "clear")
        emptied = not self.line.strip() and self.do != CHECK
        if posted and (emptied or data.get("p-line", "").strip() == self.line.strip()):
            return read_drafts(data)
        self.reread = posted and self.do not in (*LOOKING, CHECK)
        if not self.line.strip():
            return []
        try:
            return drafts_of(parse_rule(self.line))
        except RuleError:
            return None

    def _write(self, data: Mapping[str, str]) -> None:
        """Carry out the button, then put the forms into words; the line stays as it was while they are unfinished."""
        if self.do not in (LIVE, CHECK, WRITE):
            act(self.drafts, self.do, kind=data.get("p-new", ""))
        if not self.drafts:
            self.line = ""
            return
        self.composed = compose(self.drafts)
        if self.composed.line is not None:
            self.line = self.composed.line

    @property
    def is_written(self) -> bool:
        """Whether the line now says what the small forms say."""
        return self.composed is None or self.composed.line is not None

    @property
    def general(self) -> str:
        """What is wrong with the parts as a whole."""
        return self.composed.general if self.composed and self.do == WRITE else ""

    @cached_property
    def spec(self):
        return words_of(self.scheme)

    @cached_property
    def checked(self) -> Checked:
        facts = self.facts
        return check_line(self.line, self.spec.vocabulary, points=facts.points, bonus=facts.bonus, verified=facts.verified)

    @cached_property
    def parts(self) -> list[PartForm]:
        """The small forms; none where the line cannot be read."""
        return part_forms(self.drafts or [], self.composed, self.spec.vocabulary, strict=self.do == WRITE)

    @property
    def too_long(self) -> bool:
        """A page can only send so many fields."""
        return sum(len(part.controls) for part in self.parts) > MOST_CONTROLS

    @property
    def unreadable(self) -> bool:
        return self.drafts is None

    @property
    def may_add_part(self) -> bool:
        return len(self.parts) < MAX_PARTS

    @property
    def kinds(self) -> list[tuple[str, str, str]]:
        return [(key, kind.word, kind.purpose) for key, kind in KINDS.items()]

    @property
    def metric_names(self) -> list[tuple[str, str]]:
        return [(label, metric.unit) for label, metric in self.spec.metrics.items()]

    @property
    def shows_parts(self) -> bool:
        """Unfolded while somebody works with them, and for who starts with nothing."""
        return self.do == "read" or self.do not in LOOKING or not self.line.strip()

    @property
    def length_limit(self) -> int:
        return MAX_LENGTH
