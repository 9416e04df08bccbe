"""Django's createsuperuser, for development only."""

from django.conf import settings
from django.contrib.auth.management.commands import createsuperuser
from django.core.management.base import CommandError


class Command(createsuperuser.Command):
    """In operation nobody stands above the three administrators, so there is nobody for this
    command to make.
    """

    help = "建立超级用户（仅限开发环境）"

    def handle(self, *args, **options):
        """Refuses before asking anything."""
        if not settings.DEBUG:
            raise CommandError(
                "正式运行不设超级用户：系统、安全、审计管理员由三个不同的人担任，请用 manage.py "
                "create_administrators 建立。"
                "试用请设置 DEBUG=1。"
            )
        return super().handle(*args, **options)
