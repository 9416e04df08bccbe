"""The lists of a school's entry as one table: what each is called, which form fills it, how its
records end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Model, Q, QuerySet
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

from . import forms


@dataclass(frozen=True)
class Kind:
    """One list. `ends` is the field of a record's last day; without one records are voided. `search` are the
    fields looked into, the name of a record first.
    """

    slug: str
    title: str
    model: type[Model]
    form: type[forms.RegistryForm]
    unit: str
    lead: str
    columns: tuple[tuple[str, Callable[[Any], object]], ...]
    ends: str = ""
    begins: str = ""
    end_word: str = "作废"
    search: tuple[str, ...] = ("name",)
    template: str = "form"

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


def _day(name: str) -> Callable[[Any], object]:
    return lambda record: getattr(record, name) or "—"


KINDS: dict[str, Kind] = {
    kind.slug: kind
    for kind in (
        Kind(
            "leaders",
            "校领导",
            Leader,
            forms.LeaderForm,
            "人",
            "校长、常务副校长、副校长。换人时点“换人”，原任和接任一次填完。",
            (
                ("校内职务", lambda row: row.get_post_display()),
                ("党内职务", lambda row: row.party_post or "—"),
                ("任职开始", _day("start")),
                ("任职结束", _day("end")),
            ),
            ends="end",
            begins="start",
            end_word="离任",
        ),
        Kind(
            "staff",
            "工作人员",
            StaffMember,
            forms.StaffForm,
            "人",
            "负责党校日常工作的人员。人数以“基本情况”登记的为准，请保持一致。",
            (
                ("岗位职务", lambda row: row.post or "—"),
                ("专兼职", lambda row: row.get_duty_display()),
                ("到岗日期", _day("since")),
                ("离岗日期", _day("until")),
            ),
            ends="until",
            begins="since",
            end_word="离岗",
        ),
        Kind(
            "teachers",
            "师资",
            Teacher,
            forms.TeacherForm,
            "人",
            "在师资库的教师，办班时可直接选用。不再授课的办理出库，不要改成别人的名字。",
            (
                ("类型", lambda row: row.get_kind_display()),
                ("单位及职务", lambda row: row.post or "—"),
                ("课题、专题", lambda row: row.topics or "—"),
                ("入库日期", _day("since")),
                ("出库日期", _day("until")),
            ),
            ends="until",
            begins="since",
            end_word="出库",
            search=("name", "post", "topics"),
        ),
        Kind(
            "points",
            "现场教学点",
            TeachingPoint,
            forms.PointForm,
            "个",
            "本校的教学点和邻近党校提供共用的教学点。",
            (
                ("主题", lambda row: row.theme or "—"),
                ("所在党校", lambda row: row.school),
                ("启用日期", _day("since")),
                ("停用日期", _day("until")),
            ),
            ends="until",
            begins="since",
            end_word="停用",
            search=("name", "theme"),
            template="point",
        ),
        Kind(
            "regulations",
            "管理制度",
            Regulation,
            forms.RegulationForm,
            "项",
            "印发执行的制度。修订的制度：先废止旧的，再登记新的。",
            (
                ("种类", lambda row: row.get_kind_display()),
                ("印发日期", _day("issued_on")),
                ("废止日期", _day("abolished_on")),
            ),
            ends="abolished_on",
            begins="issued_on",
            end_word="废止",
            search=("title",),
        ),
        Kind(
            "investments",
            "建设投入",
            Investment,
            forms.InvestmentForm,
            "项",
            "用于校舍、设备等建设的投入，按项目登记；培训经费在“经费”中登记，不要重复。",
            (
                ("年度", lambda row: row.year),
                ("金额（元）", lambda row: f"{row.amount:,.2f}"),
                ("来源", lambda row: row.get_source_display()),
            ),
            search=("project", "year"),
        ),
        Kind(
            "courses",
            "课程",
            Course,
            forms.CourseForm,
            "门",
            "本校开设的课程。",
            (
                ("主题", lambda row: row.theme or "—"),
                ("主讲教师", lambda row: row.teacher or "—"),
                ("学时", lambda row: "—" if row.hours is None else row.hours),
                ("来源", lambda row: row.get_origin_display()),
                ("开设日期", _day("since")),
            ),
            search=("name", "theme"),
        ),
        Kind(
            "brands",
            "特色品牌",
            Brand,
            forms.BrandForm,
            "个",
            "本校有特色、可以介绍给别人的做法。",
            (("主要做法", lambda row: row.content), ("开始日期", _day("since"))),
            search=("name", "content"),
        ),
    )
}
