"""Accounts, kept by the system administrator, and appointments, given by the security administrator."""

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from schools.accounts.changes import DETAILS, enough_without, hold
from schools.accounts.opening import one_time_password
from schools.audit import exports, record
from schools.importing.account_sheets import TWO_PEOPLE_APPOINT, AppointmentResource, UserResource
from schools.models import Appointment, User
from schools.models.scope import GUARDED_ROLES
from schools.permissions import keeps_account, may
from schools.records.changes import snapshot
from schools.records.people import note_appointment
from schools.refusals import refusals_as_messages, turned_away
from schools.saving import Refused, refuse
from schools.workbooks import SheetOut

from .exchange import WorkbookAdmin
from .scoped import ScopedAdmin, warn_of_tie

MOST_PASSWORDS = 200

TWO_PEOPLE = "{}是重要账号，密码、用户名和启用由两名管理员在“重要账号”里办理。"

admin.site.unregister(Group)  # rights come from appointments alone


class FirstPasswordForm(AdminPasswordChangeForm):
    """A password set by somebody else is good for one sign-in."""

    @transaction.atomic
    def save(self, commit=True):
        """The owner must choose a new one. Looked at under the lock: the account may have got its weight just
        now.
        """
        refuse(TWO_PEOPLE.format(self.user.in_full) if hold(self.user.pk).is_guarded else "")
        self.user.must_change_password = True
        return super().save(commit)


class LockForm(UserChangeForm):
    """An account as it is kept; switching off is one act, so that it is quick."""

    def clean_is_active(self) -> bool:
        """Somebody must be left to switch on again."""
        on, account = self.cleaned_data["is_active"], self.instance
        if not on and account.is_active and account.is_guarded and not enough_without(account):
            raise ValidationError("停用以后能办理的管理员不足两名，没有人能重新启用：请先任命别的管理员。")
        return on


class AccountForm(UserCreationForm):
    """A new account with its first password."""

    class Meta:
        model = User
        fields = ["username", "name", "office_phone", "city"]


def _first_passwords(users: list[User], *, by: User) -> list[tuple[str, str, str]]:
    """Each after its user name and name. Held in one order, so that none gets its weight in between."""
    held = [hold(pk) for pk in sorted(user.pk for user in users)]
    if guarded := "、".join(user.in_full for user in held if user.is_guarded):
        raise Refused(f"{TWO_PEOPLE.format(guarded)}请去掉这些账号再办。")
    rows = []
    for user in held:
        password = one_time_password()
        user.must_change_password = True
        user.password_set_by = by
        user.set_password(password)
        user.save(update_fields=["password", "must_change_password"])
        rows.append((user.username, user.name, password))
    return rows


