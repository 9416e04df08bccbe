"""评定结果: one's own, those of one's scope, and how each was reached."""

import io

from django import forms
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ratings.committee.forms import ResultFilterForm, plain_helper
from ratings.criteria.versions import spec_of
from ratings.models import Feedback, Result, Scheme, SchemeVersion
from schools import audit
from schools.models.scope import SCHOOL_ROLES
from schools.permissions import allowed_to, may, reads_across_counties, role_of
from schools.site.asked import TextArea, number
from schools.site.years import nearest, year_missed

from .methodology import methodology_of
from .report import report_on
from .verification import Package, Verifier, canonical, public_package, verification_package

PAGE_SIZE = 50


class VerifierForm(forms.Form):
    """Both are owed: single scores leave the house for a named person and a reason only."""

    verifier = forms.CharField(label="核验人", max_length=60, help_text="单位和姓名，如 市纪委监委 刘某")
    reason = forms.CharField(
        label="事由",
        max_length=200,
        widget=TextArea(attrs={"rows": 2}),
        help_text="为什么要核验，依据什么文件或来信",
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.helper = plain_helper()


@require_GET
@allowed_to("read_results")
def result_list(request: HttpRequest) -> HttpResponse:
    """A school's results by year; for wider scopes the results of one year in administrative order, never by
    points.
    """
    visible = Result.objects.visible_to(request.user)
    results = visible.select_related("scheme").defer("trace", "figures", "next_star")
    if role_of(request.user) in SCHOOL_ROLES:
        return render(request, "ratings/results/own.html", {"results": results.order_by("-scheme__year")})
    years = list(results.order_by("-scheme__year").values_list("scheme__year", flat=True).distinct())
    counties = []
    if reads_across_counties(request.user):
        named = results.exclude(county_name="").order_by("order")
        counties = list(dict.fromkeys(named.values_list("county_name", flat=True)))
    asked = request.GET.copy()
    if number(asked.get("year", "")) not in years:
        asked.pop("year", None)  # a year that is not out is no fault of the form: the page says so
    form = ResultFilterForm(asked, years=years, counties=counties)
    year = form.chosen.get("year") or nearest(request.user, years)
    found = form.narrow(results.filter(scheme__year=year)).order_by("scheme__city", "order", "school_code")
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "year": year,
        "missed": year_missed(request, year),
        "query": asked.urlencode(),
    }
    return render(request, "ratings/results/list.html", context)


@require_GET
@allowed_to("read_results")
def result_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One result with everything that made it."""
    visible = Result.objects.visible_to(request.user).select_related(
        "scheme__city", "version", "school", "assessment__decision__meeting"
    )
    result = get_object_or_404(visible, pk=pk)
    feedback = Feedback.objects.visible_to(request.user).filter(assessment=result.assessment_id).first()
    onsite = may(request.user, "arrange_panels") and any(
        item.onsite for item in spec_of(result.version).items
    )
    context = {
        "result": result,
        "report": report_on(result, request.user),
        "feedback": feedback,
        "may_feed_back": onsite,
    }
    return render(request, "ratings/results/result.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("verify")
def verification(request: HttpRequest, pk: int) -> HttpResponse:
    """What is in the package, who gets it and why; the file itself once both are given."""
    scheme = get_object_or_404(_published(request), pk=pk)
    form = VerifierForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        to = Verifier(form.cleaned_data["verifier"], form.cleaned_data["reason"])
        package = verification_package(scheme, to=to)
        return _file(request, scheme, package, {"核验人": to.name, "事由": to.reason})
    return render(request, "ratings/results/verification.html", {"scheme": scheme, "form": form})


@require_POST
@allowed_to("read_criteria")
def public(request: HttpRequest, pk: int) -> HttpResponse:
    """Criteria, stars and digests of a published year, for everybody of the city."""
    scheme = get_object_or_404(_published(request), pk=pk)
    return _file(request, scheme, public_package(scheme), {})


def _published(request: HttpRequest):
    return Scheme.objects.visible_to(request.user).published().select_related("city", "bulletin")


def _file(request: HttpRequest, scheme: Scheme, package: Package, detail: dict[str, str]) -> FileResponse:
    """The download. The audit line is written first: what cannot be recorded does not leave."""
    detail = {**detail, "文件摘要": package.digest, "身份": str(request.user.identity or "")}
    audit.record(
        "export", by=request.user, city=scheme.city, subject=package.name.removesuffix(".zip"), detail=detail
    )
    return FileResponse(
        io.BytesIO(package.content), as_attachment=True, filename=package.name, content_type="application/zip"
    )


@require_GET
@allowed_to("read_criteria")
def methodology(request: HttpRequest, pk: int) -> HttpResponse:
    """Criteria, rules, thresholds, roundings and order of an opened year; for every role of the city."""
    opened = (
        Scheme.objects.visible_to(request.user)
        .filter(versions__isnull=False)
        .select_related("city")
        .distinct()
    )
    scheme = get_object_or_404(opened, pk=pk)
    context = {"scheme": scheme, "method": methodology_of(scheme)}
    return render(request, "ratings/results/methodology.html", context)


@require_GET
@allowed_to("read_criteria")
def methodology_json(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """A frozen version as it was digested: the SHA-256 of this file is the digest of the version."""
    visible = SchemeVersion.objects.filter(scheme__in=Scheme.objects.visible_to(request.user)).select_related(
        "scheme"
    )
    version = get_object_or_404(visible, scheme__pk=pk, number=number)
    response = HttpResponse(canonical(version.content), content_type="application/json")
    name = f"{version.scheme.year}年度评定方案第{version.number}版.json"
    response.headers["Content-Disposition"] = content_disposition_header(True, name)
    return response
