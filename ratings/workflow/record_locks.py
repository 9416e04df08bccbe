"""Which records a school has signed: those within the period of a scheme whose self-assessment it has submitted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from ratings.enums import Phase, Status
from ratings.models import Assessment
from schools.locks import COUNTY, OFFICE, Lock

#: Submitted and not handed back. What was never submitted (未申报, 不参评) was never signed.
SIGNED = (Status.COUNTY, Status.CITY, Status.SETTLED)
#: Until the results are public, facts that stand are read again and again.
READING = (Phase.OPEN, Phase.SCORING, Phase.SETTLED, Phase.NOTICE)


def signed_periods(school_ids: Collection[int]) -> dict[int, list[Lock]]:
    """For `schools.locks`: corrections go to the county while it reviews, afterwards to the office."""
    found: dict[int, list[Lock]] = defaultdict(list)
    rows = Assessment.objects.filter(school__in=school_ids, status__in=SIGNED).values_list(
        "school", "status", "scheme__phase", "scheme__year", "scheme__period_start", "scheme__period_end"
    )
    for school, status, phase, year, start, end in rows:
        approver = COUNTY if status == Status.COUNTY else OFFICE
        found[school].append(Lock(f"{year}年度自评", year, start, end, approver, is_open=phase in READING))
    return found
