"""manage.py check_invariants: does everything that must always be true of the ratings still hold?"""

from django.core.management.base import CommandError

from ratings.committee.invariants import CHECKS, violations
from ratings.models import Scheme
from schools import audit
from schools.operations.commands import DatabaseCommand


class Command(DatabaseCommand):
    help = "核对各方案的评分、结果、摘要和文件是否始终一致，并核对审计记录；有不符即以非零状态退出"

    def handle(self, **options):
        found = []
        schemes = list(Scheme.objects.select_related("city").order_by("city__code", "year"))
        for scheme in schemes:
            found += [f"{scheme.city} {scheme.year} {text}" for text in violations(scheme)]
        found += [f"审计记录 {text}" for text in audit.verify()]
        if found:
            raise CommandError(f"发现 {len(found)} 处不符：\n" + "\n".join(found))
        self.stdout.write(
            self.style.SUCCESS(f"完好：{len(schemes)} 个方案，各核对 {len(CHECKS)} 项，审计记录连续")
        )
