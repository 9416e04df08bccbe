"""Accounts, appointments and their handover from one person to the next."""

import re
from typing import Any

from django.apps import apps
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.functional import cached_property

from .base import OPTIONAL, check, of_school, period, person, reference, unique
from .naming import NameField
from .registry import Region, School
from .scope import (
    ADMINISTRATORS,
    COUNTY_ROLES,
    GUARDED_ROLES,
    NOTHING,
    SCHOOL_ROLES,
    Role,
    account_scope,
    in_force,
    school_scope,
    sees_everything,
)

MOBILE_NUMBER = re.compile(r"(?<!\d)(?:(?:00)?86)?1[3-9]\d{9}(?!\d)")


def refuse_mobile_number(value: str) -> None:
    """Private mobile numbers are not stored; spaces and hyphens do not hide one."""
    if MOBILE_NUMBER.search(re.sub(r"[\s\-－—()（）+]", "", value)) or MOBILE_NUMBER.search(value):
        raise ValidationError("请填写办公电话，系统不收集个人手机号码。")


class UserQuerySet(models.QuerySet):
    def visible_to(self, user) -> "UserQuerySet":
        """Accounts kept by the city of the current identity, or holding an appointment there."""

        def of_city(city_id: int) -> Q:
            return Q(city=city_id) | Q(pk__in=Appointment.objects.filter(city=city_id).values("user"))

        return self.filter(account_scope(user, of_city=of_city, own=Q(pk=user.pk)))

    def guarded(self) -> "UserQuerySet":
        """重要账号: those that only two administrators together may change."""
        return self.filter(pk__in=Appointment.objects.guarded().values("user"))

    def of_schools(self, *schools) -> "UserQuerySet":
        """Who fills in or answers for these schools today."""
        held = Appointment.objects.in_force().filter(role__in=SCHOOL_ROLES, school__in=schools)
        return self.filter(pk__in=held.values("user"))


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):
    def create_user(self, username: str, password: str | None = None, **fields) -> "User":
        """An account; without a password nobody can sign in to it."""
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields) -> "User":
        """An account for development; outside DEBUG it has no more rights than its appointments."""
        return self.create_user(username, password, **{**fields, "is_staff": True, "is_superuser": True})


class User(AbstractBaseUser):
    """An account. Rights come from appointments, not from groups or single permissions."""

    username = models.CharField(
        "用户名", max_length=50, unique=True, error_messages={"unique": "该用户名已被使用。"}
    )
    name = NameField("姓名", max_length=30)
    office_phone = models.CharField("办公电话", max_length=30, blank=True, validators=[refuse_mobile_number])
    city = reference(
        Region,
        "账号归属市",
        "accounts",
        limit_choices_to={"kind": Region.Kind.CITY},
        help_text="由哪个市的系统管理员管理；不填为全系统账号。",
        **OPTIONAL,
    )
    must_change_password = models.BooleanField("下次登录须修改密码", default=True)
    is_active = models.BooleanField("启用", default=True)
    is_staff = models.BooleanField("可进入后台", default=False)
    is_superuser = models.BooleanField("超级用户", default=False, help_text="只在开发环境有效。")

    objects = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]

    # Set by the middleware before `identity` is first read: the appointment this session chose.
    identity_choice: int | None = None
    # Set there too: the year this session chose; and what `schools.site.years` read for this request.
    year_choice: int | None = None
    years: Any = None
    # Who is about to give this account a password, for the audit trail; nobody else than the owner when
    # unset. And who asked for it, where it takes two.
    password_set_by: "User | None" = None
    password_asked_by: "User | None" = None

    class Meta:
        verbose_name = verbose_name_plural = "用户"
        ordering = ["username"]

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        """For Django's admin."""
        return self.name

    get_short_name = get_full_name

    def has_perm(self, perm: str, obj=None) -> bool:
        """Django's permission rows are not used: outside development the answer is no, admin classes ask the
        role instead.
        """
        return sees_everything(self)

    has_module_perms = has_perm

    @cached_property
    def identities(self) -> "list[Appointment]":
        """The appointments of today, those held longest first, read once for the page and its header."""
        if not self.is_active or self.pk is None:
            return []
        notices = apps.get_model("schools", "Notice").objects.unread()
        unread = notices.filter(user=models.OuterRef("user")).order_by().values("user")
        # Counted in the query every page makes anyway, so that the number in the header costs none of its
        # own.
        counted = unread.annotate(number=models.Count("pk")).values("number")
        held = self.appointments.in_force().select_related("city", "county", "school")
        return list(held.annotate(unread=Coalesce(models.Subquery(counted), 0)))

    @property
    def unread_notices(self) -> int:
        """How many messages wait, for the header; 0 for an account without an appointment."""
        return next((held.unread for held in self.identities), 0)

    @property
    def is_guarded(self) -> bool:
        """Whether it takes two administrators to change the account; see `UserQuerySet.guarded`."""
        return self.appointments.guarded().exists()

    @property
    def in_full(self) -> str:
        """With the user name, for lists of people and for the trail: two people may share a name."""
        return f"{self.name}（{self.username}）"

    @property
    def chain_city(self) -> Region | None:
        """The audit chain the account's comings and goings belong to: its own city, else that of its
        appointment.
        """
        if self.city_id:
            return self.city
        return self.identity.city if self.identity else None

    @cached_property
    def identity(self) -> "Appointment | None":
        """The appointment this session acts under: the chosen one while it is in force, else the first."""
        held = self.identities
        return next((post for post in held if post.pk == self.identity_choice), held[0] if held else None)


