"""Forms of the office's panel pages: names, seats, which schools, why a sheet goes back, the scan."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django import forms
from django.db.models import Q, QuerySet

from ratings.models import Assessment, Feedback, Panel, Scheme, SiteVisit
from schools.models import User
from schools.records.forms import VersionedForm
from schools.site.asked import FilterForm, TextArea, day_input
from schools.site.typed import DayField
from schools.uploads import CheckedUpload, check_upload

from .confirming import NAMES_LIMIT
from .panels import LABEL_LIMIT, candidates
from .sheets import REASON_LIMIT
from .visits import MEMBERS_LIMIT, Trip, names_in

UNASSIGNED = "none"


class PanelForm(forms.Form):
    """The name of a new panel."""

    name = forms.CharField(
        label="评审组名称", max_length=LABEL_LIMIT, error_messages={"required": "请填写评审组名称。"}
    )


class SeatForm(forms.Form):
    """A judge: an account, or a name for who scores on paper only."""

    user = forms.ModelChoiceField(
        User.objects.none(),
        label="评委账号",
        required=False,
        error_messages={"invalid_choice": "这个账号没有本市评委的任职或已停用，请另选。"},
    )
    label = forms.CharField(
        label="评委署名",
        max_length=LABEL_LIMIT,
        required=False,
        help_text="写在评分表上的姓名；有账号的可以不填，用账号姓名。",
    )

    nobody = "没有账号，只用纸质评分表"

    def __init__(self, *args, scheme: Scheme, offered: Iterable[User], **kwargs) -> None:
        """Whoever is named without being offered is told why by the act, not by the field."""
        super().__init__(*args, **kwargs)
        account, people = self.fields["user"], sorted(offered, key=by_number)
        account.queryset = candidates(scheme)
        nobody = self.nobody if people else "没有可选的账号"
        account.widget.choices = [("", f"（{nobody}）"), *((one.pk, str(one)) for one in people)]


def by_number(user: User) -> tuple:
    """评委2 before 评委10."""
    parts = [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", user.name)]
    return (parts, user.username)


class ReopenForm(forms.Form):
    """Why a submitted sheet is given back."""

    reason = forms.CharField(
        label="退回理由", max_length=REASON_LIMIT, error_messages={"required": "请写明退回理由。"}
    )


class LeavingForm(SeatForm):
    """Why a sheet is voided or a judge leaves, and who follows; without anybody named, nobody does yet."""

    reason = forms.CharField(
        label="理由",
        max_length=REASON_LIMIT,
        help_text="例如：账号停用、任期结束、应当回避、因病不能参加。",
        error_messages={"required": "请写明理由。"},
    )
    field_order = ["reason", "user", "label"]

    nobody = "暂不安排，或只用纸质评分表"

    def __init__(self, *args, joint: bool = False, **kwargs) -> None:
        """The agreed sheet of a 合议 is the leader's, whoever that is: nobody is named to follow."""
        super().__init__(*args, **kwargs)
        if joint:
            del self.fields["user"], self.fields["label"]
            return
        account, name = self.fields["user"], self.fields["label"]
        account.label = "接替的评委"
        name.label, name.help_text = "接替的评委署名", "没有账号、只用纸质评分表的写姓名；有账号的可以不填。"


class ScanForm(forms.Form):
    """The scan of a signed sheet, judged by its content."""

    scan = forms.FileField(
        label="签字原件扫描件", help_text="PDF、JPG 或 PNG。", error_messages={"required": "请选择扫描件。"}
    )

    def clean_scan(self) -> CheckedUpload:
        """What may be kept of the file; a sheet of paper is never a document to edit."""
        checked = check_upload(self.cleaned_data["scan"])
        if checked.kind.content_type not in ("application/pdf", "image/jpeg", "image/png"):
            raise forms.ValidationError("请上传 PDF、JPG 或 PNG 格式的扫描件。")
        return checked


class SiteVisitForm(forms.Form):
    """When the city was there and who went: judges by a tick, others by their names."""

    on = DayField(label="走访日期", error_messages={"required": "请填写走访日期。"})
    judges = forms.MultipleChoiceField(
        label="参加的评委", required=False, widget=forms.CheckboxSelectMultiple, help_text="去了的打勾。"
    )
    others = forms.CharField(
        label="其他参加人员",
        required=False,
        max_length=MEMBERS_LIMIT,
        help_text="写姓名，用顿号分开；没有的不填。",
    )

    def __init__(self, *args, labels: Iterable[str], visit: SiteVisit | None, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["judges"].choices = [(label, label) for label in labels]
        if visit:
            went = visit.members.split("、")
            self.initial = {
                "on": visit.on,
                "judges": [name for name in went if name in labels],
                "others": "、".join(name for name in went if name not in labels),
            }
        if not labels:
            del self.fields["judges"]

    @property
    def trip(self) -> Trip:
        """Everybody who went, each once."""
        others = names_in(self.cleaned_data["others"])
        names = dict.fromkeys([*self.cleaned_data.get("judges", []), *others])
        return Trip(self.cleaned_data["on"], tuple(names))


class SignaturesForm(ScanForm):
    """The page that all members have signed, and who they are: nobody is counted by the file alone."""

    names = forms.CharField(
        label="签字人姓名",
        max_length=NAMES_LIMIT,
        help_text="照签字页写，用顿号分开。",
        error_messages={"required": "请写签字页上的姓名。"},
    )
    field_order = ["names", "scan"]


class PanelSchoolFilterForm(FilterForm):
    """Search schools by name, narrow by panel."""

    q = forms.CharField(label="名称或编码", required=False, max_length=40)
    panel = forms.ChoiceField(label="评审组", required=False)

    def __init__(self, *args, panels: list[Panel], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["panel"].choices = [
            ("", "全部"),
            (UNASSIGNED, "尚未分组"),
            *((str(panel.pk), panel.name) for panel in panels),
        ]

    def narrow(self, rows: QuerySet[Assessment]) -> QuerySet[Assessment]:
        """The schools that fit what was chosen."""
        chosen = self.chosen
        if word := chosen.get("q", "").strip():
            rows = rows.filter(
                Q(school__name__icontains=word)
                | Q(school__short_name__icontains=word)
                | Q(school__code__icontains=word)
            )
        if panel := chosen.get("panel"):
            rows = rows.filter(panel__isnull=True) if panel == UNASSIGNED else rows.filter(panel=panel)
        return rows


class FeedbackForm(VersionedForm):
    class Meta:
        model = Feedback
        fields = ("visited_on", "text")
        field_classes = {"visited_on": DayField}
        widgets = {
            "text": TextArea(attrs={"rows": 8}),
            "visited_on": day_input(),
        }
        help_texts = {"text": "500 字以内。写好的方面、存在问题和改进建议；不写分数、星级和评委姓名。"}
