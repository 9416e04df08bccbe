"""Sheets of the registry: counties, schools, people and things that belong to a school."""

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
from schools.workbooks import CellError

from .base import WorkbookResource, counties_by_name, school_column
from .columns import (
    CellWidget,
    ColumnField,
    Lookup,
    amount,
    cell_code,
    choice,
    day,
    identifier,
    lookup,
    number,
    text,
    yes_no,
)
from .figure_sheets import MONEY, YEARS

#: Nothing is hung on a city by guessing which of several is meant.
NO_CITY = "不知道属于哪个市：还没有登记本市的，请先登记；系统里有几个市的，请以该市的系统管理员身份导入"


class RegionResource(WorkbookResource):
    """The counties of one city."""

    code = identifier("code", "区划代码", longest=20)
    name = text("name", "名称", required=True, longest=50)
    nature = choice("nature", "性质", Region.Nature, default=Region.Nature.ADMINISTRATIVE)
    order = number("order", "排序", highest=9999, default=0, hint="按建制顺序")

    class Meta:
        model = Region
        import_id_fields = ("code",)
        fields = ("code", "name", "nature", "order")

    def get_queryset(self) -> QuerySet[Region]:
        """The counties of the city of the import."""
        return Region.objects.filter(city=self.city) if self.city else Region.objects.none()

    def after_init_instance(self, instance, new, row, **kwargs) -> None:
        """Only counties come in by workbook."""
        instance.city, instance.kind = self.city, Region.Kind.COUNTY

    def check(self, instance: Region) -> None:
        """Without a city there is nothing to hang counties on."""
        if self.city is None:
            raise ValidationError(NO_CITY)


class SchoolResource(WorkbookResource):
    """The schools of one city; counties must be there already."""

    code = identifier("code", "学校编码", longest=20)
    name = text("name", "学校名称", required=True, longest=80, hint="全称")
    short_name = text("short_name", "简称", longest=40)
    county = lookup(
        "county",
        "县（市、区）",
        Lookup(
            counties_by_name, "没有名为“{}”的县（市、区），请先导入或新建", render=lambda county: county.name
        ),
        hint="市下不设县（市、区）的不填",
    )
    kind = choice("kind", "类型", School.Kind, default=School.Kind.TOWN)
    organiser = text("organiser", "举办党组织", longest=80)
    operator = text("operator", "承办机构", longest=80)
    opened_on = day("opened_on", "启用月份")
    closed_on = day("closed_on", "关闭日期")
    order = number("order", "排序", highest=9999, default=0)
    has_plaque = yes_no("has_plaque", "已挂牌")
    seats = number("seats", "主教室座位", unit=("座", "个"), highest=100_000)
    staff_count = number("staff_count", "工作人员数", unit=("人", "名"), highest=10_000)

    periods = (("opened_on", "closed_on"),)

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
    school = school_column()
    post = choice("post", "校内职务", Leader.Post, required=True)
    name = text("name", "姓名", required=True, longest=30)
    party_post = text("party_post", "党内职务", longest=50)
    start = day("start", "任职开始")
    end = day("end", "任职结束")

    periods = (("start", "end"),)

    class Meta:
        model = Leader
        import_id_fields = ("school", "post", "name")
        fields = ("school", "post", "name", "party_post", "start", "end")


class TeacherResource(WorkbookResource):
    school = school_column()
    name = text("name", "姓名", required=True, longest=30)
    kind = choice("kind", "类型", Teacher.Kind, required=True)
    post = text("post", "单位及职务", longest=80)
    topics = text("topics", "课题、专题", longest=200)
    since = day("since", "入库日期")
    until = day("until", "出库日期")

    periods = (("since", "until"),)

    class Meta:
        model = Teacher
        import_id_fields = ("school", "name")
        fields = ("school", "name", "kind", "post", "topics", "since", "until")


