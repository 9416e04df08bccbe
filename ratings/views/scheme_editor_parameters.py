"""编制评定方案: a new scheme, and the page of everything that says how the year runs."""

from copy import copy

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from ratings.editing import defaults_for, start_scheme
from ratings.forms.scheme_parameters import NewSchemeForm, ParametersForm
from schools.permissions import allowed_to, may
from schools.refusals import refusals_in

from .scheme_editor import draft_for, locked_away
from .scheme_editor_rows import write


@require_http_methods(["GET", "POST"])
@allowed_to("edit_scheme")
def new(request: HttpRequest) -> HttpResponse:
    """An empty draft of a year; three fields, filled in from last year."""
    city = request.user.identity.city
    form = NewSchemeForm(request.POST or None, initial=defaults_for(city))
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            scheme = start_scheme(city, **form.cleaned_data, by=request.user)
            messages.success(request, f"已新建{scheme.year}年度评定方案，请先核对参数，再编写大项和小项。")
            return redirect("ratings:scheme_parameters", scheme.pk)
    return render(request, "ratings/editor/new.html", {"form": form})


@require_http_methods(["GET", "POST"])
@allowed_to("read_draft", post="edit_scheme")
def parameters(request: HttpRequest, pk: int) -> HttpResponse:
    """Every parameter on one page, each with what it means."""
    scheme = draft_for(request, pk)
    if away := locked_away(request, scheme):
        return away
    writes = may(request.user, "edit_scheme")
    form = ParametersForm(request.POST or None, scheme=scheme, instance=copy(scheme), readonly=not writes)
    if request.method == "POST" and write(request, form, scheme, scheme):
        return redirect("ratings:scheme_edit", pk)
    return render(request, "ratings/editor/parameters.html", {"scheme": scheme, "form": form, "writes": writes})
