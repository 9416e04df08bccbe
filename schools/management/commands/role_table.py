"""Print the table of permissions for docs/权限.md."""

from collections.abc import Iterator

from django.core.management.base import BaseCommand

from schools.models import Role
from schools.permissions import TABLE, Act

#: The roles as heads of narrow columns.
HEADS = {
    Role.FILLER: "填报人",
    Role.HEAD: "负责人",
    Role.COUNTY: "初评人",
    Role.COUNTY_LEAD: "县（区）负责人",
    Role.LIAISON: "联系指导",
    Role.JUDGE: "评委",
    Role.OFFICE: "办公室",
    Role.CHAIR: "主任",
    Role.VIEWER: "领导",
    Role.SYSADMIN: "系统",
    Role.SECURITY: "安全",
    Role.AUDITOR: "审计",
}


def role_table() -> str:
    """Acts by room and roles side by side, in Markdown."""
    return "\n\n".join(f"## {room}\n\n" + "\n".join(_lines(acts)) for room, acts in TABLE.items())


def _lines(acts: dict[str, Act]) -> Iterator[str]:
    yield _line(["办理事项", *(HEADS[role] for role in Role), "限制"])
    yield _line(["---", *(":-:" for _ in Role), "---"])
    for act in acts.values():
        yield _line([act.name, *("●" if role in act.roles else "" for role in Role), act.scope])


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


class Command(BaseCommand):
    help = "打印权限表（办理事项 × 角色），用来更新 docs/权限.md。"
    requires_system_checks = []

    def handle(self, *args, **options):
        self.stdout.write(role_table())
