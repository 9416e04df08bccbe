"""manage.py benchmark: every promise of speed beside its floor, on a scratch database."""

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection

from ratings.documents.pdf import reason_against
from ratings.management.benchmarks import measuring, pages, watching

FIXTURES = settings.BASE_DIR / "fixtures" / "shili-shi"


class Command(BaseCommand):
    help = "测速：在临时数据库中与最少代码的同样工作对比，打印倍数和查询次数；不动正式数据"

    def add_arguments(self, parser):
        parser.add_argument(
            "--schools", type=int, nargs="+", default=[49, 5000], help="城市规模，可给多个，默认 49 5000"
        )

    def handle(self, *, schools: list[int], **options):
        name = connection.settings_dict["NAME"]
        settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        try:
            for size in schools:
                self._measure_city(size)
            self._print(pages.export())
        finally:
            connection.creation.destroy_test_db(name, verbosity=0)

    def _measure_city(self, size: int) -> None:
        self.stdout.write(self.style.MIGRATE_HEADING(f"{size} 所镇街党校"))
        scheme = measuring.enlarged_city(FIXTURES, size)
        self._print(pages.settling(scheme))
        self._print(pages.pages(scheme))
        self._print(pages.working(scheme))
        self._print(watching.watching(scheme))
        if size <= 300:
            self._print([reason] if (reason := reason_against()) else pages.bulletin(scheme))

    def _print(self, measures) -> None:
        for measure in measures:
            self.stdout.write(f"  {measure}")
