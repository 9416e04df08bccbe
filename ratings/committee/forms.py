"""What the committee writes down: a school's star, a restriction found, the acts that close or reopen the
year.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crispy_forms.bootstrap import InlineRadios
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Layout, Row
from django import forms
from django.db.models import Q, QuerySet

from ratings.enums import Star
from ratings.models import Decision, Restriction, Result
from schools.accounts.forms import SignatureForm
from schools.site.asked import FilterForm, TextArea
from schools.site.typed import WholeField

from .board import VIEWS, Case, by_total
from .materials import MOST_COPIES
from .readiness import GapKind
from .settling import Ballot

ACCEPT, DEVIATE = "accept", "deviate"
VOTES = Ballot._fields[:3]


def plain_helper(*layout: Any) -> FormHelper:
    """Fields only, in this layout if there is one: the page writes its own form tag and buttons."""
    helper = FormHelper()
    helper.form_tag = False
    if layout:
        helper.layout = Layout(*layout)
    return helper


def _votes(label: str) -> WholeField:
    return WholeField(label=label, required=False, min_value=0, max_value=999)


def _minutes() -> forms.CharField:
    return forms.CharField(
        label="会议纪要",
        required=False,
        max_length=200,
        help_text="如：市评委会 2026年12月18日 会议纪要第3号。",
    )


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
        widget=TextArea(attrs={"rows": 3}),
        help_text="写明集体研究所依据的事实，最多 500 字。",
    )
    votes_for = _votes("同意（票）")
    votes_against = _votes("不同意（票）")
    votes_abstained = _votes("弃权（票）")
    minutes = _minutes()

    helper = plain_helper(
        InlineRadios("verdict"),
        "star",
        "reason",
        Row(*(Column(name, css_class="col-md-4") for name in VOTES)),
        "minutes",
    )

    def __init__(
        self, *args, computed: int, offered: Sequence[int], decision: Decision | None = None, **kwargs
    ) -> None:
        super().__init__(*args, initial=_initial(decision), **kwargs)
        self.computed = computed
        self.fields["verdict"].choices = [
            (ACCEPT, f"同意计算结果（{Star(computed).label}）"),
            (DEVIATE, "作其他审定"),
        ]
        others = [(str(star), Star(star).label) for star in offered if star != computed]
        self.fields["star"].choices = [("", "请选择"), *others]

    def clean(self) -> dict:
        """Another star needs both the star and why; votes are given all or not at all."""
        data = super().clean()
        if data.get("verdict") == DEVIATE:
            self._check_deviation(data)
        votes = [data.get(name) for name in VOTES]
        if votes != [None, None, None]:
            self._check_votes(votes, decided="verdict" in data)
        return data

    def _check_deviation(self, data: Mapping[str, Any]) -> None:
        if data.get("star", self.computed) is None:
            self.add_error("star", "请选择审定星级。")
        if not data.get("reason", "…").strip():
            self.add_error("reason", "审定星级与计算结果不同，请写明理由。")

    def _check_votes(self, votes: Sequence[int | None], *, decided: bool) -> None:
        if votes[0] is None:
            self.add_error("votes_for", "填写表决票数时，请填写同意票数。")
        if decided and (votes[0] or 0) <= (votes[1] or 0):
            self.add_error("votes_for", "同意票数应多于不同意票数，请核对。")

    @property
    def chosen_star(self) -> int:
        """The star to award: another one, or the computed one, which is refused where another was shown."""
        return self.cleaned_data["star"] if self.cleaned_data["verdict"] == DEVIATE else self.computed

    @property
    def ballot(self) -> Ballot:
        """The vote as it was typed; when it was counted, what was left empty is no vote."""
        votes = [self.cleaned_data[name] for name in VOTES]
        if votes[0] is not None:
            votes = [vote or 0 for vote in votes]
        return Ballot(*votes, minutes=self.cleaned_data["minutes"])


def _initial(decision: Decision | None) -> dict:
    if decision is None:
        return {"verdict": ACCEPT}
    typed = {name: getattr(decision, name) for name in Ballot._fields}
    if decision.deviates:
        return {"verdict": DEVIATE, "star": decision.star, "reason": decision.reason, **typed}
    return {"verdict": ACCEPT, **typed}


class CaseForm(forms.Form):
    """A restriction that a named person finds to apply, with the document it rests on."""

    restriction = forms.ModelChoiceField(Restriction.objects.none(), label="限制性情形", empty_label="请选择")
    basis = forms.CharField(
        label="认定依据",
        max_length=300,
        help_text="写明文件名称、文号或材料，如：市应急局事故认定书〔2026〕5号。",
    )

    helper = plain_helper()

    def __init__(self, *args, scheme, held: set[str], suggested: str = "", **kwargs) -> None:
        super().__init__(*args, prefix="case", **kwargs)
        field = self.fields["restriction"]
        field.queryset = Restriction.objects.filter(scheme=scheme).exclude(code__in=held)
        field.label_from_instance = lambda entry: f"{entry.code} {entry.name}（{entry.effect}）"
        if suggested:
            field.initial = field.queryset.filter(code=suggested).first()


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

    minutes = _minutes()
    confirmed = forms.BooleanField(
        label="评委会已集体审议，同意以上各校按计算结果审定",
        error_messages={"required": "请勾选确认后再办理。"},
    )

    helper = plain_helper()


class ReopenForm(SignatureForm):
    """Which school goes back before the committee, and why."""

    assessment = forms.ModelChoiceField(queryset=None, label="撤回审定的党校", empty_label="请选择")
    reason = forms.CharField(label="理由", max_length=300, widget=TextArea(attrs={"rows": 3}))

    field_order = ("assessment", "reason", "password")

    def __init__(self, *args, assessments, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assessment"].queryset = assessments
        self.fields["assessment"].label_from_instance = lambda row: row.school.name


PDF, XLSX = "pdf", "xlsx"
ORDERS = {"": "行政区划顺序", "total": "按总分排列"}


class MaterialsForm(forms.Form):
    """Number of copies, order, file."""

    copies = WholeField(
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

    helper = plain_helper()


class CountyFilterForm(FilterForm):
    """Narrows to one county of those that occur."""

    county = forms.ChoiceField(label="县（市、区）", required=False)

    def __init__(self, *args, counties: Iterable[str], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        occurring = dict.fromkeys(filter(None, counties))
        self.fields["county"].choices = [("", "全部"), *((name, name) for name in occurring)]


class StarFilterForm(CountyFilterForm):
    """… and to one star."""

    star = forms.TypedChoiceField(
        label="星级",
        required=False,
        choices=[("", "全部"), *((str(star.value), star.label) for star in sorted(Star, reverse=True))],
        coerce=int,
        empty_value=None,
    )


class BoardFilterForm(StarFilterForm):
    """County, star, order; the order by total exists on the board only."""

    order = forms.ChoiceField(
        label="排列", required=False, choices=[("", "行政区划顺序"), ("total", "按总分")]
    )

    def narrow(self, rows: Sequence[Result | Case]) -> list[Result | Case]:
        """The rows that fit, in the order asked for; a school without 申报 has no star to look for."""
        chosen = self.chosen
        rows = [row for row in rows if chosen.get("county") in (None, row.county_name)]
        if "star" in chosen:
            rows = [row for row in rows if row.star == chosen["star"] and not row.lapsed]
        return by_total(rows) if chosen.get("order") == "total" else rows


class SettledFilterForm(BoardFilterForm):
    """… and what deserves a second look, of results."""

    flagged = forms.BooleanField(label="只看有提示的", required=False)

    def narrow(self, rows: Sequence[Result]) -> list[Result]:
        """The same among the flagged, where those alone are asked for."""
        flagged = self.chosen.get("flagged")
        return [row for row in super().narrow(rows) if row.flagged or not flagged]


class DeliberationFilterForm(BoardFilterForm):
    """… and the views of what deserves a second look, of the board that is computed live."""

    view = forms.ChoiceField(label="只看", required=False)

    def __init__(self, *args, views: Iterable[tuple[str, str]], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["view"].choices = views

    def narrow(self, rows: Sequence[Case]) -> list[Case]:
        """The same among the schools that belong to the view."""
        _, belongs = VIEWS[self.chosen.get("view", "")]
        return list(filter(belongs, super().narrow(rows)))


class MissingFilterForm(CountyFilterForm):
    """One kind of what is missing, which the page offers as links, in one county."""

    kind = forms.ChoiceField(required=False, choices=[("", ""), *GapKind.choices], widget=forms.HiddenInput)


class ResultFilterForm(StarFilterForm):
    """Year, name, county and star of results."""

    year = forms.TypedChoiceField(label="年度", required=False, coerce=int, empty_value=None)
    q = forms.CharField(label="名称或编码", required=False, max_length=40)

    field_order = ("year", "q", "county", "star")

    def __init__(self, *args, years: list[int], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["year"].choices = [(str(year), f"{year}年度") for year in years]

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
