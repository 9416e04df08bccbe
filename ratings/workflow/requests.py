"""申请: what a school asks for beside its answers, and how it was answered, read off its moves."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone

from ratings.enums import UNFINISHED
from ratings.models import Assessment, Move
from schools.messages.inbox import notify
from schools.models import Notice, Role, User

from .opening import holders
from .steps import STEPS

ASKING, ANSWERING = "ask_decline", ("decline", "refuse_decline")
#: A request is over once it was answered, or once the school has handed in all the same.
MOVES = (ASKING, *ANSWERING, "submit")


@dataclass(frozen=True)
class Request:
    """One request with its answer, if there is one."""

    asked: Move
    answer: Move | None = None
    waits: bool = False

    @property
    def verdict(self) -> str:
        """The answer in a word."""
        return STEPS[self.answer.step].label if self.answer else ""


def with_requests(rows: QuerySet[Assessment]) -> QuerySet[Assessment]:
    """The moves that `requests_of` and `open_request` read, in one query for all rows."""
    return rows.prefetch_related(Prefetch("moves", _moves(), to_attr="request_moves"))


def requests_of(assessment: Assessment) -> list[Request]:
    """All requests of a school in a year, oldest first."""
    found: list[Request] = []
    moves = _moves_of(assessment)
    for move in moves:
        if move.step == ASKING:
            found.append(Request(move, waits=move is moves[-1] and assessment.status in UNFINISHED))
        elif move.step in ANSWERING and found:
            found[-1] = Request(found[-1].asked, move)
    return found


def open_request(assessment: Assessment) -> Move | None:
    """What waits for an answer now."""
    moves = _moves_of(assessment)
    is_open = assessment.status in UNFINISHED and moves and moves[-1].step == ASKING
    return moves[-1] if is_open else None


def waiting(rows: QuerySet[Assessment]) -> QuerySet[Assessment]:
    """Those of the rows that have one."""
    last = Move.objects.filter(assessment=OuterRef("pk"), step__in=MOVES).order_by("-pk").values("step")[:1]
    return rows.annotate(last_request=Subquery(last)).filter(last_request=ASKING, status__in=UNFINISHED)


def tell_office(assessment: Assessment, move: Move, *_) -> None:
    """That a school asks."""
    text = f"{assessment.school}{STEPS[move.step].label}，请答复：{move.comment}"
    page = reverse("ratings:progress_school", args=[assessment.pk])
    notify(holders(assessment.scheme, [Role.OFFICE]), text, url=page, key=f"move-{move.pk}")


def close_notices(assessment: Assessment) -> None:
    """Nothing waits for an answer any more, whoever gave it: nobody of the office finds it unread."""
    asked = Move.objects.filter(assessment=assessment, step=ASKING).values_list("pk", flat=True)
    if keys := [f"move-{pk}" for pk in asked]:
        Notice.objects.filter(key__in=keys).unread().update(read_at=timezone.now())


def tell_school(assessment: Assessment, move: Move, *_) -> None:
    """What was decided on it, with the words it was given."""
    close_notices(assessment)
    people = User.objects.of_schools(assessment.school_id)
    text = f"{assessment.scheme.year}年度星级评定：市评委会办公室{STEPS[move.step].label}"
    text += f"：{move.comment}" if move.comment else "。"
    page = reverse("ratings:assessment", args=[assessment.pk])
    notify(people, text, url=page, key=f"move-{move.pk}", school=assessment.school)


def _moves() -> QuerySet[Move]:
    return Move.objects.filter(step__in=MOVES).defer("sheet").select_related("by").order_by("pk")


def _moves_of(assessment: Assessment) -> list[Move]:
    read = getattr(assessment, "request_moves", None)
    return list(_moves().filter(assessment=assessment)) if read is None else read
