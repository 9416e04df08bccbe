"""台账: the year's file of a school, with its list of contents, as one paper and one workbook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
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
    """One part of the file: its heading, the columns, the rows as values, what they add up to, and where the
    records stand.
    """

    title: str
    columns: tuple[ColumnOut, ...]
    rows: tuple[tuple[Any, ...], ...]
    total: str = ""
    url: str = ""

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


def _plan(school: School, year: int) -> Section:
    rows = (
        PlannedClass.objects.filter(plan__school=school, plan__year=year)
        .prefetch_related("classes")
        .order_by("month", "pk")
    )
    plan = AnnualPlan.objects.filter(school=school, year=year).first()
    found = [(row, sum(not one.is_voided for one in row.classes.all())) for row in rows]
    held = sum(1 for _, times in found if times)
    filed = f"，{_text(plan.filed_on)} 备案" if plan and plan.filed_on else ""
    columns = (
        ColumnOut("月份", "int"),
        ColumnOut("班次名称", width=36),
        ColumnOut("类别"),
        ColumnOut("已办期数", "int"),
    )
    cells = ((row.month, row.name, row.get_kind_display(), times) for row, times in found)
    return Section("年度培训计划", columns, tuple(cells), f"计划 {len(found)} 期，已办 {held} 期{filed}")


def _classes(school: School, days: tuple[date, date]) -> Section:
    rows = list(_held(school, days).prefetch_related("lessons__teacher"))
    columns = (
        ColumnOut("开始日期", "date"),
        ColumnOut("班名", width=36),
        ColumnOut("类别"),
        ColumnOut("学时", "decimal"),
        ColumnOut("人次", "int"),
        ColumnOut("授课人", width=20),
        ColumnOut("地点", width=20),
    )
    cells = (
        (
            row.starts_on,
            row.name,
            row.get_category_display(),
            row.hours,
            row.attendance,
            _lecturers(row),
            row.place,
        )
        for row in rows
    )
    total = (
        f"{len(rows)} 期，{_text(_sum(row.hours for row in rows))} 学时，"
        f"{sum(row.attendance for row in rows)} 人次"
    )
    return Section("开班登记", columns, tuple(cells), total)


def _teachers(school: School, days: tuple[date, date]) -> Section:
    rows = Teacher.objects.filter(school=school).in_force(min(days[1], timezone.localdate()))
    columns = (
        ColumnOut("姓名"),
        ColumnOut("类型"),
        ColumnOut("单位及职务", width=30),
        ColumnOut("入库日期", "date"),
    )
    cells = tuple((row.name, row.get_kind_display(), row.post, row.since) for row in rows)
    return Section("师资库", columns, cells, f"{len(cells)} 人")


def _months(school: School, year: int) -> Section:
    rows = MonthlyReport.objects.filter(school=school, year=year, confirmed_at__isnull=False).select_related(
        "confirmed_by"
    )
    columns = (
        ColumnOut("月份", "int"),
        ColumnOut("零报告"),
        ColumnOut("确认时间", "datetime"),
        ColumnOut("确认人"),
    )
    cells = tuple(
        (row.month, "是" if row.is_zero else "", row.confirmed_at, row.confirmed_by.name)
        for row in rows.order_by("month")
    )
    return Section("月报", columns, cells, f"已确认 {len(cells)} 个月")


def _expenses(school: School, days: tuple[date, date]) -> Section:
    rows = list(_held(school, days).filter(cost__gt=0))
    columns = (
        ColumnOut("开始日期", "date"),
        ColumnOut("班名", width=36),
        ColumnOut("经费支出（元）", "decimal"),
    )
    return Section(
        "经费支出",
        columns,
        tuple((row.starts_on, row.name, row.cost) for row in rows),
        f"{_text(_sum(row.cost for row in rows))} 元",
    )


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
    return Section(
        "经费来源和建设投入",
        columns,
        tuple(cells),
        f"经费到位 {_text(arrived)} 元，建设投入 {_text(spent)} 元",
    )


def _visits(school: School, days: tuple[date, date]) -> Section:
    rows = list(
        Visit.objects.kept().filter(school=school, on__range=days).select_related("by").order_by("on", "pk")
    )
    columns = (ColumnOut("日期", "date"), ColumnOut("类别"), ColumnOut("走访人"), ColumnOut("情况", width=48))
    cells = tuple((row.on, row.get_kind_display(), row.by.name, row.findings) for row in rows)
    return Section("走访指导", columns, cells, f"{len(rows)} 次")


def _problems(school: School, days: tuple[date, date]) -> Section:
    rows = Problem.objects.filter(
        visit__school=school, visit__voided_at__isnull=True, visit__on__range=days
    ).order_by("visit__on", "pk")
    columns = (
        ColumnOut("问题", width=36),
        ColumnOut("责任人"),
        ColumnOut("整改期限", "date"),
        ColumnOut("整改情况", width=30),
        ColumnOut("销号日期", "date"),
    )
    cells = tuple(
        (row.text, row.owner, row.due, row.report, row.closed_at and timezone.localdate(row.closed_at))
        for row in rows
    )
    return Section(
        "问题整改", columns, cells, f"{len(cells)} 个，已销号 {sum(1 for row in cells if row[4])} 个"
    )


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
        text = f"{value:.2f}".rstrip("0").rstrip(".")
        return text or "0"
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
    held = TrainingClass.objects.kept().filter(school=school).annotate(of=ExtractYear("starts_on"))
    visited = Visit.objects.kept().filter(school=school).annotate(of=ExtractYear("on"))
    years = [rows.order_by().values_list("of") for rows in (held, visited)] + [
        rows.order_by().values_list("year") for rows in yearly
    ]
    return sorted(
        {year for (year,) in years[0].union(*years[1:])} | {timezone.localdate().year}, reverse=True
    )
