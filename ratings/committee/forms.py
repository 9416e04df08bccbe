"""What the committee writes down: a school's star, a restriction found, the acts that close or reopen the
year.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from crispy_forms.bootstrap import InlineRadios
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Layout, Row
from django import forms
from django.db.models import Q, QuerySet

from ratings.enums import Star
from ratings.models import Decision, Restriction, Result
from schools.site.asked import FilterForm

from . import board
from .board import BoardFilters
from .deciding import Ballot
from .materials import MOST_COPIES
from .readiness import GapKind

ACCEPT, DEVIATE = "accept", "deviate"
MOST_VOTES = 999


def plain_helper() -> FormHelper:
    """Fields only: the page writes its own form tag and buttons."""
    helper = FormHelper()
    helper.form_tag = False
    return helper


class DecisionForm(forms.Form):
    """Follow the computed star, or another one with its reason; votes and minutes where the committee has
    them.
    """

    verdict = forms.ChoiceField(label="审定意见", widget=forms.RadioSelect)
    star = forms.TypedChoiceField(
        label="审定星级（作其他审定时选）", required=False, coerce=int, empty_value=None
    )
    reason = forms.CharField(
        label="理由（作其他审定时必填）",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="写明集体研究所依据的事实，最多 500 字。",
    )
    votes_for = forms.IntegerField(label="同意（票）", required=False, min_value=0, max_value=MOST_VOTES)
    votes_against = forms.IntegerField(
        label="不同意（票）", required=False, min_value=0, max_value=MOST_VOTES
    )
    votes_abstained = forms.IntegerField(
        label="弃权（票）", required=False, min_value=0, max_value=MOST_VOTES
    )
    minutes = forms.CharField(
        label="会议纪要",
        required=False,
        max_length=200,
        help_text="如：市评委会 2026年12月18日 会议纪要第3号。",
        widget=forms.TextInput,
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args, computed: int, offered: Sequence[int], decision: Decision | None = None, **kwargs
    ) -> None:
        super().__init__(*args, initial={**_initial(decision), "seen": computed}, **kwargs)
        self.computed = computed
        self.fields["verdict"].choices = [
            (ACCEPT, f"同意计算结果（{Star(computed).label}）"),
            (DEVIATE, "作其他审定"),
        ]
        others = [(str(star), Star(star).label) for star in offered if star != computed]
        self.fields["star"].choices = [("", "请选择"), *others]
        self.helper = plain_helper()
        columns = [
            Column(name, css_class="col-md-4") for name in ("votes_for", "votes_against", "votes_abstained")
        ]
        self.helper.layout = Layout(
            InlineRadios("verdict"), "star", "reason", Row(*columns), "minutes", "seen"
        )

    def clean(self) -> dict:
        """Another star needs both the star and why; votes are given all or not at all. The star on the page
        must still be computed.
        """
        data = super().clean()
        if data.get("seen") not in (None, self.computed):
            self.add_error(None, f"计算结果已变为{Star(self.computed).label}，请核对后重新登记。")
            self.data = {**self.data.dict(), "seen": self.computed}  # the next attempt has seen this one
        if data.get("verdict") == DEVIATE:
            if "star" in data and data["star"] is None:
                self.add_error("star", "请选择审定星级。")
            if "reason" in data and not data["reason"].strip():
                self.add_error("reason", "审定星级与计算结果不同，请写明理由。")
        votes = [data.get(name) for name in ("votes_for", "votes_against", "votes_abstained")]
        if any(vote is not None for vote in votes) and votes[0] is None:
            self.add_error("votes_for", "填写表决票数时，请填写同意票数。")
        if (
            data.get("verdict")
            and any(vote is not None for vote in votes)
            and (votes[0] or 0) <= (votes[1] or 0)
        ):
            self.add_error("votes_for", "同意票数应多于不同意票数，请核对。")
        return data

    @property
    def chosen_star(self) -> int:
        """The star to award: another one, or the computed one that was shown, which `clean` has compared with
        today's.
        """
        return self.cleaned_data["star"] if self.cleaned_data["verdict"] == DEVIATE else self.computed

    @property
    def ballot(self) -> Ballot:
        """The vote as it was typed; when it was counted, what was left empty is no vote."""
        votes = [self.cleaned_data[name] for name in ("votes_for", "votes_against", "votes_abstained")]
        if votes[0] is not None:
            votes = [vote or 0 for vote in votes]
        return Ballot(*votes, minutes=self.cleaned_data["minutes"])


class CaseForm(forms.Form):
    """A restriction that a named person finds to apply, with the document it rests on."""

    restriction = forms.ModelChoiceField(Restriction.objects.none(), label="限制性情形", empty_label="请选择")
    basis = forms.CharField(
        label="认定依据",
        max_length=300,
        help_text="写明文件名称、文号或材料，如：市应急局事故认定书〔2026〕5号。",
    )

    def __init__(self, *args, scheme, held: set[str], suggested: str = "", **kwargs) -> None:
        super().__init__(*args, prefix="case", **kwargs)
        left = Restriction.objects.filter(scheme=scheme).exclude(code__in=held)
        self.fields["restriction"].queryset = left
        self.fields["restriction"].label_from_instance = lambda one: f"{one.code} {one.name}（{one.effect}）"
        if suggested:
            self.fields["restriction"].initial = (
                left.filter(code=suggested).values_list("pk", flat=True).first()
            )
        self.helper = plain_helper()


class WithdrawCaseForm(forms.Form):
    """Why a finding falls."""

    reason = forms.CharField(
        label="撤销认定的理由", max_length=300, error_messages={"required": "请写明撤销认定的理由。"}
    )

    def __init__(self, *args, case, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].widget.attrs["id"] = f"withdraw-{case.pk}"  # the page has one for every finding


class AcceptAllForm(forms.Form):
    """The one confirmed act for every school on which the committee follows the computation."""

    minutes = forms.CharField(
        label="会议纪要",
        required=False,
        max_length=200,
        help_text="如：市评委会 2026年12月18日 会议纪要第3号。",
    )
    confirmed = forms.BooleanField(label="评委会已集体审议，同意以上各校按计算结果审定")

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["confirmed"].error_messages["required"] = "请勾选确认后再办理。"
        self.helper = plain_helper()


class SettleForm(forms.Form):
    """The chair's own password under the act that freezes the year."""

    password = forms.CharField(
        label="请再次输入您的登录密码",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args, user, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.helper = plain_helper()

    def clean_password(self) -> str:
        """The password of the person who is signed in, nobody else's."""
        password = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError("密码不正确，没有办理。")
        return password


class ReopenForm(SettleForm):
    """Which school goes back before the committee, and why."""

    assessment = forms.ModelChoiceField(queryset=None, label="撤回审定的党校", empty_label="请选择")
    reason = forms.CharField(label="理由", max_length=300, widget=forms.Textarea(attrs={"rows": 3}))

    field_order = ("assessment", "reason", "password")

    def __init__(self, *args, assessments, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assessment"].queryset = assessments
        self.fields["assessment"].label_from_instance = lambda one: one.school.name


def _initial(decision: Decision | None) -> dict:
    if decision is None:
        return {"verdict": ACCEPT}
    votes = {name: getattr(decision, name) for name in ("votes_for", "votes_against", "votes_abstained")}
    deviates = (
        {"verdict": DEVIATE, "star": decision.star, "reason": decision.reason}
        if decision.deviates
        else {"verdict": ACCEPT}
    )
    return {**deviates, **votes, "minutes": decision.minutes}


PDF, XLSX = "pdf", "xlsx"
ORDERS = {"": "行政区划顺序", "total": "按总分排列"}


class MaterialsForm(forms.Form):
    """Number of copies, order, file."""

    copies = forms.IntegerField(
        label="份数",
        min_value=1,
        max_value=MOST_COPIES,
        initial=1,
        help_text=f"每份单独编号，最多 {MOST_COPIES} 份。",
    )
    order = forms.ChoiceField(
        label="排列",
        required=False,
        choices=list(ORDERS.items()),
        help_text="按总分排列只供评委会审议，不公布名次。",
    )
    kind = forms.ChoiceField(label="文件", choices=[(PDF, "PDF（打印分发）"), (XLSX, "XLSX（一份一张表）")])

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.helper = plain_helper()


STAR_CHOICES = [("", "全部"), *((str(star.value), star.label) for star in sorted(Star, reverse=True))]


class BoardFilterForm(FilterForm):
    """County, star, order; the order by total exists on this page only."""

    county = forms.ChoiceField(label="县（市、区）", required=False)
    star = forms.TypedChoiceField(
        label="星级", required=False, choices=STAR_CHOICES, coerce=int, empty_value=None
    )
    order = forms.ChoiceField(
        label="排列", required=False, choices=[("", "行政区划顺序"), ("total", "按总分")]
    )
    flagged = forms.BooleanField(label="只看有提示的", required=False)

    def __init__(self, *args, counties: list[str], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["county"].choices = [("", "全部"), *((name, name) for name in counties)]

    @property
    def filters(self) -> BoardFilters:
        """What was chosen, as the board reads it."""
        chosen = self.chosen
        return BoardFilters(
            county=chosen.get("county", ""),
            star=chosen.get("star"),
            flagged=bool(chosen.get("flagged")),
            by_total=chosen.get("order") == "total",
        )


class DeliberationFilterForm(FilterForm):
    """County, computed star, what deserves a second look, order."""

    county = forms.ChoiceField(label="县（市、区）", required=False)
    star = forms.TypedChoiceField(
        label="计算星级", required=False, choices=STAR_CHOICES, coerce=int, empty_value=None
    )
    view = forms.ChoiceField(label="只看", required=False)
    order = forms.ChoiceField(
        label="排列", required=False, choices=[("", "行政区划顺序"), ("total", "按总分")]
    )

    def __init__(self, *args, counties: Iterable[str], views: Iterable[tuple[str, str]], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["county"].choices = [("", "全部"), *((name, name) for name in counties)]
        self.fields["view"].choices = list(views)

    @property
    def narrowing(self) -> board.Filters:
        """What was chosen, as the list reads it."""
        chosen = self.chosen
        return board.Filters(
            county=chosen.get("county", ""),
            star=chosen.get("star"),
            view=chosen.get("view", ""),
            by_total=chosen.get("order") == "total",
        )


class MissingFilterForm(FilterForm):
    """One kind of what is missing, which the page offers as links, in one county."""

    kind = forms.ChoiceField(required=False, choices=[("", ""), *GapKind.choices], widget=forms.HiddenInput)
    county = forms.ChoiceField(label="县（市、区）", required=False)

    def __init__(self, *args, counties: Iterable[str], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["county"].choices = [("", "全部"), *((name, name) for name in counties)]


class ResultFilterForm(FilterForm):
    """Year, name, county and star of results."""

    year = forms.TypedChoiceField(label="年度", required=False, coerce=int, empty_value=None)
    q = forms.CharField(label="名称或编码", required=False, max_length=40)
    county = forms.ChoiceField(label="县（市、区）", required=False)
    star = forms.TypedChoiceField(
        label="星级", required=False, choices=STAR_CHOICES, coerce=int, empty_value=None
    )

    def __init__(self, *args, years: list[int], counties: list[str], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["year"].choices = [(str(year), f"{year}年度") for year in years]
        self.fields["county"].choices = [("", "全部"), *((name, name) for name in counties)]

    def narrow(self, results: QuerySet[Result]) -> QuerySet[Result]:
        """The results that fit what was chosen, the year apart."""
        chosen = self.chosen
        if word := chosen.get("q", "").strip():
            results = results.filter(Q(school_name__icontains=word) | Q(school_code__icontains=word))
        if "county" in chosen:
            results = results.filter(county_name=chosen["county"])
        if "star" in chosen:
            results = results.filter(star=chosen["star"], lapsed=False)
        return results
