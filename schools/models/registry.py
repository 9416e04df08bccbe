"""Cities with their counties, and the schools: names, places and leaders."""

from calendar import monthrange
from collections.abc import Collection
from datetime import date

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, Q, Value, When
from django.utils import timezone

from schools.numbers import chinese_date
from schools.saving import hold, hold_one

from .base import OPTIONAL, SchoolRecord, check, of_school, period, reference, unique
from .naming import NameField
from .scope import in_force, region_scope, school_scope


class RegionQuerySet(models.QuerySet):
    def visible_to(self, user) -> "RegionQuerySet":
        """The regions the current identity of `user` may read."""
        return self.filter(region_scope(user))

    def cities(self) -> "RegionQuerySet":
        """Only the organisers of a rating."""
        return self.filter(kind=Region.Kind.CITY)

    def counties(self) -> "RegionQuerySet":
        """Only the parts of a city."""
        return self.filter(kind=Region.Kind.COUNTY)


class Region(models.Model):
    """A city, organiser of a rating and root of every row, or one of its counties."""

    class Kind(models.TextChoices):
        CITY = "city", "市"
        COUNTY = "county", "县（市、区）"

    class Nature(models.TextChoices):
        ADMINISTRATIVE = "administrative", "行政区"
        FUNCTIONAL = "functional", "功能区"

    city = reference("self", "所属市", "counties", **OPTIONAL)
    code = models.CharField(
        "区划代码", max_length=20, help_text="有国家标准代码的填国家标准代码，没有的用本市自编代码。"
    )
    name = models.CharField("名称", max_length=50)
    kind = models.CharField("级别", max_length=10, choices=Kind)
    nature = models.CharField("性质", max_length=20, choices=Nature, default=Nature.ADMINISTRATIVE)
    order = models.PositiveIntegerField("排序", default=0, help_text="按建制顺序，通报中的单位按此排列。")
    office_email = models.EmailField(
        "单位邮箱", blank=True, help_text="单位的办公邮箱，不填个人邮箱；启用邮件后，提醒每天汇总发到这里。"
    )

    objects = RegionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "市、县（市、区）"
        ordering = ["order", "code"]
        constraints = [
            check(
                "region_city_above_county",
                Q(kind="city", city__isnull=True) | Q(kind="county", city__isnull=False),
                "市不填所属市，县（市、区）必须填所属市。",
            ),
            unique("region_city_code", ["code"], "已有使用该代码的市。", condition=Q(kind="city")),
            unique("region_city_name", ["name"], "已有同名的市。", condition=Q(kind="city")),
            unique("region_county_code", ["city", "code"], "该市已有使用该代码的县（市、区）。"),
            unique("region_county_name", ["city", "name"], "该市已有同名的县（市、区）。"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """A county hangs on a city, never on another county."""
        if self.city_id and self.city.kind != self.Kind.CITY:
            raise ValidationError({"city": "所属市只能选择市。"})


class SchoolQuerySet(models.QuerySet):
    def visible_to(self, user) -> "SchoolQuerySet":
        """The schools the current identity of `user` may read."""
        return self.filter(school_scope(user))

    def open_on(self, on=None) -> "SchoolQuerySet":
        """Schools in operation on the day `on` (today by default)."""
        return self.filter(in_force(on, since="opened_on", until="closed_on"))

    def in_order(self) -> "SchoolQuerySet":
        """Administrative order: by county, then within it."""
        return self.order_by("county__order", "county__code", "order", "code")

    def hold(self, pk: int) -> "School":
        """The school under lock until the end of the transaction, for whoever signs, corrects or changes its
        records.
        """
        return hold_one(self, pk)

    def hold_all(self, keys: Collection[int]) -> None:
        """Several schools at once, in the order in which everybody locks them; see `hold`."""
        hold(self.filter(pk__in=keys).only("pk"))

    def near_first(self, school: "School") -> "SchoolQuerySet":
        """For choosing neighbours of a school: those of its county before the others, each in administrative
        order.
        """
        near = Case(When(county=school.county_id, then=Value(0)), default=Value(1))
        return self.order_by(near, "county__order", "county__code", "order", "code")


class School(models.Model):
    """A township or sub-district Party school; it closes or merges, it is never deleted."""

    class Kind(models.TextChoices):
        TOWN = "town", "镇委党校"
        STREET = "street", "街道党工委党校"
        ZONE = "zone", "功能区"
        BRANCH = "branch", "分校"
        OTHER = "other", "其他"

    city = reference(Region, "所属市", "schools", limit_choices_to={"kind": Region.Kind.CITY})
    county = reference(
        Region,
        "县（市、区）",
        "county_schools",
        limit_choices_to={"kind": Region.Kind.COUNTY},
        help_text="市下不设县（市、区）的不填。",
        **OPTIONAL,
    )
    code = models.CharField("学校编码", max_length=20)
    name = models.CharField("学校名称", max_length=80, help_text="全称，公文中使用。")
    short_name = models.CharField("简称", max_length=40, blank=True)
    kind = models.CharField("类型", max_length=10, choices=Kind, default=Kind.TOWN)
    organiser = models.CharField("举办党组织", max_length=80, blank=True)
    operator = models.CharField("承办机构", max_length=80, blank=True)
    opened_on = models.DateField("启用月份", help_text="填启用当月的任意一天；不填视为早已启用。", **OPTIONAL)
    closed_on = models.DateField("关闭日期", **OPTIONAL)
    merged_into = reference("self", "并入", "merged", **OPTIONAL)
    order = models.PositiveIntegerField("排序", default=0, help_text="县（市、区）内的建制顺序。")
    has_plaque = models.BooleanField("已挂牌", help_text="不选表示尚未登记。", **OPTIONAL)
    seats = models.PositiveIntegerField(
        "主教室座位", help_text="可集中培训的座位数；不填表示尚未登记。", **OPTIONAL
    )
    staff_count = models.PositiveIntegerField(
        "工作人员数", help_text="负责日常工作的人数；不填表示尚未登记。", **OPTIONAL
    )
    office_email = models.EmailField(
        "单位邮箱", blank=True, help_text="单位的办公邮箱，不填个人邮箱；启用邮件后，提醒每天汇总发到这里。"
    )

    objects = SchoolQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "镇街党校"
        ordering = ["order", "code"]
        constraints = [
            unique("school_code", ["city", "code"], "该市已有使用该编码的党校。"),
            period(
                "school_closed_after_opening",
                "opened_on",
                "closed_on",
                "关闭日期不能早于启用月份。",
                open_ends=["closed_on", "opened_on"],
            ),
            check(
                "school_merged_is_closed",
                Q(merged_into__isnull=True) | Q(closed_on__isnull=False),
                "已并入其他党校的，须填写关闭日期。",
            ),
        ]

    def __str__(self) -> str:
        return self.short_name or self.name

    @property
    def is_closed(self) -> bool:
        """The closing day is the last one in operation; until it has passed the school is open."""
        return self.closed_on is not None and self.closed_on < timezone.localdate()

    @property
    def closing(self) -> str:
        """When it closes and what it is merged into, in words; "" where no closing day is registered."""
        if self.closed_on is None:
            return ""
        word = "关闭" if self.is_closed else "将关闭"
        into = f"，并入{self.merged_into.name}" if self.merged_into else ""
        return f"{chinese_date(self.closed_on)}{word}{into}"

    def outside_life(self, first: date, last: date | None = None) -> str:
        """Why nothing happens at the school from `first` to `last` (that day alone without), or "": its life
        goes from the month it was founded in to its closing day.
        """
        if self.opened_on and (last or first) < self.opened_on.replace(day=1):
            month = f"{self.opened_on.year}年{self.opened_on.month}月"
            return f"{self.name}{month}启用，在此以前没有办学，请核对日期。"
        if self.closed_on and first > self.closed_on:
            return f"{self.name}的关闭日期是{chinese_date(self.closed_on)}，在此以后不再办学，请核对日期。"
        return ""

    def refuse_outside_life(self, **days: date | None) -> None:
        """`days` by the field they stand in."""
        for field, day in days.items():
            if day and (sentence := self.outside_life(day)):
                raise ValidationError({field: sentence})

    def refuse_month_outside_life(self, year: int, month: int) -> None:
        """For what is planned or reported of a month."""
        if sentence := self.month_outside_life(year, month):
            raise ValidationError({"month": f"{year}年{month}月：{sentence}"})

    def month_outside_life(self, year: int, month: int) -> str:
        """The same of a month: one day of it in the life of the school is enough."""
        return self.outside_life(date(year, month, 1), date(year, month, monthrange(year, month)[1]))

    def clean(self) -> None:
        """County and successor belong to the same city."""
        if self.county_id and self.city_id and self.county.city_id != self.city_id:
            raise ValidationError({"county": "该县（市、区）不属于所填的市。"})
        if self.merged_into_id and (
            self.merged_into_id == self.pk or self.merged_into.city_id != self.city_id
        ):
            raise ValidationError({"merged_into": "只能并入本市的另一所党校。"})


class FormerName(SchoolRecord):
    """A name the school bore for a time; documents of that time keep it."""

    school = of_school("former_names")
    name = models.CharField("曾用名", max_length=80)
    since = models.DateField("启用日期", **OPTIONAL)
    until = models.DateField("停用日期")

    class Meta:
        verbose_name = verbose_name_plural = "曾用名"
        ordering = ["school", "until"]
        constraints = [
            period("former_name_period", sentence="停用日期不能早于启用日期。", open_ends=["since"])
        ]

    def __str__(self) -> str:
        return self.name


class Leader(SchoolRecord):
    """Who leads the school, and which Party post brings the duty with it."""

    class Post(models.TextChoices):
        PRESIDENT = "president", "校长"
        EXECUTIVE = "executive", "常务副校长"
        VICE = "vice", "副校长"

    school = of_school("leaders")
    post = models.CharField("校内职务", max_length=10, choices=Post)
    name = NameField("姓名", max_length=30)
    party_post = models.CharField(
        "党内职务", max_length=50, blank=True, help_text="如党委书记、党委副书记、组织委员。"
    )
    start = models.DateField("任职开始", **OPTIONAL)
    end = models.DateField("任职结束", **OPTIONAL)

    class Meta:
        verbose_name = verbose_name_plural = "校领导"
        ordering = ["school", "pk"]
        constraints = [period("leader_period", "start", "end", "任职结束不能早于任职开始。")]

    def __str__(self) -> str:
        return f"{self.get_post_display()} {self.name}"
