"""工作台: what waits for a person today and the figures of the year; below, what schools adds to the common
pages.
"""

from schools.guidance import visits
from schools.models import TrainingClass, Visit
from schools.site.contributions import Contributions, Entry
from schools.teaching import classes

from .announcing import overdue_problems, owed_records
from .corrected import acts_on_records
from .tasks import (
    account_tasks,
    account_tiles,
    calendar_tasks,
    correction_tasks,
    monitoring_tasks,
    record_tasks,
    record_tiles,
    teaching_tasks,
    teaching_tiles,
)

CONTRIBUTIONS = Contributions(
    navigation=(
        Entry(10, "工作台", "schools:desk", act="open_own_pages"),
        Entry(15, "培训", "schools:teaching", act="record_teaching"),
        Entry(20, "镇街党校", "schools:schools", act="look_up"),
        Entry(26, "监测", "schools:monitoring", act="monitor"),
        Entry(28, "联系指导", "schools:guidance", act="read_guidance"),
        Entry(75, "重要账号", "schools:account_changes", act="guard_accounts"),
        Entry(80, "审计", "schools:audit", act="read_audit"),
        Entry(90, "数据维护", "admin:index", act="enter_back_office"),
    ),
    tasks=(teaching_tasks, record_tasks, monitoring_tasks, account_tasks, calendar_tasks, correction_tasks),
    tiles=(record_tiles, teaching_tiles, account_tiles),
    announcements=(owed_records, overdue_problems),
    witnesses=(acts_on_records,),
    corrected_rows=((TrainingClass, classes.write_rows), (Visit, visits.write_rows)),
)
