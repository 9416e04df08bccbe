"""Sheets of what is promised and reported: the annual plan, the monthly reports."""

from collections.abc import Hashable
from datetime import date, datetime, time

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone

from schools.models import AnnualPlan, MonthlyReport, PlannedClass
from schools.models.teaching import ClassCategory

from .base import YEARS, WorkbookResource, rows_of, school_column
from .columns import SCHOOL_CODE, choice, day, lookup, number, text, yes_no


class PlannedClassResource(WorkbookResource):
    """One row per planned class; the plan of the school and year is made with its first row."""

    school = lookup("plan_school", SCHOOL_CODE, school_column().widget)
    year = number("plan_year", "年度", required=True, **YEARS)
    filed_on = day("plan_filed_on", "备案日期", hint="年度计划的备案日期，同一党校同一年度填一次即可")
    month = number("month", "月份", unit=("月",), required=True, lowest=1, highest=12)
    name = text("name", "班次名称", required=True, longest=100)
    kind = choice("kind", "类别", ClassCategory, default=ClassCategory.CONCENTRATED)

    class Meta:
        model = PlannedClass
        import_id_fields = ("school", "year", "month", "name")
        fields = ("school", "year", "filed_on", "month", "name", "kind")

    def get_queryset(self) -> QuerySet[PlannedClass]:
        """Planned classes with their plan, which holds half of their key."""
        return rows_of(self, PlannedClass, "plan__school").select_related("plan")

    def key_of(self, instance: PlannedClass) -> Hashable:
        """See the key of the sheet."""
        return instance.plan.school_id, instance.plan.year, instance.month, instance.name

    def before_import(self, dataset, **kwargs) -> None:
        """Plans are kept apart, because several rows speak of one."""
        super().before_import(dataset, **kwargs)
        self.plans = {(plan.school_id, plan.year): plan for plan in rows_of(self, AnnualPlan)}

    def before_save_instance(self, instance, row, **kwargs) -> None:
        """The plan is found or made; a filing date in any of its rows is the plan's."""
        key = instance.plan_school.pk, instance.plan_year
        plan = self.plans.get(key)
        if plan is None:
            plan = self.plans[key] = AnnualPlan.objects.create(
                school=instance.plan_school, year=instance.plan_year
            )
        filed_on = getattr(instance, "plan_filed_on", None)
        if filed_on and plan.filed_on != filed_on:
            plan.filed_on = filed_on
            plan.save(update_fields=["filed_on"])
        instance.plan = plan

    def skip_row(self, instance, original, row, import_validation_errors=None) -> bool:
        """The plan's filing date is not seen in the row itself."""
        return False

    @classmethod
    def exported(cls, queryset: QuerySet) -> QuerySet:
        """With plan and school."""
        return queryset.select_related("plan__school")

    def dehydrate_school(self, instance: PlannedClass) -> str:
        """From the plan."""
        return instance.plan.school.code

    def dehydrate_year(self, instance: PlannedClass) -> int:
        """From the plan."""
        return instance.plan.year

    def dehydrate_filed_on(self, instance: PlannedClass) -> date | None:
        """From the plan."""
        return instance.plan.filed_on


class MonthlyReportResource(WorkbookResource):
    """Reports of earlier systems: when they were due and when they were confirmed."""

    school = school_column()
    year = number("year", "年度", required=True, **YEARS)
    month = number("month", "月份", unit=("月",), required=True, lowest=1, highest=12)
    due = day("due", "应报日期", hint="不填按次月第 5 个工作日")
    confirmed = day("confirmed_on", "确认日期")
    is_zero = yes_no("is_zero", "零报告", default=False)

    class Meta:
        model = MonthlyReport
        import_id_fields = ("school", "year", "month")
        fields = ("school", "year", "month", "due", "confirmed", "is_zero")

    def before_save_instance(self, instance, row, **kwargs) -> None:
        """The day of a confirmation is kept as its noon; one made in this system keeps its own moment and
        person.
        """
        stated = getattr(instance, "confirmed_on", None)
        if stated and (instance.confirmed_at is None or timezone.localdate(instance.confirmed_at) != stated):
            instance.confirmed_at = timezone.make_aware(datetime.combine(stated, time(12)))
            instance.confirmed_by = self.by

    def check(self, instance: MonthlyReport) -> None:
        """A confirmation needs somebody who answers for it."""
        if getattr(instance, "confirmed_on", None) and self.by is None:
            raise ValidationError("导入已确认的月报须由已登录的人员进行。")
        super().check(instance)

    def skip_row(self, instance, original, row, import_validation_errors=None) -> bool:
        """The confirmation is not seen in the row itself."""
        return False

    def dehydrate_confirmed(self, instance: MonthlyReport) -> date | None:
        """The day of the confirmation."""
        return timezone.localdate(instance.confirmed_at) if instance.confirmed_at else None
