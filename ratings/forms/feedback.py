"""反馈意见 as the office registers it."""

from crispy_forms.helper import FormHelper
from django import forms

from ratings.models import Feedback


class FeedbackForm(forms.ModelForm):
    """`version` is the number of saves this form was opened with."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Feedback
        fields = ["visited_on", "text"]
        widgets = {
            "text": forms.Textarea(attrs={"rows": 8}),
            "visited_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }
        help_texts = {"text": "500 字以内。写好的方面、存在问题和改进建议；不写分数、星级和评委姓名。"}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version
        self.helper = FormHelper()
        self.helper.form_tag = False

    def again(self, current: Feedback) -> "FeedbackForm":
        """What was typed, in a form that knows the newer version."""
        data = self.data.copy()
        data["version"] = current.version
        return type(self)(data, instance=self.instance)
