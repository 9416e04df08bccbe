"""The words of the navigation bar and the workbench that the schools' part contributes."""

from schools import desk, navigation
from schools.desk.accounts import account_tasks, account_tiles
from schools.desk.records import record_tasks, record_tiles
from schools.models import Role
from schools.models.scope import SCHOOL_ROLES
from schools.permissions import GUIDES


def register() -> None:
    """Called once the app is ready."""
    navigation.register(10, "工作台", "schools:desk")
    navigation.register(20, "镇街党校", "schools:schools")
    navigation.register(28, "联系指导", "schools:guidance", roles=(*SCHOOL_ROLES, *GUIDES, Role.CHAIR, Role.VIEWER))
    navigation.register(80, "审计", "schools:audit", roles=(Role.AUDITOR,))
    navigation.register(90, "数据维护", "admin:index", roles=(Role.SYSADMIN, Role.SECURITY))
    desk.register_tasks(record_tasks)
    desk.register_tasks(account_tasks)
    desk.register_tiles(record_tiles)
    desk.register_tiles(account_tiles)
