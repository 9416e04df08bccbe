"""佐证材料 as a download: only for those who may read the assessment, never shown inside a page."""

from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from ratings.models import Evidence
from ratings.workflow import must_recuse
from schools.models import Role
from schools.permissions import allowed_to


@require_GET
@allowed_to("read_evidence")
def evidence_file(request: HttpRequest, pk: int) -> FileResponse:
    """The file as an attachment of the type found when it was checked; browsers must not guess another."""
    visible = Evidence.objects.visible_to(request.user).kept().filter(kind=Evidence.Kind.FILE).distinct()
    evidence = get_object_or_404(visible.select_related("assessment__school"), pk=pk)
    if request.user.identity.role == Role.JUDGE and must_recuse(request.user, evidence.assessment.school):
        raise Http404
    try:
        content = evidence.file.open("rb")
    except FileNotFoundError as missing:
        raise Http404 from missing
    response = FileResponse(content, as_attachment=True, filename=evidence.name, content_type=evidence.content_type)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
