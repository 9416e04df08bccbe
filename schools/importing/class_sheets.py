"""Sheets of classes and of their lessons."""

from collections.abc import Hashable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from schools.models import Lesson, PlannedClass, Teacher, TeachingPoint, TrainingClass
from schools.models.teaching import ClassCategory
from schools.workbooks import CellError, cell_date

from .base import WorkbookResource, by_school, rows_of, school_column
from .columns import (
    SCHOOL_CODE,
    Lookup,
    amount,
    cell_code,
    choice,
    day,
    in_school,
    lookup,
    number,
    text,
    yes_no,
)

HOURS = {"unit": ("学时", "课时"), "places": 1, "lowest": Decimal("0.5"), "highest": 999}


def _planned(resource: WorkbookResource) -> dict[Hashable, PlannedClass]:
    rows = rows_of(resource, PlannedClass, "plan__school").select_related("plan__school")
    return {(cell_code(row.plan.school.code), row.plan.year, cell_code(row.name)): row for row in rows}


def _planned_key(name: str, row: Mapping[str, Any]) -> Hashable:
    try:
        year = cell_date(row.get("开始日期")).year
    except (CellError, AttributeError):
        year = None  # the date's own column reports what is wrong with it
    return cell_code(row.get(SCHOOL_CODE)), year, name


def _points(resource: WorkbookResource) -> dict[Hashable, TeachingPoint]:
    shared = TeachingPoint.shared_with.through.objects.filter(
        school__in=resource.schools.order_by().values("pk")
    )
    rows = [
        (link.school.code, link.teachingpoint.name, link.teachingpoint)
        for link in shared.select_related("school", "teachingpoint")
    ]
    rows += [
        (point.school.code, point.name, point)
        for point in rows_of(resource, TeachingPoint).select_related("school")
    ]
    return by_school(rows)


class TrainingClassResource(WorkbookResource):
    school = school_column()
    starts_on = day("starts_on", "开始日期", required=True)
    ends_on = day("ends_on", "结束日期", hint="不填同开始日期")
    name = text("name", "班名", required=True, longest=100)
    category = choice("category", "类别", ClassCategory, required=True)
    planned = lookup(
        "planned",
        "计划班次",
        Lookup(_planned, "该党校当年计划中没有“{}”", key=_planned_key, render=lambda one: one.name),
    )
    form = choice("form", "教学形式", TrainingClass.Form, default=TrainingClass.Form.LECTURE)
    audience = text("audience", "培训对象", longest=100)
    hours = amount("hours", "学时", required=True, **HOURS)
    attendance = number("attendance", "人次", unit=("人", "人次"), required=True, highest=100_000)
    first_lesson = yes_no("first_lesson", "第一课", default=False)
    place = text("place", "地点", longest=100)
    teaching_point = lookup(
        "teaching_point",
        "现场教学点",
        Lookup(_points, "该党校没有名为“{}”的现场教学点", key=in_school, render=lambda one: one.name),
    )
    cost = amount(
        "cost", "经费支出（元）", unit=("元",), places=2, default=0, hint="单位为元，没有支出的不填"
    )
    rating = amount(
        "rating", "评价均分", unit=("分",), highest=100, places=2, hint="百分制，未开展评价的不填"
    )
    part = choice("part", "办班身份", TrainingClass.Part, default=TrainingClass.Part.HOST)

    periods = (("starts_on", "ends_on"),)

    class Meta:
        model = TrainingClass
        import_id_fields = ("school", "starts_on", "name")
        fields = (
            "school",
            "starts_on",
            "ends_on",
            "name",
            "category",
            "planned",
            "form",
            "audience",
            "hours",
            "attendance",
            "first_lesson",
            "place",
            "teaching_point",
            "cost",
            "rating",
            "part",
        )

    def get_queryset(self) -> QuerySet[TrainingClass]:
        """Voided classes stay voided: a sheet that names one again makes a new record."""
        return super().get_queryset().kept()

    def import_instance(self, instance, row, **kwargs) -> None:
        """A class of one day needs no second date."""
        try:
            super().import_instance(instance, row, **kwargs)
        finally:
            instance.ends_on = instance.ends_on or instance.starts_on

    def before_save_instance(self, instance, row, **kwargs) -> None:
        """Who brought a record in is who registered it; a later correction by workbook does not make it older
        or newer.
        """
        if instance.pk is None:
            instance.recorded_by = self.by


