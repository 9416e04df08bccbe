"""评定结果: one's own, those of one's scope, and how each was reached."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from ratings.criteria.versions import spec_of
from ratings.forms.filters import ResultFilterForm
from ratings.models import Feedback, Result
from ratings.report import report_on
from schools.models import User
from schools.models.scope import SCHOOL_ROLES
from schools.permissions import allowed_to, may, reads_across_counties, role_of

PAGE_SIZE = 50


@require_GET
@allowed_to("read_results")
def result_list(request: HttpRequest) -> HttpResponse:
    """A school's results by year; for wider scopes the results of one year in administrative order, never by points."""
    results = _results(request.user)
    if role_of(request.user) in SCHOOL_ROLES:
        return render(request, "ratings/results_own.html", {"results": results.order_by("-scheme__year")})
    years = list(results.order_by("-scheme__year").values_list("scheme__year", flat=True).distinct())
    counties = _counties(results) if reads_across_counties(request.user) else []
    form = ResultFilterForm(request.GET, years=years, counties=counties)
    year = form.chosen.get("year") or (years[0] if years else None)
    found = form.narrow(results.filter(scheme__year=year)).order_by("scheme__city", "order", "school_code")
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "year": year, "query": request.GET.urlencode()}
    return render(request, "ratings/results.html", context)


@require_GET
@allowed_to("read_results")
def result_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One result with everything that made it."""
    visible = Result.objects.visible_to(request.user).select_related("scheme__city", "version", "school")
    result = get_object_or_404(visible, pk=pk)
    feedback = Feedback.objects.visible_to(request.user).filter(assessment=result.assessment_id).first()
    onsite = may(request.user, "arrange_panels") and any(item.onsite for item in spec_of(result.version).items)
    found = {"result": result, "report": report_on(result, request.user), "feedback": feedback, "may_feed_back": onsite}
    return render(request, "ratings/result.html", found)


def _counties(results) -> list[str]:
    return list(dict.fromkeys(results.exclude(county_name="").order_by("order").values_list("county_name", flat=True)))


def _results(user: User):
    return Result.objects.visible_to(user).select_related("scheme").defer("trace", "figures", "next_star")
