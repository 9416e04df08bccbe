"""重要账号: the list, asking for a change, confirming it."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from schools.models import AccountChange, Appointment, Region, User
from schools.permissions import allowed_to, require_form
from schools.refusals import done, refusals_as_messages, refusals_in, turned_away
from schools.site.asked import page_asked

from . import changes
from .change_forms import AppointForm, ChangeForm, ConfirmForm, DatesForm, DetailsForm, initial_of
from .changes import Act, Status

TRAIL = [("重要账号", reverse_lazy("schools:account_changes"))]


@require_GET
@allowed_to("guard_accounts")
def account_changes(request: HttpRequest) -> HttpResponse:
    """What waits, every account of weight with what may be asked for it, and what was done."""
    asked = _visible(request)
    held = Prefetch("appointments", Appointment.objects.guarded().select_related("city", "county", "school"))
    page = page_asked(request, changes.guarded_accounts(request.user).prefetch_related(held))
    waiting = [{"one": one, "mine": changes.may_decide(request.user, one)} for one in asked.pending()]
    own = set(
        changes.answerable(request.user).filter(pk__in=[one.pk for one in page]).values_list("pk", flat=True)
    )
    lines = [{"one": one, "mine": one.pk in own} for one in page]
    decided = asked.exclude(status=Status.PENDING)[:20]
    context = {"waiting": waiting, "page": page, "lines": lines, "decided": decided}
    return render(request, "schools/accounts/changes/list.html", context)


@require_form
@allowed_to("guard_accounts")
def ask(request: HttpRequest, act: str, pk: int) -> HttpResponse:
    """A new password, other details, or the account on again: for an account of weight."""
    account = get_object_or_404(changes.guarded_accounts(request.user), pk=pk)
    form: ChangeForm = ChangeForm(request.POST or None)
    if act == Act.DETAILS:
        initial = initial_of(account, changes.DETAILS)
        form = DetailsForm(request.POST or None, initial=initial, cities=_cities(request))
    title = f"申请{Act(act).label}"
    return _asked(request, form, title, account=account, act=act)


@require_form
@allowed_to("guard_accounts")
def appoint(request: HttpRequest) -> HttpResponse:
    """A new appointment as administrator, office or chair."""
    accounts = User.objects.visible_to(request.user)
    initial = {"start": timezone.localdate(), "city": request.user.identity.city_id}
    form = AppointForm(request.POST or None, initial=initial, cities=_cities(request), accounts=accounts)
    return _asked(request, form, "申请任职", act=Act.APPOINT)


@require_form
@allowed_to("guard_accounts")
def change_post(request: HttpRequest, pk: int) -> HttpResponse:
    """Other dates of such an appointment, its end above all."""
    held = Appointment.objects.visible_to(request.user).guarded().select_related("user", "city")
    post = get_object_or_404(held, pk=pk)
    form = DatesForm(request.POST or None, initial=initial_of(post, changes.DATES))
    return _asked(request, form, "申请变更任职", account=post.user, act=Act.APPOINT, post=post)


def _asked(request: HttpRequest, form: ChangeForm, title: str, **wanted: Any) -> HttpResponse:
    """The form; once sent it waits for somebody else."""
    if form.is_valid():
        with refusals_in(form):
            given = {"account": form.cleaned_data.get("person"), **wanted}
            reason = form.cleaned_data["reason"]
            one = changes.ask(**given, values=form.values, by=request.user, reason=reason)
            return done(request, "已申请，等待另一名管理员确认；确认以前什么也不变。", changes.page_of(one))
    context = {"form": form, "title": title, **wanted, "trail": TRAIL}
    return render(request, "schools/accounts/changes/ask.html", context)


@never_cache
@sensitive_post_parameters("password")
@require_form
@allowed_to("guard_accounts")
def account_change(request: HttpRequest, pk: int) -> HttpResponse:
    """One request; for another administrator than who asked, the answer, signed with the own password."""
    one = get_object_or_404(_visible(request), pk=pk)
    mine = changes.may_decide(request.user, one)
    if request.method == "POST" and not mine:
        return turned_away(request, _why_not(request.user, one))
    form = ConfirmForm(request.POST or None, request=request) if mine else None
    if form and form.is_valid():
        with refusals_in(form):
            return _decided(request, one, form.cleaned_data["remark"])
    withdrawable = one.status == Status.PENDING and one.asked_by_id == request.user.pk
    context = {"one": one, "form": form, "withdrawable": withdrawable, "trail": TRAIL}
    return render(request, "schools/accounts/changes/page.html", context)


def _decided(request: HttpRequest, one: AccountChange, remark: str) -> HttpResponse:
    if request.POST.get("decision") != "confirm":
        changes.refuse(one, by=request.user, remark=remark)
        return done(request, "没有同意，账号保持原样；已告诉申请人。", "schools:account_changes")
    password = changes.confirm(one, by=request.user, remark=remark)
    if not password:
        return done(request, f"已办理：{one}。", "schools:account_changes")
    # Not redirected: the password is kept nowhere, so it can stand on this answer only.
    context = {"one": one, "password": password, "trail": TRAIL}
    return render(request, "schools/accounts/changes/done.html", context)


def _why_not(user: User, one: AccountChange) -> str:
    if one.status != Status.PENDING:
        return f"这份申请{one.get_status_display()}，不能再次办理。"
    if one.account_id == user.pk:
        return "这是您本人的账号，由另外两名管理员办理。"
    return "这份申请由申请人以外、另一种角色的管理员确认。"


@require_POST
@allowed_to("guard_accounts")
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Whoever asked takes it back."""
    one = get_object_or_404(_visible(request), pk=pk)
    with refusals_as_messages(request):
        changes.withdraw(one, by=request.user)
        return done(request, "已撤回，账号保持原样。", "schools:account_changes")
    return redirect(changes.page_of(one))


def _visible(request: HttpRequest):
    people = ("account__city", "asked_by", "decided_by", "post__city", "post__user")
    return AccountChange.objects.visible_to(request.user).select_related(*people)


def _cities(request: HttpRequest):
    return Region.objects.cities().visible_to(request.user)
