"""When a panel is closed: from then on, and not before, its judges see each other's scores."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, OuterRef

from ratings.enums import Status
from ratings.models import Assessment, JudgeSheet, Panel

#: Statuses from which a school still comes to its panel.
COMING = (Status.DRAFT, Status.CONFIRMING, Status.COUNTY, Status.RETURNED)


def is_closed(panel: Panel) -> bool:
    """Whether every school of the panel has every sheet submitted; one school that still comes keeps the panel open."""
    return panel.pk in closed_panels([panel.pk])


def closed_panels(panels: Iterable[int]) -> set[int]:
    """Those of the panels that are closed, in one query; a panel without schools is not."""
    sheets = JudgeSheet.objects.filter(assessment=OuterRef("pk"))
    rows = Assessment.objects.filter(panel__in=panels).exclude(status__in=(Status.DECLINED, Status.LAPSED))
    rows = rows.annotate(sheeted=Exists(sheets), waiting=Exists(sheets.filter(submitted_at__isnull=True)))
    open_panels, found = set(), set()
    for panel, status, sheeted, waiting in rows.values_list("panel_id", "status", "sheeted", "waiting"):
        found.add(panel)
        if status in COMING or waiting or not sheeted:
            open_panels.add(panel)
    return found - open_panels
