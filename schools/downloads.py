"""Workbooks as downloads: typed cells, and a line in the audit trail for every one that leaves the house."""

from __future__ import annotations

import io
from collections.abc import Iterable

from django.db import transaction
from django.http import FileResponse

from schools import audit
from schools.models import User
from schools.saving import Refused
from schools.workbooks import SheetOut, write_workbook

#: More rows than this are not written within a request.
ROW_LIMIT = 10_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def export(name: str, sheets: Iterable[SheetOut], *, by: User, rows: int) -> FileResponse:
    """The workbook as an attachment. The audit line is written first: what cannot be recorded does not leave."""
    if rows > ROW_LIMIT:
        raise Refused(f"超过 {ROW_LIMIT} 行，请先用筛选缩小范围再导出。")
    city = by.identity.city if by.identity else None
    with transaction.atomic():
        audit.record("export", by=by, city=city, subject=name, detail={"行数": rows, "身份": str(by.identity or "")})
    buffer = io.BytesIO()
    write_workbook(buffer, list(sheets))
    buffer.seek(0)
    return FileResponse(buffer, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)
