"""反馈意见 as the office registers it."""

from django import forms

from ratings.models import Feedback
from schools.forms.versioned import VersionedForm


class FeedbackForm(VersionedForm):
    class Meta:
        model = Feedback
        fields = ("visited_on", "text")
        widgets = {
            "text": forms.Textarea(attrs={"rows": 8}),
            "visited_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }
        help_texts = {"text": "500 字以内。写好的方面、存在问题和改进建议；不写分数、星级和评委姓名。"}
