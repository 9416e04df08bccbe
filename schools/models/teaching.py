"""What a city or a county asks its schools to hold, what a school plans for a year, the classes it held and
the reports of its months.
"""

from datetime import date, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .base import (
    KEPT,
    OPTIONAL,
    Recorded,
    SchoolRecord,
    SchoolRecordQuerySet,
    Voidable,
    VoidableQuerySet,
    between,
    check,
    of_school,
    period,
    person,
    reference,
    together,
    twelve_months,
    unique,
)
from .figures import yuan
from .naming import NameField
from .registry import Region, School
from .resources import Teacher, TeachingPoint
from .scope import Role, sees_everything

MONTH_VALIDATORS = between(1, 12, "月份应为 1 至 12。")


class ClassCategory(models.TextChoices):
    """What kind of training a class is."""

    MAIN = "main", "主体班"
    CONCENTRATED = "concentrated", "集中培训"
    ONSITE = "onsite", "现场教学"
    OTHER = "other", "其他"


class IssuedPlanQuerySet(models.QuerySet):
    def visible_to(self, user) -> "IssuedPlanQuerySet":
        """Plans of the city of the identity, and of the county it belongs to; a city's people see those of
        all its counties.
        """
        if sees_everything(user):
            return self
        identity = getattr(user, "identity", None)
        if identity is None or not identity.city_id or identity.role == Role.SECURITY:
            return self.none()
        plans = self.filter(city=identity.city_id)
        if not (identity.county_id or identity.school_id):
            return plans
        county = identity.county_id or identity.school.county_id
        return plans.filter(Q(county__isnull=True) | Q(county=county))


class IssuedPlan(models.Model):
    """The classes one issuer wants held in a year: the city for all its schools, or a county for its own."""

    city = reference(Region, "市", "issued_plans")
    county = reference(Region, "县（市、区）", "county_issued_plans", **OPTIONAL)
    year = models.PositiveSmallIntegerField("年度")
    issued_at = models.DateTimeField("最近下发时间", **OPTIONAL)
    issued_by = person("下发人", **OPTIONAL)

    objects = IssuedPlanQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "下发计划"
        ordering = ["-year", "county_id", "pk"]
        constraints = [
            unique(
                "issued_plan_of_city",
                ["city", "year"],
                "本市该年度已有下发计划。",
                condition=Q(county__isnull=True),
            ),
            unique(
                "issued_plan_of_county",
                ["county", "year"],
                "本县（市、区）该年度已有下发计划。",
                condition=Q(county__isnull=False),
            ),
            together("issued_plan_issued", ["issued_at", "issued_by"], "下发时间和下发人须同时填写。"),
        ]

    def __str__(self) -> str:
        return f"{self.issuer} {self.year} 年下发计划"

    @property
    def issuer(self) -> Region:
        """Who issued it."""
        return self.county or self.city


class IssuedClassQuerySet(models.QuerySet):
    def visible_to(self, user) -> "IssuedClassQuerySet":
        """The classes of the plans one may see."""
        return self.filter(issued_plan__in=IssuedPlan.objects.visible_to(user))

    def kept(self) -> "IssuedClassQuerySet":
        """Without the withdrawn ones."""
        return self.filter(withdrawn_at__isnull=True)


class IssuedClass(models.Model):
    """One class of an issued plan; withdrawn, never deleted, because schools' plans grew from it."""

    issued_plan = reference(IssuedPlan, "下发计划", "issued_classes")
    month = models.PositiveSmallIntegerField("月份", validators=MONTH_VALIDATORS)
    name = models.CharField("班次名称", max_length=100)
    kind = models.CharField("类别", max_length=20, choices=ClassCategory, default=ClassCategory.CONCENTRATED)
    added_at = models.DateTimeField("下发时间", default=timezone.now, editable=False)
    withdrawn_at = models.DateTimeField("撤回时间", editable=False, **OPTIONAL)

    objects = IssuedClassQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "下发班次"
        ordering = ["issued_plan", "month", "pk"]
        constraints = [
            unique(
                "issued_class_name",
                ["issued_plan", "month", "name"],
                "该月已下发同名的班次。",
                condition=Q(withdrawn_at__isnull=True),
            ),
            twelve_months("issued_class_month"),
        ]

    def __str__(self) -> str:
        return f"{self.month} 月 {self.name}"


