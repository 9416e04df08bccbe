"""佐证材料: attaching and taking back, at most a few for each item, what the system holds as a link instead
of a copy.
"""

from __future__ import annotations

from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from ratings.enums import Confirmation, Stage
from ratings.models import Assessment, Evidence, Item, Score
from ratings.workflow import hold_assessment, uneditable, void_signature
from schools.models import TrainingClass, User
from schools.saving import Refused, refuse
from schools.uploads import CheckedUpload

#: Pieces of evidence one item may hold.
MOST = 3
#: Parts of a school's page that hold records, with the year in the address.
SECTIONS = (
    ("classes", "开班登记"),
    ("plan", "年度培训计划"),
    ("budgets", "经费"),
    ("regulations", "管理制度"),
    ("teachers", "师资"),
    ("points", "现场教学点"),
    ("visits", "走访指导"),
)
#: Classes offered one by one.
MOST_CLASSES = 60


def record_choices(assessment: Assessment) -> list[tuple[str, str]]:
    """Records the system holds of the school, as (address, words): nobody types an address."""
    scheme = assessment.scheme
    page = f"{reverse('schools:school', args=[assessment.school_id])}?year={scheme.year}"
    choices = [(f"{page}#{section}", f"{scheme.year}年{words}") for section, words in SECTIONS]
    held = (
        TrainingClass.objects.filter(school=assessment.school_id)
        .kept()
        .held_between(scheme.period_start, scheme.period_end)
    )
    classes = held.order_by("-starts_on", "pk").values_list("pk", "starts_on", "name")[:MOST_CLASSES]
    return choices + [
        (f"{page}&class={pk}#classes", f"开班登记：{day.month}月{day.day}日 {name}")
        for pk, day, name in classes
    ]


def attach(
    assessment: Assessment, item: Item, *, by: User, upload: CheckedUpload | None = None, **values: Any
) -> Evidence:
    """Attach one file, or what `values` say of a link or a note of paper. Raises Refused with a sentence."""
    with transaction.atomic():
        _writable(assessment, item, by)
        if Evidence.objects.filter(assessment=assessment, item=item).kept().count() >= MOST:
            raise Refused(f"每项最多 {MOST} 份佐证材料，请先撤回不需要的。")
        values |= {"assessment": assessment, "item": item, "by": by, "at": timezone.now()}
        evidence = stored_file(upload, **values) if upload else Evidence(**values)
        evidence.save()
        _changed(assessment)
    return evidence


def take_back(evidence: Evidence, *, by: User) -> None:
    """What was attached stays in the table with who took it back and when. Raises Refused with a sentence."""
    with transaction.atomic():
        _writable(evidence.assessment, evidence.item, by)
        evidence.removed_at, evidence.removed_by = timezone.now(), by
        evidence.save(update_fields=["removed_at", "removed_by"])
        _changed(evidence.assessment)


def stored_file(upload: CheckedUpload, **values: Any) -> Evidence:
    """An accepted file as evidence, which is still to be saved."""
    evidence = Evidence(
        kind=Evidence.Kind.FILE,
        name=upload.name,
        size=upload.size,
        digest=upload.sha256,
        content_type=upload.kind.content_type,
        **values,
    )
    evidence.file.save(upload.name, ContentFile(upload.content), save=False)
    return evidence


def uneditable_item(assessment: Assessment, item: Item, user: User) -> str:
    """Why `user` may not change what the school says of this item now; also asked for items that the system
    fills alone.
    """
    return uneditable(Score(assessment=assessment, item=item, stage=Stage.SELF), user)


def _writable(assessment: Assessment, item: Item, by: User) -> None:
    refuse(uneditable_item(hold_assessment(assessment.pk), item, by))


def _changed(assessment: Assessment) -> None:
    if assessment.scheme.confirmation == Confirmation.SIGNED:
        void_signature(assessment)
