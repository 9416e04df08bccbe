"""Import and export as pages of the back office: template, check with a report, confirmation, export."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from schools.audit import exports
from schools.importing import pending
from schools.importing.base import WorkbookResource
from schools.importing.columns import ColumnField
from schools.importing.exchange import Report, export_sheets, import_workbook, template_sheets
from schools.models import School
from schools.permissions import allowed_to
from schools.refusals import refusals_as_messages
from schools.workbooks import WorkbookError, read_workbook

from .scoped import city_worked_for

SESSION_KEY = "pending_import"


class UploadForm(forms.Form):
    """One workbook; what it holds is checked by reading it."""

    workbook = forms.FileField(
        label="工作簿",
        help_text="只接收 .xlsx，不超过 10 MB。",
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
    )


class WorkbookAdmin(admin.ModelAdmin):
    """A table that goes in and out as a workbook; `sheets` names its sheets, the table's own first."""

    sheets: tuple[type[WorkbookResource], ...] = ()
    change_list_template = "admin/exchange/change_list.html"

    def get_urls(self):
        """Three addresses beside those of every table."""
        views = {"template": self.template_view, "import": self.import_view, "export": self.export_view}
        guarded = allowed_to(self.acts[0])
        own = [
            path(f"{name}/", self.admin_site.admin_view(guarded(view)), name=self._url_name(name))
            for name, view in views.items()
        ]
        return own + super().get_urls()

    def changelist_view(self, request, extra_context=None):
        """The list with its three buttons; an export takes the filters along."""
        addresses = {f"{name}_url": self._address(name) for name in ("template", "import", "export")}
        return super().changelist_view(request, {**addresses, **(extra_context or {})})

    def template_view(self, request: HttpRequest) -> FileResponse:
        """An empty workbook to fill in."""
        return exports.workbook_file(f"{self._name}导入模板", template_sheets(self.sheets))

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """The list as filtered, within what may be written during a request."""
        try:
            rows = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:  # an address somebody edited: the list shows everything and says so
            return redirect(f"{self._list_url}?{ERROR_FLAG}=1")
        with refusals_as_messages(request):
            sheets = export_sheets(self.sheets, rows)
            return exports.export(self._name, sheets, by=request.user, rows=rows.count())
        return redirect(self._list_url)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Upload and check; then, by a second press, the same workbook for good."""
        if request.method == "POST" and "confirm" in request.POST:
            return self._confirmed(request)
        form = UploadForm(request.POST or None, request.FILES or None)
        context: dict[str, Any] = {"form": form}
        if form.is_valid():
            upload = form.cleaned_data["workbook"]
            context |= self._checked(request, upload.read(), upload.name)
        return self._page(request, context)

    def _checked(self, request: HttpRequest, content: bytes, name: str) -> dict[str, Any]:
        self._forget(request)
        try:
            reports = self._run(request, content, name, dry_run=True)
        except WorkbookError as error:
            return {"problems": error.problems, "hints": error.hints}
        kept = {"token": pending.keep(content), "name": name, "table": self.opts.label}
        request.session[SESSION_KEY] = kept
        warnings = [warning for report in reports for warning in report.warnings]
        return {"reports": reports, "warnings": warnings, "name": name, "seen": kept["token"]}

    def _confirmed(self, request: HttpRequest) -> HttpResponse:
        kept = request.session.get(SESSION_KEY) or {}
        content = pending.shown_on(request, kept) if kept.get("table") == self.opts.label else None
        if content is None:
            messages.error(request, pending.GONE)
            return redirect(request.path)
        try:
            reports = self._run(request, content, kept["name"], dry_run=False)
        except WorkbookError as error:
            problems = {"problems": error.problems, "hints": error.hints}
            return self._page(request, {"form": UploadForm(), **problems})
        self._forget(request)
        for report in reports:
            messages.success(request, f"已导入。{report}。")
        return redirect(self._list_url)

    def _run(self, request: HttpRequest, content: bytes, name: str, *, dry_run: bool) -> list[Report]:
        return import_workbook(
            self.sheets,
            read_workbook(content, name=name),
            schools=School.objects.visible_to(request.user),
            city=city_worked_for(request),
            by=request.user,
            dry_run=dry_run,
        )

    def _forget(self, request: HttpRequest) -> None:
        if kept := request.session.pop(SESSION_KEY, None):
            pending.discard(kept["token"])

    def _page(self, request: HttpRequest, context: dict[str, Any]) -> TemplateResponse:
        known = {
            "opts": self.opts,
            "title": f"导入{self._name}",
            "list_url": self._list_url,
            "columns": self._explained(),
            "template_url": self._address("template"),
        }
        site = self.admin_site.each_context(request)
        return TemplateResponse(request, "admin/exchange/import.html", {**site, **known, **context})

    def _explained(self) -> list[tuple[str, list[tuple[ColumnField, bool]]]]:
        """Sheets with their columns, and whether a column tells records apart."""
        return [
            (
                kind.title(),
                [(kind.fields[name], name in kind._meta.import_id_fields) for name in kind._meta.fields],
            )
            for kind in self.sheets
        ]

    def _url_name(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def _address(self, name: str) -> str:
        return reverse(f"admin:{self._url_name(name)}")

    @property
    def _name(self) -> str:
        return str(self.opts.verbose_name)

    @property
    def _list_url(self) -> str:
        return self._address("changelist")
