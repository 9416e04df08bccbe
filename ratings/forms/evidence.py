"""Evidence beside the answers of an item: a file, a record of the system or a note of paper, all in the item's own form."""

from __future__ import annotations

from typing import Any

from django import forms

from schools.uploads import CheckedUpload, check_upload

BOX = {"class": "form-control"}


class EvidenceForm(forms.Form):
    """All fields are optional; what is filled in is attached. Half a note of paper is an error."""

    file = forms.FileField(
        label="文件", required=False, widget=forms.FileInput(attrs=BOX), error_messages={"empty": "文件是空的（0 字节），请重新选择。"}
    )
    record = forms.ChoiceField(label="系统内记录", required=False, widget=forms.Select(attrs={"class": "form-select"}))
    paper = forms.CharField(label="材料名称", required=False, max_length=200, widget=forms.TextInput(attrs=BOX))
    copies = forms.IntegerField(
        label="份数", required=False, min_value=1, max_value=999, widget=forms.TextInput(attrs={**BOX, "inputmode": "numeric"})
    )
    location = forms.CharField(label="存放处", required=False, max_length=100, widget=forms.TextInput(attrs=BOX))

    def __init__(self, *args: Any, records: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.records = dict(records)
        self.fields["record"].choices = [("", "不选"), *records]
        for name, field in self.fields.items():
            field.widget.attrs["aria-describedby"] = f"id_{name}_error"

    def clean_file(self) -> CheckedUpload | None:
        """Accepted by content, size and name, or refused with a sentence."""
        upload = self.cleaned_data.get("file")
        return check_upload(upload) if upload else None

    def clean(self) -> dict:
        data = super().clean()
        parts = [name for name in ("paper", "copies", "location") if data.get(name)]
        if parts and len(parts) < 3:
            for name in ("paper", "copies", "location"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, "纸质备查请写全名称、份数和存放处。")
        return data

    @property
    def wanted(self) -> list[dict[str, Any]]:
        """What is to be attached, as arguments of `evidence.attach`."""
        data = self.cleaned_data
        found: list[dict[str, Any]] = []
        if data.get("file"):
            found.append({"upload": data["file"]})
        if data.get("record"):
            found.append({"link": (data["record"], self.records[data["record"]])})
        if data.get("paper"):
            found.append({"paper": (data["paper"], data["copies"], data["location"])})
        return found
