"""评委、评审组、评委评分表、初评分工: who scores what, and whose sheet is closed."""

from django.db import models
from django.db.models import Exists, OuterRef, Q

from ratings.enums import PUBLIC_PHASES
from schools.models import Appointment
from schools.models.people import Role
from schools.models.scope import SCHOOL_ROLES

from .assessments import Assessment, rating_scope
from .columns import all_or_none, by_person, of_assessment, of_scheme, unique
from .criteria import Category
from .schemes import COMMITTEE


class Judge(models.Model):
    """评委: a seat in one scheme's panels; the label stands on sheets, the account is optional (paper
    sheets).
    """

    scheme = of_scheme("judges")
    label = models.CharField("评委", max_length=40)
    user = by_person("账号", related_name="seats")

    class Meta:
        verbose_name = verbose_name_plural = "评委"
        ordering = ["id"]
        constraints = [
            unique("judge_label_once_per_scheme", "scheme", "label"),
            unique("judge_user_once_per_scheme", "scheme", "user"),
        ]

    def __str__(self):
        return self.label


class Panel(models.Model):
    """评审组: the judges who score the same schools; its leader keeps the agreed sheet of a 合议."""

    scheme = of_scheme("panels")
    name = models.CharField("评审组", max_length=40)
    leader = models.ForeignKey(
        Judge, models.PROTECT, verbose_name="组长", null=True, blank=True, related_name="led_panels"
    )
    judges = models.ManyToManyField(Judge, verbose_name="评委", related_name="panels")

    class Meta:
        verbose_name = verbose_name_plural = "评审组"
        ordering = ["id"]
        constraints = [unique("panel_name_once_per_scheme", "scheme", "name")]

    def __str__(self):
        return self.name


class JudgeSheet(models.Model):
    """评委评分表: one judge (none: the agreed sheet of a 合议) at one school, closed when submitted.

    A signed paper sheet is typed in by one person and checked by another (代录), with the scan kept as
    evidence.
    """

    assessment = of_assessment("sheets")
    judge = models.ForeignKey(
        Judge, models.PROTECT, verbose_name="评委", null=True, blank=True, related_name="sheets"
    )
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    submitted_by = by_person("提交人")
    entered_by = by_person("代录人")
    checked_by = by_person("核对人")
    scan = models.ForeignKey(
        "ratings.Evidence", models.PROTECT, verbose_name="签字原件", null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = verbose_name_plural = "评委评分表"
        ordering = ["assessment", "judge"]
        constraints = [
            unique("sheet_once_per_judge", "assessment", "judge"),
            unique("sheet_agreed_once", "assessment", condition=Q(judge__isnull=True)),
            models.CheckConstraint(
                condition=all_or_none("submitted_at", "submitted_by"),
                name="sheet_submitted_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(checked_by__isnull=True)
                | (Q(entered_by__isnull=False) & ~Q(checked_by=models.F("entered_by"))),
                name="sheet_checked_by_another",
            ),
        ]

    def __str__(self):
        return f"{self.assessment} {self.judge or '合议'}"


def sits_at(user, assessment: str) -> Exists:
    """Whether the person scores at the school of this column: has a sheet there, or is of the panel that
    agrees on one.
    """
    member = Q(judge=None, assessment__panel__judges__user=user)
    sheets = JudgeSheet.objects.filter(Q(judge__user=user) | member, assessment=OuterRef(assessment))
    return Exists(sheets)


class SheetConfirmation(models.Model):
    """合议确认: a member of the panel stands by the agreed sheet as it was, by a click or on paper."""

    sheet = models.ForeignKey(
        JudgeSheet, models.CASCADE, verbose_name="合议评分表", related_name="confirmations"
    )
    judge = models.ForeignKey(Judge, models.PROTECT, verbose_name="评委", related_name="+")
    digest = models.CharField("评分表摘要", max_length=64)
    page = models.ForeignKey(
        "ratings.Evidence", models.PROTECT, verbose_name="签字页", null=True, blank=True, related_name="+"
    )
    by = by_person("登记人", required=True)
    at = models.DateTimeField("确认时间")

    class Meta:
        verbose_name = verbose_name_plural = "合议确认"
        ordering = ["sheet", "judge"]
        constraints = [unique("sheet_confirmed_once_by_judge", "sheet", "judge")]

    def __str__(self):
        return f"{self.sheet} {self.judge}"


class SeatChange(models.Model):
    """评委变动: a judge leaves a panel, or one school of it, and why; who follows, where somebody does.

    Without a judge it is the agreed sheet of a 合议 that was taken away.
    """

    panel = models.ForeignKey(Panel, models.PROTECT, verbose_name="评审组", related_name="changes")
    assessment = models.ForeignKey(
        Assessment,
        models.PROTECT,
        verbose_name="评定申报",
        null=True,
        blank=True,
        related_name="seat_changes",
        help_text="空的是整组",
    )
    judge = models.ForeignKey(
        Judge, models.PROTECT, verbose_name="评委", null=True, blank=True, related_name="+"
    )
    successor = models.ForeignKey(
        Judge, models.PROTECT, verbose_name="接替", null=True, blank=True, related_name="+"
    )
    reason = models.CharField("理由", max_length=200)
    by = by_person("办理人", required=True)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "评委变动"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="seat_change_has_reason"),
            models.CheckConstraint(
                condition=Q(judge__isnull=False) | Q(assessment__isnull=False), name="seat_change_of_somebody"
            ),
        ]

    def __str__(self):
        return f"{self.assessment or self.panel} {self.judge or '合议'}变动"


