"""Classes of a locked period: what the school asks for, with the lessons, until county or office agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from schools import corrections
from schools.changes import plain
from schools.models import Correction, School, TrainingClass, User

from .classes import LESSONS, DuplicateClass, LessonIn, lessons_of, twin_of, worded_lessons, write_lessons


def register() -> None:
    """Lessons are written together with an approved correction; called once the app is ready."""
    corrections.register_extras(TrainingClass, _write)


def ask_add(school: School, values: Mapping[str, Any], lessons: list[LessonIn], *, by: User, reason: str) -> Correction:
    """A class held in a period the school has signed."""
    existing = twin_of(school, values["starts_on"], values["name"])
    if existing:
        raise DuplicateClass(existing)
    words = {LESSONS: worded_lessons(lessons)} if lessons else {}
    return corrections.request_add(TrainingClass, school, values, by=by, reason=reason, extras=_extras(lessons), words=words)


def ask_change(record: TrainingClass, values: Mapping[str, Any], lessons: list[LessonIn], *, by: User, reason: str) -> Correction:
    """Other values for a class of a period the school has signed, or into one."""
    existing = twin_of(record.school, values["starts_on"], values["name"], but=record.pk)
    if existing:
        raise DuplicateClass(existing)
    before, after = worded_lessons(lessons_of(record)), worded_lessons(lessons)
    if before == after:
        return corrections.request_change(record, values, by=by, reason=reason)
    words = ({LESSONS: before}, {LESSONS: after})
    return corrections.request_change(record, values, by=by, reason=reason, extras=_extras(lessons), words=words)


def ask_void(record: TrainingClass, *, by: User, reason: str) -> Correction:
    """That a class of a signed period no longer count."""
    return corrections.request_void(record, by=by, reason=reason)


def _extras(lessons: Iterable[LessonIn]) -> list[dict[str, Any]]:
    return [{**asdict(one), "hours": plain(one.hours)} for one in lessons]


def _write(record: TrainingClass, extras: list[dict[str, Any]], by: User) -> None:
    write_lessons(record, [LessonIn(**{**one, "hours": Decimal(one["hours"])}) for one in extras])