class PlannedClassQuerySet(SchoolRecordQuerySet):
    school_path = "plan__school"


class AnnualPlan(SchoolRecord):
    """The training plan of one year and the day it was filed."""

    school = of_school("plans")
    year = models.PositiveSmallIntegerField("年度")
    filed_on = models.DateField("备案日期", **OPTIONAL)

    class Meta:
        verbose_name = verbose_name_plural = "年度培训计划"
        ordering = ["school", "-year"]
        constraints = [unique("annual_plan_year", ["school", "year"], "该党校该年度已有培训计划。")]

    def __str__(self) -> str:
        return f"{self.school} {self.year} 年培训计划"


class PlannedClass(models.Model):
    """A class the plan promises for a month."""

    plan = models.ForeignKey(
        AnnualPlan, models.CASCADE, verbose_name="年度培训计划", related_name="planned_classes"
    )
    month = models.PositiveSmallIntegerField("月份", validators=MONTH_VALIDATORS)
    name = models.CharField("班次名称", max_length=100)
    kind = models.CharField("类别", max_length=20, choices=ClassCategory, default=ClassCategory.CONCENTRATED)
    issued = reference(
        IssuedClass,
        "下发班次",
        "planned_classes",
        editable=False,
        help_text="由市或县（市、区）下发的，名称和类别以下发的为准。",
        **OPTIONAL,
    )

    objects = PlannedClassQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "计划班次"
        ordering = ["plan", "month", "pk"]
        constraints = [
            unique("planned_class_name", ["plan", "month", "name"], "该月已有同名的计划班次。"),
            twelve_months("planned_class_month"),
        ]

    def __str__(self) -> str:
        return f"{self.month} 月 {self.name}"

    def clean(self) -> None:
        """Planned for a month in the life of the school."""
        if self.plan_id and self.month:
            self.school.refuse_month_outside_life(self.plan.year, self.month)

    @property
    def school(self) -> School:
        """Whose plan it stands in, as every record tells."""
        return self.plan.school


