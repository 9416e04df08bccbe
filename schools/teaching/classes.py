"""Class records: registered, changed, voided by the school.

联合办班: one school hosts and counts the class, the others confirm that they took part and with how many.
In a period that the school has signed all this is asked for, until county or office agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from schools import audit
from schools.messages.inbox import notify
from schools.models import (
    Correction,
    JointPartner,
    Lesson,
    School,
    Teacher,
    TrainingClass,
    User,
)
from schools.records import corrections
from schools.records.changes import note_change, plain, snapshot
from schools.records.corrections import EXTRAS
from schools.records.locks import lock_of
from schools.saving import Refused, Stale, digest, hold_one
from schools.workbooks import same

RECENT = timedelta(days=400)
USUAL_HOURS = Decimal("4.0")
OFFERED = 30
LESSONS = "课次"
#: What a school that takes part copies from the host; attendance is its own, the money stays the host's.
SHARED = ("starts_on", "ends_on", "name", "category", "form", "audience", "hours", "first_lesson", "place")
#: The key under which a request keeps which invitation to a joint class it answers.
INVITATION = "invitation"


# --- What a form can offer because it was recorded before ---


@dataclass(frozen=True)
class Habits:
    """What the school recorded lately, the latest first: the defaults and suggestions of its form."""

    #: The last class it hosted itself, or one that says nothing but the usual hours.
    last: TrainingClass
    places: list[str]
    audiences: list[str]
    #: The capacity each person last taught in; the pool's kind where they have not taught yet.
    kinds: dict[str, str]
    #: Those of them to offer.
    people: list[tuple[str, str]]


def habits_of(school: School) -> Habits:
    """From the records of about a year and the pool of teachers; three queries."""
    recent = school.classes.kept().filter(starts_on__gte=timezone.localdate() - RECENT)
    held = list(recent.order_by("-starts_on", "-pk")[:200])
    lessons = Lesson.objects.filter(training_class__in=[record.pk for record in held])
    pool = school.teachers.in_force()
    points = school.teaching_points.in_force()
    kinds: dict[str, str] = {}
    for lesson in lessons.select_related("teacher").order_by("-training_class__starts_on", "-pk"):
        kinds.setdefault(lesson.lecturer_name, lesson.lecturer_kind)
    names = {teacher.name for teacher in pool}
    kinds = dict(sorted(kinds.items(), key=lambda taught: taught[0] not in names))
    for teacher in pool:
        kinds.setdefault(teacher.name, Lesson.KIND_OF_TEACHER[teacher.kind])
    hosted = (record for record in held if record.part == TrainingClass.Part.HOST)
    return Habits(
        last=next(hosted, TrainingClass(hours=USUAL_HOURS)),
        places=_offered([*(record.place for record in held), *points.values_list("name", flat=True)]),
        audiences=_offered(record.audience for record in held),
        kinds=kinds,
        people=list(kinds.items())[:OFFERED],
    )


def _offered(words: Iterable[str]) -> list[str]:
    return [word for word in dict.fromkeys(words) if word][:OFFERED]


# --- One class a day of one name ---


class DuplicateClass(Refused):
    """The school has a class of that name on that day; `existing` is the record."""

    def __init__(self, existing: TrainingClass):
        super().__init__({"name": "本校这一天已登记同名的班次，没有重复登记。"})
        self.existing = existing


def twin_of(school: School, day: date, name: str, *, but: int | None = None) -> TrainingClass | None:
    """The kept record of that school, day and name, in whatever spelling."""
    same_day = school.classes.kept().filter(starts_on=day).exclude(pk=but)
    return next((record for record in same_day if same(record.name) == same(name)), None)


def _refuse_twin(school: School, values: Mapping[str, Any], *, but: int | None = None) -> None:
    existing = twin_of(school, values["starts_on"], values["name"], but=but)
    if existing:
        raise DuplicateClass(existing)


# --- Lessons ---


@dataclass(frozen=True)
class LessonIn:
    """A lesson as typed; the person is looked up in the pool when it is written."""

    lecturer: str
    kind: str
    hours: Decimal
    title: str = ""
    pk: int | None = None


def lessons_of(record: TrainingClass) -> list[LessonIn]:
    """The lessons as a form would type them."""
    rows = record.lessons.select_related("teacher").order_by("pk")
    return [LessonIn(row.lecturer_name, row.lecturer_kind, row.hours, row.title, row.pk) for row in rows]


def worded_lessons(lessons: Iterable[LessonIn]) -> str:
    """Lessons in one line."""
    kinds = dict(Lesson.LecturerKind.choices)
    return "；".join(
        f"{row.title or '授课'} {row.lecturer}（{kinds.get(row.kind, '')}）{plain(row.hours)} 学时"
        for row in lessons
    )


def write_lessons(record: TrainingClass, lessons: Iterable[LessonIn]) -> None:
    """The lessons of the record as typed: known rows are changed in place, the others made, what is left out
    goes.
    """
    known = {row.pk: row for row in record.lessons.all()}
    teachers = Teacher.objects.filter(school=record.school_id).in_force(record.starts_on)
    pool = {same(teacher.name): teacher for teacher in teachers}
    for typed in lessons:
        row = known.pop(typed.pk, None) or Lesson(training_class=record)
        teacher = pool.get(same(typed.lecturer))
        if teacher is None and row.teacher_id and same(row.teacher.name) == same(typed.lecturer):
            teacher = row.teacher  # has left the pool since
        row.teacher, row.lecturer = teacher, "" if teacher else typed.lecturer
        row.lecturer_kind, row.hours, row.title = typed.kind, typed.hours, typed.title
        row.save()
    Lesson.objects.filter(pk__in=known).delete()


# --- A record from its registration to its voiding ---


def digest_of(record: TrainingClass) -> str:
    """What an edit form was filled from."""
    lessons = [
        [row.pk, row.title, row.teacher_id, row.lecturer, row.lecturer_kind, plain(row.hours)]
        for row in record.lessons.order_by("pk")
    ]
    return digest([snapshot(record), lessons])


def full_snapshot(record: TrainingClass) -> dict:
    """The record with its lessons, as the list of changes keeps it."""
    return {**snapshot(record), LESSONS: worded_lessons(lessons_of(record))}


@transaction.atomic
def register(
    school: School,
    values: Mapping[str, Any],
    lessons: Iterable[LessonIn],
    partners: Iterable[School] = (),
    *,
    by: User,
) -> TrainingClass:
    """A new record. Raises DuplicateClass, or Refused where the period is locked."""
    School.objects.hold(school.pk)
    refuse_locked(school, values["starts_on"])
    _refuse_twin(school, values)
    record = TrainingClass(school=school, recorded_by=by, **values)
    record.clean()
    _save(record)
    write_lessons(record, lessons)
    invite(record, partners)
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
) -> TrainingClass:
    """Other values for a record; the old ones stay in its list of changes. `seen` is the digest the form was
    made from; raises Stale.
    """
    School.objects.hold(record.school_id)
    record = hold_one(TrainingClass.objects.all(), record.pk)
    if record.is_voided:
        raise Refused("这一班次已被作废，不能再修改。")
    if digest_of(record) != seen:
        raise Stale(record)
    school = record.school
    refuse_locked(school, record.starts_on)
    refuse_locked(school, values["starts_on"])
    _refuse_twin(school, values, but=record.pk)
    before = full_snapshot(record)
    for name, value in values.items():
        setattr(record, name, value)
    record.clean()
    _save(record, update_fields=list(values))
    write_lessons(record, lessons)
    after = full_snapshot(record)
    if before != after:
        note_change(record, school=school, action="change", before=before, after=after, by=by, reason=reason)
    return record


def _save(record: TrainingClass, **options: Any) -> None:
    """The table has the last word: the same class may have been entered since it was looked for."""
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
    record = hold_one(TrainingClass.objects.all(), record.pk)
    school, reason = record.school, reason[:200]
    refuse_locked(school, record.starts_on)
    before = full_snapshot(record)
    record.void(by=by, reason=reason)
    note_change(record, school=school, action="void", before=before, after={}, by=by, reason=reason)
    detail = {"党校": school.name, "原因": reason}
    audit.record("void", by=by, city=school.city, subject=f"开班登记 {record}", detail=detail)


def refuse_locked(school: School, day: date) -> None:
    """Raises Refused with the lock's own sentence."""
    lock = lock_of(school, day)
    if lock:
        raise Refused(str(lock))


