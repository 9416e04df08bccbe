"""What is typed for a month: only why a confirmed report changes."""

from django import forms


class CorrectionForm(forms.Form):
    """Why the figures are other than they were confirmed."""

    reason = forms.CharField(
        label="更正原因",
        max_length=200,
        help_text="如：补录3月党员春训一期；更正人次。原来的数字和更正后的数字都会保留。",
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )
