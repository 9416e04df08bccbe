"""The bulletin as the office edits it before issue."""

from __future__ import annotations

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Column, Div, Layout, Row
from django import forms

from ratings.documents.wording import CHARACTER_LIMIT, DocumentNumberError, count_characters, parse_number
from ratings.models import Bulletin
from ratings.models.bulletins import OfficialText

FIELDS = ["organ", "co_organs", "number", "title", "addressee", "body", "issued_on", "sealed", "cc", "printer", "printed_on"]
COUNTER = """<p class="hint counter" data-counts="id_body" data-limit="{{ limit }}">
正文 <output>{{ characters }}</output> 字（不计空格），上限 {{ limit }} 字。</p>"""


class BulletinForm(forms.ModelForm):
    """`version` is the number of saves this form was opened with: a save by somebody else in between is a conflict, not lost."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Bulletin
        fields = FIELDS
        widgets = {
            "title": forms.Textarea(attrs={"rows": 2}),
            "addressee": forms.Textarea(attrs={"rows": 2}),
            "body": forms.Textarea(attrs={"rows": 24, "class": "document-text"}),
            "cc": forms.Textarea(attrs={"rows": 2}),
            "issued_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "printed_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }
        help_texts = {
            "title": "可自行换行；末尾不用标点。",
            "body": "一段一行。“一、”“（一）”“1.”“（1）”开头的行自动按公文层次排字体；名单和统计表由系统作为附件生成，不用写入正文。",
            "cc": "末尾不用句号。",
        }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(
            Row(Column("organ", css_class="col-md-6"), Column("co_organs", css_class="col-md-6")),
            Row(
                Column("number", css_class="col-md-6"),
                Column("issued_on", css_class="col-md-3"),
                Column("sealed", css_class="col-md-3 seal"),
            ),
            "title",
            "addressee",
            Div("body", HTML(COUNTER)),
            "cc",
            Row(Column("printer", css_class="col-md-6"), Column("printed_on", css_class="col-md-3")),
            "version",
        )

    @property
    def characters(self) -> int:
        """Length of the text as the limit counts it."""
        return count_characters(self["body"].value() or "")

    def differences(self, current: OfficialText) -> list[tuple[str, object, object]]:
        """Field by field what is stored now and what was typed, where they differ."""
        pairs = [(self.fields[name].label, getattr(current, name), self.cleaned_data[name]) for name in FIELDS]
        return [(label, stored, typed) for label, stored, typed in pairs if stored != typed]

    def again(self, current: OfficialText) -> BulletinForm:
        """What was typed, in a form that knows the newer version."""
        data = self.data.copy()
        data["version"] = current.version
        return type(self)(data, instance=current)

    def clean_body(self) -> str:
        """Saved with any length below the limit; issuing checks the rest."""
        body = self.cleaned_data["body"]
        count = count_characters(body)
        if count > CHARACTER_LIMIT:
            raise forms.ValidationError(f"正文共 {count} 字，超过 {CHARACTER_LIMIT} 字，请压缩。")
        return body

    def clean_number(self) -> str:
        """Empty in a draft, otherwise in the form the standard wants."""
        text = self.cleaned_data["number"].strip()
        if not text:
            return ""
        try:
            return str(parse_number(text))
        except DocumentNumberError as error:
            raise forms.ValidationError(str(error)) from error


class IssueForm(forms.Form):
    """The last step before the bulletin is out: the chair's own password."""

    password = forms.CharField(
        label="请再次输入您的登录密码",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "class": "form-control"}),
    )

    def __init__(self, *args, user, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.helper = FormHelper()
        self.helper.form_tag = False

    def clean_password(self) -> str:
        """The password of the person who is signed in, nobody else's."""
        password = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError("密码不正确，通报没有印发。")
        return password
