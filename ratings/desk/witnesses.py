"""What a year leaves behind besides the audit trail, so that a trail taken away whole is missed."""

from collections.abc import Iterator

from django.db.models import Count

from ratings.models import Adjustment, Bulletin, Decision, Move, OpeningNotice, Result, SeatChange
from schools.audit import Witness

#: A year that came in whole left one line for all of it.
WHOLE_YEARS = ("run_year", "load_demo")
#: Rows, the way to their city, what they are called, the acts of which the trail must hold at least one.
LEFT = (
    (Move.objects.all(), "assessment__scheme", "流转", ("open", "move", "settle")),
    (Adjustment.objects.all(), "assessment__scheme", "核定", ("adjust",)),
    (SeatChange.objects.all(), "panel__scheme", "评委变动", ("panel",)),
    (Decision.objects.all(), "assessment__scheme", "审定意见", ("decide",)),
    (Result.objects.all(), "scheme", "评定结果", ("settle",)),
    (Bulletin.objects.filter(scheme__published_at__isnull=False), "scheme", "已发布的通报", ("publish",)),
    (OpeningNotice.objects.issued(), "scheme", "已印发的启动通知", ("opening_notice",)),
)


def acts_of_years() -> Iterator[Witness]:
    """By city; a query for each kind of row."""
    for rows, path, word, actions in LEFT:
        counted = rows.order_by().values_list(f"{path}__city").annotate(Count("pk"))
        for city, count in counted:
            yield Witness(city, word, count, (*actions, *WHOLE_YEARS))