def _classes(resource: WorkbookResource) -> dict[Hashable, TrainingClass]:
    rows = rows_of(resource, TrainingClass).kept().select_related("school")
    return {(cell_code(row.school.code), row.starts_on, cell_code(row.name)): row for row in rows}


def _class_key(name: str, row: Mapping[str, Any]) -> Hashable:
    try:
        return cell_code(row.get(SCHOOL_CODE)), cell_date(row.get("开始日期")), name
    except CellError:
        return None


def _teachers(resource: WorkbookResource) -> dict[Hashable, Teacher]:
    return by_school(
        (row.school.code, row.name, row) for row in rows_of(resource, Teacher).select_related("school")
    )


class LessonResource(WorkbookResource):
    """Lessons stand on a second sheet and name their class by school, day and name."""

    code = text("class_school", SCHOOL_CODE, required=True)
    starts_on = day("class_day", "开始日期", required=True, hint="所属班次的开始日期")
    training_class = lookup(
        "training_class",
        "班名",
        Lookup(
            _classes,
            "该党校当天没有名为“{}”的班次",
            key=_class_key,
            render=lambda one: one.name,
            required=True,
        ),
    )
    title = text("title", "题目", longest=100)
    lecturer = text("lecturer", "授课人", required=True, longest=30, hint="在师资库的自动关联")
    lecturer_kind = choice("lecturer_kind", "授课人身份", Lesson.LecturerKind)
    hours = amount("hours", "学时", required=True, **HOURS)

    class Meta:
        model = Lesson
        import_id_fields = ("training_class", "title", "lecturer")
        fields = ("code", "starts_on", "training_class", "title", "lecturer", "lecturer_kind", "hours")

    def get_queryset(self) -> QuerySet[Lesson]:
        """Lessons with the teacher whose name is half of their key."""
        return rows_of(self, Lesson, "training_class__school").select_related("teacher")

    def key_of(self, instance: Lesson) -> Hashable:
        """The person is named, in the pool or not."""
        return instance.training_class_id, instance.title, instance.lecturer_name

    def before_import(self, dataset, **kwargs) -> None:
        """The pools, to recognise the teachers by name."""
        super().before_import(dataset, **kwargs)
        self.teachers = _teachers(self)

    def check(self, instance: Lesson) -> None:
        """A person of the pool is linked and brings the kind along; anybody else needs one."""
        teacher = self.teachers.get(
            (cell_code(instance.training_class.school.code), cell_code(instance.lecturer))
        )
        if teacher:
            instance.teacher, instance.lecturer = teacher, ""
        if not instance.lecturer_kind and not teacher:
            raise ValidationError({"lecturer_kind": "授课人不在师资库，请填写身份"})
        instance.clean()

    def skip_row(self, instance, original, row, import_validation_errors=None) -> bool:
        """The cell holds the name also of linked teachers, so an unchanged row looks changed."""
        return False

    @classmethod
    def exported(cls, queryset: QuerySet) -> QuerySet:
        """The lessons of the classes that go onto the first sheet."""
        lessons = Lesson.objects.filter(training_class__in=queryset.order_by().values("pk"))
        return lessons.select_related("training_class__school", "teacher").order_by(
            "training_class__school", "training_class", "pk"
        )

    def dehydrate_code(self, instance: Lesson) -> str:
        """From the class."""
        return instance.training_class.school.code

    def dehydrate_starts_on(self, instance: Lesson) -> date | None:
        """From the class."""
        return instance.training_class.starts_on

    def dehydrate_lecturer(self, instance: Lesson) -> str:
        """The name, in the pool or not."""
        return instance.lecturer_name
