"""manage.py create_administrators: the first accounts of an installation."""

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from schools.accounts.opening import DUTIES, FirstAccount, Slip, create_administrators
from schools.models import Role
from schools.operations.commands import DatabaseCommand
from schools.saving import Refused

CUT = "- - - - - - - - - - - - - - 沿此线裁开 - - - - - - - - - - - - - -"


class Command(DatabaseCommand):
    help = (
        "建立系统、安全、审计管理员三个账号（只在还没有管理员、或管理员账号已全部停用时可用），"
        "一次性密码只显示一次。"
    )

    def add_arguments(self, parser):
        """A user name and a person's name for each of the three."""
        for role in DUTIES:
            parser.add_argument(
                f"--{role}", default=str(role), metavar="用户名", help=f"{role.label}的用户名，默认 {role}"
            )
            parser.add_argument(
                f"--{role}-name", default="", metavar="姓名", help=f"{role.label}的姓名，默认“{role.label}”"
            )

    def handle(self, *args, **options):
        """Three slips of paper, or a sentence and nothing made."""
        accounts = tuple(FirstAccount(role, options[role], options[f"{role}_name"]) for role in DUTIES)
        if len({account.username for account in accounts}) < len(accounts):
            raise CommandError("三个用户名不能相同：系统、安全、审计管理员由三个不同的人担任。")
        try:
            slips = create_administrators(accounts)
        except Refused:
            raise
        except ValidationError as error:
            other_names = "用户名可以用 --sysadmin、--security、--auditor 另定。"
            raise CommandError(f"没有建立任何账号：{' '.join(error.messages)} {other_names}") from error
        self.stdout.write(
            "已建立三个管理员账号。一次性密码只显示这一次，请抄写或打印后裁开，分别交给三个人，再清除屏幕。"
        )
        for slip in slips:
            self.stdout.write(f"\n{CUT}\n{_paper(slip)}")
        self.stdout.write(f"\n{CUT}")


def _paper(slip: Slip) -> str:
    lines = (
        ("角　　色", Role(slip.role).label),
        ("姓　　名", slip.user.name),
        ("用 户 名", slip.user.username),
        ("一次性密码", slip.password),
        ("职　　责", DUTIES[slip.role]),
    )
    told = "\n".join(f"  {label}：{value}" for label, value in lines)
    return f"镇街党校星级评定系统\n{told}\n  首次登录时按提示换成自己的密码，只由本人掌握。"
