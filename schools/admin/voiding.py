"""Taking records out of the count, with a reason, as an action of their list."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from schools.audit import record
from schools.workbooks import clean_text


class VoidForm(ActionForm):
    """The reason stands beside the choice of the action."""

    reason = forms.CharField(label="作废原因", max_length=200, required=False)


class VoidingAdmin(admin.ModelAdmin):
    """A table whose rows are voided, never deleted; voided rows can only be read."""

    action_form = VoidForm
    actions = ["void_selected"]

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        """What no longer counts is no longer corrected."""
        return super().has_change_permission(request, obj) and not (obj and obj.is_voided)

    @admin.action(description="作废所选记录（须填写原因）", permissions=["change"])
    def void_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        """All of them with one reason; those voided already are left as they are."""
        reason = clean_text(request.POST.get("reason", ""))
        if not reason:
            messages.error(request, "请在“作废原因”中写明原因。")
            return
        with transaction.atomic():
            rows = list(queryset.kept().select_related("school__city"))
            for row in rows:
                row.void(by=request.user, reason=reason[:200])
            for row in rows:
                detail = {"党校": row.school.name, "原因": reason[:200]}
                record(
                    "void",
                    by=request.user,
                    city=row.school.city,
                    subject=f"{self.opts.verbose_name} {row}",
                    detail=detail,
                )
        messages.success(request, f"已作废 {len(rows)} 条记录。")
