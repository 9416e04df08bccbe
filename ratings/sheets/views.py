"""One row of answers, saved by itself: where autosave posts to, and a page of its own for browsers without
scripts.
"""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from ratings.workflow import scheme_spec, uneditable
from schools.permissions import allowed_to
from schools.site.asked import way_back

from .answering import SAVED, writable_scores
from .forms import AnswersForm, save_row


@require_http_methods(["GET", "POST"])
@allowed_to("answer")
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Save one row. A script gets the row back whatever became of it; without one, a saved row leads back to
    where it was typed.
    """
    row = _stored_row(request, pk) if request.method == "GET" else _saved_row(request, pk)
    if request.htmx:
        return render(request, "ratings/sheets/_row.html", {"row": row})
    wanted = request.POST.get("next", request.GET.get("next", ""))
    back = way_back(wanted, reverse("schools:desk"))  # where the row was typed, if the form says so
    if row.state == SAVED:
        if row.left_open:
            messages.warning(request, row.left_open)
        else:
            messages.success(request, f"{row.bound.item.code} {row.bound.item.name}已保存。")
        return redirect(back)
    return render(request, "ratings/sheets/row.html", {"row": row, "back": back})


def _stored_row(request: HttpRequest, pk: int) -> AnswersForm:
    beside = ("assessment__scheme", "assessment__panel", "assessment__school")
    scores = writable_scores(request.user).select_related("item", "judge", "updated_by", *beside)
    score = get_object_or_404(scores, pk=pk)
    bound = scheme_spec(score.assessment.scheme).bound[score.item.code]
    return AnswersForm(score, bound, locked=uneditable(score, request.user))


def _saved_row(request: HttpRequest, pk: int) -> AnswersForm:
    """What may not be written at all is not found; what may not be written now comes back with the sentence
    why.
    """
    get_object_or_404(writable_scores(request.user).only("pk"), pk=pk)
    return save_row(request.POST, pk, by=request.user)
