"""manage.py open_scheme: this year's criteria from a workbook, checked, frozen and opened for every school of
the city.
"""

from datetime import date
from pathlib import Path

from django.core.management.base import CommandError
from django.db import transaction

from ratings.criteria.spec import SchemeSpec
from ratings.criteria.storing import create_scheme
from ratings.models import Scheme
from ratings.offline.folder import read_scheme
from ratings.workflow import open_scheme
from schools.models import Region, User
from schools.operations.commands import DatabaseCommand
from schools.workbooks import WorkbookError

DEADLINES = {"self_due": "自评", "county_due": "初评", "city_due": "评审"}


class Command(DatabaseCommand):
    help = "由 scheme.xlsx 建立并启动一个年度的评定：检查方案、冻结第一版、为本市每所党校建立申报"

    def add_arguments(self, parser):
        parser.add_argument("--scheme", type=Path, required=True, help="评定方案工作簿")
        parser.add_argument("--by", required=True, help="办理人的用户名（市评委会办公室）")
        for name, label in DEADLINES.items():
            parser.add_argument(
                f"--{name.replace('_', '-')}",
                type=date.fromisoformat,
                help=f"{label}截止日，如 2026-11-30；不填为不限期",
            )

    def handle(self, *, scheme: Path, by: str, **options):
        user = User.objects.filter(username=by, is_active=True).first()
        if user is None or user.identity is None:
            raise CommandError(f"没有用户“{by}”，或该用户没有任职")
        try:
            source = read_scheme(scheme)
        except WorkbookError as error:
            raise CommandError(f"方案有 {len(error.problems)} 处不对，没有启动：\n{error}") from error
        city = self._city(source.spec, user)
        with transaction.atomic():
            opened = create_scheme(source.spec, city=city)
            for name in DEADLINES:
                setattr(opened, name, options[name])
            opened.save(update_fields=list(DEADLINES))
            open_scheme(opened, by=user)
        for warning in source.warnings:
            self.stdout.write(self.style.WARNING(f"提示：{warning}"))
        self.stdout.write(self.style.SUCCESS(f"{opened} 已启动，{opened.assessments.count()} 所党校可以填报"))

    def _city(self, spec: SchemeSpec, user: User) -> Region:
        """That of the scheme, where the user holds office and no scheme of the year stands yet."""
        city = Region.objects.cities().filter(name=spec.city).first()
        if city is None or city.pk != user.identity.city_id:
            raise CommandError(f"“{user.username}”不在方案所属的市（{spec.city}）任职")
        if Scheme.objects.filter(city=city, year=spec.year).exists():
            raise CommandError(f"{city} {spec.year} 年度已有评定方案")
        return city
