"""评定方案: the criteria of one city for one year, and the versions frozen from it."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from ratings.enums import PUBLIC_PHASES, Aggregation, Confirmation, Phase
from schools.models.people import Role

from .columns import by_person, of_scheme, points_column, unique

#: Roles that see a scheme while it is being drafted, documents before they are issued and results once they
#: are settled.
COMMITTEE = (Role.OFFICE, Role.CHAIR)


class Edited(models.Model):
    """A row of criteria that several people may have open: `version` rises with every save, so that none
    overwrites another unseen.
    """

    version = models.PositiveIntegerField("修改次数", default=0, editable=False)
    edited_by = by_person("修改人", editable=False)
    edited_at = models.DateTimeField("修改时间", null=True, blank=True, editable=False)

    class Meta:
        abstract = True


class DraftedQuerySet(models.QuerySet):
    """What a city drafts before it is out: a draft is there only for those who write it."""

    CITY = "scheme__city_id"

    def visible_to(self, user):
        """Rows of the user's city, by the current identity."""
        identity = user.identity
        if identity is None or identity.city_id is None:
            return self.none()
        scoped = self.filter(**{self.CITY: identity.city_id})
        return scoped if identity.role in COMMITTEE else scoped.out()


class SchemeQuerySet(DraftedQuerySet):
    CITY = "city_id"

    def out(self):
        return self.exclude(phase=Phase.DRAFTING)

    def published(self):
        return self.filter(phase__in=PUBLIC_PHASES)


