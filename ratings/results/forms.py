"""Who is given a 核验包, and why."""

from crispy_forms.helper import FormHelper
from django import forms


class VerifierForm(forms.Form):
    """Both are owed: single scores leave the house for a named person and a reason only."""

    verifier = forms.CharField(label="核验人", max_length=60, help_text="单位和姓名，如 市纪委监委 刘某")
    reason = forms.CharField(
        label="事由",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="为什么要核验，依据什么文件或来信",
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
