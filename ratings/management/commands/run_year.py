"""manage.py run_year: a whole year from workbooks, all or nothing."""

from collections import Counter
from pathlib import Path

from django.core.management.base import CommandError

from ratings.committee.settling import NotSettled
from ratings.enums import Star
from ratings.models import Result
from ratings.offline.running import STEPS, run_year, write_year
from schools.operations.commands import DatabaseCommand
from schools.saving import Refused
from schools.workbooks import WorkbookError


class Command(DatabaseCommand):
    help = "由工作簿完成一个年度的评定：读取、计分、审定、通报，并写出 results.xlsx、trace.json、bulletin.pdf"

    def add_arguments(self, parser):
        parser.add_argument("--scheme", type=Path, required=True, help="评定方案工作簿 scheme.xlsx")
        parser.add_argument(
            "--input",
            type=Path,
            required=True,
            help="存放 schools.xlsx、metrics.xlsx、scores.xlsx、restrictions.xlsx、decisions.xlsx 的文件夹",
        )
        parser.add_argument("--out", type=Path, required=True, help="结果写到哪个文件夹")
        parser.add_argument("--replace", action="store_true", help="替换先前由工作簿导入的同一年度")

    def handle(self, *, scheme: Path, input: Path, out: Path, replace: bool, **options):
        if not input.is_dir():
            raise CommandError(f"找不到文件夹 {input}")
        if out.exists() and not out.is_dir():
            raise CommandError(f"{out} 不是文件夹，请另指定 --out")
        try:
            run = run_year(scheme, input, replace=replace, progress=self._progress)
        except WorkbookError as error:
            raise CommandError(
                f"没有导入任何内容，请改正以下 {len(error.problems)} 处后重试：\n{error}"
            ) from error
        except NotSettled as error:
            raise CommandError(f"不能审定，没有导入任何内容：\n{error}") from error
        except Refused as error:
            raise CommandError(f"没有导入任何内容：\n{error}") from error
        write_year(run.scheme, run.spec, out, run.warnings)
        for warning in run.warnings:
            self.stdout.write(self.style.WARNING(f"提示：{warning}"))
        done = f"{run.scheme} 已完成：{self._counts(run.scheme)}。结果在 {out}"
        self.stdout.write(self.style.SUCCESS(done))

    def _progress(self, number: int, name: str) -> None:
        """A bar that also reads well in a log."""
        done, left = "█" * number, "░" * (len(STEPS) - number)
        self.stdout.write(f"[{done}{left}] {number}/{len(STEPS)} {name}")

    def _counts(self, scheme) -> str:
        stars = Counter(Result.objects.filter(scheme=scheme).values_list("star", flat=True))
        shown = [f"{Star(star).label} {count} 所" for star, count in sorted(stars.items(), reverse=True)]
        return f"共 {stars.total()} 所，{'、'.join(shown)}"
