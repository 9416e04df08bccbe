"""Sheets of accounts and of appointments; the first is the system administrator's, the second the security
administrator's.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from schools.models import Appointment, User
from schools.models.people import refuse_mobile_number
from schools.models.scope import GUARDED_ROLES
from schools.records.people import account_snapshot, note_account, note_appointment
from schools.site.contributions import said_of_ties
from schools.workbooks import cell_code

from .base import WorkbookResource, counties_by_name, person_column, schools_by_code
from .columns import SCHOOL_CODE, ByCode, ColumnField, Lookup

TWO_PEOPLE_APPOINT = "管理员、办公室、主任的任职由两名管理员在“重要账号”里办理"


class UserResource(WorkbookResource):
    """Accounts come without a password; first passwords are handed out one by one."""

    class Meta:
        model = User
        import_id_fields = ("username",)
        fields = ("username", "name", "office_phone")
        widgets = {
            "username": {"parse": cell_code},
            "office_phone": {"hint": "只填办公电话，不收集手机号码"},
        }

    def get_queryset(self) -> QuerySet[User]:
        """Accounts kept by the city of the import; others of the same name are refused in `check`."""
        return User.objects.filter(city=self.city)

    def before_import(self, dataset, **kwargs) -> None:
        """User names are unique in the whole system."""
        super().before_import(dataset, **kwargs)
        guarded = self.get_queryset().guarded()
        self.guarded = dict(guarded.values_list("username", "name"))
        self.taken = set(User.objects.exclude(pk__in=self.get_queryset()).values_list("username", flat=True))

    def check(self, instance: User) -> None:
        """A name used elsewhere cannot be used here."""
        if instance.username in self.taken:
            raise ValidationError({"username": f"用户名“{instance.username}”已被其他单位使用"})
        refuse_mobile_number(instance.office_phone)
        if self.guarded.get(instance.username, instance.name) != instance.name:
            raise ValidationError({"name": "这是重要账号，姓名由两名管理员在“重要账号”里修改"})

    def after_init_instance(self, instance, new, row, **kwargs) -> None:
        """A new account belongs to the city and cannot be signed in to yet."""
        if new:
            instance.city = self.city
            instance.set_unusable_password()

    def stands(self, instance: User) -> dict[str, Any]:
        """Nothing of a password."""
        return account_snapshot(instance) if instance.pk else {}

    def note(self) -> list[str]:
        """Each account, as from the form."""
        for user, before in self.written:
            note_account(user, before, by=self.by)
        return [f"{user.name}（{user.username}）" for user, _ in self.written]


class AppointmentResource(WorkbookResource):
    user = person_column("user", "用户名")
    school = ColumnField(
        "school",
        SCHOOL_CODE,
        ByCode(schools_by_code, "没有编码为“{}”的党校"),
        hint="填报人、负责人必填",
    )
    county = ColumnField(
        "county",
        "县（市、区）",
        Lookup(counties_by_name, "没有名为“{}”的县（市、区）"),
        hint="初评人、县（区）负责人必填",
    )

    class Meta:
        model = Appointment
        import_id_fields = ("user", "role", "school", "county", "start")
        fields = ("user", "role", "school", "county", "start", "end")
        widgets = {"start": {"required": True}}

    def get_queryset(self) -> QuerySet[Appointment]:
        """Appointments within the city of the import."""
        return Appointment.objects.filter(city=self.city)

    def after_init_instance(self, instance, new, row, **kwargs) -> None:
        """All within one city."""
        if new:
            instance.city = self.city

    def note(self) -> list[str]:
        """Who got which role, an entry each, as from the form."""
        for appointment, before in self.written:
            note_appointment(appointment, before, by=self.by)
        schools = [(one.user, one.school) for one, _ in self.written if one.school]
        said = [f"{one.user.name}（{one.user.username}）：{one}" for one, _ in self.written]
        return [*said, *(text for user, school in schools for text in said_of_ties(user, [school]))]

    def check(self, instance: Appointment) -> None:
        """The rules of the model, and nobody appoints oneself."""
        if self.by is not None and instance.user == self.by:
            raise ValidationError({"user": "不能给本人任职"})
        if instance.role in GUARDED_ROLES and self.says_something_new(instance):
            raise ValidationError({"role": TWO_PEOPLE_APPOINT})
        super().check(instance)
        instance.validate_constraints()
