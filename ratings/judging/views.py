"""评审: the judge's desk, one school, one item, handing the sheet in; and 核定 of the city."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ratings.criteria.standards import WHOLE, division_of
from ratings.models import Assessment, Evidence, JudgeSheet, Scheme
from ratings.review.agreeing import shown_adjustment
from ratings.review.forms import adjustment_form
from ratings.sheets.answering import SAVED, writable_scores
from ratings.sheets.forms import AnswersForm, answers_in_words, save_row
from ratings.sheets.views import answer
from ratings.workflow import must_recuse, recusal, scheme_spec, shown_at, shut
from schools.audit.exports import export
from schools.guidance.visits import opinions_of
from schools.permissions import allowed_to, may
from schools.refusals import refusals_as_messages, refusals_in, seen_again
from schools.saving import SEEN
from schools.site.years import year_missed

from .adjusting import adjust, adjustable, locked_sentence, system_lines, withdraw
from .confirming import members_before
from .seats import Seat, desk_of, grid_of, grid_sheet, lines_of, load_seats, of_panels, reveal
from .sheets import agree, shown_sheet, submit_sheet
from .visits import visits_of


def _desk(request: HttpRequest, *, with_points: bool = False) -> tuple[list[Seat], Scheme | None]:
    rows = desk_of(request.user, request.GET.get("year", ""))
    if not rows:
        return [], None
    scheme = rows[0].scheme
    return load_seats(scheme_spec(scheme), rows, request.user, with_points=with_points), scheme


@require_GET
@allowed_to("judge")
def desk(request: HttpRequest) -> HttpResponse:
    """Schools of the panel; what still waits comes first into view."""
    seats, scheme = _desk(request)
    waiting = [seat for seat in seats if seat.is_waiting]
    everything = request.GET.get("show") == "all" or not waiting
    context = {
        "scheme": scheme,
        "seats": seats if everything else waiting,
        "everything": everything,
        "total": len(seats),
        "submitted": sum(seat.submitted for seat in seats),
        "waiting": waiting,
        "missed": year_missed(request, scheme and scheme.year),
    }
    return render(request, "ratings/judging/desk.html", context)


@require_GET
@allowed_to("judge")
def grid(request: HttpRequest) -> HttpResponse:
    """Own points of every school and item on one sheet; of large criteria one 大项 at a time."""
    seats, scheme = _desk(request, with_points=True)
    division = division_of(seats[0].spec, request.GET.get("part", "")) if seats else WHOLE
    context = {
        "scheme": scheme,
        "grid": grid_of(seats, division),
        "division": division,
        "missed": year_missed(request, scheme and scheme.year),
    }
    return render(request, "ratings/judging/grid.html", context)


@require_POST
@allowed_to("judge")
def export_grid(request: HttpRequest) -> HttpResponse:
    """The grid as a workbook: own points and nothing of anybody else."""
    seats, scheme = _desk(request, with_points=True)
    if scheme is None:
        raise Http404
    name = f"{scheme.year}年度本人评分一览"
    return export(name, [grid_sheet(seats)], by=request.user, rows=len(seats))


def _of_panel(request: HttpRequest, pk: int) -> Assessment:
    """A school of the judge's panel; anybody else's is not found."""
    assessment = of_panels(request.user).filter(pk=pk).first()
    if assessment is None:
        raise Http404
    return assessment


def _seat(request: HttpRequest, assessment: Assessment) -> Seat:
    """The judge's own seat at the school, or where the judge must recuse only the sentence that says so."""
    if assessment.tie:
        raise PermissionDenied(recusal(assessment.tie, assessment.school))
    (seat,) = load_seats(scheme_spec(assessment.scheme), [assessment], request.user, with_points=True)
    return seat


def _sheet(seat: Seat) -> JudgeSheet:
    if seat.sheet is None:
        raise Http404
    return seat.sheet


@require_GET
@allowed_to("judge")
def school(request: HttpRequest, pk: int) -> HttpResponse:
    """One school: what the county and the guides say, the table of items, agreeing and handing in."""
    seat = _seat(request, _of_panel(request, pk))
    guided, year = seat.assessment.school, seat.spec.year
    members = members_before([seat.sheet] if seat.sheet else [])
    context = {
        "seat": seat,
        "lines": lines_of(seat),
        "members": members,
        "owes": any(one.user == request.user.pk and one.at is None for one in members),
        "signs": any(one.at is None for one in members) and seat.assessment.leader_user == request.user.pk,
        "sheet_seen": shown_sheet(seat.sheet, seat.rows.values()).seen if members else "",
        "visits": visits_of(guided, year),
        "opinions": opinions_of(guided, year),
        "seen": shown_at(seat.assessment, "agree").seen,
    }
    return render(request, "ratings/judging/school.html", context)


@require_GET
@allowed_to("judge")
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """All sheets of the panel at one school, once the panel is closed."""
    seat = _seat(request, _of_panel(request, pk))
    context = {"seat": seat, "sheet": reveal(seat, by=request.user)}
    return render(request, "ratings/judging/panel.html", context)


@require_POST
@allowed_to("judge")
def agree_all(request: HttpRequest, pk: int) -> HttpResponse:
    """同意初评 (or 自评, where there is no county stage) for every item not scored yet."""
    seat = _seat(request, _of_panel(request, pk))
    with refusals_as_messages(request):
        filled = agree(_sheet(seat), by=request.user, seen=request.POST.get(SEEN, ""))
        stage = "初评" if seat.spec.has_county_stage else "自评"
        messages.success(request, f"已按{stage}填写 {filled} 项，原有评分没有改动。")
    return redirect("ratings:judging_school", pk)


