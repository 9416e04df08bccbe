"""Figures made of the registry, of money and yearly head counts, of monthly reports and visits."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from django.utils import timezone

from schools.calendar.workdays import nth_workday
from schools.models import Regulation, Teacher, Visit

from .loading import BudgetRow, PointRow, RegulationRow, ReportRow, SchoolData, TeacherRow
from .metric import ONE, YUAN_PER_UNIT, Metric, Reduce, Select, rate, stated, total
from .references import Reference
from .teaching import spending

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


def _teachers(*kinds: str) -> Select:
    return lambda data, reference: [
        row for row in data.teachers if _valid(row, data.period.end) and (not kinds or row.kind in kinds)
    ]


def _regulations(*usual: str) -> Select:
    """Regulations in force of the kinds that the reference lists, of the usual ones where it lists none."""

    def select(data: SchoolData, reference: Reference) -> list[RegulationRow]:
        kinds = {REGULATION_KINDS[word] for word in reference.words or usual}
        day = data.period.end
        return [
            row
            for row in data.regulations
            if row.issued_on <= day
            and (row.abolished_on is None or row.abolished_on > day)
            and (not kinds or row.kind in kinds)
        ]

    return select


def _missing_kinds(rows: Sequence[RegulationRow], data: SchoolData, reference: Reference) -> Fraction:
    wanted = {REGULATION_KINDS[word] for word in reference.words or USUAL_REGULATIONS}
    return Fraction(len(wanted - {row.kind for row in rows}))


def _arrived(rows: Sequence[BudgetRow]) -> Fraction | None:
    """One source whose arrival is not recorded makes the whole unknown."""
    if not rows or any(row.arrived is None for row in rows):
        return None
    return total(row.arrived for row in rows)


def _rate_of(part: str, whole: str) -> Reduce:
    return lambda *records: rate(stated(part)(*records), stated(whole)(*records), cap=ONE)


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


def _of_school(label: str, unit: str, column: str, definition: str) -> Metric:
    return Metric(label, unit, definition, (), reduce=stated(column))


def _of_figures(
    label: str, unit: str, reduce: Reduce, definition: str, direction: str = "up", **extra
) -> Metric:
    return Metric(label, unit, definition, ("figures",), reduce=reduce, direction=direction, **extra)


def _of_teachers(label: str, definition: str, *kinds: str) -> Metric:
    return Metric(label, "人", definition, ("teachers",), _teachers(*kinds))


KINDS = Teacher.Kind

STANDING = (
    _of_school("主教室座位", "座", "seats", "党校档案登记的主教室可集中培训的座位数；未登记时无法取数。"),
    _of_school("工作人员数", "人", "staff_count", "党校档案登记的负责日常工作的人数；未登记时无法取数。"),
    _of_teachers("师资人数", "统计截止日在师资库的教师人数。"),
    _of_teachers("领导型师资", "统计截止日在师资库的领导型教师人数。", KINDS.LEADER),
    _of_teachers("榜样型师资", "统计截止日在师资库的榜样型教师人数。", KINDS.MODEL),
    _of_teachers(
        "专家型师资", "统计截止日在师资库的专家型教师和党校教师人数。", KINDS.EXPERT, KINDS.LECTURER
    ),
    Metric(
        "现场教学点数",
        "个",
        "统计截止日在用的现场教学点个数，含与邻校共用的教学点。",
        ("points",),
        lambda data, reference: [row for row in data.points if _valid(row, data.period.end)],
    ),
    _of_figures(
        "参训党员", "人", stated("members_trained"), "年度人数登记的当年参训党员人数，一人只计一次。"
    ),
    _of_figures("党员总数", "人", stated("party_members"), "年度人数登记的党员总数。", "none"),
    _of_figures(
        "参训率",
        "%",
        _rate_of("members_trained", "party_members"),
        "参训党员除以党员总数，超过100%的按100%计；任一项未登记时无法计算。",
        upper=ONE,
    ),
    _of_figures(
        "参训干部",
        "人",
        stated("cadres_trained"),
        "年度人数登记的当年参训的书记和村（社区）“两委”干部人数，一人只计一次。",
    ),
    _of_figures(
        "应训干部", "人", stated("cadres_due"), "年度人数登记的书记和村（社区）“两委”干部人数。", "none"
    ),
    _of_figures(
        "干部参训率",
        "%",
        _rate_of("cadres_trained", "cadres_due"),
        "参训干部除以应训干部，超过100%的按100%计；任一项未登记时无法计算。",
        upper=ONE,
    ),
    _of_figures(
        "专题研究解决事项",
        "项",
        stated("issues_solved"),
        "年度人数登记的党（工）委专题研究党校工作解决的事项数。",
    ),
    Metric(
        "到位经费",
        "万元",
        "当年各来源经费到位数合计，以万元计；没有登记或有一项到位数未登记时无法取数。",
        ("budgets",),
        reduce=lambda rows, data, reference: rate(_arrived(rows), Fraction(YUAN_PER_UNIT)),
    ),
    Metric(
        "执行率",
        "%",
        "统计期内开班登记的经费支出除以当年到位经费；到位经费未登记或为0时无法计算。",
        ("budgets", "classes"),
        reduce=lambda rows, data, reference: rate(spending(data), _arrived(rows)),
    ),
    Metric(
        "缺管理制度",
        "项",
        "方括号内所列种类中，统计截止日没有有效管理制度的种类数；不列种类时按教学、学员、师资、经费四类。",
        ("regulations",),
        _regulations(*USUAL_REGULATIONS),
        _missing_kinds,
        direction="down",
        word_order=tuple(REGULATION_KINDS),
    ),
    Metric(
        "管理制度数",
        "项",
        "统计截止日有效的管理制度项数，方括号内列了种类的只计所列种类。",
        ("regulations",),
        _regulations(),
        word_order=tuple(REGULATION_KINDS),
    ),
    Metric(
        "月报逾期",
        "月",
        "统计期内已结束、党校启用以后的月份中，月报未在应报日期（次月第5个工作日）以前确认的月数；"
        "应报日期未到的不计。",
        ("reports",),
        _late_reports,
        direction="down",
    ),
    Metric(
        "走访指导次数",
        "次",
        "统计期内走访和示范课的次数，实地检查不计。",
        ("visits",),
        lambda data, reference: [row for row in data.visits if row.kind != Visit.Kind.INSPECTION],
    ),
)
