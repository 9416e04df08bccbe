"""评委会会议、待确认的审定事项: the meeting at which the committee decided, and what it decided by hand, as
the office wrote it down and before the chair has confirmed it.
"""

import uuid

from django.db import models
from django.db.models import F, Q

from ratings.enums import Star
from schools.numbers import chinese_date

from .columns import by_person, of_assessment, of_scheme, unique
from .criteria import Restriction


def minutes_path(meeting: "Meeting", filename: str) -> str:
    """var/media/<city>/<year>/<uuid>, as evidence: the name that was typed is kept in a column."""
    return f"{meeting.scheme.city.code}/{meeting.scheme.year}/{uuid.uuid4().hex}"


class Meeting(models.Model):
    """评委会会议: entered once, chosen by every decision that it took. The minutes have a number, or are kept
    as a file, or both.

    `version` rises with every change, which ends with the first decision taken in its name.
    """

    scheme = of_scheme("meetings")
    held_on = models.DateField("会议日期")
    expected = models.PositiveSmallIntegerField("应到人数")
    present = models.PositiveSmallIntegerField("实到人数")
    number = models.CharField("会议纪要文号", max_length=40, blank=True)
    file = models.FileField("会议纪要文件", upload_to=minutes_path, blank=True)
    file_name = models.CharField("文件名称", max_length=200, blank=True)
    size = models.PositiveIntegerField("大小", default=0)
    digest = models.CharField("SHA-256", max_length=64, blank=True)
    content_type = models.CharField("类型", max_length=100, blank=True)
    version = models.PositiveIntegerField("修改次数", default=0)
    by = by_person("登记人")
    at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = verbose_name_plural = "评委会会议"
        ordering = ["-held_on", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(present__gte=1, expected__gte=F("present")),
                name="meeting_present_of_expected",
                violation_error_message="实到人数应在 1 至应到人数之间，请核对。",
            ),
            models.CheckConstraint(condition=~Q(number="") | ~Q(file=""), name="meeting_has_minutes"),
            models.CheckConstraint(
                condition=Q(file="", digest="") | (~Q(file="") & ~Q(digest="")),
                name="meeting_file_with_digest",
            ),
        ]

    def __str__(self):
        minutes = self.number or f"纪要“{self.file_name}”"
        counts = f"应到 {self.expected} 人、实到 {self.present} 人"
        return f"{chinese_date(self.held_on)}会议（{counts}），{minutes}"

    @property
    def short(self) -> str:
        """What tells it from the others of its year, for a list to choose from."""
        day = self.held_on
        return f"{day.month}月{day.day}日 {self.number or self.file_name}，实到 {self.present} 人"


def ballot_in_words(votes_for: int | None, against: int | None, abstained: int | None) -> str:
    """同意 7 票，不同意 1 票，弃权 1 票; empty where nobody counted."""
    if votes_for is None:
        return ""
    return f"同意 {votes_for} 票，不同意 {against or 0} 票，弃权 {abstained or 0} 票"


class TakenByMeeting(models.Model):
    """What a meeting decided: which one, how it voted, and who recorded it before somebody else confirmed.

    Without a meeting it was decided before meetings were recorded, or by workbooks.
    """

    meeting = models.ForeignKey(
        Meeting, models.PROTECT, verbose_name="会议", null=True, blank=True, related_name="%(class)ss"
    )
    votes_for = models.PositiveSmallIntegerField("同意", null=True, blank=True)
    votes_against = models.PositiveSmallIntegerField("不同意", null=True, blank=True)
    votes_abstained = models.PositiveSmallIntegerField("弃权", null=True, blank=True)
    recorded_by = by_person("登记人")
    recorded_at = models.DateTimeField("登记时间", null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def ballot(self) -> str:
        """The vote in words, empty where none was counted."""
        return ballot_in_words(self.votes_for, self.votes_against, self.votes_abstained)


class MotionQuerySet(models.QuerySet):
    def pending(self):
        """Those that wait for the chair; what was sent back waits for the office."""
        return self.filter(returned_at__isnull=True)


class Motion(models.Model):
    """待确认的审定事项: what changes a star by hand, recorded by the office from the meeting. It counts for
    nothing until the chair, another person, confirms it; then it becomes the decision or the finding itself.

    `computed` and `basis` are the star and the figures it was recorded on; on others it is recorded anew.
    """

    class Kind(models.TextChoices):
        STAR = "star", "审定星级"
        RESTRICT = "restrict", "认定限制性情形"
        LIFT = "lift", "撤销限制性情形"

    assessment = of_assessment("motions")
    kind = models.CharField("事项", max_length=8, choices=Kind)
    star = models.PositiveSmallIntegerField("审定星级", choices=Star, null=True, blank=True)
    restriction = models.ForeignKey(
        Restriction, models.PROTECT, verbose_name="限制性情形", null=True, blank=True, related_name="motions"
    )
    computed = models.PositiveSmallIntegerField("当时的计算星级", choices=Star)
    basis = models.CharField("当时得分的摘要", max_length=16)
    reason = models.CharField("理由或依据", max_length=500)
    meeting = models.ForeignKey(Meeting, models.PROTECT, verbose_name="会议", related_name="motions")
    votes_for = models.PositiveSmallIntegerField("同意")
    votes_against = models.PositiveSmallIntegerField("不同意", default=0)
    votes_abstained = models.PositiveSmallIntegerField("弃权", default=0)
    by = by_person("登记人", required=True)
    at = models.DateTimeField("登记时间")
    returned_by = by_person("退回人")
    returned_at = models.DateTimeField("退回时间", null=True, blank=True)
    return_reason = models.CharField("退回理由", max_length=300, blank=True)

    objects = MotionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "待确认的审定事项"
        ordering = ["assessment", "id"]
        constraints = [
            unique("motion_one_star", "assessment", condition=Q(restriction__isnull=True)),
            unique("motion_once_per_restriction", "assessment", "restriction"),
            models.CheckConstraint(
                condition=Q(kind="star", star__isnull=False, restriction__isnull=True)
                | (Q(star__isnull=True, restriction__isnull=False) & ~Q(kind="star")),
                name="motion_fits_its_kind",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="motion_has_reason"),
            models.CheckConstraint(
                condition=Q(returned_at__isnull=True, returned_by__isnull=True, return_reason="")
                | (Q(returned_at__isnull=False, returned_by__isnull=False) & ~Q(return_reason="")),
                name="motion_returned_with_reason",
            ),
        ]

    def __str__(self):
        return f"{self.assessment} {self.words}"

    @property
    def is_pending(self) -> bool:
        return self.returned_at is None

    @property
    def ballot(self) -> str:
        """The vote in words."""
        return ballot_in_words(self.votes_for, self.votes_against, self.votes_abstained)

    @property
    def words(self) -> str:
        """What it would do: 审定为四星, 认定限制性情形 Y1 …"""
        if self.kind == self.Kind.STAR:
            return f"审定为{self.get_star_display()}"
        return f"{self.get_kind_display()} {self.restriction.code}（{self.restriction.name}）"
