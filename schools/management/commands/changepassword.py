"""manage.py changepassword: a password for one sign-in, given by whoever keeps the server."""

from django.core.management.base import CommandError

from schools.accounts.opening import one_time_password
from schools.models import User
from schools.operations.commands import DatabaseCommand


class Command(DatabaseCommand):
    """In place of Django's, after which the trail would say that the owner had changed it."""

    help = "重置一个账号的密码：给出一次性密码，只显示一次，下次登录须修改；记入审计记录。"

    def add_arguments(self, parser):
        """Nobody's by default: whose password it is must be said."""
        parser.add_argument("username", metavar="用户名")

    def handle(self, *args, username: str, **options):
        """The saved account tells the trail."""
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"没有用户名为“{username}”的账号。")
        if not user.is_active:
            raise CommandError(f"账号“{username}”已停用，请先由安全管理员启用。")
        password = one_time_password()
        user.must_change_password = True
        user.set_password(password)
        user.save(update_fields=["password", "must_change_password"])
        self.stdout.write(
            f"{user.in_full}的一次性密码：{password}\n只显示这一次；首次登录时按提示换成自己的密码。"
        )