def _codes(value: Any) -> list[str]:
    """School codes typed into one cell, whatever separates them."""
    for separator in ",; \n":
        value = cell_code(value).replace(separator, "、")
    return [code for code in value.split("、") if code]


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

    school = school_column()
    name = text("name", "名称", required=True, longest=60)
    theme = text("theme", "主题", longest=100)
    since = day("since", "启用日期")
    until = day("until", "停用日期")
    sharing = ColumnField(
        "sharing", "共用党校", SharedSchools(), hint="共用该教学点的其他党校的学校编码，用顿号隔开"
    )

    periods = (("since", "until"),)

    class Meta:
        model = TeachingPoint
        use_bulk = False
        import_id_fields = ("school", "name")
        fields = ("school", "name", "theme", "since", "until", "sharing")

    def before_import(self, dataset, **kwargs) -> None:
        """The sharing schools are found among the same schools."""
        super().before_import(dataset, **kwargs)
        self.fields["sharing"].widget.found = self.fields["school"].widget.found

    def skip_row(self, instance, original, row, import_validation_errors=None) -> bool:
        """The sharing schools are not seen in the row itself."""
        return False

    def after_save_instance(self, instance, row, **kwargs) -> None:
        """A sheet without the column leaves the sharing as it is."""
        if self.fields["sharing"].column_name in row:
            instance.shared_with.set(instance.sharing)

    @classmethod
    def exported(cls, queryset: QuerySet) -> QuerySet:
        """With the sharing schools in one further query."""
        return super().exported(queryset).prefetch_related("shared_with")

    def dehydrate_sharing(self, instance: TeachingPoint) -> str:
        """Codes as they are typed."""
        return "、".join(school.code for school in instance.shared_with.all())


class EquipmentResource(WorkbookResource):
    school = school_column()
    kind = choice("kind", "种类", Equipment.Kind, required=True)
    working = yes_no("working", "可正常使用", default=True)
    note = text("note", "说明", longest=100)

    class Meta:
        model = Equipment
        import_id_fields = ("school", "kind")
        fields = ("school", "kind", "working", "note")


class RegulationResource(WorkbookResource):
    school = school_column()
    kind = choice("kind", "种类", Regulation.Kind, required=True)
    title = text("title", "制度名称", required=True, longest=100)
    issued_on = day("issued_on", "印发日期", required=True)
    abolished_on = day("abolished_on", "废止日期")

    periods = (("issued_on", "abolished_on"),)

    class Meta:
        model = Regulation
        import_id_fields = ("school", "title")
        fields = ("school", "kind", "title", "issued_on", "abolished_on")


class StaffResource(WorkbookResource):
    school = school_column()
    name = text("name", "姓名", required=True, longest=30)
    post = text("post", "岗位职务", longest=50)
    duty = choice("duty", "专兼职", StaffMember.Duty, default=StaffMember.Duty.PART)
    since = day("since", "到岗日期")
    until = day("until", "离岗日期")

    periods = (("since", "until"),)

    class Meta:
        model = StaffMember
        import_id_fields = ("school", "name")
        fields = ("school", "name", "post", "duty", "since", "until")


class InvestmentResource(WorkbookResource):
    school = school_column()
    year = number("year", "年度", required=True, **YEARS)
    project = text("project", "项目", required=True, longest=100)
    amount = amount("amount", "金额（元）", required=True, hint="单位为元", **MONEY)
    source = choice("source", "来源", Investment.Source, default=Investment.Source.TOWN)

    class Meta:
        model = Investment
        import_id_fields = ("school", "year", "project", "source")
        fields = ("school", "year", "project", "amount", "source")


class CourseResource(WorkbookResource):
    school = school_column()
    name = text("name", "课程名称", required=True, longest=100)
    theme = text("theme", "主题", longest=100)
    origin = choice("origin", "来源", Course.Origin, default=Course.Origin.OWN)
    since = day("since", "开设日期")

    class Meta:
        model = Course
        import_id_fields = ("school", "name")
        fields = ("school", "name", "theme", "origin", "since")


class BrandResource(WorkbookResource):
    school = school_column()
    name = text("name", "品牌名称", required=True, longest=60)
    content = text("content", "主要做法", required=True, longest=200)
    since = day("since", "开始日期")

    class Meta:
        model = Brand
        import_id_fields = ("school", "name")
        fields = ("school", "name", "content", "since")
