"""Sheets of what is planned, taught and reported: the annual plan, classes and lessons, monthly reports."""

from collections.abc import Hashable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone

from schools.models import (
    AnnualPlan,
    Lesson,
    MonthlyReport,
    PlannedClass,
    Teacher,
    TeachingPoint,
    TrainingClass,
)
from schools.models.naming import refuse_several
from schools.records.changes import snapshot
from schools.records.guarding import Guard
from schools.workbooks import CellError, cell_code, cell_date, cell_text, same

from .base import WorkbookResource, by_school, has_ended, rows_of, school_column
from .columns import SCHOOL_CODE, CellWidget, ColumnField, Lookup, column_of, in_school
from .noting import both_told

OLDEST_YEAR = 2000
LONGEST_DAYS = 366
HOURS = {"unit": ("学时", "课时"), "lowest": Decimal("0.5"), "highest": 999}


class PlannedClassResource(WorkbookResource):
    """One row per planned class; the plan of the school and year is made with its first row."""

    school = school_column("plan_school", kept="plan.school")
    year = column_of(AnnualPlan, "year", attribute="plan_year", kept="plan.year")
    filed_on = column_of(
        AnnualPlan,
        "filed_on",
        attribute="plan_filed_on",
        kept="plan.filed_on",
        hint="年度计划的备案日期，同一党校同一年度填一次即可",
    )

    says_all = False  # the filing date is the plan's

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
        plans = rows_of(self, AnnualPlan).select_related("school")
        self.plans = {(plan.school_id, plan.year): plan for plan in plans}

    def begin(self, held: Sequence[int]) -> None:
        """The plans are asked for too: one holds the filing date."""
        super().begin(held)
        self.guard_of_plans = Guard(AnnualPlan, held)

    def check(self, instance: PlannedClass) -> None:
        """The plan is found or made; a filing date in any of its rows is the plan's."""
        super().check(instance)
        key = instance.plan_school.pk, instance.plan_year
        if key not in self.plans:
            school, year = instance.plan_school, instance.plan_year
            self.plans[key] = AnnualPlan.objects.create(school=school, year=year)
        instance.plan = self.plans[key]
        instance.clean()
        filed_on = getattr(instance, "plan_filed_on", None)
        if filed_on and instance.plan.filed_on != filed_on:
            self._file(instance.plan, filed_on)

    def _file(self, plan: AnnualPlan, filed_on: date) -> None:
        before = snapshot(plan)
        plan.filed_on = filed_on
        after = snapshot(plan)
        if sentence := self.guard_of_plans.refusal(plan.school, before, after, plan.pk):
            plan.filed_on = before["filed_on"] and date.fromisoformat(before["filed_on"])
            told = both_told(AnnualPlan, "filed_on", before, after)
            raise ValidationError({"plan_filed_on": told + sentence})
        plan.save(update_fields=["filed_on"])
        self.written.append((plan, before))

    @classmethod
    def exported(cls, queryset: QuerySet) -> QuerySet:
        """With plan and school."""
        return queryset.select_related("plan__school")


def _planned(resource: WorkbookResource) -> dict[Hashable, PlannedClass]:
    rows = rows_of(resource, PlannedClass, "plan__school").select_related("plan__school")
    return {(cell_code(row.plan.school.code), row.plan.year, same(row.name)): row for row in rows}


def _planned_key(name: str, row: Mapping[str, Any]) -> Hashable:
    try:
        year = cell_date(row.get("开始日期")).year
    except (CellError, AttributeError):
        year = None  # the date's own column reports what is wrong with it
    return cell_code(row.get(SCHOOL_CODE)), year, same(name)


def _points(resource: WorkbookResource) -> dict[Hashable, TeachingPoint]:
    own = rows_of(resource, TeachingPoint).select_related("school")
    shared = rows_of(resource, TeachingPoint.shared_with.through).select_related("school", "teachingpoint")
    return by_school(
        [(link.school.code, link.teachingpoint.name, link.teachingpoint) for link in shared]
        + [(point.school.code, point.name, point) for point in own]
    )


def refuse_days(start: date, end: date) -> None:
    """A class has begun, lies in living memory and lasts a year at most: for the form as for the sheets."""
    if start > timezone.localdate():
        raise ValidationError({"starts_on": "开始日期还没有到，请在开班后登记。"})
    if start.year < OLDEST_YEAR:
        raise ValidationError({"starts_on": "年份过早，请核对。"})
    if end < start:
        raise ValidationError({"ends_on": "结束日期不能早于开始日期。"})
    if (end - start).days > LONGEST_DAYS:
        raise ValidationError({"ends_on": "班次超过一年，请核对日期。"})


