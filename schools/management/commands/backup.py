"""Make a backup."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from schools.operations.backup import FAILURES, failure, make_backup


class Command(BaseCommand):
    help = "把数据库和上传文件备份成一个文件，附校验清单。"

    def add_arguments(self, parser):
        parser.add_argument("--to", required=True, help="备份文件，例如 /backup/2026-03-05.zip")
        parser.add_argument(
            "--with-keys", action="store_true", help="连同密钥一起备份；这样的备份须按密钥保管"
        )

    def handle(self, *args, **options):
        try:
            manifest = make_backup(Path(options["to"]), with_keys=options["with_keys"])
        except FAILURES as error:
            raise CommandError(f"备份失败：{failure(error)}") from error
        size = sum(file["size"] for file in manifest["files"].values())
        self.stdout.write(
            f"已备份 {len(manifest['files'])} 个文件，共 {size / 1024 / 1024:.1f} MB：{options['to']}"
        )
        if options["with_keys"]:
            self.stdout.write("备份含密钥，请按密钥的要求保管，不要与其他备份放在一起。")
        else:
            self.stdout.write(
                "备份不含密钥：请另行妥善保管 SECRET_KEY 和 AUDIT_KEY（var/keys/），没有 AUDIT_KEY "
                "将无法核对审计链。"
            )
