"""What can go wrong with a rule, its answers or its figures; every message is a Chinese sentence for the
person who typed it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .syntax import Placed


class RuleError(ValueError):
    """A rule, condition or effect cannot be read. `position` counts from 0 in the text as it was typed."""

    def __init__(self, message: str, position: int = 0) -> None:
        self.message = message
        self.position = position
        super().__init__(f"第 {position + 1} 个字处：{message}")


class AnswerError(ValueError):
    """An answer does not fit what the rule asks."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


class Unresolved(ValueError):
    """Points cannot be computed yet: figures or answers are missing, or a denominator is zero. Never to be
    read as zero points.
    """

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("；".join(problems))


class NoDenominator(Unresolved):
    """Every figure is known, and one that a rate divides by is 0."""


@dataclass(frozen=True)
class Finding:
    """Something a check found. An error refuses the rule; a warning is to be acknowledged. `position` is in
    the text as typed.
    """

    level: str
    message: str
    position: int | None = None


Findings = Iterator[Finding]


def error(message: str, at: Placed | None = None) -> Finding:
    return Finding("error", message, at and at.position)


def warning(message: str, at: Placed | None = None) -> Finding:
    return Finding("warning", message, at and at.position)
