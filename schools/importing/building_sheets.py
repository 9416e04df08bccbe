"""Sheets of what a school builds up over the years: staff, money spent on it, courses, what it is known for."""

from schools.models import Brand, Course, Investment, StaffMember

from .base import WorkbookResource, school_column
from .columns import amount, choice, day, number, text
from .figure_sheets import MONEY, YEARS


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