@require_http_methods(["GET", "POST"])
@allowed_to("judge")
def item(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """One item with figures, earlier answers and evidence beside it; saving leads to the next that waits."""
    assessment = _of_panel(request, pk)
    if request.method == "POST" and assessment.tie:
        # The row alone: what was typed is not lost, and nothing of the school is shown beside it.
        rows = writable_scores(request.user)
        return answer(request, get_object_or_404(rows, assessment=assessment, item__code=code).pk)
    seat = _seat(request, assessment)
    if code not in seat.codes or code not in seat.rows:
        raise Http404
    row = AnswersForm(seat.rows[code], seat.spec.bound[code], locked=seat.closed(code))
    if request.method == "POST":
        row = save_row(request.POST, row.score.pk, by=request.user)
        if row.state == SAVED:
            return _onward(request, seat, code, row.left_open)
    context = {"seat": seat, "row": row, **_beside(request, seat, code)}
    return render(request, "ratings/judging/item.html", context)


def _beside(request: HttpRequest, seat: Seat, code: str) -> dict:
    """Everything a judge may lay beside the score: rule, earlier answers, evidence, and the way on."""
    line, position = seat.school.line(code), seat.codes.index(code)
    earlier = [
        (stage, row, points, answers_in_words(row, line.bound))
        for stage, row, points in (
            ("自评", line.own, line.own_points),
            ("初评", line.county, line.county_points),
        )
        if row is not None and row.answers is not None
    ]
    evidence = Evidence.objects.visible_to(request.user).kept()
    return {
        "line": line,
        "earlier": earlier,
        "adjustment": line.city_adjustment or line.adjustment,
        "evidence": evidence.filter(assessment=seat.assessment, item__code=code).select_related("by"),
        "position": position + 1,
        "before": seat.codes[position - 1] if position else None,
        "after": next(iter(seat.codes[position + 1 :]), None),
    }


def _onward(request: HttpRequest, seat: Seat, code: str, left_open: str) -> HttpResponse:
    """To the next item that waits; back to the school when none does, or when asked to stay."""
    stays = "stay" in request.POST
    following = code if stays else seat.next_after(code)
    scored = "能评的各项都已评分；现场项走访后再评。" if seat.shut else "各项都已评分，请核对后提交评分表。"
    if left_open:
        messages.warning(request, left_open)
    else:
        messages.success(request, f"{code}已保存。" if following else scored)
    if following:
        return redirect("ratings:judging_item", seat.assessment.pk, following)
    return redirect("ratings:judging_school", seat.assessment.pk)


@require_http_methods(["GET", "POST"])
@allowed_to("judge")
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirmed in words: what is missing, what was given, what handing in means."""
    seat = _seat(request, _of_panel(request, pk))
    if request.method == "GET":
        seen = shown_sheet(seat.sheet, seat.rows.values()).seen if seat.sheet else ""
        context = {"seat": seat, "lines": lines_of(seat), "seen": seen}
        return render(request, "ratings/judging/submit.html", context)
    with refusals_as_messages(request):
        submit_sheet(_sheet(seat), by=request.user, seen=request.POST.get(SEEN, ""))
        messages.success(request, f"{seat.assessment.school.name}评分表已提交。")
        return redirect(f"{reverse('ratings:judging')}?year={seat.spec.year}")
    return redirect("ratings:judging_submit", pk)


@require_GET
@allowed_to("adjust_figures")
def adjustments(request: HttpRequest, pk: int) -> HttpResponse:
    """Every computed part of one school, as counted and as adjusted."""
    assessment, _ = _adjusted(request, pk)
    back = "ratings:sheets" if may(request.user, "arrange_panels") else "ratings:judging_school"
    context = {
        "assessment": assessment,
        "lines": system_lines(assessment),
        "back": reverse(back, args=[pk]),
        "locked": locked_sentence(assessment, request.user),
    }
    return render(request, "ratings/judging/adjustments.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("adjust_figures")
def adjust_item(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """核定 of one item's system part, beside the figures it would replace."""
    assessment, recused = _adjusted(request, pk)
    line = next((line for line in system_lines(assessment) if line.code == code), None)
    if line is None:
        raise Http404
    form = adjustment_form(request, line, line.city_adjustment)
    adjusted = (line.adjustment, line.city_adjustment)
    shown, seen = shown_adjustment(line.bound, line.sheet.snapshot, adjusted), request.POST.get(SEEN, "")
    back = redirect("ratings:city_adjustments", pk)
    if "withdraw" in request.POST:
        with refusals_as_messages(request):
            withdraw(assessment, code, by=request.user, seen=seen)
            messages.success(request, f"{code} 的评审核定已撤销。")
        return back
    if form.is_valid():
        with refusals_in(form):
            adjust(assessment, code, **form.cleaned_data, by=request.user, seen=seen)
            messages.success(request, f"{code} 系统取数部分已核定为 {form.cleaned_data['points']} 分。")
            return back
    context = {
        "assessment": assessment,
        "item": line.item,
        "form": form,
        "may_withdraw": line.city_adjustment and not recused,
        "seen": seen_again(request, shown, form),
    }
    if not recused:
        closed = shut(assessment, onsite=line.item.onsite)
        context |= {
            "line": line,
            "closed": closed,
            "locked": locked_sentence(assessment, request.user) or closed,
        }
    return render(request, "ratings/judging/adjust.html", context)


def _adjusted(request: HttpRequest, pk: int) -> tuple[Assessment, str]:
    """The school, and why this person must recuse there: nothing of it is then shown but what was typed."""
    assessment = get_object_or_404(adjustable(request.user), pk=pk)
    sentence = must_recuse(request.user, assessment.school)
    if sentence and request.method != "POST":
        raise PermissionDenied(sentence)
    return assessment, sentence
