"""评审组: the office sets up panels, seats judges, gives them schools and sees how far the sheets are."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ratings.forms.panels import PanelForm, PanelSchoolFilterForm, SeatForm
from ratings.judging.panels import assign, choose_leader, create_panel, panel_gaps, seat_judge, unseat_judge
from ratings.judging.progress import panels_of, progress_sheet, schools_of
from ratings.judging.visiting import mark_visited
from ratings.models import Assessment, Panel, Scheme
from schools.asked import number
from schools.downloads import export
from schools.permissions import allowed_to
from schools.refusals import refusals_as_messages, refusals_in

PAGE_SIZE = 50


@require_GET
@allowed_to("arrange_panels")
def newest(request: HttpRequest) -> HttpResponse:
    """The panels of the newest scheme, where the navigation leads."""
    scheme = Scheme.objects.visible_to(request.user).filter(imported=False).order_by("-year").first()
    return redirect("ratings:panel_board", scheme.pk) if scheme else render(request, "ratings/panels/board.html", {"scheme": None})


@require_http_methods(["GET", "POST"])
@allowed_to("arrange_panels")
def board(request: HttpRequest, pk: int) -> HttpResponse:
    """Panels and schools of one scheme; a post sets up a panel."""
    scheme = _scheme(request, pk)
    form = PanelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            made = create_panel(scheme, form.cleaned_data["name"], by=request.user)
            messages.success(request, f"已设立{made.name}，请安排评委。")
            return redirect("ratings:panel", made.pk)
    panels = panels_of(scheme)
    narrowing = PanelSchoolFilterForm(request.GET, panels=[state.panel for state in panels])
    page = Paginator(narrowing.narrow(schools_of(scheme)), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"scheme": scheme, "panels": panels, "form": form, "narrowing": narrowing, "page": page, "query": request.GET.urlencode()}
    return render(request, "ratings/panels/board.html", context)


@require_POST
@allowed_to("arrange_panels")
def schools(request: HttpRequest, pk: int) -> HttpResponse:
    """The ticked schools: give them to a panel, or mark them as visited or not."""
    scheme = _scheme(request, pk)
    chosen = Assessment.objects.visible_to(request.user).filter(scheme=scheme, pk__in=_numbers(request, "school"))
    act = request.POST.get("act")
    back = redirect(f"{redirect('ratings:panel_board', pk).url}?{request.POST.get('query', '')}")
    if not chosen.exists():
        messages.error(request, "请先勾选党校。")
    elif act == "assign":
        _assign(request, scheme, chosen)
    elif act in ("visited", "unvisited"):
        with refusals_as_messages(request):
            changed = mark_visited(scheme, [one.pk for one in chosen], act == "visited", by=request.user)
            messages.success(request, f"已登记 {changed} 所为{'已走访' if act == 'visited' else '未走访'}。")
    return back


@require_POST
@allowed_to("arrange_panels")
def export_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Panels, visits and progress as a workbook; no scores."""
    scheme = _scheme(request, pk)
    sheet, count = progress_sheet(scheme)
    return export(f"{scheme.year}年度评审进度", [sheet], by=request.user, rows=count)


@require_http_methods(["GET", "POST"])
@allowed_to("arrange_panels")
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """One panel: its judges and schools; a post seats a judge."""
    found = _panel(request, pk)
    form = SeatForm(request.POST or None, scheme=found.scheme)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            seated = seat_judge(found, **form.cleaned_data, by=request.user)
            messages.success(request, f"{seated.label}已加入{found.name}。")
            return redirect("ratings:panel", pk)
    context = {
        "panel": found,
        "form": form,
        "judges": found.judges.select_related("user"),
        "gaps": panel_gaps(found),
        "schools": schools_of(found.scheme).filter(panel=found),
    }
    return render(request, "ratings/panels/panel.html", context)


@require_POST
@allowed_to("arrange_panels")
def judge(request: HttpRequest, pk: int, judge: int) -> HttpResponse:
    """Make a member the leader, or take a member out."""
    found = _panel(request, pk)
    member = get_object_or_404(found.judges, pk=judge)
    with refusals_as_messages(request):
        if request.POST.get("act") == "leader":
            choose_leader(found, member, by=request.user)
            messages.success(request, f"{member.label}任组长。")
        elif request.POST.get("act") == "remove":
            unseat_judge(found, member, by=request.user)
            messages.success(request, f"{member.label}已移出{found.name}。")
    return redirect("ratings:panel", pk)


def _assign(request: HttpRequest, scheme: Scheme, chosen) -> None:
    wanted = _numbers(request, "panel")
    found = Panel.objects.filter(scheme=scheme, pk__in=wanted).first()
    if found is None:
        messages.error(request, "请选择评审组。")
        return
    with refusals_as_messages(request):
        changed = assign(found, chosen, by=request.user)
        messages.success(request, f"已把 {changed} 所党校分给{found.name}。")


def _numbers(request: HttpRequest, name: str) -> list[int]:
    return [key for value in request.POST.getlist(name) if (key := number(value)) is not None]


def _scheme(request: HttpRequest, pk: int) -> Scheme:
    return get_object_or_404(Scheme.objects.visible_to(request.user).select_related("city"), pk=pk)


def _panel(request: HttpRequest, pk: int) -> Panel:
    schemes = Scheme.objects.visible_to(request.user)
    return get_object_or_404(Panel.objects.filter(scheme__in=schemes).select_related("scheme__city", "leader"), pk=pk)
