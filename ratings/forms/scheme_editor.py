"""The small forms of the scheme editor: the name of a group of items, and the last word before a row is deleted."""

from __future__ import annotations

from django import forms


class GroupForm(forms.Form):
    """A new heading for all items of the group; empty dissolves it."""

    name = forms.CharField(label="分组名称", max_length=60, required=False, help_text="清空后保存，这些小项就不再分组。")


class DeleteForm(forms.Form):
    """`version` is the one the person has seen."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
