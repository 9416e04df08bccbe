"""A scheme workbook to upload, and the consent to what it replaces."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from ratings.models import Scheme
from schools.uploads import checked_name
from schools.workbooks.archive import LIMITS, MEGABYTE

from .decisions import plain_helper

SPREADSHEETS = ("xls", "et", "ett", "csv", "ods", "xlsb", "xlsm")


class SchemeWorkbookForm(forms.Form):
    """One workbook; what it holds is checked by reading it."""

    workbook = forms.FileField(
        label="方案工作簿",
        help_text=f"只接收 .xlsx，不超过 {LIMITS.packed // MEGABYTE} MB。",
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
        error_messages={"required": "请选择方案工作簿。", "empty": "文件是空的（0 字节），请重新选择。"},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = plain_helper()

    def clean_workbook(self) -> tuple[str, bytes]:
        """Name and content; only the name and the size are judged here."""
        upload = self.cleaned_data["workbook"]
        ending = upload.name.rpartition(".")[2].lower()
        if ending in SPREADSHEETS:
            raise ValidationError(f"不接收 .{ending} 文件，请用 WPS 另存为 .xlsx 后再上传。")
        name = checked_name(upload.name)
        if ending != "xlsx":
            raise ValidationError("方案工作簿应是 .xlsx 表格，请确认没有选错文件。")
        if upload.size > LIMITS.packed:
            raise ValidationError(f"文件超过 {LIMITS.packed // MEGABYTE} MB，请精简后再上传。")
        return name, upload.read()


class TakeOverForm(forms.Form):
    """The second press; replacing a draft is agreed to in words."""

    agreed = forms.BooleanField(error_messages={"required": "替换草案前，请先勾选同意。"})

    def __init__(self, *args: Any, target: Scheme | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = plain_helper()
        if target is None:
            del self.fields["agreed"]
        else:
            self.fields["agreed"].label = f"用工作簿的内容替换《{target.name}》现有的全部指标、星级标准和限制性情形"
