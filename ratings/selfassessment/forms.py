"""Evidence beside the answers of an item: a file, a record of the system or a note of paper, all in the
item's own form.
"""

from __future__ import annotations

from typing import Any

from crispy_forms.layout import Column, Layout, Row
from django import forms
from django.db.models import Q, QuerySet

from ratings.enums import Stage
from ratings.models import Assessment, Evidence, Goal, Scheme
from ratings.workflow import Step
from schools.records.forms import VersionedForm
from schools.site.asked import FilterForm, TextArea, day_input, long_text
from schools.site.typed import DayField, WholeField
from schools.uploads import CheckedUpload, check_upload

#: What is written down of material on paper.
PAPER = ("paper", "copies", "location")


class EvidenceForm(forms.Form):
    """All fields are optional; what is filled in is attached. Half a note of paper is an error."""

    file = forms.FileField(
        label="文件",
        required=False,
        widget=forms.FileInput,
        error_messages={"empty": "文件是空的（0 字节），请重新选择。"},
    )
    record = forms.ChoiceField(label="系统内记录", required=False)
    paper = forms.CharField(label="材料名称", required=False, max_length=200)
    copies = WholeField(
        label="份数",
        required=False,
        min_value=1,
        max_value=999,
        widget=forms.TextInput({"inputmode": "numeric"}),
    )
    location = forms.CharField(label="存放处", required=False, max_length=100)

    def __init__(self, *args: Any, records: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.records = dict(records)
        self.fields["record"].choices = [("", "不选"), *records]
        for name, field in self.fields.items():
            look = "form-select" if name == "record" else "form-control"
            field.widget.attrs |= {"class": look, "aria-describedby": f"id_{name}_error"}

    def clean_file(self) -> CheckedUpload | None:
        """Accepted by content, size and name, or refused with a sentence."""
        upload = self.cleaned_data.get("file")
        return check_upload(upload) if upload else None

    def clean(self) -> dict:
        data = super().clean()
        lacking = [name for name in PAPER if not data.get(name)]
        if len(lacking) < len(PAPER):
            for name in lacking:
                if name not in self.errors:
                    self.add_error(name, "纸质备查请写全名称、份数和存放处。")
        return data

    @property
    def wanted(self) -> list[dict[str, Any]]:
        """What is to be attached, as arguments of `evidence.attach`."""
        data, kinds = self.cleaned_data, Evidence.Kind
        found: list[dict[str, Any]] = []
        if data.get("file"):
            found.append({"upload": data["file"]})
        if data.get("record"):
            record = data["record"]
            found.append({"kind": kinds.LINK, "link": record, "name": self.records[record]})
        if data.get("paper"):
            words = {name: data[name] for name in ("copies", "location")}
            found.append({"kind": kinds.PAPER, "name": data["paper"], **words})
        return found


class GoalForm(VersionedForm):
    """An empty 目标 takes the goal back."""

    class Meta:
        model = Goal
        fields = ("text", "person", "due", "done")
        field_classes = {"due": DayField}
        widgets = {
            "text": TextArea(attrs={"rows": 2}),
            "due": day_input(),
        }
        help_texts = {
            "text": "写到年底要达到什么，如 全年办班 12 期；不写就是不定目标。",
            "person": "写姓名或岗位，不写手机号码。",
        }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.helper.layout = Layout(
            "text",
            Row(Column("person", css_class="col-md-6"), Column("due", css_class="col-md-6")),
            "done",
            "version",
        )


def stages_of(scheme: Scheme) -> list[Stage]:
    """The stages that a scheme has."""
    return [stage for stage in Stage if scheme.has_county_stage or stage != Stage.COUNTY]


class ExtensionForm(forms.Form):
    """One school's own last day of one stage, with the reason."""

    stage = forms.ChoiceField(label="阶段")
    due_on = DayField(label="延至")
    reason = forms.CharField(label="理由", max_length=200, widget=TextArea(attrs={"rows": 2}))

    def __init__(self, *args, scheme: Scheme, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stage"].choices = [(stage.value, stage.label) for stage in stages_of(scheme)]
        self.fields["due_on"].help_text = "当天 24:00 前有效；遇休息日顺延到下一个工作日。"


class StepForm(forms.Form):
    """The reason of a step that owes one; whether it is missing is said together with everything else that
    is.
    """

    comment = forms.CharField(
        label="理由", required=False, max_length=500, widget=TextArea(attrs={"rows": 3})
    )

    def __init__(self, *args, step: Step, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if step.answers:
            self.fields["comment"].label = "答复学校的话" if step.comment else "答复学校的话（可以不写）"
        elif not step.comment:
            del self.fields["comment"]

    @property
    def facts(self) -> dict[str, Any]:
        """What the step is taken with."""
        return self.cleaned_data


class AdmissionForm(forms.Form):
    """补列参评; whether a reason and a day are owed is said by the act."""

    reason = long_text("理由", longest=150, required=False)
    due_on = DayField(
        label="自评延至", required=False, help_text="不填的按方案的自评截止日；方案已经截止的须填。"
    )


class FigureFilterForm(FilterForm):
    """Search schools by name; the office and the county have many."""

    q = forms.CharField(label="名称或编码", required=False, max_length=40)

    def narrow(self, rows: QuerySet[Assessment]) -> QuerySet[Assessment]:
        """The schools that fit."""
        word = self.chosen.get("q", "").strip()
        if not word:
            return rows
        return rows.filter(
            Q(school__name__icontains=word)
            | Q(school__short_name__icontains=word)
            | Q(school__code__icontains=word)
        )
