from django.conf import settings
from django.db import models
from django.db.models import Q

from .base import (
    KEPT,
    OPTIONAL,
    SchoolRecord,
    SchoolRecordQuerySet,
    Voidable,
    of_school,
    period,
    person,
    reference,
    together,
    unique,
)
from .registry import Region
from .scope import in_force


class LiaisonQuerySet(SchoolRecordQuerySet):
    def current(self, on=None) -> "LiaisonQuerySet":
        """Links in force on the day `on` (today by default)."""
        return self.filter(in_force(on, since="since", until="until"))


class ProblemQuerySet(SchoolRecordQuerySet):
    school_path = "visit__school"

    def open(self) -> "ProblemQuerySet":
        """Those still waiting to be solved; of a voided visit nothing waits."""
        return self.filter(closed_at__isnull=True, visit__voided_at__isnull=True)


class GuidanceTeamQuerySet(models.QuerySet):
    def visible_to(self, user) -> "GuidanceTeamQuerySet":
        """The teams of one's city; a county sees the city's and its own."""
        identity = user.identity
        if identity is None or identity.city_id is None:
            return self.none()
        teams = self.filter(city=identity.city_id)
        if identity.county_id:
            teams = teams.filter(Q(county__isnull=True) | Q(county=identity.county_id))
        return teams

    def current(self) -> "GuidanceTeamQuerySet":
        """Those that have not been dissolved."""
        return self.filter(until__isnull=True)


class Liaison(models.Model):
    """Who guides which school; whoever guides a school does not score it."""

    user = person("联系指导人员", "liaisons")
    school = of_school("liaisons")
    since = models.DateField("开始日期")
    until = models.DateField("结束日期", **OPTIONAL)

    objects = LiaisonQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "挂点联系"
        ordering = ["school", "since"]
        constraints = [
            unique(
                "liaison_once",
                ["user", "school"],
                "该人员已挂点联系该党校。",
                condition=Q(until__isnull=True),
            ),
            period("liaison_period", open_ends=["until"]),
        ]

    def __str__(self) -> str:
        return f"{self.user} 联系 {self.school}"


class GuidanceTeam(models.Model):
    """People who guide together: a visiting group or an advisory group (走访组、顾问团)."""

    class Kind(models.TextChoices):
        VISITING = "visiting", "走访组"
        ADVISORY = "advisory", "顾问团"

    city = reference(Region, "市", "guidance_teams")
    county = reference(Region, "县（市、区）", "county_guidance_teams", **OPTIONAL)
    name = models.CharField("名称", max_length=40)
    kind = models.CharField("类别", max_length=10, choices=Kind, default=Kind.VISITING)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name="成员", related_name="guidance_teams"
    )
    until = models.DateField("撤销日期", **OPTIONAL)

    objects = GuidanceTeamQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "指导组"
        ordering = ["city", "name"]
        constraints = [
            unique(
                "guidance_team_name", ["city", "name"], "已有同名的指导组。", condition=Q(until__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return self.name


class Visit(Voidable):
    """A visit of guidance, a demonstration lesson or an inspection.

    `checklist` holds the six points that were looked at: {"师资库": "好", "宣传栏": "须改进"}; a point not
    looked at is absent.
    """

    class Kind(models.TextChoices):
        GUIDANCE = "guidance", "走访"
        LESSON = "lesson", "示范课"
        INSPECTION = "inspection", "实地检查"

    school = of_school("visits")
    by = person("走访人", "visits")
    on = models.DateField("日期")
    kind = models.CharField("类别", max_length=20, choices=Kind, default=Kind.GUIDANCE)
    team = reference(GuidanceTeam, "指导组", "visits", **OPTIONAL)
    checklist = models.JSONField("六项走访", default=dict, blank=True, editable=False)
    findings = models.CharField("情况", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "走访指导"
        ordering = ["school", "-on", "pk"]
        constraints = [
            *Voidable.Meta.constraints,
            unique(
                "visit_once_a_day",
                ["school", "by", "on", "kind"],
                "该走访人当天对该党校已登记同类走访。",
                condition=KEPT,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on:%Y-%m-%d} {self.get_kind_display()}"

    def clean(self) -> None:
        """To a school that is there on that day."""
        if self.school_id:
            self.school.refuse_outside_life(on=self.on)


class Problem(models.Model):
    """Something a visit found that somebody has to put right by a day: the school reports, whoever guides
    looks again and closes.
    """

    visit = reference(Visit, "走访指导", "problems")
    text = models.CharField("问题", max_length=200)
    owner = models.CharField("责任人", max_length=30, blank=True)
    due = models.DateField("整改期限", **OPTIONAL)
    report = models.CharField("整改情况", max_length=200, blank=True, editable=False)
    reported_at = models.DateTimeField("上报时间", editable=False, **OPTIONAL)
    reported_by = person("上报人", editable=False, **OPTIONAL)
    recheck = models.CharField("复查意见", max_length=200, blank=True, editable=False)
    closed_at = models.DateTimeField("销号时间", editable=False, **OPTIONAL)
    closed_by = person("销号人", editable=False, **OPTIONAL)

    objects = ProblemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "问题"
        ordering = ["visit", "pk"]
        constraints = [
            together("problem_closed", ["closed_at", "closed_by"], "销号时间和销号人须同时填写。"),
            together(
                "problem_reported",
                ["reported_at", "reported_by"],
                "整改情况、上报时间和上报人须同时填写。",
                text="report",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class LiaisonOpinion(SchoolRecord):
    """年度指导意见: what a liaison thinks of the school's year, up to 300 characters; the judges read it
    beside the score.
    """

    school = of_school("liaison_opinions")
    year = models.PositiveSmallIntegerField("年度")
    by = person("联系指导人员", "liaison_opinions")
    text = models.CharField("意见", max_length=300)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "年度指导意见"
        ordering = ["school", "-year", "pk"]
        constraints = [
            unique(
                "liaison_opinion_once_a_year", ["school", "year", "by"], "本年度意见已填写，请修改原意见。"
            )
        ]

    def __str__(self) -> str:
        return f"{self.school} {self.year} 年 {self.by}"