# --- Joint classes ---


def invite(record: TrainingClass, partners: Iterable[School]) -> None:
    """Name the schools that take part; each hears of it once."""
    for school in partners:
        if school.pk == record.school_id:
            continue
        partner, made = JointPartner.objects.get_or_create(host_class=record, school=school)
        if made:
            text = f"{record.school}登记了联合办班“{record.name}”，请确认本校参加的人次。"
            url = reverse("schools:joint", args=[partner.pk])
            notify(
                User.objects.of_schools(school.pk), text, url=url, key=f"joint-{partner.pk}", school=school
            )


def waiting_for(school: School) -> list[JointPartner]:
    """What the school has not answered yet."""
    waiting = school.joint_classes.waiting().select_related("host_class__school")
    return list(waiting.order_by("host_class__starts_on"))


def _unanswered(pk: int) -> JointPartner:
    """The invitation and its class under lock; raises Refused where it needs no answer any more."""
    partner = hold_one(JointPartner.objects.all(), pk, "school")
    partner.host_class = hold_one(TrainingClass.objects.all(), partner.host_class_id, "school")
    if partner.record_id:
        raise Refused("本校已经确认参加。")
    if partner.declined_at:
        raise Refused("本校已经答复不参加。")
    if partner.host_class.is_voided:
        raise Refused("主办校已将这一班次作废，不需要再确认。")
    return partner


