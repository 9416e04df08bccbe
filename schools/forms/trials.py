"""首讲试讲: a teacher of the pool, a day, a topic, what the assessors thought."""

from __future__ import annotations

from django import forms
from django.utils import timezone

from schools.forms.classes import day_input
from schools.models import School, Teacher, TrialLesson


class TrialForm(forms.ModelForm):
    """The teachers are those of the school's pool."""

    class Meta:
        model = TrialLesson
        fields = ["teacher", "on", "topic", "assessors", "opinion", "passed"]
        widgets = {"on": day_input(), "opinion": forms.Textarea(attrs={"rows": 2})}
        help_texts = {"assessors": "姓名，几个人用顿号隔开。", "opinion": "不超过 200 字。"}

    def __init__(self, *args, school: School, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["teacher"].queryset = Teacher.objects.filter(school=school).in_force()
        self.fields["teacher"].empty_label = "请选择"
        self.fields["passed"].label = "试讲通过"
        self.fields["on"].initial = timezone.localdate
        self.instance.school = school

    def clean_on(self):
        """A trial lesson is recorded after it was given."""
        day = self.cleaned_data["on"]
        if day > timezone.localdate():
            raise forms.ValidationError("试讲日期还没有到。")
        return day
