from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from schools.numbers import chinese_date

from .national_days import national_year


class CalendarQuerySet(models.QuerySet):
    def visible_to(self, user) -> "CalendarQuerySet":
        """The calendar is the same for everybody; who may change it is another question."""
        return self


class CalendarYear(models.Model):
    """A year whose arrangement was entered as published; days entered one by one make no year known."""

    year = models.PositiveSmallIntegerField("年度", unique=True, error_messages={"unique": "该年度已录入。"})
    source = models.CharField("来源或文号", max_length=100, help_text="如：国办发明电〔2026〕7号。")
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="录入人", related_name="+"
    )
    entered_at = models.DateTimeField("录入时间", default=timezone.now)

    objects = CalendarQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "年度节假日安排"
        ordering = ["-year"]
        constraints = [
            models.CheckConstraint(
                name="calendar_year_named",
                condition=~Q(source=""),
                violation_error_message="请写明来源或文号。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.year}年节假日安排"


class CalendarDay(models.Model):
    """A day on which the office works or rests against the published calendar or before there is one."""

    day = models.DateField("日期", unique=True, error_messages={"unique": "该日期已登记。"})
    works = models.BooleanField(
        "上班", help_text="勾选为工作日，不勾选为休息日；优先于系统自带的节假日历。法定节日不能登记为上班。"
    )
    note = models.CharField("说明", max_length=100, blank=True, help_text="如：国庆节、国庆节调休上班。")
    arrangement = models.ForeignKey(
        CalendarYear,
        models.PROTECT,
        verbose_name="年度安排",
        null=True,
        blank=True,
        editable=False,
        related_name="days",
        help_text="空白为单独登记的一天。",
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
