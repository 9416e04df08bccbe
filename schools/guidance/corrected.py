"""Visits of a day the school has signed: whoever guides asks for them, until county or office agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from schools import corrections
from schools.changes import plain
from schools.models import Correction, School, User, Visit

from .problems import add_problems

PROBLEMS = "发现的问题"


def ask_visit(school: School, values: Mapping[str, Any], problems: Sequence[Mapping[str, object]], *, by: User, reason: str) -> Correction:
    """A visit that was not registered before the school signed."""
    rows = [{name: plain(value) for name, value in problem.items()} for problem in problems]
    words = {PROBLEMS: "；".join(str(problem["text"]) for problem in problems)} if problems else {}
    return corrections.request_add(Visit, school, values, by=by, reason=reason, extras=rows or None, words=words)


def ask_void(visit: Visit, *, by: User, reason: str) -> Correction:
    """That a visit the school has signed no longer count."""
    return corrections.request_void(visit, by=by, reason=reason)


def write_rows(visit: Visit, extras: list[dict[str, Any]], by: User) -> None:
    """Problems are written together with an approved visit."""
    add_problems(visit, [{**one, "due": date.fromisoformat(one["due"]) if one.get("due") else None} for one in extras])