class TrainingClassResource(WorkbookResource):
    planned = ColumnField(
        "planned", "计划班次", Lookup(_planned, "该党校当年计划中没有“{}”", key=_planned_key)
    )
    teaching_point = ColumnField(
        "teaching_point",
        "现场教学点",
        Lookup(_points, "该党校没有名为“{}”的现场教学点", key=in_school),
    )

    class Meta:
        model = TrainingClass
        import_id_fields = ("school", "starts_on", "name")
        widgets = {
            "ends_on": {"required": False, "hint": "不填同开始日期"},
            "hours": HOURS,
            "attendance": {"unit": ("人", "人次"), "highest": 100_000},
            "cost": {"unit": ("元",), "hint": "单位为元，没有支出的不填"},
            "rating": {"unit": ("分",), "highest": 100, "hint": "百分制，未开展评价的不填"},
        }

    def get_queryset(self) -> QuerySet[TrainingClass]:
        """Voided classes stay voided: a sheet that names one again makes a new record."""
        return super().get_queryset().kept()

    def import_instance(self, instance, row, **kwargs) -> None:
        """A class of one day needs no second date."""
        try:
            super().import_instance(instance, row, **kwargs)
        finally:
            instance.ends_on = instance.ends_on or instance.starts_on

    def check(self, instance: TrainingClass) -> None:
        """The bounds of the form."""
        super().check(instance)
        if self.says_something_new(instance):
            refuse_days(instance.starts_on, instance.ends_on)

    def before_save_instance(self, instance, row, **kwargs) -> None:
        """Who brought a record in is who registered it; a later correction by workbook does not make it older
        or newer.
        """
        if instance.pk is None:
            instance.recorded_by = self.by


def _classes(resource: WorkbookResource) -> dict[Hashable, TrainingClass]:
    rows = rows_of(resource, TrainingClass).kept().select_related("school")
    return {(cell_code(row.school.code), row.starts_on, same(row.name)): row for row in rows}


def _class_key(name: str, row: Mapping[str, Any]) -> Hashable:
    try:
        return cell_code(row.get(SCHOOL_CODE)), cell_date(row.get("开始日期")), same(name)
    except CellError:
        return None


class LessonResource(WorkbookResource):
    """Lessons stand on a second sheet and name their class by school, day and name."""

    code = ColumnField(
        "class_school",
        SCHOOL_CODE,
        CellWidget(cell_text, required=True),
        kept="training_class.school.code",
    )
    starts_on = column_of(
        TrainingClass,
        "starts_on",
        attribute="class_day",
        kept="training_class.starts_on",
        hint="所属班次的开始日期",
    )
    training_class = ColumnField(
        "training_class",
        "班名",
        Lookup(_classes, "该党校当天没有名为“{}”的班次", key=_class_key, required=True),
    )

    says_all = False  # the cell holds the name also of linked teachers, so an unchanged row looks changed

    class Meta:
        model = Lesson
        import_id_fields = ("training_class", "title", "lecturer")
        fields = ("code", "starts_on", "training_class", "title", "lecturer", "lecturer_kind", "hours")
        widgets = {
            "lecturer": {"required": True, "hint": "在师资库的自动关联", "kept": "lecturer_name"},
            "hours": HOURS,
        }

    def get_queryset(self) -> QuerySet[Lesson]:
        """Lessons with the teacher whose name is half of their key."""
        return rows_of(self, Lesson, "training_class__school").select_related("teacher")

    def key_of(self, instance: Lesson) -> Hashable:
        """The person is named, in the pool or not."""
        return instance.training_class_id, instance.title, instance.lecturer_name

    def before_import(self, dataset, **kwargs) -> None:
        """The pools, to recognise the teachers by name."""
        super().before_import(dataset, **kwargs)
        pool = sorted(rows_of(self, Teacher).select_related("school"), key=has_ended, reverse=True)
        self.teachers = by_school((teacher.school.code, teacher.name, teacher) for teacher in pool)

    def import_instance(self, instance, row, **kwargs) -> None:
        """A person of the pool is linked, whatever the pool calls them."""
        super().import_instance(instance, row, **kwargs)
        key = cell_code(instance.training_class.school.code), same(instance.lecturer)
        if teacher := self.teachers.get(key):
            instance.teacher, instance.lecturer = teacher, ""

    def check(self, instance: Lesson) -> None:
        """A person of the pool brings the kind along; anybody else needs one."""
        if instance.pk is None and not instance.teacher:
            refuse_several(instance.lecturer)
        if not instance.lecturer_kind and not instance.teacher:
            raise ValidationError({"lecturer_kind": "授课人不在师资库，请填写身份"})
        instance.clean()

    @classmethod
    def exported(cls, queryset: QuerySet) -> QuerySet:
        """The lessons of the classes that go onto the first sheet."""
        lessons = Lesson.objects.filter(training_class__in=queryset.order_by().values("pk"))
        return lessons.select_related("training_class__school", "teacher").order_by(
            "training_class__school", "training_class", "pk"
        )


class MonthlyReportResource(WorkbookResource):
    """Reports of earlier systems: when they were due and when they were confirmed."""

    confirmed = ColumnField("confirmed_on", "确认日期", CellWidget(cell_date))

    says_all = False  # the confirmation is a moment and a person

    class Meta:
        model = MonthlyReport
        import_id_fields = ("school", "year", "month")
        fields = ("school", "year", "month", "due", "confirmed", "is_zero")
        widgets = {"due": {"hint": "不填按次月第 5 个工作日"}}

    def check(self, instance: MonthlyReport) -> None:
        """A confirmation needs somebody who answers for it. Its day is kept as its noon; one made in this
        system keeps its own moment and person.
        """
        stated = getattr(instance, "confirmed_on", None)
        if stated and self.by is None:
            raise ValidationError("导入已确认的月报须由已登录的人员进行。")
        if stated and (instance.confirmed_at is None or timezone.localdate(instance.confirmed_at) != stated):
            instance.confirmed_at = timezone.make_aware(datetime.combine(stated, time(12)))
            instance.confirmed_by = self.by
        super().check(instance)

    def dehydrate_confirmed(self, instance: MonthlyReport) -> date | None:
        """The day of the confirmation."""
        return timezone.localdate(instance.confirmed_at) if instance.confirmed_at else None
