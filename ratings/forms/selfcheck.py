"""What a school sets itself for one item."""

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Layout, Row
from django import forms

from ratings.models import Goal
from schools.changes import plain, worded
from schools.refusals import RecheckedForm

FIELDS = ["text", "person", "due", "done"]


class GoalForm(RecheckedForm, forms.ModelForm):
    """`version` is the number of saves this form was opened with. An empty 目标 takes the goal back."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Goal
        fields = FIELDS
        widgets = {
            "text": forms.Textarea(attrs={"rows": 2}),
            "due": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }
        help_texts = {"text": "写到年底要达到什么，如 全年办班 12 期；不写就是不定目标。", "person": "写姓名或岗位，不写手机号码。"}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(
            "text", Row(Column("person", css_class="col-md-6"), Column("due", css_class="col-md-6")), "done", "version"
        )

    @property
    def values(self) -> dict[str, object]:
        """What is to be stored."""
        return {name: self.cleaned_data[name] for name in FIELDS}

    def contents(self, current: Goal) -> tuple[dict[str, str], dict[str, str]]:
        """The goal as stored, and as typed."""
        stored, typed = {name: getattr(current, name) for name in FIELDS}, self.values
        return tuple(worded(Goal, {name: plain(value) for name, value in values.items()}) for values in (stored, typed))

    def fresh(self, current: Goal) -> dict[str, int]:
        """Its version."""
        return {"version": current.version}
