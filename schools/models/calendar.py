"""Days on which the office works or rests: the national calendar of the package `holidays`, and the days
entered beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from schools.numbers import chinese_date

from .base import OPTIONAL, check, person, reference

#: What the regulation on public holidays gives to everybody, by the names the package uses.
STATUTORY = frozenset({"元旦", "农历除夕", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节"})
#: Only days that the State Council exchanged carry this word; the package's own guesses say 补假.
EXCHANGED = "调休"
SATURDAY = 5


@dataclass(frozen=True)
class NationalYear:
    """One calendar year; `rests` and `works` are empty until its arrangement is in the package."""

    statutory: dict[date, str]
    rests: frozenset[date]
    works: frozenset[date]
    is_known: bool

    def is_workday(self, day: date) -> bool:
        """Whether the country works that day, as far as it is known."""
        if day in self.statutory or day in self.rests:
            return False
        return day in self.works or day.weekday() < SATURDAY


@lru_cache(maxsize=64)
def national_year(year: int) -> NationalYear:
    """The year as the package has it, read once; its guesses for years not yet arranged are left out."""
    import holidays  # here, because most starts of the program ask for no day

    own = holidays.country_holidays("CN", years=year, language="zh_CN", expand=False)
    festivals = {day: [name for name in own.get_list(day) if name in STATUTORY] for day in own}
    statutory = {day: "、".join(names) for day, names in festivals.items() if names}
    if not any(EXCHANGED in name for name in own.values()):
        return NationalYear(statutory, frozenset(), frozenset(), is_known=False)
    # The arrangement of the next year may take days of this December.
    both = holidays.country_holidays("CN", years=(year, year + 1), language="zh_CN", expand=False)
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(366)]
    worked = {day for day in days if day.weekday() >= SATURDAY and both.is_working_day(day)}
    return NationalYear(statutory, frozenset(own), frozenset(worked), is_known=True)


class CalendarQuerySet(models.QuerySet):
    def visible_to(self, user) -> CalendarQuerySet:
        """The calendar is the same for everybody; who may change it is another question."""
        return self


class CalendarYear(models.Model):
    """A year whose arrangement was entered as published; days entered one by one make no year known."""

    year = models.PositiveSmallIntegerField("年度", unique=True, error_messages={"unique": "该年度已录入。"})
    source = models.CharField("来源或文号", max_length=100, help_text="如：国办发明电〔2026〕7号。")
    entered_by = person("录入人")
    entered_at = models.DateTimeField("录入时间", default=timezone.now)

    objects = CalendarQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "年度节假日安排"
        ordering = ["-year"]
        constraints = [check("calendar_year_named", ~Q(source=""), "请写明来源或文号。")]

    def __str__(self) -> str:
        return f"{self.year}年节假日安排"


class CalendarDay(models.Model):
    """A day on which the office works or rests against the published calendar or before there is one."""

    day = models.DateField("日期", unique=True, error_messages={"unique": "该日期已登记。"})
    works = models.BooleanField(
        "上班", help_text="勾选为工作日，不勾选为休息日；优先于系统自带的节假日历。法定节日不能登记为上班。"
    )
    note = models.CharField("说明", max_length=100, blank=True, help_text="如：国庆节、国庆节调休上班。")
    arrangement = reference(
        CalendarYear, "年度安排", "days", editable=False, help_text="空白为单独登记的一天。", **OPTIONAL
    )

    objects = CalendarQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "工作日调整"
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {'上班' if self.works else '休息'}"

    def clean(self) -> None:
        """Statutory days rest, whatever is arranged around them."""
        if self.day and self.works and (name := national_year(self.day.year).statutory.get(self.day)):
            raise ValidationError(
                {"works": f"{chinese_date(self.day)}是法定节日（{name}），一律休息，不能登记为上班。"}
            )
