"""What acts on records leave behind besides the audit trail."""

from collections.abc import Iterator

from django.db.models import Count

from schools.audit import Witness
from schools.models import Correction, Handover

LEFT = ((Correction, "数据更正", ("correct",)), (Handover, "人员交接", ("appointment",)))


def acts_on_records() -> Iterator[Witness]:
    """By city; a query for each kind of row."""
    for model, word, actions in LEFT:
        for city, count in model.objects.order_by().values_list("school__city").annotate(Count("pk")):
            yield Witness(city, word, count, (*actions, "load_demo"))
