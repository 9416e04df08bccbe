"""What others did to an account is told to its owner: in the inbox, and after the next sign-in."""

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone

from schools.messages.inbox import notify
from schools.models import Notice, User

#: Begins the key of these messages.
OCCASION = "account-"


def tell_owner(account: User, what: str) -> None:
    """`what` says who did it; when, and what to do about it, is added."""
    now = timezone.localtime()
    text = f"{what}（{now:%Y年%m月%d日 %H:%M}）。不是您要求或知道的，请立即告诉其他管理员或运维人员。"
    notify([account], text, key=f"{OCCASION}{now:%Y%m%d%H%M%S%f}")


def say_at_sign_in(request: HttpRequest) -> None:
    """Shows those that wait unread; they stay in the inbox until they are opened there."""
    for notice in Notice.objects.unread().filter(user=request.user, key__startswith=OCCASION)[:5]:
        messages.warning(request, notice.text)
