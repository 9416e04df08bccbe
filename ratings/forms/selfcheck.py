"""What a school sets itself for one item."""

from crispy_forms.layout import Column, Layout, Row
from django import forms

from ratings.models import Goal
from schools.forms.versioned import VersionedForm


class GoalForm(VersionedForm):
    """An empty 目标 takes the goal back."""

    class Meta:
        model = Goal
        fields = ("text", "person", "due", "done")
        widgets = {
            "text": forms.Textarea(attrs={"rows": 2}),
            "due": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }
        help_texts = {"text": "写到年底要达到什么，如 全年办班 12 期；不写就是不定目标。", "person": "写姓名或岗位，不写手机号码。"}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.helper.layout = Layout(
            "text", Row(Column("person", css_class="col-md-6"), Column("due", css_class="col-md-6")), "done", "version"
        )
