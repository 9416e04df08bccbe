"""manage.py import_registry fixtures/chaozhou/schools.xlsx --city 潮州市"""

from pathlib import Path

from django.core.management.base import CommandError
from django.db import transaction

from schools.audit import record
from schools.importing.schools import ensure_city, read_schools, upsert_schools
from schools.operations.commands import DatabaseCommand
from schools.workbooks import Problem, WorkbookError, read_workbook


class Command(DatabaseCommand):
    help = "从工作簿导入一个市的镇街党校名录，已有的按学校编码更新。"

    def add_arguments(self, parser):
        """One workbook, one city."""
        parser.add_argument(
            "workbook", type=Path, help="schools.xlsx，列：学校编码、学校名称、县（市、区）……"
        )
        parser.add_argument("--city", required=True, help="市的名称；没有的自动建立")

    def handle(self, *args, workbook: Path, city: str, **options):
        """All rows or none; every faulty row is listed."""
        warnings: list[Problem] = []
        try:
            rows = read_schools(read_workbook(workbook), warnings=warnings)
        except WorkbookError as error:
            raise CommandError(str(error)) from error
        with transaction.atomic():
            region = ensure_city(city)
            schools = upsert_schools(region, rows)
            record(
                "import",
                by=None,
                city=region,
                subject="镇街党校名录",
                detail={"文件": workbook.name, "学校": len(schools)},
            )
        for warning in warnings:
            self.stderr.write(str(warning))
        counties = len({school.county_id for school in schools if school.county_id})
        self.stdout.write(
            f"{region.name}：已导入 {len(schools)} 所镇街党校，涉及 {counties} 个县（市、区）。"
        )
