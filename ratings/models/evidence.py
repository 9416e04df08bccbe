"""佐证材料: a file, a link to a record the system holds, or a note of what lies in the school's cabinet."""

import uuid

from django.db import models
from django.db.models import Exists, OuterRef, Q

from ratings.enums import UNFINISHED, Status
from schools.models.people import Role
from schools.models.scope import SCHOOL_ROLES

from .assessments import AssessmentQuerySet, MetricSnapshot, rating_scope
from .columns import all_or_none, by_person, of_assessment, unique
from .criteria import Item
from .judging import sits_at
from .schemes import COMMITTEE


def stored_path(evidence: "Evidence", filename: str) -> str:
    """var/media/<city>/<year>/<uuid>: the typed name is kept in a column, never on the disk."""
    scheme = evidence.assessment.scheme
    return f"{scheme.city.code}/{scheme.year}/{uuid.uuid4().hex}"


class EvidenceQuerySet(AssessmentQuerySet):
    def visible_to(self, user):
        """Evidence of the schools in reach, for a judge of those of the panel; for everybody but the school
        only once it is handed in, as its sheet.

        What is confidential, such as a scanned sheet of a judge, is for the committee and its office alone.
        """
        role = user.identity.role if user.identity is not None else None
        if role == Role.JUDGE:
            here = self.filter(sits_at(user, "assessment"), assessment__scheme__city=user.identity.city_id)
            return here.filter(confidential=False, assessment__status__in=(Status.CITY, Status.SETTLED))
        scoped = self.filter(rating_scope(user, "assessment__school"))
        if role not in SCHOOL_ROLES:
            handed_in = Exists(MetricSnapshot.objects.filter(assessment=OuterRef("assessment")))
            # What is confidential is no school's paper: the scan of a judge's sheet stays with the committee.
            scoped = scoped.filter(Q(confidential=True) | ~Q(assessment__status__in=UNFINISHED) & handed_in)
        return scoped if role in COMMITTEE else scoped.filter(confidential=False)

    def kept(self):
        """Without what was taken back."""
        return self.filter(removed_at__isnull=True)


class Evidence(models.Model):
    class Kind(models.TextChoices):
        FILE = "file", "文件"
        LINK = "link", "系统内记录"
        PAPER = "paper", "纸质备查"

    assessment = of_assessment("evidence")
    item = models.ForeignKey(
        Item, models.PROTECT, verbose_name="小项", related_name="+", null=True, blank=True
    )
    kind = models.CharField("形式", max_length=5, choices=Kind)
    name = models.CharField("名称", max_length=200)
    file = models.FileField("文件", upload_to=stored_path, blank=True)
    size = models.PositiveIntegerField("大小", default=0)
    digest = models.CharField("SHA-256", max_length=64, blank=True)
    content_type = models.CharField("类型", max_length=100, blank=True)
    link = models.CharField("记录地址", max_length=200, blank=True)
    copies = models.PositiveSmallIntegerField("份数", null=True, blank=True)
    location = models.CharField("存放处", max_length=100, blank=True)
    confidential = models.BooleanField(
        "仅评委会查阅", default=False, help_text="如评委签字的纸质评分表扫描件"
    )
    by = by_person("提交人", required=True)
    at = models.DateTimeField("提交时间")
    removed_at = models.DateTimeField("撤回时间", null=True, blank=True)
    removed_by = by_person("撤回人")

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "佐证材料"
        ordering = ["assessment", "item", "id"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(kind="file") & ~Q(file="") & ~Q(digest=""))
                | (Q(kind="link", file="") & ~Q(link=""))
                | (Q(kind="paper", file="", copies__isnull=False) & ~Q(location="")),
                name="evidence_fits_its_kind",
            ),
            models.CheckConstraint(
                condition=all_or_none("removed_at", "removed_by"),
                name="evidence_removed_by_somebody",
            ),
        ]

    def __str__(self):
        return self.name


class SignedPage(models.Model):
    """签字盖章页: the signed one-page confirmation; any later change of data voids it
    (内容已变更，请重新打印签字).
    """

    assessment = of_assessment("signed_pages")
    scan = models.ForeignKey(Evidence, models.PROTECT, verbose_name="扫描件", related_name="+")
    code = models.CharField("校验码", max_length=64)
    at = models.DateTimeField("上传时间")
    voided_at = models.DateTimeField("作废时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "签字盖章页"
        ordering = ["assessment", "id"]
        constraints = [unique("signed_page_one_valid", "assessment", condition=Q(voided_at__isnull=True))]

    def __str__(self):
        return f"{self.assessment} {self.code[:8]}"


class GoalQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The own school's people and nobody else, whatever their reach: goals are never reported upward."""
        identity = user.identity
        if identity is None or identity.role not in SCHOOL_ROLES:
            return self.none()
        return self.filter(rating_scope(user, "assessment__school"))


class Goal(models.Model):
    """自查目标: what is to be reached at one item, who does it, by when. Never scored; an empty text is a
    goal taken back.
    """

    assessment = of_assessment("goals")
    item = models.ForeignKey(Item, models.PROTECT, verbose_name="小项", related_name="+")
    text = models.CharField("目标", max_length=200, blank=True)
    person = models.CharField("责任人", max_length=40, blank=True)
    due = models.DateField("完成时间", null=True, blank=True)
    done = models.BooleanField("已完成", default=False)
    version = models.PositiveIntegerField("修改次数", default=0)
    updated_by = by_person("最后修改人", required=True)
    updated_at = models.DateTimeField("最后修改时间")

    objects = GoalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "自查目标"
        ordering = ["assessment", "item"]
        constraints = [unique("goal_once_per_item", "assessment", "item")]

    def __str__(self):
        return self.text
