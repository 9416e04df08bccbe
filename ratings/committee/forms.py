"""What the committee writes down: a school's star, a restriction found, the acts that close or reopen the
year.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Layout, Row
from django import forms
from django.db.models import Q, QuerySet

from ratings.documents.official import parse_number
from ratings.enums import Star
from ratings.models import Meeting, Motion, Restriction, Result
from schools.accounts.forms import SignatureForm
from schools.records.forms import VersionedForm
from schools.site.asked import FilterForm, TextArea, day_input
from schools.site.typed import DayField, WholeField
from schools.uploads import CheckedUpload, check_upload

from .board import VIEWS, Case, by_total
from .materials import MOST_COPIES
from .meetings import Ballot
from .readiness import GapKind

VOTES = Ballot._fields


def plain_helper(*layout: Any) -> FormHelper:
    """Fields only, in this layout if there is one: the page writes its own form tag and buttons."""
    helper = FormHelper()
    helper.form_tag = False
    if layout:
        helper.layout = Layout(*layout)
    return helper


def _votes(label: str) -> WholeField:
    return WholeField(label=label, required=False, min_value=0, max_value=999, unit="票")


def offer_meetings(field: forms.ModelChoiceField, meetings: Sequence[Meeting]) -> None:
    """Those of the year, the latest chosen; where there is none, the act itself says what is to be done."""
    field.queryset = Meeting.objects.filter(pk__in=[meeting.pk for meeting in meetings])
    field.label_from_instance = lambda meeting: meeting.short
    field.required = bool(meetings)
    field.initial = meetings[0].pk if meetings else None


def _meeting() -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        Meeting.objects.none(),
        label="会议",
        empty_label=None,
        error_messages={
            "required": "请选择会议；还没有登记的，请先登记会议。",
            "invalid_choice": "所选会议不是本年度的会议，请重新选择。",
        },
    )


class TakenForm(forms.Form):
    """Which meeting decided and how it voted: chosen, not typed again; the latest is chosen already."""

    meeting = _meeting()
    votes_for = _votes("同意票")
    votes_against = _votes("不同意票")
    votes_abstained = _votes("弃权票")

    def __init__(self, *args, meetings: Sequence[Meeting], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        offer_meetings(self.fields["meeting"], meetings)

    @property
    def ballot(self) -> Ballot:
        """The vote as it was typed."""
        return Ballot(*(self.cleaned_data[name] for name in VOTES))


def _taken() -> tuple:
    """The layout of what `TakenForm` asks."""
    return "meeting", Row(*(Column(name, css_class="col-4") for name in VOTES))


class DecisionForm(TakenForm):
    """The chair follows the computed star, in the name of a meeting; votes where they were counted."""

    helper = plain_helper(*_taken())

    def __init__(self, *args, computed: int, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.computed = computed


class MotionForm(TakenForm):
    """Another star than the computed one, as the meeting decided it; the office writes it down with why."""

    star = forms.TypedChoiceField(
        label="审定星级", coerce=int, error_messages={"required": "请选择审定星级。"}
    )
    reason = forms.CharField(
        label="理由",
        max_length=500,
        widget=TextArea(attrs={"rows": 3}),
        help_text="写明集体研究所依据的事实，最多 500 字。通报以后学校、县（市、区）可以看到。",
        error_messages={"required": "审定星级与计算结果不同，请写明理由。"},
    )

    helper = plain_helper("star", "reason", *_taken())

    def __init__(self, *args, offered: Sequence[int], motion: Motion | None, **kwargs) -> None:
        typed = {name: getattr(motion, name) for name in ("star", "reason", *VOTES)} if motion else {}
        super().__init__(*args, initial=typed, **kwargs)
        self.fields["star"].choices = [("", "请选择"), *((str(star), Star(star).label) for star in offered)]


class ReturnForm(forms.Form):
    """Why the chair does not confirm what the office recorded."""

    reason = forms.CharField(
        label="退回理由", max_length=300, error_messages={"required": "请写明退回理由。"}
    )

    def __init__(self, *args, motion: Motion, **kwargs) -> None:
        super().__init__(*args, auto_id=f"return-{motion.pk}-%s", **kwargs)  # the page may have several
        self.motion = motion

    helper = plain_helper()


class CaseForm(TakenForm):
    """A restriction that a named person finds to apply, with the document it rests on. Where no condition
    says so, the meeting found it.
    """

    restriction = forms.ModelChoiceField(Restriction.objects.none(), label="限制性情形", empty_label="请选择")
    basis = forms.CharField(
        label="认定依据",
        max_length=300,
        help_text="写明文件名称、文号或材料，如：市应急局事故认定书〔2026〕5号。",
    )

    def __init__(
        self, *args, scheme, open_to: Collection[str], suggested: str = "", by_meeting: bool, **kwargs
    ) -> None:
        super().__init__(*args, prefix="case", **kwargs)
        self.helper = plain_helper("restriction", "basis", *(_taken() if by_meeting else ()))
        if not by_meeting:
            for name in ("meeting", *VOTES):
                del self.fields[name]
        field = self.fields["restriction"]
        field.queryset = Restriction.objects.filter(scheme=scheme, code__in=open_to)
        field.label_from_instance = lambda entry: f"{entry.code} {entry.name}（{entry.effect}）"
        if suggested:
            field.initial = field.queryset.filter(code=suggested).first()


class WithdrawCaseForm(TakenForm):
    """Why a finding falls; where that raises the star by hand, the meeting found so."""

    reason = forms.CharField(
        label="撤销认定的理由", max_length=300, error_messages={"required": "请写明撤销认定的理由。"}
    )

    def __init__(self, *args, case, by_meeting: bool, **kwargs) -> None:
        super().__init__(*args, auto_id=f"withdraw-{case.pk}-%s", **kwargs)  # the page has one for each
        self.case = case
        self.helper = plain_helper("reason", *(_taken() if by_meeting else ()))
        if not by_meeting:
            for name in ("meeting", *VOTES):
                del self.fields[name]


class AcceptAllForm(forms.Form):
    """The one confirmed act for every school on which the committee follows the computation, in the name of
    a meeting.
    """

    meeting = _meeting()
    confirmed = forms.BooleanField(
        label="评委会已集体审议，同意以上各校按计算结果审定",
        error_messages={"required": "请勾选确认后再办理。"},
    )

    helper = plain_helper()

    def __init__(self, *args, meetings: Sequence[Meeting], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        offer_meetings(self.fields["meeting"], meetings)


class MeetingForm(VersionedForm):
    """A meeting of the committee, typed once: day, who came, and its minutes by number or as a file."""

    upload = forms.FileField(
        label="会议纪要文件",
        required=False,
        widget=forms.FileInput,
        help_text="有文号的可以不传。",
        error_messages={"empty": "文件是空的（0 字节），请重新选择。"},
    )

    class Meta:
        model = Meeting
        fields = ("held_on", "expected", "present", "number")
        field_classes = {"held_on": DayField, "expected": WholeField, "present": WholeField}
        widgets = {"held_on": day_input()}
        help_texts = {"number": "如：示评纪〔2026〕3号。没有文号的，上传会议纪要文件。"}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for name in ("expected", "present"):
            self.fields[name].unit = "人"
        counts = (Column(name, css_class="col-md-4") for name in ("held_on", "expected", "present"))
        self.helper.layout = Layout(Row(*counts), "number", "upload", "version")

    def clean_number(self) -> str:
        """Empty where a file is kept instead, otherwise in the form of other numbers."""
        text = self.cleaned_data["number"].strip()
        return parse_number(text, name="会议纪要文号") if text else ""

    def clean_upload(self) -> CheckedUpload | None:
        """Accepted by content, size and name, or refused with a sentence."""
        upload = self.cleaned_data.get("upload")
        return check_upload(upload) if upload else None


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
