"""What 自定义指标 ask of this person on the workbench."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from ratings.editing import figures_left
from ratings.enums import Phase
from ratings.models import Scheme
from schools.desk import Task
from schools.models import User
from schools.permissions import may


def figure_tasks(user: User) -> Iterator[Task]:
    """One task per running scheme in which figures are still owed."""
    if not may(user, "type_figures"):
        return
    running = Scheme.objects.visible_to(user).filter(phase__in=(Phase.OPEN, Phase.SCORING), custom_metrics__isnull=False)
    for scheme in running.distinct():
        left = figures_left(scheme, user)
        if left:
            address = reverse("ratings:scheme_figures", args=[scheme.pk])
            yield Task(f"填报{scheme.year}年度自定义指标", address, f"还有 {left} 个数没有填", "待填报")
