"""Check the audit chains."""

from django.core.management.base import CommandError

from schools.audit import EVERY_CHAIN, chain_ends, examine
from schools.models import AuditEntry, Region
from schools.operations.commands import DatabaseCommand


class Command(DatabaseCommand):
    help = "核对审计链：任何一条审计记录被改动、删除、插入、调换或截断都会列出。"

    def add_arguments(self, parser):
        parser.add_argument(
            "--head", help="外部留存的链尾，写作 序号:校验值；用于发现链尾被整体截断或恢复到更早的状态"
        )
        parser.add_argument("--city", help="只核对一个市的链，写市的代码")

    def handle(self, *args, **options):
        city = EVERY_CHAIN
        if options["city"]:
            city = Region.objects.filter(code=options["city"], kind=Region.Kind.CITY).first()
            if city is None:
                raise CommandError(f"没有代码为 {options['city']} 的市。")
        try:
            found = examine(city, options["head"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        for fault in found.faults:
            self.stdout.write(fault)
        for remark in found.remarks:
            self.stdout.write(f"提示：{remark}")
        if found.faults:
            raise CommandError(f"审计链有 {len(found.faults)} 处问题，请立即保全现场并报告。", returncode=1)
        entries = AuditEntry.objects.all() if city is EVERY_CHAIN else AuditEntry.objects.filter(city=city)
        self.stdout.write(f"审计链完好，共 {entries.count()} 条。")
        for name, end in chain_ends(city):
            self.stdout.write(f"{name}的链尾，请抄到本机以外保管：{end}")
