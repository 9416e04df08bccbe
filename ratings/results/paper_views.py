"""Forms on paper: the page to print and the PDF, from one context each."""

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from ratings.documents.papers import RatingPaper
from ratings.enums import UNFINISHED, Status
from ratings.judging.papers import county_paper, judge_paper, onsite_paper, plaque_paper
from ratings.judging.seats import judged_by
from ratings.judging.sheets import is_closed
from ratings.models import Assessment, Feedback, JudgeSheet, Result, Scheme
from ratings.models.schemes import COMMITTEE
from ratings.selfassessment.submission import confirmation_paper, needs_signature, self_paper
from ratings.sheets import own_sheet
from schools.audit.exports import send_pdf
from schools.models import Region, User
from schools.models.scope import SCHOOL_ROLES
from schools.permissions import allowed_to, may, role_of

from .report import result_paper

#: The city gets a county's scores only once the county has sent them on.
SENT_ON = (Status.CITY, Status.SETTLED)


@require_GET
@allowed_to("print_self")
def self_form(request: HttpRequest, pk: int) -> HttpResponse:
    """自评表: for the school itself, for its county and the committee after submission."""
    rows = _assessments(request.user)
    if role_of(request.user) not in SCHOOL_ROLES:
        rows = rows.exclude(status__in=UNFINISHED)
    assessment = get_object_or_404(rows, pk=pk)
    return _answer(request, self_paper(own_sheet(assessment)), assessment.scheme)


@require_GET
@allowed_to("print_confirmation")
def confirmation_form(request: HttpRequest, pk: int) -> HttpResponse:
    """申报确认页: to be signed and stamped by the school, where the scheme asks for that."""
    assessment = get_object_or_404(_assessments(request.user), pk=pk)
    if not needs_signature(assessment):
        raise Http404
    return _answer(request, confirmation_paper(own_sheet(assessment)), assessment.scheme)


@require_GET
@allowed_to("print_county")
def county_form(request: HttpRequest, scheme: int, county: int) -> HttpResponse:
    """初评汇总表: a county's own; for the committee what the county has sent on."""
    found = get_object_or_404(
        Scheme.objects.visible_to(request.user).select_related("city"), pk=scheme, has_county_stage=True
    )
    region = get_object_or_404(Region.objects.visible_to(request.user).counties(), pk=county, city=found.city)
    rows = (
        _assessments(request.user).filter(scheme=found, school__county=region).exclude(status=Status.DECLINED)
    )
    if role_of(request.user) in COMMITTEE:
        rows = rows.filter(status__in=SENT_ON)
    rows = rows.in_order()
    return _answer(request, county_paper(found, region, list(rows)), found)


@require_GET
@allowed_to("print_sheet")
def judge_form(request: HttpRequest, pk: int) -> HttpResponse:
    """评委评分表: the judge's own sheet; for the office blank, until the whole panel has handed in."""
    sheet = get_object_or_404(_sheets(request.user), pk=pk)
    panel = sheet.assessment.panel
    filled = (
        "blank" not in request.GET if may(request.user, "judge") else panel is not None and is_closed(panel)
    )
    return _answer(request, judge_paper(sheet, filled=filled), sheet.assessment.scheme)


@require_GET
@allowed_to("read_results")
def result_form(request: HttpRequest, pk: int) -> HttpResponse:
    """学校评定结果, for whoever may read the result."""
    result = get_object_or_404(
        Result.objects.visible_to(request.user).select_related("scheme__city", "version"), pk=pk
    )
    back = ("评定结果", reverse("ratings:result", args=[pk]))
    return _answer(request, result_paper(result), result.scheme, back=back)


@require_GET
@allowed_to("print_onsite")
def onsite_form(request: HttpRequest, pk: int) -> HttpResponse:
    """现场评分表 with the feedback note, for the team that visits; only where the scheme has 现场 items."""
    assessment = get_object_or_404(_assessments(request.user), pk=pk)
    paper = onsite_paper(
        assessment, Feedback.objects.visible_to(request.user).filter(assessment=assessment).first()
    )
    if not paper.rows:
        raise Http404
    back = ("现场反馈意见", reverse("ratings:feedback", args=[pk]))
    return _answer(request, paper, assessment.scheme, back=back)


@require_GET
@allowed_to("print_plaques")
def plaque_form(request: HttpRequest, pk: int) -> HttpResponse:
    """授牌名单 of a settled year."""
    settled = (
        Scheme.objects.visible_to(request.user)
        .filter(results__isnull=False)
        .select_related("city")
        .distinct()
    )
    scheme = get_object_or_404(settled, pk=pk)
    return _answer(request, plaque_paper(scheme), scheme)


def _assessments(user: User) -> QuerySet[Assessment]:
    return (
        Assessment.objects.visible_to(user)
        .select_related("scheme__city", "school__county")
        .prefetch_related("extensions")
    )


def _sheets(user: User) -> QuerySet[JudgeSheet]:
    """A judge's own sheets and the agreed ones of the panel; for the office every sheet of the city."""
    rows = JudgeSheet.objects.select_related(
        "judge", "assessment__school__county", "assessment__scheme__city", "assessment__panel"
    )
    if may(user, "judge"):
        own = Q(judge__user=user) | Q(judge__isnull=True)
        return rows.filter(own, assessment__in=judged_by(user).order_by().values("pk"))
    return rows.filter(assessment__scheme__city=user.identity.city_id)


def _answer(
    request: HttpRequest, paper: RatingPaper, scheme: Scheme, *, back: tuple[str, str] | None = None
) -> HttpResponse:
    """The page, or at its `_pdf` address the file; `back` is the page it belongs to, where its readers share
    one.
    """
    address, kwargs = request.resolver_match.view_name, request.resolver_match.kwargs
    if not address.endswith("_pdf"):
        download = reverse(f"{address}_pdf", kwargs=kwargs)
        context = {
            "paper": paper,
            "download": download,
            "query": request.GET.urlencode(),
            "trail": [back] if back else [],
        }
        return render(request, "ratings/results/paper.html", context)
    page = reverse(address.removesuffix("_pdf"), kwargs=kwargs)
    detail = {"党校": paper.school, "身份": str(request.user.identity or ""), "文件": "pdf"}
    return send_pdf(request, paper, city=scheme.city, back=page, name=paper.file_name, detail=detail)