class VoidedSheet(models.Model):
    """作废的评分表: all that a sheet said when it was taken away. Kept apart from the sheets, so that nothing
    which counts can ever read it.
    """

    change = models.ForeignKey(SeatChange, models.PROTECT, verbose_name="评委变动", related_name="voided")
    assessment = of_assessment("voided_sheets")
    rows = models.JSONField("评分内容", help_text="小项、作答、得分、说明")
    digest = models.CharField("摘要", max_length=64)
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    submitted_by = by_person("提交人")
    entered_by = by_person("代录人")
    scan = models.ForeignKey(
        "ratings.Evidence", models.PROTECT, verbose_name="签字原件", null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = verbose_name_plural = "作废的评分表"
        ordering = ["id"]

    def __str__(self):
        return f"{self.assessment} {self.change.judge or '合议'}（作废）"


class DivisionQuerySet(models.QuerySet):
    def in_force(self):
        """Those whose reviewer still holds that office; what was given to a former one is
        everybody's again.
        """
        held = Appointment.objects.in_force().filter(
            role=Role.COUNTY, county=OuterRef("county"), user=OuterRef("user")
        )
        return self.filter(Exists(held), user__is_active=True)


class Division(models.Model):
    """初评分工: which reviewer of a county scores which category; without one everybody scores everything."""

    category = models.ForeignKey(Category, models.PROTECT, verbose_name="大项", related_name="divisions")
    county = models.ForeignKey(
        "schools.Region", models.PROTECT, verbose_name="县（市、区）", related_name="+"
    )
    user = by_person("初评人", required=True)

    objects = DivisionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "初评分工"
        constraints = [unique("division_once_per_category", "category", "county")]

    def __str__(self):
        return f"{self.county} {self.category} {self.user}"


class SiteVisit(models.Model):
    """走访: the day on which the city was at a school, and who went; the 现场 items open with it.

    `Assessment.visited` says that there was one; years from before this table know no more than that.
    """

    assessment = models.OneToOneField(
        Assessment, models.PROTECT, verbose_name="评定申报", related_name="site_visit"
    )
    on = models.DateField("走访日期")
    members = models.CharField("走访人员", max_length=300)
    by = by_person("登记人", required=True)
    at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = verbose_name_plural = "实地走访"
        ordering = ["assessment"]
        constraints = [models.CheckConstraint(condition=~Q(members=""), name="site_visit_names_people")]

    def __str__(self):
        return f"{self.assessment}走访"


class FeedbackQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The committee and its office; the school itself once the year is public."""
        identity = user.identity
        if identity is None or identity.role not in (*COMMITTEE, *SCHOOL_ROLES):
            return self.none()
        scoped = self.filter(rating_scope(user, "assessment__school"))
        return (
            scoped
            if identity.role in COMMITTEE
            else scoped.filter(assessment__scheme__phase__in=PUBLIC_PHASES)
        )


class Feedback(models.Model):
    """反馈意见: strengths, shortcomings and advice from the visit; no points and no names of judges."""

    assessment = models.OneToOneField(
        Assessment, models.PROTECT, verbose_name="评定申报", related_name="feedback"
    )
    visited_on = models.DateField("走访日期", null=True, blank=True)
    text = models.CharField("反馈意见", max_length=500)
    version = models.PositiveIntegerField("修改次数", default=0)
    by = by_person("登记人", required=True)
    at = models.DateTimeField("登记时间")

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "现场反馈意见"
        ordering = ["assessment"]

    def __str__(self):
        return f"{self.assessment}反馈意见"
