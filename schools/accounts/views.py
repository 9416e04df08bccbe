"""Signing in, changing the password, choosing under which appointment to work."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from schools.audit.exports import can_print, send_pdf
from schools.models import Handover
from schools.permissions import ACTS, allowed_to, may
from schools.refusals import done, refusals_in
from schools.site.contributions import said_of_ties
from schools.workbooks import clean_text

from . import handover
from .forms import HandoverForm, PasswordForm, SignInForm
from .owners import say_at_sign_in


class SignIn(views.LoginView):
    """Sign-in by user name; who is signed in already goes on to the workbench."""

    form_class = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: SignInForm) -> HttpResponse:
        """What others did to the account meanwhile is said at once."""
        response = super().form_valid(form)
        say_at_sign_in(self.request)
        return response


class PasswordChange(views.PasswordChangeView):
    """A new password by its owner, which also ends the duty to change a first password."""

    form_class = PasswordForm
    template_name = "registration/password_change.html"
    success_url = reverse_lazy("schools:desk")

    def get_form_kwargs(self) -> dict:
        """Wrong passwords are counted for where they come from."""
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: PasswordForm) -> HttpResponse:
        """The duty ends in the same save as the password."""
        form.user.must_change_password = False
        messages.success(self.request, "密码已修改，下次请用新密码登录。")
        return super().form_valid(form)


@require_POST
@allowed_to("open_own_pages")
def choose_identity(request: HttpRequest) -> HttpResponse:
    """Works on under another of one's own appointments, from the workbench: the page just seen may not exist
    for the new one.
    """
    wanted = request.POST.get("appointment")
    chosen = next((post for post in request.user.identities if str(post.pk) == wanted), None)
    if chosen is None:
        raise Http404
    request.session["appointment"] = chosen.pk
    return done(request, f"当前身份已切换为：{chosen}。", "schools:desk")


@allowed_to("visit")
def admin_entrance(request: HttpRequest) -> HttpResponse:
    """One sign-in page for the whole site: the admin's own would escape its look and its rules."""
    if request.user.is_authenticated:
        raise PermissionDenied(ACTS["enter_back_office"].refusal)
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))


PAGE_SIZE = 50
TRAIL = [("人员交接", reverse_lazy("schools:handovers"))]


@require_GET
@allowed_to("hand_over")
def handovers(request: HttpRequest) -> HttpResponse:
    """Who fills in and who answers for each school, and the handovers of late."""
    word = clean_text(request.GET.get("q", ""))[:40]
    held = handover.replaceable(request.user).select_related("school", "user")
    if word:
        held = held.filter(
            Q(school__name__icontains=word)
            | Q(school__short_name__icontains=word)
            | Q(user__name__icontains=word)
        )
    held = held.order_by("school__order", "school__code", "role", "pk")
    page = Paginator(held, PAGE_SIZE).get_page(request.GET.get("page"))
    recent = Handover.objects.visible_to(request.user).select_related("school", "ended__user", "begun__user")
    context = {"page": page, "word": word, "done": recent[:10], "query": request.GET.urlencode()}
    return render(request, "schools/accounts/list.html", context)


@never_cache
@allowed_to("hand_over")
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """The form; afterwards the sheet with the one-time password, which is shown this once."""
    held = handover.replaceable(request.user).select_related("school__county", "user")
    appointment = get_object_or_404(held, pk=pk)
    form = HandoverForm(request.POST or None, appointment=appointment)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        with refusals_in(form):
            sheet, password = handover.hand_over(appointment, form.successor, by=request.user, reason=reason)
            for sentence in said_of_ties(sheet.begun.user, [appointment.school]):
                messages.warning(request, sentence)
            if password:
                # Not redirected: the password is kept nowhere, so it can stand on this answer only.
                context = {"handover": sheet, "password": password, "trail": TRAIL}
                return render(request, "schools/accounts/done.html", context)
            post = f"{appointment.school}{appointment.get_role_display()}"
            return done(request, f"{sheet.begun.user}已接任{post}。", "schools:handover", sheet.pk)
    context = {
        "form": form,
        "appointment": appointment,
        "at_once": appointment.start < timezone.localdate(),
        "duties": handover.open_duties(appointment.school),
        "trail": TRAIL,
    }
    return render(request, "schools/accounts/form.html", context)


@require_GET
@allowed_to("read_handover")
def sheet(request: HttpRequest, pk: int, *, pdf: bool = False) -> HttpResponse:
    """填报工作交接单, to be read, printed and signed."""
    shown = ("school__county", "school__city", "ended__user", "begun__user", "by")
    readable = Handover.objects.visible_to(request.user).select_related(*shown)
    paper = handover.HandoverPaper(get_object_or_404(readable, pk=pk))
    if pdf:
        city, back = paper.handover.school.city, reverse("schools:handover", args=[pk])
        return send_pdf(request, paper, city=city, back=back, subject=f"{paper.title}（PDF）")
    context = {
        "paper": paper,
        "can_print": can_print(),
        "trail": TRAIL if may(request.user, "hand_over") else [],
    }
    return render(request, "schools/accounts/sheet.html", context)
