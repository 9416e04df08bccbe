"""manage.py check_invariants: does everything that must always be true of the ratings still hold?"""

from django.core.management.base import CommandError

from ratings.committee.invariants import CHECKS, evidence_files, violations
from ratings.models import Scheme
from schools import audit
from schools.operations.commands import DatabaseCommand
from schools.operations.scratch import leftovers


class Command(DatabaseCommand):
    help = "核对各方案的评分、结果、摘要和文件是否始终一致，并核对审计记录；有不符即以非零状态退出"

    def add_arguments(self, parser):
        parser.add_argument("--quick", action="store_true", help="佐证材料只核对在不在、大小对不对，不算摘要")

    def handle(self, *, quick: bool = False, **options):
        found = list(leftovers())
        schemes = list(Scheme.objects.select_related("city").order_by("city__code", "year"))
        for scheme in schemes:
            found += [f"{scheme.city} {scheme.year} {text}" for text in violations(scheme)]
            found += [f"{scheme.city} {scheme.year} {text}" for text in evidence_files(scheme, quick=quick)]
        trail = audit.examine()
        found += [f"审计记录 {text}" for text in trail.faults]
        for remark in trail.remarks:
            self.stdout.write(f"提示：{remark}")
        if found:
            raise CommandError(f"发现 {len(found)} 处不符：\n" + "\n".join(found))
        told = f"完好：{len(schemes)} 个方案，各核对 {len(CHECKS)} 项，佐证材料都在，审计记录连续"
        self.stdout.write(self.style.SUCCESS(told))
