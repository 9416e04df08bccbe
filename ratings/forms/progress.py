"""What the office writes while schools move along: 延期, and the reason of a step."""

from __future__ import annotations

from django import forms

from ratings.enums import Stage
from ratings.models import Scheme
from ratings.workflow import Step


class ExtensionForm(forms.Form):
    """One school's own last day of one stage, with the reason."""

    stage = forms.ChoiceField(label="阶段")
    due_on = forms.DateField(label="延至", widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(label="理由", max_length=200, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args, scheme: Scheme, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        stages = [stage for stage in Stage if scheme.has_county_stage or stage != Stage.COUNTY]
        self.fields["stage"].choices = [(stage.value, stage.label) for stage in stages]
        self.fields["due_on"].help_text = "当天 24:00 前有效；遇休息日顺延到下一个工作日。"


class StepForm(forms.Form):
    """The reason of a step that owes one; whether it is missing is said together with everything else that is."""

    comment = forms.CharField(label="理由", required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args, step: Step, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if not step.comment:
            del self.fields["comment"]
