"""汇总邮件: the day's messages to the office mailbox of a school, a county or a city. Off unless a mail
server is set.
"""

import logging
from collections.abc import Iterator
from datetime import datetime
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
    for office, name, waiting in _mailboxes():
        notices = list(waiting.order_by("text", "pk"))
        if not notices:
            continue
        run, is_mine = JobRun.objects.get_or_create(name=f"mail:{name}", day=day)
        if not is_mine:  # whoever wrote the row sends the mail, and nobody after
            continue
        try:
            subject = f"镇街党校系统：{office}有新的提醒"
            EmailMessage(subject, _body(office, notices), to=[office.office_email]).send()
        except OSError as error:  # what mail servers answer with is one, too
            logger.warning("digest for %s not sent: %s", name, error)
            run.delete()
            if isinstance(error, SMTPRecipientsRefused):
                continue
            break
        Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(mailed_at=now)
        run.ended_at, run.summary, sent = timezone.now(), f"{len(notices)} 条", sent + 1
        run.save(update_fields=["ended_at", "summary"])
    return sent


def _mailboxes() -> Iterator[tuple[School | Region, str, QuerySet[Notice]]]:
    """The offices whose people read their messages together, what each is called in the log of jobs, and what
    waits there.
    """
    waiting = Notice.objects.unread().filter(mailed_at__isnull=True)
    people = Appointment.objects.in_force()
    for school in School.objects.exclude(office_email="").open_on():
        own = people.filter(school=school, role__in=SCHOOL_ROLES).values("user")
        yield school, f"school:{school.pk}", waiting.filter(school=school, user__in=own)
    for region in Region.objects.exclude(office_email=""):
        if region.kind == Region.Kind.CITY:
            about, held = {"school__city": region}, people.filter(city=region, role=Role.OFFICE)
        else:
            about, held = {"school__county": region}, people.filter(county=region, role__in=COUNTY_ROLES)
        yield region, f"region:{region.pk}", waiting.filter(**about, user__in=held.values("user"))


def _body(office: School | Region, notices: list[Notice]) -> str:
    texts = list(dict.fromkeys(notice.text for notice in notices))
    lines = [f"{office}：", ""]
    lines += [f"{number}. {text}" for number, text in enumerate(texts[:LINES], start=1)]
    if len(texts) > LINES:
        lines.append(f"……共 {len(texts)} 条，其余请登录系统查看。")
    lines += ["", "请登录系统，在右上角“消息”中办理。本邮件由系统自动发送，请勿回复。"]
    return "\n".join(lines)
