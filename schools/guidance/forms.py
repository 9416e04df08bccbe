"""Forms of 挂点联系: a visit with what it found, who guides whom, groups, opinions, what became of
a problem.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone

from schools.models import GuidanceTeam, Problem, Role, School, User, Visit
from schools.registry.forms import SchoolFilterForm
from schools.site.asked import FilterForm, SeveralField, TextArea, day_input, long_text
from schools.site.contributions import said_of_ties
from schools.site.typed import DayField

from .visits import POINTS, REMARKS, narrowing

DAYS_TO_MEND = 30
NOT_LOOKED_AT = [("", "未看"), *((word, word) for word in REMARKS)]
#: More than this are better put into words than into a list.
PROBLEM_ROWS = 3


class VisitForm(forms.ModelForm):
    """A visit: day and kind are filled in, the six points are clicks, the rest may stay empty.

    A reason is owed where the school has signed the day.
    """

    reason = long_text("更正理由", required=False, help_text="写明为什么在提交自评以后登记。")

    class Meta:
        model = Visit
        fields = ["on", "kind", "team", "findings"]
        field_classes = {"on": DayField}
        widgets = {"on": day_input(), "findings": TextArea(attrs={"rows": 3})}
        help_texts = {"findings": "不超过 200 字。"}

    def __init__(self, *args, user: User, **kwargs) -> None:
        kwargs.setdefault("initial", {"on": timezone.localdate()})
        super().__init__(*args, **kwargs)
        teams = GuidanceTeam.objects.visible_to(user).current()
        self.fields["team"].queryset = teams
        self.fields["team"].empty_label = "个人走访"
        if not teams.exists():
            del self.fields["team"]
        for number, point in enumerate(POINTS):
            self.fields[f"point{number}"] = forms.ChoiceField(
                label=point,
                choices=NOT_LOOKED_AT,
                required=False,
                widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
            )

    @property
    def points(self) -> list[forms.BoundField]:
        """The six points, for the table."""
        return [self[f"point{number}"] for number in range(len(POINTS))]

    @property
    def checklist(self) -> dict[str, str]:
        """What was chosen, by point."""
        return {
            point: self.cleaned_data[f"point{number}"]
            for number, point in enumerate(POINTS)
            if self.cleaned_data[f"point{number}"]
        }

    @property
    def values(self) -> dict[str, Any]:
        """What the visit says, as `record_visit` takes it."""
        names = ("on", "kind", "team", "findings", "reason")
        return {name: self.cleaned_data.get(name) for name in names} | {"checklist": self.checklist}

    def clean(self) -> dict:
        """A visit that says nothing is of no use to anybody."""
        values = super().clean()
        if (
            not self.errors
            and not values.get("findings")
            and not self.checklist
            and values.get("kind") == Visit.Kind.GUIDANCE
        ):
            raise forms.ValidationError("请至少勾选一项走访内容，或写明情况。")
        return values


class ProblemForm(forms.ModelForm):
    """One problem found; an empty row is no problem."""

    class Meta:
        model = Problem
        fields = ["text", "owner", "due"]
        field_classes = {"due": DayField}
        widgets = {"due": day_input()}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["due"].initial = timezone.localdate() + timedelta(days=DAYS_TO_MEND)
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-control"

    def clean(self) -> dict:
        """An owner without a problem is a slip of the hand."""
        values = super().clean()
        if values.get("text") and values.get("due") and values["due"] < timezone.localdate():
            self.add_error("due", "整改期限不能早于今天。")
        return values

    def has_changed(self) -> bool:
        """The day alone, which is filled in beforehand, says nothing."""
        return bool(set(self.changed_data) - {"due"})


ProblemFormSet = forms.formset_factory(
    ProblemForm, extra=PROBLEM_ROWS, max_num=PROBLEM_ROWS, absolute_max=PROBLEM_ROWS
)


class AssignForm(forms.Form):
    """One person, the schools, the day it begins."""

    user = forms.ModelChoiceField(User.objects.none(), label="联系指导人员", empty_label="请选择")
    since = DayField(label="自", widget=day_input(), initial=timezone.localdate)
    schools = SeveralField(School.objects.none(), label="党校", widget=forms.CheckboxSelectMultiple)
    #: Asked only once the person is known to have scored one of the schools.
    despite = forms.BooleanField(label="知道须回避，仍然安排", required=False)

    def __init__(self, *args, user: User, schools, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        liaisons = User.objects.filter(
            is_active=True,
            appointments__in=user.identity.city.city_appointments.in_force().filter(role=Role.LIAISON),
        )
        self.fields["user"].queryset = liaisons.distinct().order_by("name")
        self.fields["schools"].queryset = schools
        self.fields["user"].widget.attrs["class"] = "form-select"
        self.fields["since"].widget.attrs["class"] = "form-control"

    def clean(self) -> dict:
        """What scoring it undoes is said before it is done."""
        values = super().clean()
        if not self.errors and not values["despite"]:
            for sentence in said_of_ties(values["user"], list(values["schools"])):
                self.add_error("despite", sentence)
        return values


class ReportForm(forms.Form):
    """What the school did about a problem."""

    report = long_text("整改情况", rows=3, help_text="不超过 200 字。")


class RecheckForm(forms.Form):
    """Looked at again: gone, or what is still missing until when."""

    passed = forms.TypedChoiceField(
        label="复查结果",
        choices=[("yes", "已整改，销号"), ("no", "未通过，退回整改")],
        coerce=lambda chosen: chosen == "yes",
        widget=forms.RadioSelect,
    )
    remark = long_text("复查意见", rows=3, required=False, help_text="未通过的，写明还差什么。")
    due = DayField(
        label="新的整改期限", required=False, widget=day_input(), help_text="未通过时填写；不填沿用原期限。"
    )

    def clean(self) -> dict:
        """What is sent back says why, and not into the past."""
        values = super().clean()
        if values.get("passed") is False:
            if not values.get("remark", "").strip():
                self.add_error("remark", "复查未通过的，请写明还差什么。")
            if values.get("due") and values["due"] < timezone.localdate():
                self.add_error("due", "整改期限不能早于今天。")
        return values


class OpinionForm(forms.Form):
    """年度指导意见."""

    text = long_text(
        "年度指导意见", rows=5, longest=300, help_text="不超过 300 字，评委和评委会评审时可以看到。"
    )


class ReasonForm(forms.Form):
    """Why a record no longer counts."""

    reason = forms.CharField(
        label="作废原因", max_length=200, error_messages={"required": "请写明作废原因，不超过 200 字。"}
    )

    def __init__(self, *args, visit, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].widget.attrs["id"] = f"void-{visit.pk}"  # the page has one for every visit


class TeamForm(forms.ModelForm):
    """A group and its members, among those who guide in this city."""

    class Meta:
        model = GuidanceTeam
        fields = ["name", "kind", "members"]
        widgets = {"members": forms.CheckboxSelectMultiple}
        field_classes = {"members": SeveralField}

    def __init__(self, *args, user: User, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        identity = user.identity
        people = identity.city.city_appointments.in_force().filter(
            role__in=[Role.LIAISON, Role.COUNTY, Role.COUNTY_LEAD, Role.OFFICE]
        )
        if identity.county_id:
            people = people.filter(Q(county__isnull=True) | Q(county=identity.county_id))
        keys = list(people.values_list("user", flat=True))
        self.fields["members"].queryset = User.objects.filter(pk__in=keys, is_active=True).order_by("name")


class GuidanceFilterForm(SchoolFilterForm):
    """Search by name, narrow by county and by what is missing."""

    kind = gaps = None  # asked on the list of schools only
    only = forms.ChoiceField(
        label="只看",
        required=False,
        choices=[
            ("", "全部"),
            ("guide", "没有联系人员"),
            ("visit", "本年未走访"),
            ("problem", "有未销号问题"),
        ],
    )

    def __init__(self, *args, year: int, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.year = year

    def narrow(self, schools: QuerySet[School]) -> QuerySet[School]:
        """The schools that fit what was chosen."""
        schools = super().narrow(schools)
        only = self.chosen.get("only")
        return schools.filter(narrowing(self.year)[only]) if only else schools


class ProblemFilterForm(FilterForm):
    """Where a problem stands."""

    q = forms.CharField(label="党校或问题", required=False, max_length=40)
    state = forms.ChoiceField(
        label="状态",
        required=False,
        choices=[
            ("", "未销号"),
            ("late", "逾期"),
            ("reported", "待复查"),
            ("closed", "已销号"),
            ("all", "全部"),
        ],
    )

    def narrow(self, problems: QuerySet[Problem]) -> QuerySet[Problem]:
        """The problems of visits that count and fit what was chosen."""
        chosen = self.chosen
        state = chosen.get("state", "")
        problems = problems.filter(visit__voided_at__isnull=True)
        if word := chosen.get("q", "").strip():
            problems = problems.filter(Q(text__icontains=word) | Q(visit__school__name__icontains=word))
        if state == "all":
            return problems
        if state == "closed":
            return problems.filter(closed_at__isnull=False)
        problems = problems.open()
        if state == "late":
            return problems.filter(due__lt=timezone.localdate(), reported_at__isnull=True)
        return problems.filter(reported_at__isnull=False) if state == "reported" else problems
