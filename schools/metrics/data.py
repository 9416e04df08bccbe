"""What metrics are computed from: the records of one school in one period."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from .rows import (
    BudgetRow,
    ClassRow,
    FiguresRow,
    LessonRow,
    PlannedRow,
    PlanRow,
    PointRow,
    RegulationRow,
    ReportRow,
    SchoolRow,
    TeacherRow,
    VisitRow,
)


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