#: What each role must cover, and what it may be narrowed to besides; an administrator of no city keeps the
#: whole system.
SCOPES: dict[str, tuple[str, tuple[str, ...]]] = {
    **dict.fromkeys(SCHOOL_ROLES, ("school", ())),
    **dict.fromkeys(COUNTY_ROLES, ("county", ())),
    **dict.fromkeys((Role.LIAISON, Role.JUDGE, Role.OFFICE, Role.CHAIR), ("city", ())),
    Role.VIEWER: ("city", ("county",)),
    **dict.fromkeys(ADMINISTRATORS, ("", ())),
}


class AppointmentQuerySet(models.QuerySet):
    def visible_to(self, user) -> "AppointmentQuerySet":
        """Appointments within the city of the current identity, for those who keep accounts; else
        one's own.
        """
        return self.filter(account_scope(user, of_city=lambda city_id: Q(city=city_id), own=Q(user=user.pk)))

    def in_force(self, on=None) -> "AppointmentQuerySet":
        """Those whose period contains the day `on` (today by default)."""
        return self.filter(in_force(on, since="start", until="end"))

    def guarded(self) -> "AppointmentQuerySet":
        """Of a role that takes two administrators to give, held today or to be held."""
        today = timezone.localdate()
        return self.filter(Q(end__isnull=True) | Q(end__gte=today), role__in=GUARDED_ROLES)


