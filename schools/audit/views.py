"""审计记录: reading, checking and taking out the audit trail. Nothing here changes an entry."""

import json
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from schools import audit
from schools.models import User
from schools.models.audit import AuditEntry
from schools.permissions import allowed_to
from schools.refusals import refusals_as_messages
from schools.site.asked import page_asked
from schools.site.contributions import contributed
from schools.workbooks import ColumnOut, SheetOut

from .exports import export
from .forms import AuditFilterForm

COLUMNS = {
    "number": ColumnOut("序号", "int"),
    "at": ColumnOut("时间", "datetime", 18),
    "user_label": ColumnOut("操作人", width=20),
    "role_label": ColumnOut("身份", width=26),
    "action_label": "操作",
    "subject": ColumnOut("对象", width=40),
    "detail": ColumnOut("详情", width=60),
    "hash": ColumnOut("校验值", width=66),
}
#: In place of details that say scores or stars of a year before its 通报; they are hashed all the same.
SEALED = "通报以后可以查阅"


@require_GET
@allowed_to("read_audit")
def trail(request: HttpRequest) -> HttpResponse:
    """The entries of one's city, newest first, with the end of the chain to be kept outside."""
    return _page(request)


@require_POST
@allowed_to("read_audit")
def verify_chain(request: HttpRequest) -> HttpResponse:
    """Walks the whole chain and says on the same page what was found."""
    head = request.POST.get("head", "").strip()
    try:
        found = audit.examine(_chain(request.user), head or None)
    except ValueError as error:
        return _page(request, head=head, head_error=f"{error}。")
    return _page(request, head=head, verified={"found": found, "at": timezone.now()})


@require_POST
@allowed_to("read_audit")
def trail_export(request: HttpRequest) -> HttpResponse:
    """The filtered entries as a workbook; taking them out is itself an entry."""
    entries = AuditFilterForm(request.GET).narrow(AuditEntry.objects.visible_to(request.user))
    is_sealed = _sealed()
    rows = (
        [SEALED if name == "detail" and is_sealed(entry) else getattr(entry, name) for name in COLUMNS]
        for entry in entries
    )
    sheet = SheetOut("审计记录", list(COLUMNS.values()), rows)
    with refusals_as_messages(request):
        return export("审计记录", [sheet], by=request.user, rows=entries.count())
    return redirect(f"{reverse('schools:audit')}?{request.GET.urlencode()}")


def _page(request: HttpRequest, **outcome) -> HttpResponse:
    form = AuditFilterForm(request.GET)
    page = page_asked(request, form.narrow(AuditEntry.objects.visible_to(request.user)))
    is_sealed = _sealed()
    rows = [(one, [("内容", SEALED)] if is_sealed(one) else _readable(one.detail)) for one in page]
    city = _chain(request.user)
    context = {
        "form": form,
        "page": page,
        "rows": rows,
        "query": request.GET.urlencode(),
        "scope": "全部审计链" if city is audit.EVERY_CHAIN else f"{city}审计链",
        "chain_ends": audit.chain_ends(city),
        **outcome,
    }
    return render(request, "schools/audit/trail.html", context)


def _chain(user: User):
    """The chain this auditor answers for: that of the city, or all."""
    return user.identity.city or audit.EVERY_CHAIN


def _sealed() -> Callable[[AuditEntry], bool]:
    """Whether the details of an entry wait for the 通报, as the scores in them do on every page."""
    rules = [rule() for rule in contributed("sealed")]
    return lambda entry: any(rule(entry) for rule in rules)


def _readable(detail: str) -> list[tuple[str, str]]:
    """The details as pairs; what is not an object is shown as it stands."""
    try:
        values = json.loads(detail)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        return [("内容", detail)]
    return [(name, _text(value)) for name, value in values.items()]


def _text(value: object) -> str:
    if isinstance(value, dict):
        return "，".join(f"{name} {_text(part)}" for name, part in value.items())
    if isinstance(value, list):
        return "、".join(map(_text, value))
    return "—" if value in (None, "") else str(value)
