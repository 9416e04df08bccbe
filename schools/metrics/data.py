"""Records as the metrics see them: plain tuples that name themselves in an explanation."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.utils import timezone

from schools.models import Budget, Lesson, Regulation, Teacher, TrainingClass, Visit
from schools.models.teaching import DAYS_TO_RECORD


class SchoolRow(NamedTuple):
    pk: int
    opened_on: date | None
    closed_on: date | None
    seats: int | None
    staff_count: int | None


class TeacherRow(NamedTuple):
    name: str
    kind: str
    since: date | None
    until: date | None

    def __str__(self) -> str:
        return f"{self.name}（{Teacher.Kind(self.kind).label}）"


class PointRow(NamedTuple):
    pk: int
    name: str
    since: date | None
    until: date | None

    def __str__(self) -> str:
        return self.name


class RegulationRow(NamedTuple):
    kind: str
    title: str
    issued_on: date
    abolished_on: date | None

    def __str__(self) -> str:
        return f"{self.title}（{Regulation.Kind(self.kind).label}）"


class BudgetRow(NamedTuple):
    source: str
    arrived: Decimal | None

    def __str__(self) -> str:
        return f"{Budget.Source(self.source).label}：" + (
            "到位数未登记" if self.arrived is None else f"到位 {self.arrived} 元"
        )


class FiguresRow(NamedTuple):
    party_members: int | None
    cadres_due: int | None
    members_trained: int | None
    cadres_trained: int | None
    issues_solved: int | None


class PlanRow(NamedTuple):
    year: int
    filed_on: date | None

    def __str__(self) -> str:
        return f"{self.year} 年培训计划（{f'{self.filed_on} 备案' if self.filed_on else '未备案'}）"


class PlannedRow(NamedTuple):
    pk: int
    year: int
    month: int
    name: str

    def __str__(self) -> str:
        return f"{self.month} 月 {self.name}"


class ClassRow(NamedTuple):
    pk: int
    starts_on: date
    ends_on: date
    name: str
    category: str
    planned_id: int | None
    form: str
    hours: Decimal
    attendance: int
    first_lesson: bool
    teaching_point_id: int | None
    cost: Decimal
    rating: Decimal | None
    part: str
    recorded_at: datetime

    def __str__(self) -> str:
        return f"{self.starts_on} {self.name}（{self.hours.normalize():f} 学时，{self.attendance} 人次）"

    @property
    def hosted(self) -> bool:
        """A joint class counts as a class at its host only."""
        return self.part == TrainingClass.Part.HOST

    @property
    def late(self) -> bool:
        """See `TrainingClass.is_late`."""
        return timezone.localdate(self.recorded_at) > self.ends_on + timedelta(days=DAYS_TO_RECORD)


class LessonRow(NamedTuple):
    day: date
    class_name: str
    part: str
    title: str
    lecturer: str
    teacher: str | None
    kind: str
    hours: Decimal

    def __str__(self) -> str:
        person = f"{self.teacher or self.lecturer}，{Lesson.LecturerKind(self.kind).label}"
        return f"{self.day} {self.title or self.class_name}（{person}，{self.hours.normalize():f} 学时）"


class ReportRow(NamedTuple):
    year: int
    month: int
    due: date | None
    confirmed_at: datetime | None


class VisitRow(NamedTuple):
    on: date
    kind: str
    by: str

    def __str__(self) -> str:
        return f"{self.on} {self.by} {Visit.Kind(self.kind).label}"


@dataclass(frozen=True)
class Period:
    """The days whose records count, and the day on which one looks: reports due later are not yet late."""

    start: date
    end: date
    as_of: date

    @property
    def year(self) -> int:
        """The year whose yearly figures belong to the period."""
        return self.end.year

    def whole_months(self) -> list[tuple[int, int]]:
        """Months that have ended within the period, oldest first."""
        months, first = [], self.start.replace(day=1)
        while (following := (first + timedelta(days=31)).replace(day=1)) - timedelta(days=1) <= self.end:
            months.append((first.year, first.month))
            first = following
        return months


@dataclass
class SchoolData:
    """What is recorded of one school, as far as the wanted metrics ask for it."""

    school: SchoolRow
    period: Period
    teachers: list[TeacherRow] = field(default_factory=list)
    points: list[PointRow] = field(default_factory=list)
    regulations: list[RegulationRow] = field(default_factory=list)
    budgets: list[BudgetRow] = field(default_factory=list)
    figures: list[FiguresRow] = field(default_factory=list)
    plans: list[PlanRow] = field(default_factory=list)
    planned: list[PlannedRow] = field(default_factory=list)
    classes: list[ClassRow] = field(default_factory=list)
    lessons: list[LessonRow] = field(default_factory=list)
    reports: list[ReportRow] = field(default_factory=list)
    visits: list[VisitRow] = field(default_factory=list)
