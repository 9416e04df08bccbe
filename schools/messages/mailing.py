"""汇总邮件: the day's messages to the office mailbox of a school, a county or a city. Off unless a mail
server is set.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from smtplib import SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import QuerySet
from django.utils import timezone

from schools.models import Appointment, JobRun, Notice, Region, Role, School
from schools.models.scope import COUNTY_ROLES, SCHOOL_ROLES

logger = logging.getLogger(__name__)

#: Lines in a mail; the rest is counted and read in the system.
LINES = 30


@dataclass(frozen=True)
class Mailbox:
    """An office that reads the messages of its people together."""

    name: str
    address: str
    label: str
    waiting: QuerySet[Notice]


def send_digests(now: datetime) -> int:
    """One mail to each office with unread messages not mailed before; at most one a day. Returns how many
    went out.

    A mail cannot be taken back, so the day's right to send is taken first. A server that cannot be reached
    gives it back and ends the round: the next start of the job tries again. An address the server refuses
    keeps nobody else waiting.
    """
    if not settings.EMAIL_HOST:  # this installation sends no mail at all
        return 0
    sent, day = 0, timezone.localdate(now)
    for box in _mailboxes():
        notices = list(box.waiting.order_by("text", "pk"))
        run = claim(f"mail:{box.label}", day) if notices else None
        if run is None:
            continue
        try:
            EmailMessage(f"镇街党校系统：{box.name}有新的提醒", _body(box, notices), to=[box.address]).send()
        except OSError as error:  # what mail servers answer with is one, too
            logger.warning("digest for %s not sent: %s", box.label, error)
            run.delete()
            if isinstance(error, SMTPRecipientsRefused):
                continue
            break
        Notice.objects.filter(pk__in=[one.pk for one in notices]).update(mailed_at=now)
        run.ended_at, run.summary, sent = timezone.now(), f"{len(notices)} 条", sent + 1
        run.save(update_fields=["ended_at", "summary"])
    return sent


def claim(name: str, day: date) -> JobRun | None:
    """For work that cannot be taken back, such as a mail: whoever wrote the row does it; None for everybody
    after.
    """
    run, is_new = JobRun.objects.get_or_create(name=name, day=day)
    return run if is_new else None


def _mailboxes() -> Iterator[Mailbox]:
    waiting = Notice.objects.unread().filter(mailed_at__isnull=True)
    people = Appointment.objects.in_force()
    for school in School.objects.exclude(office_email="").open_on():
        own = people.filter(school=school, role__in=SCHOOL_ROLES)
        yield _mailbox(school, "school", waiting.filter(school=school), own)
    for region in Region.objects.exclude(office_email=""):
        if region.kind == Region.Kind.CITY:
            about, own = {"school__city": region}, people.filter(city=region, role=Role.OFFICE)
        else:
            about, own = {"school__county": region}, people.filter(county=region, role__in=COUNTY_ROLES)
        yield _mailbox(region, "region", waiting.filter(**about), own)


def _mailbox(
    place: School | Region, kind: str, about: QuerySet[Notice], own: QuerySet[Appointment]
) -> Mailbox:
    waiting = about.filter(user__in=own.values("user"))
    return Mailbox(str(place), place.office_email, f"{kind}:{place.pk}", waiting)


def _body(box: Mailbox, notices: list[Notice]) -> str:
    texts = list(dict.fromkeys(notice.text for notice in notices))
    lines = [f"{box.name}：", ""]
    lines += [f"{number}. {text}" for number, text in enumerate(texts[:LINES], start=1)]
    if len(texts) > LINES:
        lines.append(f"……共 {len(texts)} 条，其余请登录系统查看。")
    lines += ["", "请登录系统，在右上角“消息”中办理。本邮件由系统自动发送，请勿回复。"]
    return "\n".join(lines)
