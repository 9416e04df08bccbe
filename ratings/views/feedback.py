"""现场反馈意见: the office registers what the team told the school."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from ratings.criteria.versions import current_spec
from ratings.feedback import FeedbackConflict, is_open, save_feedback
from ratings.forms.feedback import FeedbackForm
from ratings.models import Assessment, Feedback
from schools.permissions import allowed_to


@require_http_methods(["GET", "POST"])
@allowed_to("give_feedback")
def feedback(request: HttpRequest, pk: int) -> HttpResponse:
    """The note and its paper; read only once the school can read it."""
    assessment = get_object_or_404(Assessment.objects.visible_to(request.user).select_related("school", "scheme"), pk=pk)
    if not any(item.onsite for item in current_spec(assessment.scheme).items):
        raise Http404
    stored = Feedback.objects.visible_to(request.user).filter(assessment=assessment).first() or Feedback()
    form = FeedbackForm(request.POST or None, instance=stored) if is_open(assessment) else None
    conflict = None
    if request.method == "POST":
        if form is None:
            messages.warning(request, "结果已经通报，反馈意见不再修改。")
            return redirect("ratings:feedback", pk)
        if form.is_valid():
            values = {name: form.cleaned_data[name] for name in ("visited_on", "text")}
            try:
                save_feedback(assessment, values, version=form.cleaned_data["version"], by=request.user)
            except FeedbackConflict as found:
                data = form.data.copy()
                data["version"] = found.current.version
                conflict, form = found.current, FeedbackForm(data, instance=Feedback.objects.get(pk=found.current.pk))
            else:
                messages.success(request, "反馈意见已保存，通报后学校可以看到。")
                return redirect("ratings:feedback", pk)
    return render(request, "ratings/panels/feedback.html", {"assessment": assessment, "stored": stored, "form": form, "conflict": conflict})
