"""Figures made of the registry, of money and yearly head counts, of monthly reports and visits."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from django.utils import timezone

from schools.calendar.workdays import nth_workday
from schools.models import Regulation, Teacher, Visit

from .data import BudgetRow, PointRow, RegulationRow, ReportRow, SchoolData, TeacherRow, VisitRow
from .metric import Metric, exact, nothing, number_of, rate, total
from .references import Reference
from .teaching import YUAN_PER_UNIT, spending

ONE = Fraction(1)
REPORT_WORKDAY = 5
USUAL_REGULATIONS = ("教学", "学员", "师资", "经费")
REGULATION_KINDS = {kind.label: kind.value for kind in Regulation.Kind if kind != Regulation.Kind.OTHER}


class LateMonth(NamedTuple):
    year: int
    month: int
    due: date
    confirmed_on: date | None

    def __str__(self) -> str:
        done = f"{self.confirmed_on} 确认" if self.confirmed_on else "尚未确认"
        return f"{self.year} 年 {self.month} 月月报（应于 {self.due} 前报送，{done}）"


def _valid(row: TeacherRow | PointRow, day: date) -> bool:
    return (row.since is None or row.since <= day) and (row.until is None or row.until >= day)


def _teachers(*kinds: str) -> Callable[[SchoolData, Reference], Sequence[TeacherRow]]:
    def select(data: SchoolData, reference: Reference) -> list[TeacherRow]:
        return [
            row for row in data.teachers if _valid(row, data.period.end) and (not kinds or row.kind in kinds)
        ]

    return select


def _points(data: SchoolData, reference: Reference) -> list[PointRow]:
    return [row for row in data.points if _valid(row, data.period.end)]


def _regulations(data: SchoolData, reference: Reference, wanted: Sequence[str]) -> list[RegulationRow]:
    kinds = {REGULATION_KINDS[word] for word in wanted}
    day = data.period.end
    return [
        row
        for row in data.regulations
        if row.issued_on <= day
        and (row.abolished_on is None or row.abolished_on > day)
        and (not kinds or row.kind in kinds)
    ]


def _wanted_regulations(data: SchoolData, reference: Reference) -> list[RegulationRow]:
    return _regulations(data, reference, reference.words or USUAL_REGULATIONS)


def _listed_regulations(data: SchoolData, reference: Reference) -> list[RegulationRow]:
    return _regulations(data, reference, reference.words)


def _missing_kinds(rows: Sequence[RegulationRow], data: SchoolData, reference: Reference) -> Fraction:
    wanted = {REGULATION_KINDS[word] for word in reference.words or USUAL_REGULATIONS}
    return Fraction(len(wanted - {row.kind for row in rows}))


def _budgets(data: SchoolData, reference: Reference) -> list[BudgetRow]:
    return data.budgets


def _arrived(rows: Sequence[BudgetRow]) -> Fraction | None:
    """One source whose arrival is not recorded makes the whole unknown."""
    if not rows or any(row.arrived is None for row in rows):
        return None
    return total(row.arrived for row in rows)


def _arrived_units(rows: Sequence[BudgetRow], data: SchoolData, reference: Reference) -> Fraction | None:
    arrived = _arrived(rows)
    return None if arrived is None else arrived / YUAN_PER_UNIT


def _execution(rows: Sequence[BudgetRow], data: SchoolData, reference: Reference) -> Fraction | None:
    return rate(spending(data), _arrived(rows))


def _figure(data: SchoolData, name: str) -> Fraction | None:
    return exact(getattr(data.figures[0], name)) if data.figures else None


def _rate_of_figures(part: str, whole: str) -> Callable[..., Fraction | None]:
    return lambda rows, data, reference: rate(_figure(data, part), _figure(data, whole), cap=ONE)


def report_due(year: int, month: int) -> date:
    """The day a monthly report is due when its row states none: the fifth working day of the
    following month.
    """
    following = (date(year, month, 1) + timedelta(days=31)).replace(day=1)
    return nth_workday(following.year, following.month, REPORT_WORKDAY)


def _late_reports(data: SchoolData, reference: Reference) -> list[LateMonth]:
    reports = {(row.year, row.month): row for row in data.reports}
    owed = [month for month in data.period.whole_months() if in_use(data.school, *month)]
    months = [_month(*month, reports.get(month)) for month in owed]
    today = data.period.as_of
    return [month for month in months if (month.confirmed_on or today) > month.due]


def _month(year: int, month: int, report: ReportRow | None) -> LateMonth:
    due = (report and report.due) or report_due(year, month)
    confirmed = report and report.confirmed_at
    return LateMonth(year, month, due, timezone.localdate(confirmed) if confirmed else None)


def in_use(school: Any, year: int, month: int) -> bool:
    """Whether the school owes anything for the month: from the month it opened to the one before it closed.

    `school` is whatever carries `opened_on` and `closed_on`: the record, a row of it, its standing.
    """
    opened, closed = school.opened_on, school.closed_on
    begun = opened is None or (opened.year, opened.month) <= (year, month)
    return begun and (closed is None or (year, month) < (closed.year, closed.month))


def _guidance(data: SchoolData, reference: Reference) -> list[VisitRow]:
    return [row for row in data.visits if row.kind != Visit.Kind.INSPECTION]


def _of_school(key: str, label: str, unit: str, column: str, definition: str) -> Metric:
    def reduce(rows: Sequence[Any], data: SchoolData, reference: Reference) -> Fraction | None:
        return exact(getattr(data.school, column))

    return Metric(key, label, unit, definition, frozenset(), "profile", nothing, reduce)


def _of_figures(key: str, label: str, unit: str, definition: str, direction: str = "up") -> Metric:
    def reduce(rows: Sequence[Any], data: SchoolData, reference: Reference) -> Fraction | None:
        return _figure(data, key)

    return Metric(key, label, unit, definition, frozenset({"figures"}), "figures", nothing, reduce, direction)


def _of_teachers(key: str, label: str, definition: str, *kinds: str) -> Metric:
    return Metric(
        key, label, "人", definition, frozenset({"teachers"}), "teachers", _teachers(*kinds), number_of
    )


KINDS = Teacher.Kind
FIGURES = frozenset({"figures"})

STANDING = (
    _of_school(
        "seats", "主教室座位", "座", "seats", "党校档案登记的主教室可集中培训的座位数；未登记时无法取数。"
    ),
    _of_school(
        "staff", "工作人员数", "人", "staff_count", "党校档案登记的负责日常工作的人数；未登记时无法取数。"
    ),
    _of_teachers("teachers", "师资人数", "统计截止日在师资库的教师人数。"),
    _of_teachers("teachers_leader", "领导型师资", "统计截止日在师资库的领导型教师人数。", KINDS.LEADER),
    _of_teachers("teachers_model", "榜样型师资", "统计截止日在师资库的榜样型教师人数。", KINDS.MODEL),
    _of_teachers(
        "teachers_expert",
        "专家型师资",
        "统计截止日在师资库的专家型教师和党校教师人数。",
        KINDS.EXPERT,
        KINDS.LECTURER,
    ),
    Metric(
        "points",
        "现场教学点数",
        "个",
        "统计截止日在用的现场教学点个数，含与邻校共用的教学点。",
        frozenset({"points"}),
        "points",
        _points,
        number_of,
    ),
    _of_figures("members_trained", "参训党员", "人", "年度人数登记的当年参训党员人数，一人只计一次。"),
    _of_figures("party_members", "党员总数", "人", "年度人数登记的党员总数。", "none"),
    Metric(
        "members_rate",
        "参训率",
        "%",
        "参训党员除以党员总数，超过100%的按100%计；任一项未登记时无法计算。",
        FIGURES,
        "figures",
        nothing,
        _rate_of_figures("members_trained", "party_members"),
        upper=ONE,
    ),
    _of_figures(
        "cadres_trained",
        "参训干部",
        "人",
        "年度人数登记的当年参训的书记和村（社区）“两委”干部人数，一人只计一次。",
    ),
    _of_figures("cadres_due", "应训干部", "人", "年度人数登记的书记和村（社区）“两委”干部人数。", "none"),
    Metric(
        "cadres_rate",
        "干部参训率",
        "%",
        "参训干部除以应训干部，超过100%的按100%计；任一项未登记时无法计算。",
        FIGURES,
        "figures",
        nothing,
        _rate_of_figures("cadres_trained", "cadres_due"),
        upper=ONE,
    ),
    _of_figures(
        "issues_solved", "专题研究解决事项", "项", "年度人数登记的党（工）委专题研究党校工作解决的事项数。"
    ),
    Metric(
        "arrived",
        "到位经费",
        "万元",
        "当年各来源经费到位数合计，以万元计；没有登记或有一项到位数未登记时无法取数。",
        frozenset({"budgets"}),
        "budgets",
        _budgets,
        _arrived_units,
    ),
    Metric(
        "execution",
        "执行率",
        "%",
        "统计期内开班登记的经费支出除以当年到位经费；到位经费未登记或为0时无法计算。",
        frozenset({"budgets", "classes"}),
        "budgets",
        _budgets,
        _execution,
    ),
    Metric(
        "regulations_missing",
        "缺管理制度",
        "项",
        "方括号内所列种类中，统计截止日没有有效管理制度的种类数；不列种类时按教学、学员、师资、经费四类。",
        frozenset({"regulations"}),
        "regulations",
        _wanted_regulations,
        _missing_kinds,
        direction="down",
        word_order=tuple(REGULATION_KINDS),
    ),
    Metric(
        "regulations",
        "管理制度数",
        "项",
        "统计截止日有效的管理制度项数，方括号内列了种类的只计所列种类。",
        frozenset({"regulations"}),
        "regulations",
        _listed_regulations,
        number_of,
        word_order=tuple(REGULATION_KINDS),
    ),
    Metric(
        "reports_late",
        "月报逾期",
        "月",
        "统计期内已结束、党校启用以后的月份中，月报未在应报日期（次月第5个工作日）以前确认的月数；"
        "应报日期未到的不计。",
        frozenset({"reports"}),
        "reports",
        _late_reports,
        number_of,
        direction="down",
    ),
    Metric(
        "visits",
        "走访指导次数",
        "次",
        "统计期内走访和示范课的次数，实地检查不计。",
        frozenset({"visits"}),
        "visits",
        _guidance,
        number_of,
    ),
)
