"""公开包 for everybody, 核验包 for a named verifier: what a published year can be recomputed from."""

import io

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_POST

from ratings.exporting.packages import Package, Verifier, public_package, verification_package
from ratings.forms.verification import VerifierForm
from ratings.models import Scheme
from schools import audit
from schools.permissions import allowed_to


@require_http_methods(["GET", "POST"])
@allowed_to("verify")
def verification(request: HttpRequest, pk: int) -> HttpResponse:
    """What is in the package, who gets it and why; the file itself once both are given."""
    scheme = get_object_or_404(_published(request), pk=pk)
    form = VerifierForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        to = Verifier(form.cleaned_data["verifier"], form.cleaned_data["reason"])
        package = verification_package(scheme, to=to)
        return _file(request, scheme, package, {"核验人": to.name, "事由": to.reason})
    return render(request, "ratings/methodology/verification.html", {"scheme": scheme, "form": form})


@require_POST
@allowed_to("read_criteria")
def public(request: HttpRequest, pk: int) -> HttpResponse:
    """Criteria, stars and digests of a published year, for everybody of the city."""
    scheme = get_object_or_404(_published(request), pk=pk)
    return _file(request, scheme, public_package(scheme), {})


def _published(request: HttpRequest):
    return Scheme.objects.visible_to(request.user).published().select_related("city", "bulletin")


def _file(request: HttpRequest, scheme: Scheme, package: Package, detail: dict[str, str]) -> FileResponse:
    """The download. The audit line is written first: what cannot be recorded does not leave."""
    detail = {**detail, "文件摘要": package.digest, "身份": str(request.user.identity or "")}
    audit.record("export", by=request.user, city=scheme.city, subject=package.name.removesuffix(".zip"), detail=detail)
    return FileResponse(io.BytesIO(package.content), as_attachment=True, filename=package.name, content_type="application/zip")
