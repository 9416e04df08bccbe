"""Sheets of the registry: counties, schools, people and things that belong to a school."""

import re
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from schools.models import (
    Brand,
    Course,
    Equipment,
    Investment,
    Leader,
    Region,
    Regulation,
    School,
    StaffMember,
    Teacher,
    TeachingPoint,
)
from schools.records.changes import differences, snapshot, worded
from schools.workbooks import CellError, cell_code, cell_month, cell_text
from schools.workbooks.text import narrow

from .base import WorkbookResource, counties_by_name
from .columns import CellWidget, ColumnField, Lookup
from .figure_sheets import MONEY

#: Nothing is hung on a city by guessing which of several is meant.
NO_CITY = "不知道属于哪个市：还没有登记本市的，请先登记；系统里有几个市的，请以该市的系统管理员身份导入"


class RegionResource(WorkbookResource):
    """The counties of one city."""

    class Meta:
        model = Region
        import_id_fields = ("code",)
        fields = ("code", "name", "nature", "order")
        widgets = {"code": {"parse": cell_code}, "order": {"highest": 9999, "hint": "按建制顺序"}}

    def get_queryset(self) -> QuerySet[Region]:
        """The counties of the city of the import."""
        return Region.objects.filter(city=self.city) if self.city else Region.objects.none()

    def after_init_instance(self, instance, new, row, **kwargs) -> None:
        """Only counties come in by workbook."""
        instance.city, instance.kind = self.city, Region.Kind.COUNTY

    def note(self) -> list[str]:
        """Counties belong to no school: what was changed stands in the trail alone."""
        return [region_line(region, before) for region, before in self.written]

    def check(self, instance: Region) -> None:
        """Without a city there is nothing to hang counties on."""
        if self.city is None:
            raise ValidationError(NO_CITY)


def region_line(region: Region, before: Mapping[str, Any]) -> str:
    """What a county was and is, for the audit trail."""
    old, new = (worded(Region, values) for values in differences(before, snapshot(region)))
    told = "，".join(f"{name} {old.get(name) or '空'}→{value or '空'}" for name, value in new.items())
    return f"{region.name}：{told}"


class SchoolResource(WorkbookResource):
    """The schools of one city; counties must be there already."""

    county = ColumnField(
        "county",
        "县（市、区）",
        Lookup(counties_by_name, "没有名为“{}”的县（市、区），请先导入或新建"),
        hint="市下不设县（市、区）的不填",
    )

    class Meta:
        model = School
        import_id_fields = ("code",)
        fields = (
            "code",
            "name",
            "short_name",
            "county",
            "kind",
            "organiser",
            "operator",
            "opened_on",
            "closed_on",
            "order",
            "has_plaque",
            "seats",
            "staff_count",
        )
        widgets = {
            "code": {"parse": cell_code},
            "name": {"hint": "全称；两所同名的，以学校编码区分"},
            "opened_on": {"parse": cell_month},
            "order": {"highest": 9999},
            "seats": {"unit": ("座", "个"), "highest": 100_000},
            "staff_count": {"unit": ("人", "名"), "highest": 10_000},
        }

    def get_queryset(self) -> QuerySet[School]:
        """The schools of the city of the import."""
        return self.schools.filter(city=self.city) if self.city else School.objects.none()

    def after_init_instance(self, instance, new, row, **kwargs) -> None:
        """Set before the checks, which compare county and city."""
        if new:
            instance.city = self.city

    def check(self, instance: School) -> None:
        """Without a city there is nothing to hang schools on."""
        if self.city is None:
            raise ValidationError(NO_CITY)
        super().check(instance)


class LeaderResource(WorkbookResource):
    class Meta:
        model = Leader
        import_id_fields = ("school", "post", "name")


class TeacherResource(WorkbookResource):
    class Meta:
        model = Teacher
        import_id_fields = ("school", "name")


def _codes(value: Any) -> list[str]:
    """School codes typed into one cell, whatever separates them."""
    return list(filter(None, re.split(r"[,;、\s]+", narrow(cell_text(value)))))


class SharedSchools(CellWidget):
    """学校编码 of the schools that share a point."""

    def __init__(self):
        super().__init__(_codes)
        self.found: dict[str, School] = {}

    def clean(self, value, row=None, **kwargs) -> list[School]:
        """Every code must name a school of the import."""
        codes = super().clean(value, row)
        unknown = [code for code in codes if code not in self.found]
        if unknown:
            raise CellError(f"没有编码为“{'、'.join(unknown)}”的党校")
        return [self.found[code] for code in codes]


class TeachingPointResource(WorkbookResource):
    """Not written in bulk: the schools that share a point need its id."""

    sharing = ColumnField(
        "sharing", "共用党校", SharedSchools(), hint="共用该教学点的其他党校的学校编码，用顿号隔开"
    )

    says_all = False  # the sharing schools stand in a table of their own

    class Meta:
        model = TeachingPoint
        use_bulk = False
        import_id_fields = ("school", "name")
        fields = ("school", "name", "theme", "since", "until", "sharing")

    def before_import(self, dataset, **kwargs) -> None:
        """The sharing schools are found among the same schools."""
        super().before_import(dataset, **kwargs)
        self.fields["sharing"].widget.found = self.fields["school"].widget.found

    def states(self, instance: TeachingPoint) -> dict[str, Any]:
        """The sharing is stored after the point."""
        shared = getattr(instance, "sharing", None)
        stated = snapshot(instance)
        return stated if shared is None else stated | {"shared_with": sorted(one.pk for one in shared)}

    def after_save_instance(self, instance, row, **kwargs) -> None:
        """A sheet without the column, or with a blank in it, leaves the sharing as it is."""
        super().after_save_instance(instance, row, **kwargs)
        if (sharing := getattr(instance, "sharing", None)) is not None:
            instance.shared_with.set(sharing)

    @classmethod
    def exported(cls, queryset: QuerySet) -> QuerySet:
        """With the sharing schools in one further query."""
        return super().exported(queryset).prefetch_related("shared_with")

    def dehydrate_sharing(self, instance: TeachingPoint) -> str:
        """Codes as they are typed."""
        return "、".join(school.code for school in instance.shared_with.all())


class EquipmentResource(WorkbookResource):
    class Meta:
        model = Equipment
        import_id_fields = ("school", "kind")


class RegulationResource(WorkbookResource):
    class Meta:
        model = Regulation
        import_id_fields = ("school", "title")


class StaffResource(WorkbookResource):
    class Meta:
        model = StaffMember
        import_id_fields = ("school", "name")


class InvestmentResource(WorkbookResource):
    class Meta:
        model = Investment
        import_id_fields = ("school", "year", "project", "source")
        widgets = {"amount": {"hint": "单位为元", **MONEY}}


class CourseResource(WorkbookResource):
    class Meta:
        model = Course
        import_id_fields = ("school", "name")
        fields = ("school", "name", "theme", "origin", "since")


class BrandResource(WorkbookResource):
    class Meta:
        model = Brand
        import_id_fields = ("school", "name")