@admin.register(User)
class UserAdmin(WorkbookAdmin, ScopedAdmin, DjangoUserAdmin):
    """The system administrator names accounts and resets passwords; the security administrator locks them and
    opens the back office.
    """

    acts = ("maintain", "appoint")
    sheets = (UserResource,)
    form = LockForm
    add_form = AccountForm
    change_password_form = FirstPasswordForm
    list_display = ["username", "name", "office_phone", "city", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff"]
    list_select_related = ["city"]
    search_fields = ["username", "name"]
    ordering = ["username"]
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": ["username", "password", "name", "office_phone", "city", "must_change_password"]}),
        ("权限", {"fields": ["is_active", "is_staff"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["username", "name", "office_phone", "city", "password1", "password2"]})
    ]
    locks = ["is_active", "is_staff"]
    actions = ["issue_first_passwords"]

    def has_add_permission(self, request, obj=None):
        """Accounts are made by the system administrator."""
        return may(request.user, "maintain")

    def has_change_permission(self, request, obj=None):
        """Where the account is kept."""
        return self.allowed(request) and (obj is None or keeps_account(request.user, obj))

    def get_readonly_fields(self, request, obj=None):
        """What is the other administrator's is shown, not changed."""
        if obj is None:
            return []
        theirs = ["username", "name", "office_phone", "city", "must_change_password"]
        maintains, appoints = (may(request.user, act) for act in self.acts)
        closed = (theirs if not maintains else []) + (self.locks if not appoints else [])
        if obj.is_guarded:  # by two administrators, but for the lock, which one of them may close
            closed += [*DETAILS, "must_change_password", *([] if obj.is_active else ["is_active"])]
        return closed

    def get_object(self, request, object_id, from_field=None):
        """The audit trail names who sets a password here."""
        user = super().get_object(request, object_id, from_field)
        if user is not None:
            user.password_set_by = request.user
        return user

    def user_change_password(self, request, id, form_url=""):
        """Passwords are the system administrator's."""
        if not may(request.user, "maintain"):
            return self._get_obj_does_not_exist_redirect(request, self.opts, id)
        account = self.get_object(request, unquote(id))
        if account is not None and account.is_guarded:
            return turned_away(request, TWO_PEOPLE.format(account.in_full), "schools:account_changes")
        return super().user_change_password(request, id, form_url)

    @admin.action(description="生成一次性密码并下载", permissions=["add"])
    def issue_first_passwords(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        """For accounts that came in by workbook: shown once, in the file, and good for one sign-in."""
        users = [user for user in queryset if keeps_account(request.user, user) and user != request.user]
        if not users or len(users) > MOST_PASSWORDS:
            messages.error(request, f"请选择 1 至 {MOST_PASSWORDS} 个由本市管理、且不是本人的账号。")
            return None
        with refusals_as_messages(request), transaction.atomic():
            rows = _first_passwords(users, by=request.user)
            sheet = SheetOut("一次性密码", ["用户名", "姓名", "一次性密码"], rows)
            return exports.export("一次性密码", [sheet], by=request.user, rows=len(rows))
        return None

    def save_model(self, request, obj, form, change):
        """A first password must be changed by its owner."""
        obj.must_change_password = obj.must_change_password or not change
        super().save_model(request, obj, form, change)
        detail = {"修改" if change else "新建": list(form.changed_data)}
        subject = obj.in_full
        record("account", by=request.user, city=obj.city, subject=subject, detail=detail)


@admin.register(Appointment)
class AppointmentAdmin(WorkbookAdmin, ScopedAdmin):
    acts = ("appoint",)  # who makes accounts does not give them rights
    sheets = (AppointmentResource,)
    list_display = ["user", "role", "school", "county", "city", "start", "end"]
    list_filter = ["role"]
    list_select_related = ["user", "school", "county", "city"]
    search_fields = ["user__username", "user__name", "school__name", "county__name"]
    fields = ["user", "role", "school", "county", "city", "start", "end"]

    def has_change_permission(self, request, obj=None):
        """Nobody changes one's own, and no one person those of a role of weight."""
        kept = obj is None or (obj.user_id != request.user.pk and obj.role not in GUARDED_ROLES)
        return super().has_change_permission(request, obj) and kept

    def formfield_for_choice_field(self, db_field, request, **kwargs):
        """What one person may give."""
        field = super().formfield_for_choice_field(db_field, request, **kwargs)
        if db_field.name == "role":
            field.choices = [choice for choice in field.choices if choice[0] not in GUARDED_ROLES]
            field.help_text = f"{TWO_PEOPLE_APPOINT}。"
            field.error_messages["invalid_choice"] = field.help_text
        return field

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        """Nobody appoints oneself."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "user":
            field.queryset = field.queryset.exclude(pk=request.user.pk)
        return field

    def save_model(self, request, obj, form, change):
        """Every change of rights enters the trail."""
        before = snapshot(Appointment.objects.get(pk=obj.pk)) if change else {}
        super().save_model(request, obj, form, change)
        note_appointment(obj, before, by=request.user)
        warn_of_tie(request, obj, until=obj.end)
