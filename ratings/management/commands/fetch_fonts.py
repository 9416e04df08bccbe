"""取得公文字体."""

from itertools import groupby
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ratings.documents.font_sources import fetch, missing_sources
from ratings.documents.fonts import OPTIONAL, OWN_FOLDER, FontMissing, describe_faces


class Command(BaseCommand):
    """Idempotent; with every file in place it only looks and reports, or says nothing at verbosity 0."""

    help = (
        "从 Debian 软件包取得仿宋、楷体、黑体、宋体等公文字体，放入字体目录；不需要管理员权限，已有的不再下载"
    )
    requires_system_checks = []

    def handle(self, *args, verbosity: int, **options):
        folder = Path(settings.FONTS_DIR)
        for package, sources in groupby(missing_sources(folder), key=lambda source: source.package):
            self._fetch(package, list(sources), folder)
        if not verbosity:
            return
        self.stdout.write(f"字体目录：{folder}（本单位自有字体放入其中的 {OWN_FOLDER} 文件夹）")
        for line in describe_faces(folder):
            self.stdout.write(line)

    def _fetch(self, package, sources, folder):
        self.stdout.write(f"正在取得 {package}……")
        try:
            fetch(package, sources, folder)
        except FontMissing as error:
            if not all(source.name in OPTIONAL for source in sources):
                raise CommandError(
                    f"公文字体没有取到，网站照常使用，只是不能生成 PDF：{error}恢复以后再执行一次；"
                    f"不能上网的，把另一台电脑上取好的字体（var/fonts 文件夹里的文件）拷到 {folder}。"
                ) from error
            self.stdout.write(f"{error}生僻字将改用思源宋体。")
