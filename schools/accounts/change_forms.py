"""What an administrator types to ask for a change of a 重要账号, and to confirm one."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms

from schools.models import Appointment, Region, Role, User
from schools.models.scope import GUARDED_ROLES
from schools.site.asked import long_text
from schools.site.typed import DayField

from .forms import SignatureForm


class ChangeForm(forms.Form):
    """Why, and what: every other field is a value of the account or of the appointment."""

    reason = long_text("理由", help_text="供另一名管理员核对，如：本人忘记密码，已当面核对。")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False

    @property
    def values(self) -> dict[str, Any]:
        """Everything but the reason."""
        return {name: value for name, value in self.cleaned_data.items() if name != "reason"}


class DetailsForm(ChangeForm):
    """By which the account is known and kept."""

    username = forms.CharField(label="用户名", max_length=50)
    name = forms.CharField(label="姓名", max_length=30)
    city = forms.ModelChoiceField(
        Region.objects.none(), label="账号归属市", required=False, empty_label="（全系统）"
    )
    field_order = ("username", "name", "city", "reason")

    def __init__(self, *args: Any, cities: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["city"].queryset = cities

    def clean_username(self) -> str:
        """As at sign-in."""
        return User.normalize_username(self.cleaned_data["username"])


class DatesForm(ChangeForm):
    """From when to when an appointment is held."""

    start = DayField(label="任职开始")
    end = DayField(label="任职结束", required=False, help_text="填写到哪一天为止；不填为在任。")
    field_order = ("start", "end", "reason")


class AppointForm(DatesForm):
    """A new appointment of an account that exists."""

    person = forms.CharField(label="用户名", max_length=50, help_text="已有账号、已换成自己密码的人。")
    role = forms.ChoiceField(label="角色", choices=[(role, Role(role).label) for role in GUARDED_ROLES])
    city = forms.ModelChoiceField(
        Region.objects.none(),
        label="市",
        required=False,
        empty_label="（全系统）",
        help_text="市评委会办公室、主任须选市；管理员不选为全系统。",
    )
    field_order = ("person", "role", "city", "start", "end", "reason")

    def __init__(self, *args: Any, cities: Any, accounts: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["city"].queryset, self.accounts = cities, accounts

    def clean_person(self) -> User:
        """One of the accounts that this administrator sees."""
        username = User.normalize_username(self.cleaned_data["person"])
        account = self.accounts.filter(username=username).first()
        if account is None:
            raise forms.ValidationError(f"没有用户名为“{username}”的账号，请核对；新账号先由系统管理员建立。")
        return account

    @property
    def values(self) -> dict[str, Any]:
        """The account is not a value of the appointment that could change."""
        return {name: value for name, value in super().values.items() if name != "person"}


class ConfirmForm(SignatureForm):
    """Either answer is signed; a refusal owes a remark."""

    remark = long_text("意见", required=False, help_text="不同意的必须写明原因。")
    field_order = ("remark", "password")


def initial_of(held: Appointment | User, names: tuple[str, ...]) -> dict[str, Any]:
    """What the form starts from."""
    return {name: getattr(held, name) for name in names}
