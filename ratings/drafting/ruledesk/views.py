"""计分规则: writing one line with its check, its small forms, a preview and a trial; the catalogue of
metrics; the manual.
"""

from fractions import Fraction

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from ratings.enums import Phase
from ratings.models import Item, Scheme
from schools.permissions import allowed_to, may
from schools.site.asked import number

from .checking import bound_line, schools_of, try_line, years_of
from .forms import LIVE, RuleDesk, facts_of
from .manual import manual
from .previews import preview_of, read_trial
from .vocabulary import catalogue, words_of

WORD_LIMIT = 40
#: Fields of the desk itself; every other one belongs to the item and is carried along.
OWN = ("p-", "t-", "s0-", "do", "rule", "csrfmiddlewaretoken")
FRAGMENTS = {"check": "check_fragment", "preview": "preview", "trial": "trial", LIVE: "live_fragment"}


@require_http_methods(["GET", "POST"])
@allowed_to("read_rules")
def desk(request: HttpRequest, pk: int) -> HttpResponse:
    """One round of writing a line; nothing is stored here. A partial answer with script, else the
    whole page.
    """
    scheme = get_object_or_404(Scheme.objects.visible_to(request.user).select_related("city"), pk=pk)
    if request.method == "GET":
        return redirect(
            "ratings:scheme_edit" if scheme.phase == Phase.DRAFTING else "ratings:scheme", scheme.pk
        )
    data = request.POST
    do = data.get("do", request.GET.get("do", ""))[:40]
    item = _item(scheme, data.get("p-item", ""))
    found = RuleDesk(scheme, data.get("rule", ""), facts_of(data.get), item=item, data=data, do=do)
    found.readonly = not may(request.user, "edit_scheme")
    context = {"desk": found, "scheme": scheme, "item": item} | looked_at(found, do, data)
    if request.htmx:
        return render(
            request, f"ratings/drafting/ruledesk/{FRAGMENTS.get(do, 'parts_fragment')}.html", context
        )
    carried = [(name, value) for name, values in data.lists() for value in values if not name.startswith(OWN)]
    writes = may(request.user, "edit_scheme") and scheme.phase == Phase.DRAFTING
    back = (
        reverse("ratings:scheme_item", args=[scheme.pk, item.pk])
        if item
        else reverse("ratings:scheme_item_new", args=[scheme.pk])
    )
    return render(
        request,
        "ratings/drafting/ruledesk/page.html",
        context | {"carried": carried, "writes": writes, "back": back},
    )


def _item(scheme: Scheme, text: str) -> Item | None:
    """The item whose page was left; a new one has no row yet."""
    key = number(text)
    return None if key is None else Item.objects.filter(scheme=scheme, pk=key).first()


def looked_at(found: RuleDesk, do: str, data) -> dict:
    """What only some buttons ask for: the preview, or the trial on a school."""
    if do not in ("preview", "trial"):
        return {}
    context = {"schools": schools_of(found.scheme), "years": years_of(found.scheme)} if do == "trial" else {}
    rule = found.checked.rule
    if rule is None or found.checked.errors:
        return context | {"unready": True}
    points = found.facts.points or found.checked.maximum or Fraction(1)
    if do == "preview":
        return {"preview": preview_of(found.spec, rule, found.facts, points)}
    _, bound = bound_line(found.spec, rule, points=points)
    answers, row = read_trial(data, bound)
    schools, year = context["schools"], number(data.get("t-year", ""))
    school = schools.filter(pk=number(data.get("t-school", ""))).first() or schools.first()
    year = year if year in context["years"] else context["years"][0]
    if school is None:
        return context
    trial = try_line(found.scheme, found.spec, rule, school, year, answers, points=points)
    return context | {"row": row, "trial": trial, "asks": bool(bound.asked)}


@require_GET
@allowed_to("read_rules")
def metric_list(request: HttpRequest, pk: int) -> HttpResponse:
    """Every metric a rule of the scheme may name, with what it means and what it can be limited to."""
    scheme = get_object_or_404(Scheme.objects.visible_to(request.user), pk=pk)
    word = request.GET.get("q", "").strip()[:WORD_LIMIT]
    context = {"scheme": scheme, "entries": catalogue(words_of(scheme), word), "q": word}
    return render(
        request, f"ratings/drafting/ruledesk/{'_catalogue' if request.htmx else 'metrics'}.html", context
    )


@require_GET
@allowed_to("read_criteria")
def rules_manual(request: HttpRequest) -> HttpResponse:
    """The manual page of the rule language, for everybody who reads criteria."""
    return render(request, "ratings/drafting/ruledesk/manual.html", {"page": manual()})
