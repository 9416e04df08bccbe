"""Accounts, kept by the system administrator, and appointments, given by the security administrator."""

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, UserCreationForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from schools.accounts.opening import one_time_password
from schools.audit import exports, record
from schools.importing.account_sheets import AppointmentResource, UserResource
from schools.models import Appointment, User
from schools.permissions import keeps_account, may
from schools.records.changes import snapshot
from schools.records.people import note_appointment
from schools.workbooks import SheetOut

from .exchange import WorkbookAdmin
from .scoped import ScopedAdmin

MOST_PASSWORDS = 200

admin.site.unregister(Group)  # rights come from appointments alone


class FirstPasswordForm(AdminPasswordChangeForm):
    """A password set by somebody else is good for one sign-in."""

    def save(self, commit=True):
        """The owner must choose a new one."""
        self.user.must_change_password = True
        return super().save(commit)


class AccountForm(UserCreationForm):
    """A new account with its first password."""

    class Meta:
        model = User
        fields = ["username", "name", "office_phone", "city"]


@admin.register(User)
class UserAdmin(WorkbookAdmin, ScopedAdmin, DjangoUserAdmin):
    """The system administrator names accounts and resets passwords; the security administrator locks them and
    opens the back office.
    """

    acts = ("maintain", "appoint")
    sheets = (UserResource,)
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
        return (theirs if not maintains else []) + (self.locks if not appoints else [])

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
        return super().user_change_password(request, id, form_url)

    @admin.action(description="生成一次性密码并下载", permissions=["add"])
    def issue_first_passwords(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        """For accounts that came in by workbook: shown once, in the file, and good for one sign-in."""
        users = [user for user in queryset if keeps_account(request.user, user) and user != request.user]
        if not users or len(users) > MOST_PASSWORDS:
            messages.error(request, f"请选择 1 至 {MOST_PASSWORDS} 个由本市管理、且不是本人的账号。")
            return None
        rows = []
        with transaction.atomic():
            for user in users:
                password = one_time_password()
                user.must_change_password = True
                user.password_set_by = request.user
                user.set_password(password)
                user.save(update_fields=["password", "must_change_password"])
                rows.append((user.username, user.name, password))
        sheet = SheetOut("一次性密码", ["用户名", "姓名", "一次性密码"], rows)
        return exports.export("一次性密码", [sheet], by=request.user, rows=len(rows))

    def save_model(self, request, obj, form, change):
        """A first password must be changed by its owner."""
        obj.must_change_password = obj.must_change_password or not change
        super().save_model(request, obj, form, change)
        detail = {"修改" if change else "新建": list(form.changed_data)}
        subject = f"{obj.name}（{obj.username}）"
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
        """Nobody changes one's own."""
        return super().has_change_permission(request, obj) and (obj is None or obj.user_id != request.user.pk)

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
