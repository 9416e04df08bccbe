"""manage.py load_demo: the two fictional cities, only while DEBUG is on."""

import os

from django.conf import settings
from django.core.management.base import CommandError

from ratings import demo
from ratings.demo.trial import aged_sentence, is_aged, loaded_on, refuse_without_demonstration
from schools.numbers import chinese_date
from schools.operations.commands import RefusedCommand

DEFAULT_PASSWORD = "Xingji-2026"  # noqa: S105 (published with the demo, which only DEBUG can load)


class Command(RefusedCommand):
    help = "载入虚构的示例市、示例县级市和演示账号（只在 DEBUG=1 时可用）；已经载入的不再改动"

    def handle(self, **options):
        if not settings.DEBUG:
            raise CommandError(
                "演示数据和演示账号只能在 DEBUG=1 的试用环境载入，正式环境请用系统管理员账号建立真实数据。"
            )
        password = os.environ.get("DEMO_PASSWORD", "").strip() or DEFAULT_PASSWORD
        refuse_without_demonstration()
        try:
            users = demo.load(
                settings.BASE_DIR / "fixtures", password, progress=lambda text: self.stdout.write(f"… {text}")
            )
        except demo.NotLoaded as refused:
            self.stdout.write(str(refused))
            return
        if users is None:
            self._say_unchanged()
            return
        self.stdout.write(f"演示账号（密码均为 {password}）：")
        for user in users:
            self.stdout.write(f"  {user.username:<12} {user.identity}")

    def _say_unchanged(self) -> None:
        """A second run keeps everything, passwords included; an old demonstration says so."""
        day = loaded_on()
        loaded = f"演示数据已于 {chinese_date(day)} 载入，这次没有改动"
        kept = f"{loaded}；账号见 README.md“演示账号”，改过的密码照旧。"
        self.stdout.write(self.style.WARNING(aged_sentence(day)) if is_aged(day) else kept)