@transaction.atomic
def join(partner: JointPartner, attendance: int, *, by: User) -> TrainingClass:
    """The record 参加 of this school. Of a signed day it is asked for instead: `ask_join`."""
    School.objects.hold(partner.school_id)
    partner = _unanswered(partner.pk)
    refuse_locked(partner.school, partner.host_class.starts_on)
    values = _values_of(partner, attendance)
    record = TrainingClass.objects.create(school=partner.school, recorded_by=by, **values)
    _enter(partner, record)
    return record


def _values_of(partner: JointPartner, attendance: int) -> dict[str, Any]:
    """The host's class with the school's own attendance. Raises DuplicateClass where the school registered it
    already.
    """
    values = {name: getattr(partner.host_class, name) for name in SHARED}
    _refuse_twin(partner.school, values)
    return values | {"part": TrainingClass.Part.PARTICIPANT, "attendance": attendance}


def _enter(partner: JointPartner, record: TrainingClass) -> None:
    """The record answers the invitation."""
    partner.record = record
    partner.save(update_fields=["record"])


@transaction.atomic
def decline(partner: JointPartner) -> None:
    """The school did not take part."""
    partner = _unanswered(partner.pk)
    partner.declined_at = timezone.now()
    partner.save(update_fields=["declined_at"])


# --- Requests, where the school has signed the period ---


def ask_add(
    school: School, values: Mapping[str, Any], lessons: list[LessonIn], *, by: User, reason: str
) -> Correction:
    """A class held in a period the school has signed."""
    _refuse_twin(school, values)
    words = {LESSONS: worded_lessons(lessons)} if lessons else {}
    return corrections.request_add(
        TrainingClass, school, values, by=by, reason=reason, extras=_extras(lessons), words=words
    )


def ask_change(
    record: TrainingClass, values: Mapping[str, Any], lessons: list[LessonIn], *, by: User, reason: str
) -> Correction:
    """Other values for a class of a period the school has signed, or into one."""
    _refuse_twin(record.school, values, but=record.pk)
    before, after = worded_lessons(lessons_of(record)), worded_lessons(lessons)
    if before == after:
        return corrections.request_change(record, values, by=by, reason=reason)
    words = ({LESSONS: before}, {LESSONS: after})
    return corrections.request_change(
        record, values, by=by, reason=reason, extras=_extras(lessons), words=words
    )


@transaction.atomic
def ask_join(partner: JointPartner, attendance: int, *, by: User, reason: str) -> Correction:
    """That the school took part in a joint class of a day it has signed. Raises Refused where the answer is
    on its way.
    """
    School.objects.hold(partner.school_id)
    partner = _unanswered(partner.pk)
    if waiting := joining_asked(partner):
        raise Refused(f"本校已于{waiting.asked_at:%m月%d日}提交数据更正，正在等待审核，不需要再次提交。")
    values = _values_of(partner, attendance)
    return corrections.request_add(
        TrainingClass, partner.school, values, by=by, reason=reason, extras={INVITATION: partner.pk}
    )


def joining_asked(partner: JointPartner) -> Correction | None:
    """The request by which the school answers this invitation, while it waits."""
    waiting = Correction.objects.pending().filter(
        school=partner.school_id, act=Correction.Act.ADD, model=TrainingClass._meta.label_lower
    )
    return next((asked for asked in waiting if _invitation(asked.new.get(EXTRAS)) == partner.pk), None)


def _extras(lessons: Iterable[LessonIn]) -> list[dict[str, Any]]:
    return [{**asdict(lesson), "hours": plain(lesson.hours)} for lesson in lessons]


def _invitation(extras: Any) -> int | None:
    return extras.get(INVITATION) if isinstance(extras, Mapping) else None


def write_rows(record: TrainingClass, extras: Any, by: User) -> None:
    """Lessons, or the answer to a host, are written together with an approved correction."""
    if key := _invitation(extras):
        _enter(_unanswered(key), record)
    else:
        write_lessons(record, [LessonIn(**{**row, "hours": Decimal(row["hours"])}) for row in extras])