class Appointment(models.Model):
    """A role of one person within one scope for one period; without a city it covers the whole system."""

    user = reference(User, "用户", "appointments")
    role = models.CharField("角色", max_length=20, choices=Role)
    city = reference(Region, "市", "city_appointments", **OPTIONAL)
    county = reference(Region, "县（市、区）", "county_appointments", **OPTIONAL)
    school = reference(School, "党校", "appointments", **OPTIONAL)
    start = models.DateField("任职开始", default=timezone.localdate)
    end = models.DateField("任职结束", **OPTIONAL)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "任职"
        ordering = ["start", "pk"]
        constraints = [
            check(
                "appointment_scope_fits_role",
                Q(role__in=SCHOOL_ROLES, school__isnull=False, city__isnull=False, county__isnull=True)
                | Q(role__in=COUNTY_ROLES, school__isnull=True, county__isnull=False, city__isnull=False)
                | Q(
                    role__in=["liaison", "judge", "office", "chair"],
                    school__isnull=True,
                    county__isnull=True,
                    city__isnull=False,
                )
                | Q(role="viewer", school__isnull=True, city__isnull=False)
                | Q(role__in=ADMINISTRATORS, school__isnull=True, county__isnull=True),
                "角色与范围不符：填报人、负责人填党校；初评人、县（区）负责人填县（市、区）；其他角色填市。",
            ),
            period(
                "appointment_ends_after_start",
                "start",
                "end",
                "任职结束不能早于任职开始。",
                open_ends=["end"],
            ),
            unique(
                "appointment_one_administrator_role",
                ["user"],
                "系统、安全、审计管理员必须由三个不同的人担任，该用户已任其中一职。",
                condition=Q(role__in=ADMINISTRATORS, end__isnull=True),
            ),
            unique(
                "appointment_once_per_school",
                ["user", "role", "school"],
                "该用户在该党校已有同一角色的任职。",
                condition=Q(school__isnull=False, end__isnull=True),
            ),
            unique(
                "appointment_once_per_county",
                ["user", "role", "county"],
                "该用户在该县（市、区）已有同一角色的任职。",
                condition=Q(county__isnull=False, end__isnull=True),
            ),
            unique(
                "appointment_once_per_city",
                ["user", "role", "city"],
                "该用户在该市已有同一角色的任职。",
                condition=Q(school__isnull=True, county__isnull=True, end__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope_name} {self.get_role_display()}"

    def save(self, *args, **kwargs) -> None:
        """The city follows from the school or county, so that every scope is one foreign key away."""
        self._fill_city()
        super().save(*args, **kwargs)

    @property
    def scope_name(self) -> str:
        """What the role covers, for the header."""
        scope = self.school or self.county or self.city
        return str(scope) if scope else "全系统"

    def clean(self) -> None:
        """What the database cannot see: regions that are not what they stand for or do not belong together,
        overlapping administrators; and what a role covers, in words for the field.
        """
        if self.city_id and self.city.kind != Region.Kind.CITY:
            raise ValidationError({"city": f"“{self.city}”是县（市、区），这里只能填市。"})
        if self.county_id and self.county.kind != Region.Kind.COUNTY:
            raise ValidationError({"county": f"“{self.county}”是市，这里只能填县（市、区）。"})
        if self.school_id and self.city_id and self.school.city_id != self.city_id:
            raise ValidationError({"school": "该党校不属于所填的市。"})
        if self.county_id and self.city_id and self.county.city_id != self.city_id:
            raise ValidationError({"county": "该县（市、区）不属于所填的市。"})
        self._fill_city()
        if wrong := self._wrong_scope():
            raise ValidationError(wrong)
        if self.role in ADMINISTRATORS and self.user_id:
            self._refuse_second_administrator_role()

    def _wrong_scope(self) -> dict[str, str]:
        """What the role must cover and what it cannot, by field."""
        owed, free = SCOPES.get(self.role, (None, ()))
        label = self.get_role_display()
        if owed and not getattr(self, f"{owed}_id"):
            return {owed: f"{label}须填{self._meta.get_field(owed).verbose_name}。"}
        surplus = [name for name in ("school", "county") if name not in (owed, *free)]
        return {
            name: f"{label}的范围不是{self._meta.get_field(name).verbose_name}，这一项请不要填。"
            for name in surplus
            if getattr(self, f"{name}_id")
        }

    def _fill_city(self) -> None:
        if self.city_id is None and self.school_id:
            self.city_id = self.school.city_id
        elif self.city_id is None and self.county_id:
            self.city_id = self.county.city_id

    def _refuse_second_administrator_role(self) -> None:
        others = (
            Appointment.objects.filter(user=self.user_id, role__in=ADMINISTRATORS)
            .exclude(pk=self.pk)
            .exclude(role=self.role)
        )
        others = others.filter(Q(end__isnull=True) | Q(end__gte=self.start))
        if self.end:
            others = others.filter(start__lte=self.end)
        if others.exists():
            raise ValidationError(
                {"role": "系统、安全、审计管理员必须由三个不同的人担任，该用户同期已任其中一职。"}
            )


#: 填报工作交接单: those it concerns, and those who keep accounts.
HANDOVER_READERS = (Role.FILLER, Role.HEAD, *COUNTY_ROLES, Role.OFFICE, Role.SECURITY, Role.SYSADMIN)


class HandoverQuerySet(models.QuerySet):
    def visible_to(self, user) -> "HandoverQuerySet":
        """The handovers of the schools one answers for; who only reads figures or scores has no business with
        people.
        """
        identity = getattr(user, "identity", None)
        return self.filter(
            school_scope(user, "school") if identity is None or identity.role in HANDOVER_READERS else NOTHING
        )


class Handover(models.Model):
    """One succession. `contents` lists what was handed over as it stood on the day: [["评定申报", "2026年度
    填报中"], …].
    """

    school = of_school("handovers")
    ended = reference(Appointment, "移交人任职", "handed_over")
    begun = reference(Appointment, "接收人任职", "taken_over")
    reason = models.CharField("原因", max_length=100)
    contents = models.JSONField("移交内容", default=list)
    moved_notices = models.PositiveIntegerField("转交的未读消息", default=0)
    by = person("办理人")
    at = models.DateTimeField("办理时间", default=timezone.now)

    objects = HandoverQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "填报工作交接"
        ordering = ["-at", "-pk"]
        constraints = [
            unique("handover_once", ["ended"], "这项任职已经交接。"),
            check("handover_two_people", ~Q(ended=F("begun")), "移交人和接收人不能是同一项任职。"),
        ]

    def __str__(self) -> str:
        return f"{self.school} {self.ended.get_role_display()} {self.ended.user}→{self.begun.user}"
