"""Forms of the account pages."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.http import HttpRequest

from schools.models import Appointment, User
from schools.models.naming import refuse_no_name
from schools.models.people import refuse_mobile_number
from schools.site.asked import owe

from .handover import NewAccount, candidates
from .locking import check_signature


class SignInForm(AuthenticationForm):
    """One sentence for every refusal, so that nobody learns which user names exist."""

    error_messages = dict.fromkeys(
        ("invalid_login", "inactive"),
        "用户名或密码不正确，请检查大小写后重新输入。连续 5 次错误将锁定 30 分钟。",
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs.update(
            autocomplete="username", autocapitalize="none", spellcheck="false"
        )
        self.helper = FormHelper()
        self.helper.form_tag = False


class SignatureForm(forms.Form):
    """The own password once more, under an act that cannot be taken back."""

    password = forms.CharField(
        label="请再次输入您的登录密码",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args, request: HttpRequest, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.helper = FormHelper()
        self.helper.form_tag = False

    def clean_password(self) -> str:
        """The password of the person who is signed in, nobody else's."""
        check_signature(self.request, self.cleaned_data["password"])
        return self.cleaned_data["password"]


class PasswordForm(PasswordChangeForm):
    """Old password once, new one twice; the new one is another one."""

    new_password2 = forms.CharField(
        label="再次输入新密码",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
    )

    def __init__(self, *args, request: HttpRequest, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.fields["old_password"].label = "当前密码"
        self.fields["new_password1"].label = "新密码"
        self.helper = FormHelper()
        self.helper.form_tag = False

    def clean_old_password(self) -> str:
        """Guesses count as everywhere."""
        check_signature(self.request, self.cleaned_data["old_password"], "当前密码不正确，密码没有修改。")
        return self.cleaned_data["old_password"]

    def clean_new_password1(self) -> str:
        """Who set or saw the present one, the one-time one included, would else keep it."""
        password = self.cleaned_data["new_password1"]
        if self.user.check_password(password):
            raise forms.ValidationError("新密码不能与当前密码相同，请另设一个。")
        return password


NEW, EXISTING = "new", "existing"
#: What each way of handing over needs.
OWED = {
    NEW: {"name": "请填写接收人姓名。", "username": "请填写新账号的用户名。"},
    EXISTING: {"person": "请选择接收人的账号。"},
}


class PersonField(forms.ModelChoiceField):
    """Names alone are not enough: two people may share one."""

    def label_from_instance(self, obj: User) -> str:
        return obj.in_full


class HandoverForm(forms.Form):
    """The way is chosen by what is filled in: a person from the list, or user name and name of a
    new account.
    """

    way = forms.ChoiceField(
        label="接收人",
        choices=[(NEW, "新开账号"), (EXISTING, "已有账号")],
        widget=forms.RadioSelect,
        initial=NEW,
    )
    name = forms.CharField(
        label="新账号姓名",
        max_length=30,
        required=False,
        help_text="选“新开账号”时填写，下面两格相同。",
        validators=[refuse_no_name],
    )
    username = forms.CharField(
        label="新账号用户名", max_length=50, required=False, help_text="如姓名的拼音，登录时使用。"
    )
    office_phone = forms.CharField(
        label="办公电话", max_length=30, required=False, validators=[refuse_mobile_number]
    )
    person = PersonField(
        User.objects.none(),
        label="已有账号",
        required=False,
        empty_label="请选择",
        help_text="选“已有账号”时才选。",
    )
    reason = forms.CharField(label="交接原因", max_length=100, initial="岗位调整")

    def __init__(self, *args: Any, appointment: Appointment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = candidates(appointment)

    def clean(self) -> dict[str, Any]:
        """What the chosen way needs."""
        data = self.cleaned_data
        owe(self, **OWED.get(data.get("way"), {}))
        username = User.normalize_username(data.get("username") or "")
        if data.get("way") == NEW and username and User.objects.filter(username=username).exists():
            self.add_error("username", "该用户名已被使用，请换一个，或选择“已有账号”。")
        return data

    @property
    def successor(self) -> User | NewAccount:
        """Who takes over, in the way that was chosen."""
        data = self.cleaned_data
        if data["way"] == EXISTING:
            return data["person"]
        return NewAccount(data["username"], data["name"], data["office_phone"])
