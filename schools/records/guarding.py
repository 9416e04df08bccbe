"""Whoever writes records past the forms of a school, by workbook or in the back office, asks here first: what
is signed, and what a correction waits for, changes only through 数据更正.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db import models

from schools.models import Correction, School

from .corrections import waiting_sentence
from .locks import lock_for, periods


class Guard:
    """Records of one kind, of these schools. Two queries, however many records are asked for; the schools are
    held, or what is said here may have passed when it is written.
    """

    def __init__(self, model: type[models.Model], schools: Collection[int]) -> None:
        self.model = model
        self.signed = periods(schools)
        waiting = Correction.objects.pending().filter(school__in=schools, model=model._meta.label_lower)
        self.waiting = {one.object_id: one for one in waiting if one.object_id}

    def refusal(
        self, school: School, before: Mapping[str, Any], after: Mapping[str, Any], key: int | None = None
    ) -> str:
        """Why the record may not become `after`, "" where it may. Both come from `changes.snapshot`; `key` is
        its id.
        """
        if before == after:
            return ""
        if found := lock_for(school, self.model, before, after, self.signed.get(school.pk, ())):
            return found[0].told(self.model)
        return waiting_sentence(self.waiting[key]) if key in self.waiting else ""
