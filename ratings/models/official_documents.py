"""文书 as rows: the text the office edits and the document that was issued, 通报 and 启动通知."""

import hashlib
import json

from django.db import models
from django.db.models import Q

from ratings.enums import PUBLIC_PHASES

from .columns import by_person
from .schemes import DraftedQuerySet, Scheme


class OfficialDocument(models.Model):
    """What an official document says before and after it is issued: the edited text, and the stored file.

    `version` rises with every save, so that two who have it open never overwrite each other unseen.
    A concrete document belongs to a `scheme` and says with `is_issued` and `issued_at` whether it is out.
    """

    organ = models.CharField(
        "发文机关", max_length=60, help_text="红头用全称或规范化简称，如 中共示例市委组织部"
    )
    co_organs = models.CharField(
        "联合发文机关", max_length=200, blank=True, help_text="用顿号分隔，没有就不填"
    )
    number = models.CharField(
        "发文字号", max_length=40, blank=True, help_text="按本单位发文登记填写，如 示组通〔2026〕12号"
    )
    title = models.CharField("标题", max_length=120)
    addressee = models.CharField("主送机关", max_length=300)
    body = models.TextField("正文")
    issued_on = models.DateField("成文日期")
    sealed = models.BooleanField("加盖印章", default=True)
    cc = models.CharField("抄送", max_length=300, blank=True)
    printer = models.CharField("印发机关", max_length=60, blank=True)
    printed_on = models.DateField("印发日期", null=True, blank=True)
    version = models.PositiveIntegerField("修改次数", default=0)
    edited_by = by_person("最后修改人")
    edited_at = models.DateTimeField("最后修改时间", null=True, blank=True)
    pdf = models.FileField("文件", upload_to="bulletins", blank=True)
    digest = models.CharField("文件摘要", max_length=64, blank=True)
    text_digest = models.CharField("文稿摘要", max_length=64, blank=True)

    #: What the office may type; everything else follows from the figures or from issuing.
    TYPED = (
        "organ", "co_organs", "number", "title", "addressee", "body",
        "issued_on", "sealed", "cc", "printer", "printed_on",
    )  # fmt: skip

    class Meta:
        abstract = True

    def __str__(self):
        return self.title

    def digest_of_text(self) -> str:
        """Of every word that was typed: kept when it is issued, so that the stored file and the stored text
        can still be told to say the same.
        """
        typed = [str(getattr(self, name)) for name in self.TYPED]
        return hashlib.sha256(json.dumps(typed, ensure_ascii=False).encode()).hexdigest()


class BulletinQuerySet(DraftedQuerySet):
    def out(self):
        return self.filter(scheme__phase__in=PUBLIC_PHASES)


class Bulletin(OfficialDocument):
    """通报: out as soon as its year is public."""

    scheme = models.OneToOneField(Scheme, models.PROTECT, verbose_name="评定方案", related_name="bulletin")

    objects = BulletinQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "通报"
        ordering = ["-scheme__year"]
        constraints = [
            models.CheckConstraint(
                condition=Q(pdf="", digest="") | (~Q(pdf="") & ~Q(digest="")),
                name="bulletin_file_with_digest",
            ),
            models.CheckConstraint(
                condition=Q(edited_by__isnull=True) | Q(edited_at__isnull=False),
                name="bulletin_editor_with_time",
            ),
        ]

    @property
    def is_issued(self) -> bool:
        """True once the year is public: from here no word of it changes."""
        return self.scheme.is_public

    @property
    def issued_at(self):
        return self.scheme.published_at


class OpeningNoticeQuerySet(DraftedQuerySet):
    def issued(self):
        return self.filter(issued_at__isnull=False)

    out = issued


class OpeningNotice(OfficialDocument):
    """启动通知, which opens the year. `annexes` keeps the 附件 as issued; until then they follow
    the scheme.
    """

    scheme = models.OneToOneField(
        Scheme, models.PROTECT, verbose_name="评定方案", related_name="opening_notice"
    )
    annexes = models.JSONField("附件", default=list, blank=True)
    issued_by = by_person("印发人")
    issued_at = models.DateTimeField("印发时间", null=True, blank=True)

    objects = OpeningNoticeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "启动通知"
        ordering = ["-scheme__year"]
        constraints = [
            models.CheckConstraint(
                condition=Q(pdf="", digest="", issued_at__isnull=True, issued_by__isnull=True)
                | (~Q(pdf="") & ~Q(digest="") & Q(issued_at__isnull=False, issued_by__isnull=False)),
                name="opening_notice_issued_complete",
            ),
        ]

    @property
    def is_issued(self) -> bool:
        """True once it is out: from here no word of it changes."""
        return self.issued_at is not None
