"""Forms of the account pages."""

from crispy_forms.helper import FormHelper
from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm


class SignInForm(AuthenticationForm):
    """One sentence for every refusal, so that nobody learns which user names exist."""

    error_messages = {
        "invalid_login": "用户名或密码不正确，请检查大小写后重新输入。连续 5 次错误将锁定 30 分钟。",
        "inactive": "用户名或密码不正确，请检查大小写后重新输入。连续 5 次错误将锁定 30 分钟。",
    }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs.update(autocomplete="username", autocapitalize="none", spellcheck="false")
        self.helper = FormHelper()
        self.helper.form_tag = False


class PasswordForm(PasswordChangeForm):
    """Old password once, new one twice."""

    new_password2 = forms.CharField(label="再次输入新密码", widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), strip=False)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = "当前密码"
        self.fields["new_password1"].label = "新密码"
        self.helper = FormHelper()
        self.helper.form_tag = False
