"""审计记录: reading, checking and taking out the audit trail. Nothing here changes an entry."""

import json
from collections.abc import Callable

from django.core.paginator import Paginator
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
from schools.site.contributions import contributed
from schools.workbooks import ColumnOut, SheetOut

from .exports import export
from .forms import AuditFilterForm

PAGE_SIZE = 50
#: In place of details that say scores or stars of a year before its 通报; they are hashed all the same.
SEALED = "通报以后可以查阅"
COLUMNS = (
    ColumnOut("序号", "int"),
    ColumnOut("时间", "datetime", 18),
    ColumnOut("操作人", width=20),
    ColumnOut("身份", width=26),
    "操作",
    ColumnOut("对象", width=40),
    ColumnOut("详情", width=60),
    ColumnOut("校验值", width=66),
)


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
        faults = audit.verify(_chain(request.user), head or None)
    except ValueError as error:
        return _page(request, head=head, head_error=f"{error}。")
    return _page(request, head=head, verified={"faults": faults, "at": timezone.now()})


@require_POST
@allowed_to("read_audit")
def trail_export(request: HttpRequest) -> HttpResponse:
    """The filtered entries as a workbook; taking them out is itself an entry."""
    entries = AuditFilterForm(request.GET).narrow(AuditEntry.objects.visible_to(request.user))
    is_sealed = _sealed()
    rows = (
        [
            one.number,
            one.at,
            one.user_label,
            one.role_label,
            one.action_label,
            one.subject,
            SEALED if is_sealed(one) else one.detail,
            one.hash,
        ]
        for one in entries
    )
    with refusals_as_messages(request):
        return export(
            "审计记录", [SheetOut("审计记录", COLUMNS, rows)], by=request.user, rows=entries.count()
        )
    return redirect(f"{reverse('schools:audit')}?{request.GET.urlencode()}")


def _page(request: HttpRequest, **outcome) -> HttpResponse:
    form = AuditFilterForm(request.GET)
    page = Paginator(form.narrow(AuditEntry.objects.visible_to(request.user)), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    is_sealed = _sealed()
    rows = [
        (entry, [("内容", SEALED)] if is_sealed(entry) else _readable(entry.detail))
        for entry in page.object_list
    ]
    city = _chain(request.user)
    context = {
        "form": form,
        "page": page,
        "rows": rows,
        "query": request.GET.urlencode(),
        "scope": "全部审计链" if city is audit.EVERY_CHAIN else f"{city}审计链",
        "chain_ends": audit.chain_ends()
        if city is audit.EVERY_CHAIN
        else [(city.name, end)]
        if (end := audit.chain_head(city))
        else [],
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
        found = json.loads(detail)
    except ValueError:
        return [("内容", detail)]
    if not isinstance(found, dict):
        return [("内容", detail)]
    return [(name, _text(value)) for name, value in found.items()]


def _text(value: object) -> str:
    if isinstance(value, dict):
        return "，".join(f"{name} {_text(one)}" for name, one in value.items())
    if isinstance(value, list):
        return "、".join(_text(one) for one in value)
    return "—" if value in (None, "") else str(value)