class MonthlyReport(SchoolRecord):
    """The figures of a month as the school confirmed them; derived from the classes, a zero report
    included.
    """

    school = of_school("monthly_reports")
    year = models.PositiveSmallIntegerField("年度")
    month = models.PositiveSmallIntegerField("月份", validators=MONTH_VALIDATORS)
    due = models.DateField("应报日期", help_text="不填按次月第 5 个工作日计算。", **OPTIONAL)
    confirmed_at = models.DateTimeField("确认时间", **OPTIONAL)
    confirmed_by = person("确认人", **OPTIONAL)
    is_zero = models.BooleanField("零报告", default=False)
    figures = models.JSONField("各项数字", default=dict, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "月报"
        ordering = ["school", "-year", "-month"]
        constraints = [
            unique("monthly_report_month", ["school", "year", "month"], "该党校该月已有月报。"),
            twelve_months("monthly_report_month_range"),
            together(
                "monthly_report_confirmed", ["confirmed_at", "confirmed_by"], "确认时间和确认人须同时填写。"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.school} {self.year} 年 {self.month} 月"

    def clean(self) -> None:
        """Of a month in the life of the school."""
        if self.school_id and self.year and self.month:
            self.school.refuse_month_outside_life(self.year, self.month)


DAYS_TO_RECORD = 15
HOURS_ABOVE_ZERO = MinValueValidator(Decimal("0.5"), "学时至少为 0.5。")


class TrainingClassQuerySet(VoidableQuerySet):
    def held_between(self, start, end) -> "TrainingClassQuerySet":
        """Classes counted in the period: the day a class opens decides, even where it runs past the end."""
        return self.filter(starts_on__range=(start, end))

    def held_in(self, year: int) -> "TrainingClassQuerySet":
        """Classes counted in the year."""
        return self.held_between(date(year, 1, 1), date(year, 12, 31))


class TrainingClass(Recorded, Voidable):
    """One class held (开班登记): the single source of every teaching figure."""

    Category = ClassCategory

    class Form(models.TextChoices):
        LECTURE = "lecture", "讲授"
        CASE = "case", "案例"
        SEMINAR = "seminar", "研讨"
        ONSITE = "onsite", "现场"
        PRACTICE = "practice", "实训"
        ONLINE = "online", "线上"
        OTHER = "other", "其他"

    class Part(models.TextChoices):
        HOST = "host", "主办"
        PARTICIPANT = "participant", "参加"

    school = of_school("classes")
    starts_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期")
    name = models.CharField("班名", max_length=100)
    category = models.CharField("类别", max_length=20, choices=ClassCategory)
    planned = reference(PlannedClass, "计划班次", "classes", **OPTIONAL)
    form = models.CharField("教学形式", max_length=10, choices=Form, default=Form.LECTURE)
    audience = models.CharField("培训对象", max_length=100, blank=True)
    hours = models.DecimalField("学时", max_digits=5, decimal_places=1, validators=[HOURS_ABOVE_ZERO])
    attendance = models.PositiveIntegerField("人次")
    first_lesson = models.BooleanField("第一课", default=False, help_text="以党的创新理论为第一课。")
    place = models.CharField("地点", max_length=100, blank=True)
    teaching_point = reference(TeachingPoint, "现场教学点", "classes", **OPTIONAL)
    cost = yuan("经费支出（元）", default=Decimal(0))
    rating = models.DecimalField(
        "评价均分",
        max_digits=5,
        decimal_places=2,
        validators=between(0, 100, "评价均分应为 0 至 100。"),
        help_text="学员训后评价的平均分（百分制）；未开展评价的不填。",
        **OPTIONAL,
    )
    part = models.CharField(
        "办班身份",
        max_length=20,
        choices=Part,
        default=Part.HOST,
        help_text="联合办班由一所党校主办，其他党校登记为参加。",
    )

    objects = TrainingClassQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "开班登记"
        ordering = ["school", "-starts_on", "pk"]
        indexes = [models.Index(fields=["school", "starts_on"], name="class_school_day")]
        constraints = [
            *Voidable.Meta.constraints,
            unique(
                "class_once_a_day",
                ["school", "starts_on", "name"],
                "该党校同一天已登记同名的班次。",
                condition=KEPT,
            ),
            period("class_period", "starts_on", "ends_on", open_ends=[]),
            check(
                "class_figures",
                Q(hours__gt=0, cost__gte=0) & (Q(rating__isnull=True) | Q(rating__gte=0, rating__lte=100)),
                "学时应大于 0，经费支出不小于 0，评价均分为 0 至 100。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_on:%Y-%m-%d} {self.name}"

    @property
    def is_late(self) -> bool:
        """补录: registered more than 15 days after the class ended."""
        return timezone.localdate(self.recorded_at) > self.ends_on + timedelta(days=DAYS_TO_RECORD)

    def clean(self) -> None:
        """Within the life of the school; plan and teaching point must be its own, or shared with it."""
        if self.school_id:
            self.school.refuse_outside_life(starts_on=self.starts_on, ends_on=self.ends_on)
        if self.planned_id and self.planned.plan.school_id != self.school_id:
            raise ValidationError({"planned": "该计划班次不属于本党校。"})
        point = self.teaching_point
        foreign = point is not None and point.school_id != self.school_id
        if foreign and not point.shared_with.filter(pk=self.school_id).exists():
            raise ValidationError({"teaching_point": "该现场教学点不属于本党校，也未与本党校共用。"})


class LessonQuerySet(SchoolRecordQuerySet):
    school_path = "training_class__school"


class Lesson(models.Model):
    """A lesson of a class: who taught, in which capacity, for how many hours."""

    class LecturerKind(models.TextChoices):
        SECRETARY = "secretary", "书记"
        LEADER = "leader", "领导班子成员"
        LINKED_LEADER = "linked_leader", "挂点领导"
        MODEL = "model", "榜样"
        EXPERT = "expert", "专家"
        LECTURER = "lecturer", "党校教师"
        OTHER = "other", "其他"

    LEADING = (LecturerKind.SECRETARY, LecturerKind.LEADER, LecturerKind.LINKED_LEADER)
    KIND_OF_TEACHER = {
        Teacher.Kind.LEADER: LecturerKind.LEADER,
        Teacher.Kind.MODEL: LecturerKind.MODEL,
        Teacher.Kind.EXPERT: LecturerKind.EXPERT,
        Teacher.Kind.LECTURER: LecturerKind.LECTURER,
    }

    training_class = models.ForeignKey(
        TrainingClass, models.CASCADE, verbose_name="开班登记", related_name="lessons"
    )
    title = models.CharField("题目", max_length=100, blank=True)
    starts = models.DateTimeField("开始时间", **OPTIONAL)
    teacher = reference(Teacher, "师资", "lessons", **OPTIONAL)
    lecturer = NameField("授课人", max_length=30, blank=True, help_text="不在师资库的填姓名。")
    lecturer_kind = models.CharField(
        "授课人身份",
        max_length=20,
        choices=LecturerKind,
        blank=True,
        help_text="书记、挂点领导讲课请选明；不选按师资类型。",
    )
    hours = models.DecimalField("学时", max_digits=4, decimal_places=1, validators=[HOURS_ABOVE_ZERO])

    objects = LessonQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "课次"
        ordering = ["training_class", "pk"]
        constraints = [
            check("lesson_hours", Q(hours__gt=0), "学时应大于 0。"),
            check("lesson_lecturer", Q(teacher__isnull=False) | ~Q(lecturer=""), "请选择师资或填写授课人。"),
            check("lesson_lecturer_kind", ~Q(lecturer_kind=""), "请选择授课人身份。"),
        ]

    def __str__(self) -> str:
        return self.title or self.lecturer_name

    def save(self, *args, **kwargs) -> None:
        """The capacity is stored with the lesson: a teacher may change kind later without rewriting past
        figures.
        """
        self._fill_kind()
        super().save(*args, **kwargs)

    @property
    def lecturer_name(self) -> str:
        """The teacher of the pool, else the name typed."""
        return self.teacher.name if self.teacher_id else self.lecturer

    def clean(self) -> None:
        """Within the life of the school that recorded the class; the teacher stands in its pool."""
        self._fill_kind()
        if self.training_class_id and self.starts:
            self.training_class.school.refuse_outside_life(starts=timezone.localdate(self.starts))
        if self.teacher_id and self.teacher.school_id != self.training_class.school_id:
            raise ValidationError({"teacher": "该教师不在本党校师资库。"})

    def _fill_kind(self) -> None:
        if not self.lecturer_kind and self.teacher_id:
            self.lecturer_kind = self.KIND_OF_TEACHER[self.teacher.kind]


class JointPartnerQuerySet(SchoolRecordQuerySet):
    def waiting(self) -> "JointPartnerQuerySet":
        """Neither joined nor declined, and the host's class still stands."""
        return self.filter(record__isnull=True, declined_at__isnull=True, host_class__voided_at__isnull=True)


class JointPartner(models.Model):
    """A school the host of a joint class (联合办班) named; it counts there only once that school entered its
    own attendance.
    """

    host_class = reference(TrainingClass, "主办班次", "partners")
    school = reference(School, "参加党校", "joint_classes")
    record = models.OneToOneField(
        TrainingClass, models.PROTECT, verbose_name="参加校登记", related_name="joined_as", **OPTIONAL
    )
    declined_at = models.DateTimeField("不参加确认时间", **OPTIONAL)

    objects = JointPartnerQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "联合办班参加校"
        ordering = ["host_class", "pk"]
        constraints = [
            unique("joint_partner_once", ["host_class", "school"], "该党校已在参加名单中。"),
            check(
                "joint_partner_answer",
                Q(record__isnull=True) | Q(declined_at__isnull=True),
                "已登记参加的不能同时标为不参加。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.school} 参加 {self.host_class}"


class ReportCorrectionQuerySet(SchoolRecordQuerySet):
    school_path = "report__school"


class ReportCorrection(models.Model):
    """A confirmed report confirmed anew after its records changed: both sets of figures stay."""

    report = reference(MonthlyReport, "月报", "corrections")
    before = models.JSONField("更正前")
    after = models.JSONField("更正后")
    reason = models.CharField("更正原因", max_length=200)
    at = models.DateTimeField("更正时间", default=timezone.now)
    by = person("更正人")

    objects = ReportCorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "月报更正"
        ordering = ["report", "at", "pk"]
        constraints = [check("report_correction_reason", ~Q(reason=""), "请写明更正原因。")]

    def __str__(self) -> str:
        return f"{self.report} 更正"
