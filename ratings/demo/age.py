"""When the demonstration was loaded, and what an old one says of itself."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone

from schools.models import AuditEntry
from schools.numbers import chinese_date

#: The entry of the audit trail that closes the loading of a whole demonstration.
ACTION = "load_demo"
#: After so many days its deadlines are past; in another year its years are no longer this year and last year.
LASTS = dt.timedelta(days=60)
RENEW = "重新载入：按 Ctrl+C 停下网站，依次运行 make reset（清空试用数据）和 make run。"


def loaded_on() -> dt.date | None:
    """The day of loading; None where no demonstration, or not a whole one, was loaded."""
    at = AuditEntry.objects.filter(action=ACTION).order_by("at").values_list("at", flat=True).first()
    return at and timezone.localdate(at)


def is_aged(day: dt.date) -> bool:
    """Whether a demonstration loaded on the day has been overtaken by today."""
    today = timezone.localdate()
    return day.year != today.year or today - day > LASTS


def aged_sentence(day: dt.date) -> str:
    """What an old demonstration says of itself."""
    return f"演示数据是 {chinese_date(day)} 载入的，年度和日期都按那一天推算，已经不合今天的日期。{RENEW}"


def say_age(sender: Any, request: HttpRequest, **kwargs: Any) -> None:
    """Receiver of sign-ins: the first page afterwards says whether what one sees has grown old."""
    if (day := loaded_on()) and is_aged(day):
        messages.warning(
            request, aged_sentence(day), fail_silently=True
        )  # a request made up by a program has no place for it
