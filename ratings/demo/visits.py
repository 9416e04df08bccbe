"""What the teams of the sample county-level city told the schools they visited."""

from __future__ import annotations

import datetime as dt

from ratings.feedback import save_feedback
from ratings.models import Assessment
from schools.models import Region, User

from .seasons import nearest_workday

NOTES = (
    "好的方面：教室、设备齐全，台账随班登记，群众评价较好。存在问题：远程教育终端使用记录不连续。改进建议：每次使用后当天登记。",
    "好的方面：书记带头授课，主体班次落实。存在问题：师资库专家型师资偏少。改进建议：与市委党校联系，充实专家型师资。",
    "好的方面：现场教学点有特色。存在问题：培训集中在下半年，上半年办班偏少。改进建议：年初排定计划，按月均衡办班。",
)


def note_visits(city: Region, *, by: User) -> None:
    """Feedback for the first schools of the year that stands before its bulletin; the teams went there in November."""
    rows = Assessment.objects.filter(scheme__city=city).select_related("scheme").in_order()
    for number, (assessment, text) in enumerate(zip(rows, NOTES, strict=False)):
        visited_on = nearest_workday(dt.date(assessment.scheme.year, 11, 10 + number))
        save_feedback(assessment, {"text": text, "visited_on": visited_on}, version=0, by=by)
