"""Class records: registered, changed, voided by the school; what a form can offer because it was recorded
before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from schools import audit
from schools.models import Lesson, School, Teacher, TeachingPoint, TrainingClass, User
from schools.records.changes import note_change, plain, snapshot
from schools.records.locks import lock_of
from schools.saving import Refused, Stale, digest
from schools.workbooks.text import narrow

RECENT = timedelta(days=400)
USUAL_HOURS = Decimal("4.0")
OFFERED = 30
LESSONS = "课次"


@dataclass(frozen=True)
class LessonIn:
    """A lesson as typed; the person is looked up in the pool when it is written."""

    lecturer: str
    kind: str
    hours: Decimal
    title: str = ""
    pk: int | None = None


@dataclass(frozen=True)
class Habits:
    """What the school recorded lately, the latest first: the defaults and suggestions of its form."""

    hours: Decimal
    audience: str
    place: str
    form: str
    first_lesson: bool
    category: str
    lecturers: list[str]
    places: list[str]
    audiences: list[str]
    #: The capacity each person last taught in; the pool's kind where they have not taught yet.
    kinds: dict[str, str]

    @property
    def people(self) -> list[tuple[str, str]]:
        """The lecturers to offer, each with the capacity."""
        return [(name, self.kinds.get(name, "")) for name in self.lecturers]


class DuplicateClass(Refused):
    """The school has a class of that name on that day; `existing` is the record."""

    def __init__(self, existing: TrainingClass):
        super().__init__({"name": "本校这一天已登记同名的班次，没有重复登记。"})
        self.existing = existing


def habits_of(school: School) -> Habits:
    """From the records of about a year and the pool of teachers; three queries."""
    since = timezone.localdate() - RECENT
    held = list(
        TrainingClass.objects.filter(school=school, starts_on__gte=since)
        .kept()
        .order_by("-starts_on", "-pk")[:200]
    )
    lessons = list(
        Lesson.objects.filter(training_class__in=[one.pk for one in held])
        .select_related("teacher", "training_class")
        .order_by("-training_class__starts_on", "-pk")
    )
    pool = list(Teacher.objects.filter(school=school).in_force())
    kinds: dict[str, str] = {}
    for lesson in lessons:
        kinds.setdefault(lesson.lecturer_name, lesson.lecturer_kind)
    in_pool = {teacher.name for teacher in pool}
    recent = [name for name in kinds if name in in_pool] + [name for name in kinds if name not in in_pool]
    for teacher in pool:
        kinds.setdefault(teacher.name, Lesson.KIND_OF_TEACHER[teacher.kind])
    own = [one for one in held if one.part == TrainingClass.Part.HOST]
    last = own[0] if own else None
    points = TeachingPoint.objects.filter(school=school).in_force().values_list("name", flat=True)
    return Habits(
        hours=last.hours if last else USUAL_HOURS,
        audience=last.audience if last else "",
        place=last.place if last else "",
        form=last.form if last else TrainingClass.Form.LECTURE,
        first_lesson=bool(last and last.first_lesson),
        category=last.category if last else "",
        lecturers=_first([*recent, *(teacher.name for teacher in pool)]),
        places=_first([*(one.place for one in held), *points]),
        audiences=_first(one.audience for one in held),
        kinds=kinds,
    )


def _first(words: Iterable[str]) -> list[str]:
    return [word for word in dict.fromkeys(words) if word][:OFFERED]


def twin_of(school: School, day: date, name: str, *, but: int | None = None) -> TrainingClass | None:
    """The kept record of that school, day and name; widths and blanks make no other name."""
    key = _plain(name)
    there = TrainingClass.objects.filter(school=school, starts_on=day).kept().exclude(pk=but)
    return next((one for one in there if _plain(one.name) == key), None)


def _plain(name: str) -> str:
    return "".join(narrow(name).split()).casefold()


def digest_of(record: TrainingClass) -> str:
    """What an edit form was filled from."""
    lessons = [
        [one.pk, one.title, one.teacher_id, one.lecturer, one.lecturer_kind, plain(one.hours)]
        for one in record.lessons.order_by("pk")
    ]
    return digest([snapshot(record), lessons])


def full_snapshot(record: TrainingClass) -> dict:
    """The record with its lessons, as the list of changes keeps it."""
    return {**snapshot(record), LESSONS: worded_lessons(lessons_of(record))}


def lessons_of(record: TrainingClass) -> list[LessonIn]:
    """The lessons as a form would type them."""
    rows = record.lessons.select_related("teacher").order_by("pk")
    return [LessonIn(one.lecturer_name, one.lecturer_kind, one.hours, one.title, one.pk) for one in rows]


def worded_lessons(lessons: Iterable[LessonIn]) -> str:
    """Lessons in one line."""
    kinds = dict(Lesson.LecturerKind.choices)
    return "；".join(
        f"{one.title or '授课'} {one.lecturer}（{kinds.get(one.kind, '')}）{plain(one.hours)} 学时"
        for one in lessons
    )


@transaction.atomic
def register(
    school: School,
    values: Mapping[str, Any],
    lessons: Iterable[LessonIn],
    partners: Iterable[School] = (),
    *,
    by: User,
):
    """A new record. Raises DuplicateClass, or Refused where the period is locked."""
    School.objects.hold(school.pk)
    refuse_locked(school, values["starts_on"])
    existing = twin_of(school, values["starts_on"], values["name"])
    if existing:
        raise DuplicateClass(existing)
    record = TrainingClass(school=school, recorded_by=by, **values)
    record.clean()
    _save(record)
    write_lessons(record, lessons)
    from .joint import invite  # the two know each other: a class invites, an answer registers a class

    invite(record, partners, by=by)
    return record


@transaction.atomic
def change(
    record: TrainingClass,
    values: Mapping[str, Any],
    lessons: Iterable[LessonIn],
    *,
    by: User,
    seen: str,
    reason: str = "",
):
    """Other values for a record; the old ones stay in its list of changes. `seen` is the digest the form was
    made from; raises Stale.
    """
    School.objects.hold(record.school_id)
    record = TrainingClass.objects.select_for_update().get(pk=record.pk)
    if record.is_voided:
        raise Refused("这一班次已被作废，不能再修改。")
    if digest_of(record) != seen:
        raise Stale(record)
    refuse_locked(record.school, record.starts_on)
    refuse_locked(record.school, values["starts_on"])
    existing = twin_of(record.school, values["starts_on"], values["name"], but=record.pk)
    if existing:
        raise DuplicateClass(existing)
    before = full_snapshot(record)
    for name, value in values.items():
        setattr(record, name, value)
    record.clean()
    _save(record, update_fields=list(values))
    write_lessons(record, lessons)
    after = full_snapshot(record)
    if before != after:
        note_change(
            record, school=record.school, action="change", before=before, after=after, by=by, reason=reason
        )
    return record


def _save(record: TrainingClass, **options: Any) -> None:
    """Imports do not wait for the school: one of them may have entered the same class since it was looked
    for.
    """
    try:
        with transaction.atomic():
            record.save(**options)
    except IntegrityError as error:
        existing = twin_of(record.school, record.starts_on, record.name, but=record.pk)
        if existing is None:
            raise
        raise DuplicateClass(existing) from error


@transaction.atomic
def void(record: TrainingClass, *, by: User, reason: str) -> None:
    """Take the record out of every figure, with a reason that stays."""
    School.objects.hold(record.school_id)
    record = TrainingClass.objects.select_for_update().get(pk=record.pk)
    refuse_locked(record.school, record.starts_on)
    before = full_snapshot(record)
    record.void(by=by, reason=reason[:200])
    note_change(
        record, school=record.school, action="void", before=before, after={}, by=by, reason=reason[:200]
    )
    detail = {"党校": record.school.name, "原因": reason[:200]}
    audit.record("void", by=by, city=record.school.city, subject=f"开班登记 {record}", detail=detail)


def refuse_locked(school: School, day: date) -> None:
    """Raises Refused with the lock's own sentence."""
    lock = lock_of(school, day)
    if lock:
        raise Refused(str(lock))


