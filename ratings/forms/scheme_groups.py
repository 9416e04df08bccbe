"""The name of a group of items."""

from __future__ import annotations

from django import forms


class GroupForm(forms.Form):
    """A new heading for all items of the group; empty dissolves it."""

    name = forms.CharField(label="分组名称", max_length=60, required=False, help_text="清空后保存，这些小项就不再分组。")
