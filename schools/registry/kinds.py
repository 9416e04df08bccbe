"""The lists of a school's entry as one table: what each is called, which form fills it, how its
records end.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Field, Model, Q, QuerySet
from django.forms import modelform_factory
from django.utils import timezone

from schools.models import (
    Brand,
    Course,
    Investment,
    Leader,
    Regulation,
    School,
    StaffMember,
    Teacher,
    TeachingPoint,
)
from schools.models.scope import in_force
from schools.records.changes import fields_of
from schools.site.typed import for_column

from . import forms


@dataclass(frozen=True)
class Kind:
    """One list. All that people enter is asked for, and shown beside the name unless `shown` is. `begins` and
    `ends` are the fields of a record's first and last day; without them records are voided. `search` are the
    fields looked into, the name of a record first.
    """

    slug: str
    title: str
    model: type[Model]
    unit: str
    lead: str
    ends: str = ""
    begins: str = ""
    end_word: str = "作废"
    search: tuple[str, ...] = ("name",)
    shown: tuple[str, ...] = ()
    form_class: type[forms.RegistryForm] = forms.RegistryForm
    template: str = "form"

    @property
    def fields(self) -> list[str]:
        """What people enter of a record."""
        return [field.name for field in fields_of(self.model) if field.name != "school"]

    def form(self, *args: Any, **kwargs: Any) -> forms.RegistryForm:
        """The form of one record."""
        form_class = modelform_factory(
            self.model, form=self.form_class, fields=self.fields, formfield_callback=for_column
        )
        return form_class(*args, today=self.begins, **kwargs)

    @property
    def columns(self) -> list[Field]:
        """The fields shown beside the name."""
        names = self.shown or [name for name in self.fields if name != self.search[0]]
        return [self.model._meta.get_field(name) for name in names]

    def cells(self, record: Model) -> list[tuple[str, Any]]:
        """Heading and content of each column."""
        return [(field.verbose_name, _shown(field, getattr(record, field.name))) for field in self.columns]

    @property
    def name_heading(self) -> str:
        """People have a 姓名, what is counted otherwise a 名称."""
        return "姓名" if self.unit == "人" else "名称"

    def rows(self, school: School, *, former: bool = False, word: str = "") -> QuerySet:
        """The records in force, or all; teaching points with those that neighbours share."""
        records = self.model._default_manager.filter(school=school)
        if self.model is TeachingPoint:
            shared = self.model._default_manager.filter(pk__in=school.shared_points.values("pk"))
            records = (records | shared).select_related("school")
        if self.model is Course:
            records = records.select_related("teacher")
        if not former:
            kept = in_force(since=self.begins, until=self.ends) if self.ends else Q(voided_at__isnull=True)
            records = records.filter(kept)
        if word:
            records = records.filter(reduce(or_, (Q(**{f"{name}__icontains": word}) for name in self.search)))
        return records

    def is_former(self, record: Model) -> bool:
        """Ended or voided; what has not begun yet is not former."""
        if not self.ends:
            return record.voided_at is not None
        last = getattr(record, self.ends)
        # A regulation is abolished on that day, everything else is valid to its end.
        return last is not None and last < timezone.localdate()


def _shown(field: Field, value: Any) -> Any:
    if value in (None, ""):
        return "—"
    return f"{value:,.2f}" if field.name == "amount" else dict(field.flatchoices).get(value, value)


KINDS: dict[str, Kind] = {
    kind.slug: kind
    for kind in (
        Kind(
            "leaders",
            "校领导",
            Leader,
            "人",
            "校长、常务副校长、副校长。换人时点“换人”，原任和接任一次填完。",
            ends="end",
            begins="start",
            end_word="离任",
        ),
        Kind(
            "staff",
            "工作人员",
            StaffMember,
            "人",
            "负责党校日常工作的人员。人数以“基本情况”登记的为准，请保持一致。",
            ends="until",
            begins="since",
            end_word="离岗",
        ),
        Kind(
            "teachers",
            "师资",
            Teacher,
            "人",
            "在师资库的教师，办班时可直接选用。不再授课的办理出库，不要改成别人的名字。",
            ends="until",
            begins="since",
            end_word="出库",
            search=("name", "post", "topics"),
        ),
        Kind(
            "points",
            "现场教学点",
            TeachingPoint,
            "个",
            "本校的教学点和邻近党校提供共用的教学点。",
            ends="until",
            begins="since",
            end_word="停用",
            search=("name", "theme"),
            template="point",
            shown=("theme", "school", "since", "until"),
            form_class=forms.PointForm,
        ),
        Kind(
            "regulations",
            "管理制度",
            Regulation,
            "项",
            "印发执行的制度。修订的制度：先废止旧的，再登记新的。",
            ends="abolished_on",
            begins="issued_on",
            end_word="废止",
            search=("title",),
        ),
        Kind(
            "investments",
            "建设投入",
            Investment,
            "项",
            "用于校舍、设备等建设的投入，按项目登记；培训经费在“经费”中登记，不要重复。",
            search=("project", "year"),
        ),
        Kind(
            "courses",
            "课程",
            Course,
            "门",
            "本校开设的课程。",
            form_class=forms.CourseForm,
            search=("name", "theme"),
        ),
        Kind(
            "brands",
            "特色品牌",
            Brand,
            "个",
            "本校有特色、可以介绍给别人的做法。",
            search=("name", "content"),
        ),
    )
}