def write_lessons(record: TrainingClass, lessons: Iterable[LessonIn]) -> None:
    """The lessons of the record as typed: known rows are changed in place, the others made, what is left out
    goes.
    """
    known = {one.pk: one for one in record.lessons.all()} if record.pk else {}
    pool = {
        teacher.name: teacher
        for teacher in Teacher.objects.filter(school=record.school_id).in_force(record.starts_on)
    }
    for typed in lessons:
        row = known.pop(typed.pk, None) or Lesson(training_class=record)
        teacher = pool.get(typed.lecturer) or (
            row.teacher if row.teacher_id and row.teacher.name == typed.lecturer else None
        )
        row.teacher, row.lecturer = teacher, "" if teacher else typed.lecturer
        row.lecturer_kind, row.hours, row.title = typed.kind, typed.hours, typed.title
        row.save()
    Lesson.objects.filter(pk__in=known).delete()


def copied(record: TrainingClass) -> dict[str, Any]:
    """What a new class takes over from an earlier one: everything but the day, the money and the rating."""
    names = (
        "name",
        "category",
        "form",
        "audience",
        "hours",
        "attendance",
        "first_lesson",
        "place",
        "teaching_point",
    )
    return {name: getattr(record, name) for name in names} | {"starts_on": timezone.localdate()}
