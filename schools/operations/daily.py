"""What `manage.py daily` does, hour by hour of a working day; every part may be started twice, and on two
machines at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from schools.audit import chain_ends
from schools.calendar import checking
from schools.calendar.workdays import in_working_hours, next_working_moment, years_to_enter
from schools.desk.announcing import announce, announcements
from schools.messages.mailing import send_digests
from schools.models import JobRun
from schools.monitoring.reminders import pass_on, send_waiting
from schools.saving import hold
from schools.templatetags.ui import day as day_words


def run(now: datetime) -> Iterator[str]:
    """Does what is due and says in a line each what was done."""
    today = timezone.localdate(now)
    for year in years_to_enter(today):
        yield checking.printed(year)
    if not in_working_hours(now):
        opening = timezone.localtime(next_working_moment(now))
        yield f"现在不是工作时间，提醒等到{day_words(opening)} {opening:%H:%M} 以后送达。"
        return
    yield f"送达等候中的催办 {send_waiting(now)} 项。"
    found = announcements(today)  # read before the row is locked, so that nobody waits for the reading
    with once_a_day("announce", today) as job:
        if job:
            job.summary = f"到期事项 {len(found)} 项，通知 {announce(found)} 人"
            yield f"{job.summary}。"
            for name, end in chain_ends():
                yield f"{name}的审计链尾，请随本日志留到数据库以外：{end}"
        else:
            yield "今天的到期事项已经通知过。"
    for year, people in checking.ask(today):
        asked = f"已请系统管理员 {people} 人录入（每月提醒一次）。"
        nobody = "没有可以录入的系统管理员，请安全管理员登记任职并勾选“可进入后台”。"
        yield f"{year}年的节假日安排：{asked if people else nobody}"
    yield f"转请负责人和县（区）督促 {pass_on(now)} 项。"
    yield f"发出汇总邮件 {send_digests(now)} 封。"


@contextmanager
def once_a_day(name: str, day: date) -> Iterator[JobRun | None]:
    """The run to be done and filled in, or None when it was done before.

    The unique row of (name, day) is written and locked first: a second machine waits there until this one has
    committed, then finds it done. An exception takes the row back with everything else, and the next start
    tries again.
    """
    with transaction.atomic():
        JobRun.objects.bulk_create([JobRun(name=name, day=day)], ignore_conflicts=True)
        [run] = hold(JobRun.objects.filter(name=name, day=day))
        if run.ended_at is not None:
            yield None
            return
        yield run
        run.ended_at = timezone.now()
        run.save(update_fields=["ended_at", "summary"])
