"""Put a backup back."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from schools.operations.backup import FAILURES, failure
from schools.operations.restore import restore_backup


@contextmanager
def _stoppable() -> Iterator[None]:
    """Stopped from outside, what is within still clears away its copy of the database."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit("恢复被中断。"))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class Command(BaseCommand):
    help = "用备份文件恢复数据库和上传文件；先核对全部校验值，再动手。恢复期间请停止网站服务。"
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("file", help="备份文件")
        parser.add_argument("--force", action="store_true", help="覆盖已有数据")

    def handle(self, *args, **options):
        try:
            with _stoppable():
                faults = restore_backup(Path(options["file"]), force=options["force"])
        except FAILURES as error:
            raise CommandError(f"恢复失败：{failure(error)}") from error
        for fault in faults:
            self.stdout.write(fault)
        if faults:
            raise CommandError(
                f"数据已恢复，但审计链有 {len(faults)} 处问题，请核对密钥和备份来源。", returncode=1
            )
        self.stdout.write("已恢复，校验值相符，审计链完好。请重新启动网站服务。")
