"""How many copies of the meeting's papers are printed, and of what kind."""

from __future__ import annotations

from django import forms

from ratings.documents.materials import MOST_COPIES

from .decisions import plain_helper

PDF, XLSX = "pdf", "xlsx"
ORDERS = {"": "行政区划顺序", "total": "按总分排列"}


class MaterialsForm(forms.Form):
    """Number of copies, order, file."""

    copies = forms.IntegerField(
        label="份数", min_value=1, max_value=MOST_COPIES, initial=1, help_text=f"每份单独编号，最多 {MOST_COPIES} 份。"
    )
    order = forms.ChoiceField(
        label="排列", required=False, choices=list(ORDERS.items()), help_text="按总分排列只供评委会审议，不公布名次。"
    )
    kind = forms.ChoiceField(label="文件", choices=[(PDF, "PDF（打印分发）"), (XLSX, "XLSX（一份一张表）")])

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.helper = plain_helper()
