"""The words of the navigation bar and the workbench that the schools' part contributes."""

from schools import desk, navigation
from schools.announcing import overdue_problems, owed_records, register_announcements
from schools.desk.accounts import account_tasks, account_tiles
from schools.desk.calendar import calendar_tasks
from schools.desk.corrections import correction_tasks
from schools.desk.monitoring import monitoring_tasks
from schools.desk.records import record_tasks, record_tiles
from schools.desk.teaching import teaching_tasks, teaching_tiles
from schools.guidance import corrected as corrected_visits
from schools.teaching import corrected


def register() -> None:
    """Called once the app is ready."""
    corrected.register()
    corrected_visits.register()
    navigation.register(10, "工作台", "schools:desk", act="open_own_pages")
    navigation.register(20, "镇街党校", "schools:schools", act="look_up")
    navigation.register(15, "培训", "schools:teaching", act="record_teaching")
    navigation.register(26, "监测", "schools:monitoring", act="monitor")
    navigation.register(28, "联系指导", "schools:guidance", act="read_guidance")
    navigation.register(80, "审计", "schools:audit", act="read_audit")
    navigation.register(90, "数据维护", "admin:index", act="enter_back_office")
    desk.register_tasks(teaching_tasks)
    desk.register_tasks(record_tasks)
    desk.register_tasks(monitoring_tasks)
    desk.register_tasks(account_tasks)
    desk.register_tasks(calendar_tasks)
    desk.register_tasks(correction_tasks)
    desk.register_tiles(record_tiles)
    desk.register_tiles(teaching_tiles)
    desk.register_tiles(account_tiles)
    register_announcements(owed_records)
    register_announcements(overdue_problems)
