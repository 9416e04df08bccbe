"""自定义指标: the page on which their values are typed by whom each metric names."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from ratings.editing import figure_lines, figure_metrics, type_figures
from ratings.enums import Phase
from ratings.forms.scheme_figures import FigureFilterForm, FiguresForm
from ratings.models import Assessment, Scheme
from schools.models.scope import SCHOOL_ROLES
from schools.permissions import allowed_to, role_of

PAGE_SIZE = 50


@require_GET
@allowed_to("type_figures")
def newest(request: HttpRequest) -> HttpResponse:
    """The newest opened scheme that asks this person for figures, or a page that says there is none."""
    schemes = Scheme.objects.visible_to(request.user).exclude(phase=Phase.DRAFTING).filter(custom_metrics__isnull=False).distinct()
    for scheme in schemes.order_by("-year")[:3]:
        if figure_metrics(scheme, request.user):
            return redirect("ratings:scheme_figures", scheme.pk)
    return render(request, "ratings/editor/figures.html", {"scheme": None})


@require_http_methods(["GET", "POST"])
@allowed_to("type_figures")
def figures(request: HttpRequest, pk: int) -> HttpResponse:
    """A table of schools and metrics; a school sees its own row. What could not be stored stays in its field with the reason."""
    scheme = get_object_or_404(Scheme.objects.visible_to(request.user).exclude(phase=Phase.DRAFTING), pk=pk)
    metrics = figure_metrics(scheme, request.user)
    if not metrics:
        return render(request, "ratings/editor/figures.html", {"scheme": None})
    narrowing = FigureFilterForm(request.GET)
    visible = Assessment.objects.visible_to(request.user).filter(scheme=scheme).select_related("scheme", "school__county")
    rows = narrowing.narrow(visible.prefetch_related("extensions")).order_by("school__county__code", "school__code")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    lines = figure_lines(scheme, metrics, page.object_list, request.user)
    form = FiguresForm(request.POST if request.method == "POST" else None, lines)
    if request.method == "POST" and not form.errors:
        refused = type_figures(scheme, form.typed, by=request.user)
        for one, why, now in refused:
            form.refuse(one, why, now)
        if not refused:
            messages.success(request, "已保存。")
            return HttpResponseRedirect(request.get_full_path())
    own = role_of(request.user) in SCHOOL_ROLES
    context = {"scheme": scheme, "metrics": metrics, "form": form, "page": page, "narrowing": narrowing, "own": own}
    context["assessment"] = page.object_list[0] if own and page.object_list else None
    return render(request, "ratings/editor/figures.html", context)
