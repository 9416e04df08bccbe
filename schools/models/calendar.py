from django.db import models


class CalendarDayQuerySet(models.QuerySet):
    def visible_to(self, user) -> "CalendarDayQuerySet":
        """The calendar is the same for everybody; who may change it is another question."""
        return self


class CalendarDay(models.Model):
    """A day on which the office works or rests against the published holiday calendar, or before that is published."""

    day = models.DateField("日期", unique=True, error_messages={"unique": "该日期已登记。"})
    works = models.BooleanField("上班", help_text="勾选为工作日，不勾选为休息日；优先于系统自带的节假日历。")
    note = models.CharField("说明", max_length=100, blank=True, help_text="如：国庆节、国庆节调休上班。")

    objects = CalendarDayQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "工作日调整"
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {'上班' if self.works else '休息'}"
