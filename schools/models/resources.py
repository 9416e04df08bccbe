"""What a school has at its disposal: teachers, places, equipment, rules."""

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from .base import (
    KEPT,
    OPTIONAL,
    Recorded,
    SchoolRecord,
    SchoolRecordQuerySet,
    Voidable,
    of_school,
    period,
    reference,
    unique,
)
from .naming import NameField
from .registry import School
from .scope import in_force, record_scope


class DatedQuerySet(SchoolRecordQuerySet):
    def in_force(self, on=None) -> "DatedQuerySet":
        """Rows valid on the day `on` (today by default)."""
        return self.filter(in_force(on, since="since", until="until"))


class TeachingPointQuerySet(DatedQuerySet):
    def visible_to(self, user) -> "TeachingPointQuerySet":
        """Points hosted by schools one may read, and those shared with them."""
        shared = TeachingPoint.shared_with.through.objects.filter(record_scope(user, "school"))
        return self.filter(record_scope(user) | Q(pk__in=shared.values("teachingpoint")))


class Teacher(models.Model):
    """A person in the school's teacher pool."""

    class Kind(models.TextChoices):
        LEADER = "leader", "领导型"
        MODEL = "model", "榜样型"
        EXPERT = "expert", "专家型"
        LECTURER = "lecturer", "党校教师"

    school = of_school("teachers")
    name = NameField("姓名", max_length=30)
    kind = models.CharField("类型", max_length=10, choices=Kind)
    post = models.CharField("单位及职务", max_length=80, blank=True)
    topics = models.CharField(
        "课题、专题", max_length=200, blank=True, help_text="能讲的课题或专题，用顿号隔开。"
    )
    since = models.DateField("入库日期", **OPTIONAL)
    until = models.DateField("出库日期", **OPTIONAL)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "师资"
        ordering = ["school", "pk"]
        constraints = [
            unique(
                "teacher_once_in_pool",
                ["school", "name"],
                "该党校师资库中已有这位教师。",
                condition=Q(until__isnull=True),
            ),
            period("teacher_period"),
        ]

    def __str__(self) -> str:
        return self.name


class TeachingPoint(models.Model):
    """A themed place for teaching on the spot, hosted by one school and often shared with neighbours."""

    school = reference(School, "所在党校", "teaching_points")
    shared_with = models.ManyToManyField(
        School, verbose_name="共用党校", blank=True, related_name="shared_points"
    )
    name = models.CharField("名称", max_length=60)
    theme = models.CharField("主题", max_length=100, blank=True)
    since = models.DateField("启用日期", **OPTIONAL)
    until = models.DateField("停用日期", **OPTIONAL)

    objects = TeachingPointQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "现场教学点"
        ordering = ["school", "pk"]
        constraints = [
            unique("teaching_point_name", ["school", "name"], "该党校已有同名的教学点。"),
            period("teaching_point_period"),
        ]

    def __str__(self) -> str:
        return self.name


