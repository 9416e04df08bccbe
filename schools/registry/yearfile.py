"""台账: the year's file of a school, with its list of contents, as one paper and one workbook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, ClassVar

from django.db.models.functions import ExtractYear
from django.utils import timezone

from schools.models import (
    AnnualPlan,
    Binder,
    Budget,
    Investment,
    MonthlyReport,
    PlannedClass,
    Problem,
    School,
    Teacher,
    TrainingClass,
    Visit,
)
from schools.workbooks import ColumnOut, SheetOut


@dataclass(frozen=True)
class Section:
    """One part of the file: its heading, the columns, the rows as values, what they add up to."""

    title: str
    columns: tuple[ColumnOut, ...]
    rows: tuple[tuple[Any, ...], ...]
    total: str

    @property
    def count(self) -> int:
        """How many records it holds, for the list of contents."""
        return len(self.rows)

    @property
    def shown(self) -> list[list[tuple[str, bool]]]:
        """The cells as text, each with whether it is a figure."""
        return [
            [
                (_text(value), column.kind in ("int", "decimal"))
                for value, column in zip(row, self.columns, strict=True)
            ]
            for row in self.rows
        ]


@dataclass(frozen=True)
class Ledger:
    """The whole file; also the context of the paper."""

    template: ClassVar[str] = "documents/papers/ledger.html"

    school: str
    year: int
    number: str
    keeper: str
    place: str
    made_on: date
    sections: tuple[Section, ...]

    @property
    def title(self) -> str:
        """The name of the file on paper and on disk."""
        return f"{self.school}{self.year}年度台账"


def ledger_of(school: School, year: int) -> Ledger:
    """The records of the year that count; voided ones are left out. A constant number of queries."""
    binder = Binder.objects.filter(school=school, year=year).first() or Binder()
    days = (date(year, 1, 1), date(year, 12, 31))
    return Ledger(
        school=school.name,
        year=year,
        number=binder.number,
        keeper=binder.keeper,
        place=binder.place,
        made_on=timezone.localdate(),
        sections=(
            _plan(school, year),
            _classes(school, days),
            _teachers(school, days),
            _months(school, year),
            _expenses(school, days),
            _money(school, year),
            _visits(school, days),
            _problems(school, days),
        ),
    )


def sheets(ledger: Ledger) -> Iterator[SheetOut]:
    """The list of contents, then a sheet for each part."""
    contents = [
        (number, section.title, section.count, section.total)
        for number, section in enumerate(ledger.sections, 1)
    ]
    columns = [
        ColumnOut("顺序号", "int"),
        ColumnOut("内容", width=24),
        ColumnOut("件（条）数", "int"),
        ColumnOut("合计", width=40),
    ]
    about = [
        ("案卷", ledger.title),
        ("案卷号", ledger.number),
        ("保管人", ledger.keeper),
        ("存放位置", ledger.place),
    ]
    yield SheetOut("案卷", ["项目", ColumnOut("内容", width=48)], about)
    yield SheetOut("卷内目录", columns, contents)
    for section in ledger.sections:
        yield SheetOut(section.title, list(section.columns), section.rows)


def _section(
    title: str, rows: Iterable[Any], columns: dict[ColumnOut, str | Callable[[Any], Any]], total: str
) -> Section:
    """A part with a line for each record: `columns` say by which attribute or function a cell is read."""
    cells = (tuple(_cell(row, read) for read in columns.values()) for row in rows)
    return Section(title, tuple(columns), tuple(cells), total)


def _cell(row: Any, read: str | Callable[[Any], Any]) -> Any:
    value = attrgetter(read)(row) if isinstance(read, str) else read(row)
    return value() if callable(value) else value


def _plan(school: School, year: int) -> Section:
    rows = list(
        PlannedClass.objects.filter(plan__school=school, plan__year=year)
        .prefetch_related("classes")
        .order_by("month", "pk")
    )
    plan = AnnualPlan.objects.filter(school=school, year=year).first()
    held = sum(_times_held(row) > 0 for row in rows)
    filed = f"，{_text(plan.filed_on)} 备案" if plan and plan.filed_on else ""
    columns = {
        ColumnOut("月份", "int"): "month",
        ColumnOut("班次名称", width=36): "name",
        ColumnOut("类别"): "get_kind_display",
        ColumnOut("已办期数", "int"): _times_held,
    }
    return _section("年度培训计划", rows, columns, f"计划 {len(rows)} 期，已办 {held} 期{filed}")


def _times_held(row: PlannedClass) -> int:
    return sum(not held.is_voided for held in row.classes.all())


def _classes(school: School, days: tuple[date, date]) -> Section:
    rows = list(_held(school, days).prefetch_related("lessons__teacher"))
    columns = {
        ColumnOut("开始日期", "date"): "starts_on",
        ColumnOut("班名", width=36): "name",
        ColumnOut("类别"): "get_category_display",
        ColumnOut("学时", "decimal"): "hours",
        ColumnOut("人次", "int"): "attendance",
        ColumnOut("授课人", width=20): _lecturers,
        ColumnOut("地点", width=20): "place",
    }
    hours, attendance = _sum(row.hours for row in rows), sum(row.attendance for row in rows)
    return _section("开班登记", rows, columns, f"{len(rows)} 期，{_text(hours)} 学时，{attendance} 人次")


def _teachers(school: School, days: tuple[date, date]) -> Section:
    rows = list(Teacher.objects.filter(school=school).in_force(min(days[1], timezone.localdate())))
    columns = {
        ColumnOut("姓名"): "name",
        ColumnOut("类型"): "get_kind_display",
        ColumnOut("单位及职务", width=30): "post",
        ColumnOut("入库日期", "date"): "since",
    }
    return _section("师资库", rows, columns, f"{len(rows)} 人")


def _months(school: School, year: int) -> Section:
    reports = MonthlyReport.objects.filter(school=school, year=year, confirmed_at__isnull=False)
    rows = list(reports.select_related("confirmed_by").order_by("month"))
    columns = {
        ColumnOut("月份", "int"): "month",
        ColumnOut("零报告"): lambda row: "是" if row.is_zero else "",
        ColumnOut("确认时间", "datetime"): "confirmed_at",
        ColumnOut("确认人"): "confirmed_by.name",
    }
    return _section("月报", rows, columns, f"已确认 {len(rows)} 个月")


def _expenses(school: School, days: tuple[date, date]) -> Section:
    rows = list(_held(school, days).filter(cost__gt=0))
    columns = {
        ColumnOut("开始日期", "date"): "starts_on",
        ColumnOut("班名", width=36): "name",
        ColumnOut("经费支出（元）", "decimal"): "cost",
    }
    return _section("经费支出", rows, columns, f"{_text(_sum(row.cost for row in rows))} 元")


def _money(school: School, year: int) -> Section:
    budgets = list(Budget.objects.filter(school=school, year=year))
    invested = list(Investment.objects.filter(school=school, year=year).kept())
    columns = (
        ColumnOut("来源或项目", width=30),
        ColumnOut("下达（元）", "decimal"),
        ColumnOut("到位或投入（元）", "decimal"),
    )
    cells = [(row.get_source_display(), row.allotted, row.arrived) for row in budgets]
    cells += [(f"建设投入：{row.project}", None, row.amount) for row in invested]
    arrived, spent = _sum(row.arrived or 0 for row in budgets), _sum(row.amount for row in invested)
    total = f"经费到位 {_text(arrived)} 元，建设投入 {_text(spent)} 元"
    return Section("经费来源和建设投入", columns, tuple(cells), total)


def _visits(school: School, days: tuple[date, date]) -> Section:
    rows = list(
        Visit.objects.kept().filter(school=school, on__range=days).select_related("by").order_by("on", "pk")
    )
    columns = {
        ColumnOut("日期", "date"): "on",
        ColumnOut("类别"): "get_kind_display",
        ColumnOut("走访人"): "by.name",
        ColumnOut("情况", width=48): "findings",
    }
    return _section("走访指导", rows, columns, f"{len(rows)} 次")


def _problems(school: School, days: tuple[date, date]) -> Section:
    rows = list(
        Problem.objects.filter(
            visit__school=school, visit__voided_at__isnull=True, visit__on__range=days
        ).order_by("visit__on", "pk")
    )
    columns = {
        ColumnOut("问题", width=36): "text",
        ColumnOut("责任人"): "owner",
        ColumnOut("整改期限", "date"): "due",
        ColumnOut("整改情况", width=30): "report",
        ColumnOut("销号日期", "date"): lambda row: row.closed_at and timezone.localdate(row.closed_at),
    }
    closed = sum(row.closed_at is not None for row in rows)
    return _section("问题整改", rows, columns, f"{len(rows)} 个，已销号 {closed} 个")


def _held(school: School, days: tuple[date, date]):
    return TrainingClass.objects.kept().filter(school=school).held_between(*days).order_by("starts_on", "pk")


def _lecturers(row: TrainingClass) -> str:
    return "、".join(dict.fromkeys(lesson.lecturer_name for lesson in row.lessons.all()))


def _sum(values: Iterable[Decimal | int]) -> Decimal:
    return sum(values, Decimal(0))


def _text(value: Any) -> str:
    """A cell as people write it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, Decimal):
        return f"{value:.2f}".rstrip("0").rstrip(".") or "0"
    return str(value)


def years_of(school: School) -> Sequence[int]:
    """Years with any record that the file holds or with a binder of their own, and this year; newest first,
    in one query.
    """
    yearly = (
        AnnualPlan.objects.filter(school=school),
        MonthlyReport.objects.filter(school=school, confirmed_at__isnull=False),
        Budget.objects.filter(school=school),
        Investment.objects.filter(school=school).kept(),
        Binder.objects.filter(school=school),
    )
    held = TrainingClass.objects.kept().filter(school=school).values_list(ExtractYear("starts_on"))
    visited = Visit.objects.kept().filter(school=school).values_list(ExtractYear("on"))
    years = held.order_by().union(
        visited.order_by(), *(rows.order_by().values_list("year") for rows in yearly)
    )
    return sorted({year for (year,) in years} | {timezone.localdate().year}, reverse=True)