class Scheme(Edited):
    """One city's criteria for one year; every parameter of the year's procedure is a column here."""

    city = models.ForeignKey("schools.Region", models.PROTECT, verbose_name="所属市", related_name="schemes")
    year = models.PositiveSmallIntegerField(
        "评定年度", validators=[MinValueValidator(2000), MaxValueValidator(2100)]
    )
    name = models.CharField("方案名称", max_length=120)
    organiser = models.CharField("主办单位", max_length=120)
    phase = models.CharField("阶段", max_length=10, choices=Phase, default=Phase.DRAFTING)
    has_county_stage = models.BooleanField("县级初评", default=True)
    county_weight = models.DecimalField("县初评权重", max_digits=7, decimal_places=6, default=0)
    city_weight = models.DecimalField("评审权重", max_digits=7, decimal_places=6, default=1)
    aggregation = models.CharField("评委汇总", max_length=8, choices=Aggregation, default=Aggregation.TRIMMED)
    bonus_cap = points_column("加分上限", null=True, blank=True)
    bonus_floor = points_column("加分起算分", default=0)
    bonus_group_caps = models.JSONField("分组加分上限", default=dict, blank=True)
    return_limit = models.PositiveSmallIntegerField("退回次数", default=1)
    confirmation = models.CharField(
        "确认方式", max_length=8, choices=Confirmation, default=Confirmation.SYSTEM
    )
    period_start = models.DateField("统计起始日")
    period_end = models.DateField("统计截止日")
    notice_days = models.PositiveSmallIntegerField("公示工作日", default=5)
    self_due = models.DateField("自评截止日", null=True, blank=True)
    county_due = models.DateField("初评截止日", null=True, blank=True)
    city_due = models.DateField("评审截止日", null=True, blank=True)
    five_star_share = models.DecimalField(
        "五星比例上限", max_digits=7, decimal_places=6, null=True, blank=True
    )
    copied_from = models.ForeignKey(
        "self",
        models.SET_NULL,
        verbose_name="由哪一年度复制",
        null=True,
        blank=True,
        editable=False,
        related_name="copies",
    )
    imported = models.BooleanField(
        "由工作簿导入", default=False, help_text="整年由工作簿导入，可以用 --replace 重新导入"
    )
    published_at = models.DateTimeField("通报时间", null=True, blank=True)
    published_by = by_person("通报人")

    objects = SchemeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "评定方案"
        ordering = ["-year", "city"]
        constraints = [
            unique(
                "scheme_one_per_city_and_year",
                "city",
                "year",
                violation_error_message="本市该年度已有评定方案",
            ),
            models.CheckConstraint(
                condition=Q(period_end__gte=F("period_start")), name="scheme_period_in_order"
            ),
            models.CheckConstraint(
                condition=Q(county_weight__gte=0, city_weight__gte=0), name="scheme_weights_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(phase__in=PUBLIC_PHASES, published_at__isnull=False)
                | (~Q(phase__in=PUBLIC_PHASES) & Q(published_at__isnull=True)),
                name="scheme_published_when_public",
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def is_public(self) -> bool:
        """True once the bulletin is out: from here nothing of the year changes."""
        return self.phase in PUBLIC_PHASES


class SchemeVersion(models.Model):
    """A frozen copy of the criteria; results point at the version that made them, never at the
    editable rows.
    """

    scheme = of_scheme("versions")
    number = models.PositiveSmallIntegerField("版本号")
    content = models.JSONField("方案全文")
    digest = models.CharField("摘要", max_length=64)
    reason = models.CharField("原因", max_length=200)
    by = by_person("操作人")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "方案版本"
        ordering = ["scheme", "number"]
        constraints = [unique("version_number_once_per_scheme", "scheme", "number")]

    def __str__(self):
        return f"{self.scheme} 第{self.number}版"


class ChangeNote(models.Model):
    """变化说明: the year's priority behind one change against last year; `key` is that of the RowChange."""

    scheme = of_scheme("change_notes", models.CASCADE)
    key = models.CharField("变化", max_length=80)
    text = models.CharField("变化说明", max_length=200)
    by = by_person("填写人", required=True)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "变化说明"
        ordering = ["scheme", "key"]
        constraints = [unique("change_note_once_per_change", "scheme", "key")]

    def __str__(self):
        return f"{self.key}：{self.text}"


class AcknowledgedWarning(models.Model):
    """A warning of the check that a named person took note of; it counts for exactly the content it was seen
    with.
    """

    scheme = of_scheme("acknowledged_warnings", models.CASCADE)
    digest = models.CharField("方案摘要", max_length=64)
    where = models.CharField("位置", max_length=40, blank=True)
    text = models.TextField("提示")
    by = by_person("确认人", required=True)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "已知悉的提示"
        ordering = ["scheme", "id"]
        constraints = [unique("warning_acknowledged_once", "scheme", "digest", "where", "text")]

    def __str__(self):
        return f"{self.where}：{self.text}"


class OpeningProposal(models.Model):
    """启动提议: one person proposes to open, another confirms exactly what was proposed, or it is withdrawn.

    `digest` covers criteria, deadlines and notes; a draft that was changed afterwards no longer fits it.
    """

    scheme = of_scheme("opening_proposals", models.CASCADE)
    digest = models.CharField("摘要", max_length=64)
    proposed_by = by_person("提议人", required=True)
    proposed_at = models.DateTimeField("提议时间")
    confirmed_by = by_person("确认人")
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)
    withdrawn_by = by_person("撤回人")
    withdrawn_at = models.DateTimeField("撤回时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "启动提议"
        ordering = ["scheme", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | (
                    Q(confirmed_by__isnull=False, confirmed_at__isnull=False)
                    & ~Q(confirmed_by=models.F("proposed_by"))
                ),
                name="opening_confirmed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_by__isnull=True, withdrawn_at__isnull=True)
                | Q(withdrawn_by__isnull=False, withdrawn_at__isnull=False, confirmed_at__isnull=True),
                name="opening_withdrawn_complete",
            ),
            unique(
                "opening_proposed_once",
                "scheme",
                condition=Q(withdrawn_at__isnull=True),
                violation_error_message="已有启动提议",
            ),
        ]

    def __str__(self):
        return f"{self.scheme}启动提议"


class ErratumQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Errata of the schemes in sight; one that is not signed yet only for those who prepare
        and sign it.
        """
        found = self.filter(scheme__in=Scheme.objects.visible_to(user))
        identity = user.identity
        return (
            found
            if identity is not None and identity.role in COMMITTEE
            else found.filter(state=Erratum.State.SIGNED)
        )


class Erratum(models.Model):
    """更正: a correction of opened criteria, prepared by the office in `edits` and put in force by the
    chair's signature.

    `edits` maps section ("item", "band", "restriction") and code to the fields that change; the rows of the
    scheme stay untouched until the signature makes `version` from them. `affected` is the list of schools as
    it was then.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "编写中"
        PROPOSED = "proposed", "待签发"
        SIGNED = "signed", "已签发"
        WITHDRAWN = "withdrawn", "已撤销"

    scheme = of_scheme("errata")
    base = models.ForeignKey(SchemeVersion, models.PROTECT, verbose_name="更正前版本", related_name="+")
    edits = models.JSONField("更正内容", default=dict, blank=True)
    reason = models.CharField("更正理由", max_length=200, blank=True)
    basis = models.CharField("依据", max_length=200, blank=True)
    state = models.CharField("状态", max_length=10, choices=State, default=State.DRAFT)
    revision = models.PositiveIntegerField("修改次数", default=0)
    prepared_by = by_person("拟稿人", required=True)
    prepared_at = models.DateTimeField("拟稿时间")
    proposed_at = models.DateTimeField("提请时间", null=True, blank=True)
    signed_by = by_person("签发人")
    signed_at = models.DateTimeField("签发时间", null=True, blank=True)
    version = models.OneToOneField(
        SchemeVersion,
        models.PROTECT,
        verbose_name="更正后版本",
        null=True,
        blank=True,
        related_name="erratum",
    )
    affected = models.JSONField("受影响的党校", default=list, blank=True)

    objects = ErratumQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "更正"
        ordering = ["scheme", "id"]
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(state="signed", signed_by__isnull=False, signed_at__isnull=False, version__isnull=False)
                    & ~Q(reason="")
                    & ~Q(basis="")
                    & ~Q(signed_by=models.F("prepared_by"))
                )
                | (
                    ~Q(state="signed")
                    & Q(signed_by__isnull=True, signed_at__isnull=True, version__isnull=True)
                ),
                name="erratum_signed_complete",
            ),
            unique("erratum_one_at_a_time", "scheme", condition=Q(state__in=["draft", "proposed"])),
        ]

    def __str__(self):
        return f"{self.scheme}更正（{self.get_state_display()}）"
