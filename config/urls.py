"""Every address of the site."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from schools.accounts import views as accounts
from schools.permissions import allowed_to, may
from schools.site import views as site
from schools.site.years import choose_year

admin.site.site_header = admin.site.site_title = "镇街党校星级评定 · 数据维护"
admin.site.index_title = "登记与基础数据"
admin.site.has_permission = lambda request: may(request.user, "enter_back_office")

own_page = allowed_to("open_own_pages")

urlpatterns = [
    path("healthz", site.healthz, name="healthz"),
    path("help/", site.show_help, name="help"),
    path("text-size/", site.text_size, name="text_size"),
    path("accounts/login/", allowed_to("visit")(accounts.SignIn.as_view()), name="login"),
    path("accounts/logout/", own_page(auth.LogoutView.as_view()), name="logout"),
    path("accounts/password/", own_page(accounts.PasswordChange.as_view()), name="password_change"),
    path("accounts/identity/", accounts.choose_identity, name="identity"),
    path("accounts/year/", choose_year, name="year"),
    path("admin/login/", accounts.admin_entrance),
    path("admin/", admin.site.urls),
    path("", include("schools.urls")),
    path("", include("ratings.urls")),
]

handler400 = site.bad_request
handler403 = site.permission_denied
handler404 = site.not_found
handler500 = site.server_error