class Equipment(SchoolRecord):
    """One kind of equipment of a school and whether it works."""

    class Kind(models.TextChoices):
        FURNITURE = "furniture", "桌椅"
        COMPUTER = "computer", "电脑网络"
        SCREEN = "screen", "投影/大屏"
        SOUND = "sound", "音响"
        DISTANCE = "distance", "远程教育站点"
        LIBRARY = "library", "图书角"
        NOTICE = "notice", "宣传栏"
        OTHER = "other", "其他"

    school = of_school("equipment")
    kind = models.CharField("种类", max_length=10, choices=Kind)
    working = models.BooleanField("可正常使用", default=True)
    note = models.CharField("说明", max_length=100, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "设施"
        ordering = ["school", "pk"]
        constraints = [unique("equipment_kind", ["school", "kind"], "该党校已登记这种设施。")]

    def __str__(self) -> str:
        return self.get_kind_display()


class Regulation(SchoolRecord):
    """A written rule of the school; which kinds are wanted is the scheme's business."""

    class Kind(models.TextChoices):
        TEACHING = "teaching", "教学"
        STUDENTS = "students", "学员"
        TEACHERS = "teachers", "师资"
        FUNDS = "funds", "经费"
        SAFETY = "safety", "安全"
        RECORDS = "records", "台账"
        LOGISTICS = "logistics", "后勤"
        OTHER = "other", "其他"

    school = of_school("regulations")
    kind = models.CharField("种类", max_length=10, choices=Kind)
    title = models.CharField("制度名称", max_length=100)
    issued_on = models.DateField("印发日期")
    abolished_on = models.DateField("废止日期", **OPTIONAL)

    class Meta:
        verbose_name = verbose_name_plural = "管理制度"
        ordering = ["school", "pk"]
        constraints = [
            unique("regulation_title", ["school", "title"], "该党校已登记同名制度。"),
            period(
                "regulation_period",
                "issued_on",
                "abolished_on",
                "废止日期不能早于印发日期。",
                open_ends=["abolished_on"],
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """A title that is only blanks cannot be told from another."""
        if not self.title.strip():
            raise ValidationError({"title": "请填写制度名称。"})


class StaffMember(models.Model):
    """A person at the school's office for a time; no telephone number, no identity number."""

    class Duty(models.TextChoices):
        FULL = "full", "专职"
        PART = "part", "兼职"

    school = of_school("staff")
    name = NameField("姓名", max_length=30)
    post = models.CharField("岗位职务", max_length=50, blank=True, help_text="如教务、学员管理、后勤。")
    duty = models.CharField("专兼职", max_length=10, choices=Duty, default=Duty.PART)
    since = models.DateField("到岗日期", **OPTIONAL)
    until = models.DateField("离岗日期", **OPTIONAL)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "工作人员"
        ordering = ["school", "pk"]
        constraints = [
            unique(
                "staff_once",
                ["school", "name"],
                "该党校已登记这位在岗工作人员。",
                condition=Q(until__isnull=True),
            ),
            period("staff_period"),
        ]

    def __str__(self) -> str:
        return self.name


class Course(Voidable):
    """A course the school offers; a class may be made of several."""

    class Origin(models.TextChoices):
        OWN = "own", "自编"
        ADAPTED = "adapted", "改编"
        INTRODUCED = "introduced", "引进"

    school = of_school("courses")
    name = models.CharField("课程名称", max_length=100)
    theme = models.CharField(
        "主题", max_length=100, blank=True, help_text="如党的创新理论、基层治理、乡村振兴。"
    )
    teacher = reference(Teacher, "主讲教师", "courses", **OPTIONAL)
    hours = models.DecimalField(
        "学时",
        max_digits=4,
        decimal_places=1,
        validators=[MinValueValidator(0, "学时不能小于 0。")],
        **OPTIONAL,
    )
    origin = models.CharField("来源", max_length=12, choices=Origin, default=Origin.OWN)
    since = models.DateField("开设日期", **OPTIONAL)

    class Meta:
        verbose_name = verbose_name_plural = "课程"
        ordering = ["school", "pk"]
        constraints = [
            *Voidable.Meta.constraints,
            unique("course_once", ["school", "name"], "该党校已登记同名课程。", condition=KEPT),
        ]

    def __str__(self) -> str:
        return self.name


class Brand(Voidable):
    """特色品牌: a practice of the school's own that others come to see."""

    school = of_school("brands")
    name = models.CharField("品牌名称", max_length=60)
    content = models.CharField("主要做法", max_length=200, help_text="一两句话，不超过 200 字。")
    since = models.DateField("开始日期", **OPTIONAL)

    class Meta:
        verbose_name = verbose_name_plural = "特色品牌"
        ordering = ["school", "pk"]
        constraints = [
            *Voidable.Meta.constraints,
            unique("brand_once", ["school", "name"], "该党校已登记同名品牌。", condition=KEPT),
        ]

    def __str__(self) -> str:
        return self.name


class TrialLesson(Recorded, Voidable):
    """首讲试讲: a new teacher's lesson before colleagues, and what they thought of it."""

    school = of_school("trial_lessons")
    teacher = reference(Teacher, "教师", "trial_lessons")
    on = models.DateField("试讲日期")
    topic = models.CharField("题目", max_length=100)
    assessors = models.CharField("评议人", max_length=100)
    opinion = models.CharField("评议意见", max_length=200)
    passed = models.BooleanField("通过")

    class Meta:
        verbose_name = verbose_name_plural = "首讲试讲"
        ordering = ["school", "-on", "pk"]
        constraints = [
            *Voidable.Meta.constraints,
            unique(
                "trial_lesson_once",
                ["teacher", "on", "topic"],
                "这位教师当天已登记同题试讲。",
                condition=KEPT,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on:%Y-%m-%d} {self.teacher} {self.topic}"

    def clean(self) -> None:
        """Held in the life of the school."""
        if self.school_id:
            self.school.refuse_outside_life(on=self.on)
