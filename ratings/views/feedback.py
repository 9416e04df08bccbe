"""现场反馈意见: the office registers what the team told the school."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from ratings.criteria.versions import current_spec
from ratings.feedback import closed, save_feedback
from ratings.forms.feedback import FeedbackForm
from ratings.models import Assessment, Feedback
from schools.permissions import allowed_to
from schools.refusals import refusals_in
from schools.saving import Refused


@require_http_methods(["GET", "POST"])
@allowed_to("give_feedback")
def feedback(request: HttpRequest, pk: int) -> HttpResponse:
    """The note and its paper; read only once the school can read it."""
    assessment = get_object_or_404(Assessment.objects.visible_to(request.user).select_related("school", "scheme"), pk=pk)
    if not any(item.onsite for item in current_spec(assessment.scheme).items):
        raise Http404
    stored = Feedback.objects.visible_to(request.user).filter(assessment=assessment).first() or Feedback()
    context = {"assessment": assessment, "stored": stored}
    if sentence := closed(assessment.scheme):
        if request.method == "POST":
            raise Refused(sentence)
        return render(request, "ratings/panels/feedback.html", context)
    form = FeedbackForm(request.POST or None, instance=stored)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            save_feedback(assessment, form.values, version=form.cleaned_data["version"], by=request.user)
            messages.success(request, "反馈意见已保存，通报后学校可以看到。")
            return redirect("ratings:feedback", pk)
    return render(request, "ratings/panels/feedback.html", context | {"form": form})
