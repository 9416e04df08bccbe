"""manage.py trial: keeps `make run` and `make reset` away from real data."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ratings.demo.trial import CITIES, NotATrial, clear, refuse_real_data, what_to_clear


class Command(BaseCommand):
    help = "试用数据：check 查数据库是不是试用的（make run 先查），reset 清除试用的数据库和上传文件（make reset）；只在 DEBUG=1 时可用"
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("action", choices=["check", "reset"], help="check 只查不改，reset 清除")

    def handle(self, *, action: str, **options):
        if not settings.DEBUG:
            raise CommandError("只用于 DEBUG=1 的试用环境。")
        try:
            if action == "check":
                refuse_real_data()
            else:
                self._reset()
        except NotATrial as refused:
            raise CommandError(str(refused)) from refused

    def _reset(self) -> None:
        paths = what_to_clear()
        if not paths:
            self.stdout.write("没有试用数据，不用清除；执行 make run 载入。")
            return
        self.stdout.write(f"清除试用的数据库 var/db.sqlite3（{'、'.join(CITIES)}）和上传的文件 var/media，字体、密钥、日志保留……")
        clear(paths)
        self.stdout.write("已清除；执行 make run 重新载入。")
