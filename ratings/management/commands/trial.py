"""manage.py trial: keeps `make run` and `make reset` away from real data."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError

from ratings.demo.trial import CITIES, clear, refuse_without_demonstration, what_to_clear
from schools.operations.commands import RefusedCommand

#: So many files are named, the others counted.
NAMED = 5


class Command(RefusedCommand):
    help = (
        "试用数据：check 查数据库是不是试用的（make run 先查），reset "
        "清除试用的数据库和上传文件（make reset）；只在 DEBUG=1 时可用"
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("action", choices=["check", "reset"], help="check 只查不改，reset 清除")

    def handle(self, *, action: str, **options):
        if not settings.DEBUG:
            raise CommandError("只用于 DEBUG=1 的试用环境。")
        if action == "check":
            refuse_without_demonstration()
        else:
            self._reset()

    def _reset(self) -> None:
        trial = what_to_clear()
        if trial.database:
            files = f"和 var/media 中它的 {len(trial.uploads)} 个文件" if trial.uploads else ""
            self.stdout.write(
                f"清除试用的数据库 var/db.sqlite3（{'、'.join(CITIES)}，连同后来登记的）{files}，"
                "字体、密钥、日志保留……"
            )
            clear(trial)
            self.stdout.write("已清除；执行 make run 重新载入。")
        else:
            self.stdout.write("没有试用的数据库 var/db.sqlite3，不用清除；执行 make run 载入。")
        if trial.others:
            self.stdout.write(
                f"var/media 里有 {len(trial.others)} 个文件不是试用数据库登记的，没有动："
                f"{_named(trial.others)}；确实不要的，请核对后自行删除。"
            )


def _named(files: tuple[Path, ...]) -> str:
    """The first of them as they lie in the folder of the program."""
    shown = "、".join(str(file.relative_to(settings.BASE_DIR)) for file in files[:NAMED])
    return shown + (" 等" if len(files) > NAMED else "")
