"""A draft under lock: whoever changes one of its rows holds the scheme and reads its phase under the lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from ratings.enums import Phase
from ratings.models import Scheme
from schools.saving import Refused


@contextmanager
def draft_of(scheme: Scheme | int) -> Iterator[Scheme]:
    """The scheme, locked until the block ends; raises Refused unless it is still being drafted.

    Opening takes the same lock, so that no edit slips in between the freezing of a version and the change of phase.
    """
    pk = scheme if isinstance(scheme, int) else scheme.pk
    with transaction.atomic():
        locked = Scheme.objects.select_for_update(of=("self",)).select_related("city").get(pk=pk)
        if locked.phase != Phase.DRAFTING:
            raise Refused(locked_sentence(locked))
        yield locked


def locked_sentence(scheme: Scheme) -> str:
    """Why a scheme that has been opened cannot be edited."""
    return f"方案处于“{scheme.get_phase_display()}”，内容已经锁定，不能在编制页修改。"
