"""What is said while a year's arrangement is missing: to whoever reads a date, and to whoever can enter it."""

from __future__ import annotations

from datetime import date

from schools.workdays import ASKED_FROM_MONTH, calendar_known

PUBLISHED = f"国务院办公厅的通知一般在{ASKED_FROM_MONTH}月公布"
NOT_ENTERED = "还没有录入"


def estimated(what: str) -> str:
    """What such dates rest on; `what` names them, e.g. 应报日期."""
    return f"{what}只按周末和法定节日推算"


def caveat(year: int, what: str) -> str:
    """For whoever reads a date of that year and cannot enter it; "" where the year is known."""
    return "" if calendar_known(year) else f"{_missing(year)}，{estimated(what)}，可能与实际有出入；由系统管理员录入。"


def title(year: int) -> str:
    """What there is to do, in a line."""
    return f"录入{year}年的节假日安排"


def hint(year: int, today: date) -> str:
    """Below the title: when it can be done, or what is wrong as long as it is not."""
    if year > today.year:
        return f"{PUBLISHED}，公布后贴入全文；录入以前{estimated('')}"
    return f"{estimated('各项期限现在')}，可能不准"


def message(year: int, today: date) -> str:
    """To whoever can enter it: what is missing and what to do about it."""
    if year > today.year:
        return f"{_missing(year)}。{PUBLISHED}，公布后请把全文贴入系统。"
    return f"{_missing(year)}，{estimated('现在的各项期限')}，请尽快把国务院办公厅的通知全文贴入系统。"


def printed(year: int) -> str:
    """To whoever runs the daily job."""
    return f"注意：{_missing(year)}，{estimated('工作日')}，请系统管理员在“数据维护”的“工作日调整”里录入。"


def _missing(year: int) -> str:
    return f"{year}年的节假日安排{NOT_ENTERED}"
