"""计分规则: writing one line with its check, its small forms, a preview and a trial; the catalogue of
metrics; the manual.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from ratings.criteria.spec import SchemeSpec
from ratings.enums import Phase
from ratings.models import Item, Scheme
from ratings.rules import Rule
from schools.models import School
from schools.permissions import allowed_to, may
from schools.site.asked import number

from ..scheme_views import scheme_for
from .checking import catalogue, words_of
from .forms import LIVE, RuleDesk, facts_of
from .manual import manual
from .previews import bound_line, preview_of, read_trial, try_line, years_of

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
    scheme = scheme_for(request, pk)
    drafting = scheme.phase == Phase.DRAFTING
    if request.method == "GET":
        return redirect("ratings:scheme_edit" if drafting else "ratings:scheme", scheme.pk)
    data = request.POST
    do = data.get("do", request.GET.get("do", ""))[:40]
    item = _item(scheme, data.get("p-item", ""))
    office = may(request.user, "edit_scheme")
    rule_desk = RuleDesk(
        scheme, data.get("rule", ""), facts_of(data.get), data=data, do=do, readonly=not office
    )
    context = {"desk": rule_desk, "scheme": scheme, "item": item} | _looked_at(scheme, rule_desk, data)
    if request.htmx:
        fragment = FRAGMENTS.get(do, "parts_fragment")
        return render(request, f"ratings/drafting/ruledesk/{fragment}.html", context)
    context |= {
        "carried": [
            (name, value) for name, values in data.lists() for value in values if not name.startswith(OWN)
        ],
        "writes": office and drafting,
        "back": reverse("ratings:scheme_item", args=[scheme.pk, item.pk])
        if item
        else reverse("ratings:scheme_item_new", args=[scheme.pk]),
    }
    return render(request, "ratings/drafting/ruledesk/page.html", context)


def _item(scheme: Scheme, text: str) -> Item | None:
    """The item whose page was left; a new one has no row yet."""
    key = number(text)
    return None if key is None else Item.objects.filter(scheme=scheme, pk=key).first()


def _looked_at(scheme: Scheme, rule_desk: RuleDesk, data: Mapping[str, str]) -> dict[str, Any]:
    """What only some buttons ask for: the preview, or the trial on a school."""
    if rule_desk.do not in ("preview", "trial"):
        return {}
    checked, facts = rule_desk.checked, rule_desk.facts
    if not checked.is_sound:
        return {"unready": True}
    spec, rule = rule_desk.spec, checked.rule
    points = facts["points"] or checked.maximum or Fraction(1)
    if rule_desk.do == "preview":
        described = {name: facts[name] for name in facts if name not in ("points", "bonus")}
        return {"preview": preview_of(spec, rule, points, described)}
    return _tried(scheme, spec, rule, points, data)


def _tried(
    scheme: Scheme, spec: SchemeSpec, rule: Rule, points: Fraction, data: Mapping[str, str]
) -> dict[str, Any]:
    """The line on the school and the year that were chosen, else on the first of each."""
    schools = School.objects.filter(city_id=scheme.city_id).select_related("county")
    school = schools.filter(pk=number(data.get("t-school", ""))).first() or schools.first()
    if school is None:
        return {}
    years, year = years_of(scheme), number(data.get("t-year", ""))
    year = year if year in years else years[0]
    _, bound = bound_line(spec, rule, points=points)
    answers, row = read_trial(data, bound)
    trial = try_line(scheme, spec, rule, school, year, answers, points=points)
    return {"schools": schools, "years": years, "row": row, "trial": trial, "asks": bool(bound.asked)}


@require_GET
@allowed_to("read_rules")
def metric_list(request: HttpRequest, pk: int) -> HttpResponse:
    """Every metric a rule of the scheme may name, with what it means and what it can be limited to."""
    scheme = scheme_for(request, pk)
    word = request.GET.get("q", "").strip()[:WORD_LIMIT]
    context = {"scheme": scheme, "entries": catalogue(words_of(scheme), word), "q": word}
    page = "_catalogue" if request.htmx else "metrics"
    return render(request, f"ratings/drafting/ruledesk/{page}.html", context)


@require_GET
@allowed_to("read_criteria")
def rules_manual(request: HttpRequest) -> HttpResponse:
    """The manual page of the rule language, for everybody who reads criteria."""
    return render(request, "ratings/drafting/ruledesk/manual.html", {"page": manual()})
