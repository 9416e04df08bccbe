"""消息: what the system told this person, whatever the current identity."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from schools.models import Notice
from schools.permissions import allowed_to
from schools.site.asked import page_asked, way_back


@require_GET
@allowed_to("open_own_pages")
def inbox(request: HttpRequest) -> HttpResponse:
    """All messages, newest first; the unread alone on request."""
    mine = Notice.objects.visible_to(request.user)
    only_unread = request.GET.get("show") == "unread"
    page = page_asked(request, mine.unread() if only_unread else mine)
    context = {"page": page, "only_unread": only_unread, "unread": mine.unread().count()}
    return render(request, "schools/messages/list.html", context)


@require_POST
@allowed_to("open_own_pages")
def notice_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Marks one as read and goes where it leads; a second opening keeps the first time."""
    notice = get_object_or_404(Notice.objects.visible_to(request.user), pk=pk)
    Notice.objects.filter(pk=pk).unread().update(read_at=timezone.now())
    # A message stored long ago must not lead out of the system, whoever wrote it.
    return HttpResponseRedirect(way_back(notice.url, reverse("schools:inbox")))


@require_POST
@allowed_to("open_own_pages")
def notices_read(request: HttpRequest) -> HttpResponse:
    """Marks everything as read."""
    count = Notice.objects.visible_to(request.user).unread().update(read_at=timezone.now())
    messages.success(request, f"已将 {count} 条消息标为已读。" if count else "没有未读消息。")
    return redirect("schools:inbox")
