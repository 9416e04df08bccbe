"""manage.py daily: messages of what fell due, waiting reminders, digests by mail."""

from django.utils import timezone

from schools.operations import daily
from schools.operations.commands import DatabaseCommand


class Command(DatabaseCommand):
    help = (
        "每日任务：通知到期事项、送达等候的催办、满 3 个工作日转请负责人督促、发送汇总邮件；"
        "工作时间内每小时运行一次，可重复运行"
    )

    def handle(self, **options):
        for line in daily.run(timezone.now()):
            self.stdout.write(line)
