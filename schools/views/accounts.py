"""Signing in, changing the password, choosing under which appointment to work."""

from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.views.decorators.http import require_POST

from schools.forms.accounts import PasswordForm, SignInForm
from schools.permissions import ACTS, allowed_to


class SignIn(views.LoginView):
    """Sign-in by user name; who is signed in already goes on to the workbench."""

    form_class = SignInForm
    redirect_authenticated_user = True


class PasswordChange(views.PasswordChangeView):
    """A new password by its owner, which also ends the duty to change a first password."""

    form_class = PasswordForm
    template_name = "registration/password_change.html"
    success_url = reverse_lazy("schools:desk")

    def form_valid(self, form: PasswordForm) -> HttpResponse:
        """The duty ends in the same save as the password."""
        form.user.must_change_password = False
        messages.success(self.request, "密码已修改，下次请用新密码登录。")
        return super().form_valid(form)


@require_POST
@allowed_to("open_own_pages")
def choose_identity(request: HttpRequest) -> HttpResponse:
    """Works on under another of one's own appointments, from the workbench: the page just seen may not exist for the new one."""
    wanted = request.POST.get("appointment")
    chosen = next((one for one in request.user.identities if str(one.pk) == wanted), None)
    if chosen is None:
        raise Http404
    request.session["appointment"] = chosen.pk
    messages.success(request, f"当前身份已切换为：{chosen}。")
    return redirect("schools:desk")


@allowed_to("visit")
def admin_entrance(request: HttpRequest) -> HttpResponse:
    """One sign-in page for the whole site: the admin's own would escape its look and its rules."""
    if request.user.is_authenticated:
        raise PermissionDenied(ACTS["enter_back_office"].refusal)
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))
