"""工作台."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from schools.permissions import allowed_to
from schools.site.contributions import tasks_for, tiles_for


@require_GET
@allowed_to("open_own_pages")
def workbench(request: HttpRequest) -> HttpResponse:
    """What waits for this person today and the figures of their scope."""
    user = request.user
    context = {"today": timezone.localdate(), "tasks": tasks_for(user), "tiles": tiles_for(user)}
    return render(request, "schools/desk/page.html", context)
