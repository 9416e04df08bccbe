"""Reads the text of the State Council's notice as it was published, or a list of days as people type it.

    一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
    2026-01-04 班 元旦调休

Pure: what is read is only checked against itself here, against the calendar in `checking`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from schools.numbers import WEEKDAYS, chinese_date
from schools.workbooks import CellError, cell_date, clean_text
from schools.workbooks.text import BRACKETS, narrow

#: The longest holiday there ever was had ten days; a longer one is a slip of the keyboard.
LONGEST = 15
DECEMBER = 12
NEW_YEAR = "元旦"
SHOWN = 40

#: Of words that begin alike the longest stands first.
REST_WORDS = ("放假调休", "调休放假", "放假公休", "休假", "放假", "休息日", "休息", "公休", "调休", "休")
WORK_WORDS = ("正常上班", "调休上班", "补班", "上班", "工作日", "工作", "班")
FESTIVALS = "元旦|除夕|农历除夕|春节|清明节?|劳动节|五一|端午节?|中秋节?|国庆节?|十一"
#: Advice to employers arranges nothing.
ADVICE = re.compile("鼓励|建议|提倡|倡导|可以?结合|请各")
#: The sentence before the list of festivals; it may name them all and say 放假.
INTRODUCTION = re.compile("现将|关于|如下")
NUMERALS = {one: number for number, one in enumerate("一二三四五六七八九十", start=1)}

DATE = r"(?<!\d)(?:(?:\d{4}[年./-])?\d{1,2}[月./-]\d{1,2}(?!\d)[日号]?|(?:19|20)\d{6}(?!\d))"
BRACKET = r"(?:\([^()]*\))?"
ONE = f"{DATE}{BRACKET}"
BARE = rf"(?<!\d)\d{{1,2}}[日号]{BRACKET}"
TO = "(?:至|到|[~〜−–—―-]{1,2})"
SPAN = f"(?:{ONE}(?:{TO}(?:{ONE}|{BARE}))?|{BARE}(?:{TO}{BARE})?)"
COUNT = r"(?:,?(?:共计?|连续|连休|放假)*(?P<count>\d{1,2}|[一二三四五六七八九十])天)"
STATES = "|".join((*WORK_WORDS, *REST_WORDS))
CLAUSE = re.compile(
    rf"(?P<dates>{SPAN}(?:[、,和及与]{SPAN})*),?(?:均|都|为|全天)*(?P<state>{STATES}){COUNT}?"
    r"(?:,?(?:与周末连休|不调休|与周末相连|连休))*[,、]*"
)
PART = re.compile(
    rf"(?:(?P<start>{DATE})|(?P<bare>(?<!\d)\d{{1,2}})[日号])(?P<bracket>{BRACKET})"
    rf"(?:{TO}(?:(?P<end>{DATE})|(?P<until>(?<!\d)\d{{1,2}})[日号])(?P<closing>{BRACKET}))?"
)
ORDINAL = re.compile(r"\(?(?:[一二三四五六七八九十]{1,3}|\d{1,2})\)?[、.]|\([一二三四五六七八九十]{1,3}\)")
HEADED = re.compile(rf"(?:{ORDINAL.pattern})?(?:{FESTIVALS})(?:[、和及](?:{FESTIVALS}))*")
#: Figures in front of a date that are none of it: 2026年…, 1、.
HEAD = re.compile(r"\d{4}年|(?:^|(?<=:))\(?\d{1,2}\)?[、.]")
#: What no row of a list has: a second day, a number of days.
MORE_THAN_A_ROW = re.compile(r"\d[日号]|(?<!第)\d天|[至到]")
WEEKDAY = re.compile("(?:周|星期|礼拜)([一二三四五六日天])")
#: A weekday in a column of its own.
BARE_WEEKDAY = re.compile("[一二三四五六日天]")
#: What speaks of days off or on, and what may be a day though no date can be read from it: 二月五日,
#: 正月初一, 28号.
SPEAKS = re.compile("放假|休假|休息|公休|调休|上班|补班")
IN_WORDS = re.compile(r"[一二三四五六七八九十廿卅〇零\d][日号月]|[正腊]月|初[一二三四五六七八九十]")
LIKE_A_DAY = re.compile(rf"{IN_WORDS.pattern}|{WEEKDAY.pattern}|{FESTIVALS}")
CELLS = re.compile(r"[\s,、|:()]+")
QUOTES = re.compile("[\"'“”‘’]")
QUOTED_FESTIVAL = re.compile(rf"\(({FESTIVALS})\)")
#: When a page or a document came out, whatever the year.
ISSUED = re.compile(rf"(?:发布|公布|印发|成文|更新)(?:时间|日期):?{DATE}")
#: The hour behind a date, as a page gives it; without the blank its figures would run into the day's.
HOUR = re.compile(r"[\sT]+\d{1,2}:\d{2}(?::\d{2})?(?!\d)")
#: What follows a date that is none, in 5/2/2027.
GOES_ON = re.compile(r"[./-]\d")
LINE = re.compile(rf"(?P<start>{DATE})\s*(?:{TO}\s*(?P<end>{DATE}|\d{{1,2}}[日号]))?(?P<rest>(?:[^\d].*)?)")
ANY_DATE = re.compile(DATE)
#: What is left of a date that a line break tore apart.
HALF_DATE = re.compile(r"(?<!\d)\d{1,2}[日月]")
DAY_ONLY = re.compile(r"(?<!\d)\d{1,2}[日号]")
OF_YEAR = re.compile(r"(?:现将|关于)\s*(\d{4})\s*年")
NUMBER = re.compile(r"国办发[\u4e00-\u9fff]{0,4}[〔\[(]\d{4}[〕\])]\d{1,4}号")


@dataclass(frozen=True)
class Remark:
    """Something to say about the text, with the line it stands in."""

    line: int | None
    text: str

    def __str__(self) -> str:
        return f"第 {self.line} 行：{self.text}" if self.line else self.text


@dataclass(frozen=True)
class Named:
    """One day the text names."""

    day: date
    works: bool
    note: str
    line: int


@dataclass
class Reading:
    """What a text says of a year. `skipped` holds what names days but arranges none."""

    year: int
    days: dict[date, Named] = field(default_factory=dict)
    problems: list[Remark] = field(default_factory=list)
    skipped: list[Remark] = field(default_factory=list)

    def refuse(self, line: int | None, text: str) -> None:
        """Note what must be mended; reading goes on, so that a person gets everything at once."""
        self.problems.append(Remark(line, text))


class _Unclear(ValueError):
    """The text reads neither as a sentence of a notice nor as a line of a list."""


def official_number(text: str) -> str:
    """The document number in the text, "" where there is none."""
    found = NUMBER.search("".join(clean_text(text).split()))
    return found[0] if found else ""


def read(text: str, year: int) -> Reading:
    """Every day the text names for the year, and everything in it that cannot be taken as it stands."""
    reading = Reading(year)
    named = OF_YEAR.search(narrow(clean_text(text)))
    if named and int(named[1]) != year:
        mend = f"请改选年度，或换成{year}年的通知"
        reading.refuse(None, f"贴入的是{named[1]}年的安排，选的年度是{year}年。{mend}。")
        return reading
    pieces, place, label = list(_pieces(text)), 0, ""
    while place < len(pieces):
        place, label = _read_piece(reading, pieces, place, label)
    reading.days = dict(sorted(reading.days.items()))
    if not reading.days and not reading.problems:
        reading.refuse(
            None,
            f"没有读到任何日期。请贴入国务院办公厅关于{year}年部分节假日安排的通知全文，"
            f"或逐行写“{year}-01-01 休 元旦”。",
        )
    return reading


@dataclass(frozen=True)
class _Piece:
    """A sentence or a line; `open` when the line ended before the sentence did, as a PDF has it."""

    line: int
    text: str
    open: bool


def _pieces(text: str) -> Iterator[_Piece]:
    for number, raw in enumerate(text.splitlines(), start=1):
        parts = re.split("[。;]", narrow(clean_text(raw)).translate(BRACKETS))
        for place, part in enumerate(parts):
            if part.strip():
                yield _Piece(number, part.strip(), open=place == len(parts) - 1)


def _read_piece(reading: Reading, pieces: list[_Piece], place: int, label: str) -> tuple[int, str]:
    """Takes one piece, or two or three that a line break tore apart.

    Returns where to go on, and the festival spoken of.
    """
    first = pieces[place]
    if not _names_a_day(first.text):
        return _read_dateless(reading, pieces, place), _label(first.text) or label
    if _arranges_nothing(first.text, reading.year):
        reading.skipped.append(Remark(first.line, _short(first.text)))
        return place + 1, label
    if (row := _list_row(first.text)) is not None:
        span, works, note = row
        _add(reading, first.line, span, works, note or _note(label, works))
        return place + 1, label
    joined, start = "", ANY_DATE.search("".join(first.text.split()))
    for end in range(place, min(place + 3, len(pieces))):
        joined += pieces[end].text
        try:
            label = _take(reading, joined, first.line, label, at=start and start.start())
        except _Unclear:
            if not pieces[end].open:
                break
        else:
            return end + 1, label
    reading.refuse(first.line, _how_to_write(first.text, reading.year))
    return place + 1, label


def _names_a_day(text: str) -> bool:
    typed = "".join(text.split())
    return bool(ANY_DATE.search(typed) or ANY_DATE.search(text) or HALF_DATE.search(typed))


def _read_dateless(reading: Reading, pieces: list[_Piece], place: int) -> int:
    """Refuses what arranges a day without a date that can be read; returns where to go on."""
    first = pieces[place]
    typed = "".join(first.text.split())
    if INTRODUCTION.search(typed) and not IN_WORDS.search(typed):
        return _end_of_sentence(pieces, place)
    stated = [word for word in CELLS.split(first.text) if word in REST_WORDS or word in WORK_WORDS]
    if not stated and not SPEAKS.search(first.text):
        return place + 1
    like_a_day = LIKE_A_DAY.search(typed) or (stated and re.search(r"\d", typed))
    if like_a_day and not ADVICE.match(first.text):
        reading.refuse(first.line, _how_to_write(first.text, reading.year))
    else:
        reading.skipped.append(Remark(first.line, _short(first.text)))
    return place + 1


def _end_of_sentence(pieces: list[_Piece], place: int) -> int:
    """Where to go on behind an introduction that line breaks tore apart."""
    while pieces[place].open and "如下" not in pieces[place].text:
        place += 1
        if place == len(pieces) or _names_a_day(pieces[place].text):
            return place
    return place + 1


def _arranges_nothing(text: str, year: int) -> bool:
    """Advice, the day of issue under the text, or a day of another year."""
    if ADVICE.match(text):
        return True
    typed = "".join(HOUR.sub("", text).split())
    if re.fullmatch(r"\d{4}年\d{1,2}月\d{1,2}日", typed):
        return True
    if any(word in typed for word in (*REST_WORDS, *WORK_WORDS)):
        return False
    if ISSUED.match(typed):
        return True
    days = [re.match(r"(\d{4})\D(\d{1,2})", one) for one in ANY_DATE.findall(typed)]
    dated = [(int(match[1]), int(match[2])) for match in days if match]
    return len(dated) == len(days) > 0 and all(
        one[0] != year and one != (year - 1, DECEMBER) for one in dated
    )


def _take(reading: Reading, text: str, line: int, label: str, *, at: int | None) -> str:
    """Adds the days of a sentence to the reading, all or none, and returns the festival it spoke of.

    `at` is where the first date stood before other pieces were joined to it: it must not get lost among them.
    """
    typed = "".join(text.split())
    found = ANY_DATE.search(typed)
    if found is None or at not in (None, found.start()):
        raise _Unclear
    before, rest = _unquoted(typed[: found.start()]), typed[found.start() :]
    introduced = before.endswith(":") and not re.search(r"\d", HEAD.sub("", before))
    if before and not introduced and not HEADED.fullmatch(before):
        raise _Unclear
    clauses, place = [], 0
    while place < len(rest):
        clause = CLAUSE.match(rest, place)
        if clause is None:
            raise _Unclear
        clauses.append(clause)
        place = clause.end()
    label = _label(before) or label
    for clause in clauses:
        _take_clause(reading, clause, line, label)
    return label


def _take_clause(reading: Reading, clause: re.Match[str], line: int, label: str) -> None:
    works, counted, last = clause["state"] in WORK_WORDS, 0, None
    for part in PART.finditer(clause["dates"]):
        # 2月14日、28日: a bare day is of the month before it; if that date is refused, once is enough.
        if part["bare"] and last is None:
            if not part.start():
                reading.refuse(line, f"“{part[0]}”只写了日，没有写月，请补上月份。")
            continue
        start = part["start"] or (f"{last.year}-{last.month}-{part['bare']}" if last else "")
        span = _Span(start, part["end"] or part["until"] or "", part["bracket"], part["closing"] or "")
        found = _add(reading, line, span, works, _note(label, works))
        last = found[-1] if found else last
        counted += len(found)
    said = clause["count"]
    count = (NUMERALS.get(said) or int(said)) if said else counted
    if counted and counted != count:
        reading.refuse(line, f"“{_short(clause[0])}”写的是{count}天，按日期是{counted}天，请核对。")


def _note(label: str, works: bool) -> str:
    return f"{label}调休上班" if works else label


@dataclass(frozen=True)
class _Span:
    """Dates as written: the first, the last or "", and what stands in brackets behind each."""

    start: str
    end: str
    bracket: str
    closing: str


def _list_row(text: str) -> tuple[_Span, bool, str] | None:
    """A line of a list: its days, whether one works, the note."""
    match = LINE.fullmatch(text)
    if match is None or GOES_ON.match(match["rest"]):
        return None
    if ANY_DATE.search(match["rest"]) or MORE_THAN_A_ROW.search(match["rest"]):
        return None
    typed = [word for word in CELLS.split(match["rest"]) if word]
    states = [word for word in typed if word in REST_WORDS or word in WORK_WORDS]
    if len(states) != 1:
        return None
    weekdays = [word for word in typed if WEEKDAY.fullmatch(word) or BARE_WEEKDAY.fullmatch(word)]
    note = " ".join(word for word in typed if word not in states and word not in weekdays)
    said = "".join(word if WEEKDAY.fullmatch(word) else f"周{word}" for word in weekdays)
    return _Span(match["start"], match["end"] or "", said, ""), states[0] in WORK_WORDS, note


def _add(reading: Reading, line: int, span: _Span, works: bool, note: str) -> list[date]:
    """The days of a span, noted unless they cannot be."""
    try:
        first, last = _first_and_last(span, reading.year, of_new_year=NEW_YEAR in note)
    except CellError as error:
        reading.refuse(line, f"{error.reason}。")
        return []
    for day, said in ((first, span.bracket), (last, span.closing)):
        true = f"星期{WEEKDAYS[day.weekday()]}"
        others = (one for one in WEEKDAY.finditer(said) if one[1].replace("天", "日") != true[-1])
        if weekday := next(others, None):
            reading.refuse(line, f"{chinese_date(day)}是{true}，写的是“{weekday[0]}”，请核对日期。")
    if not (date(reading.year - 1, DECEMBER, 1) <= first and last.year <= reading.year):
        reading.refuse(
            line,
            f"{chinese_date(first if first.year != reading.year else last)}不在{reading.year}年，"
            "请核对年度或日期。",
        )
        return []
    if not 0 <= (last - first).days < LONGEST:
        reading.refuse(line, f"从{chinese_date(first)}到{chinese_date(last)}不像一个假期，请核对起止日期。")
        return []
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    for day in days:
        before = reading.days.get(day)
        if before is not None and before.works != works:
            reading.refuse(
                line,
                f"{chinese_date(day)}在第 {before.line} 行写的是{state(before.works)}，"
                f"这里写的是{state(works)}，请核对。",
            )
        elif before is None:
            reading.days[day] = Named(day, works, note, line)
    return days


def _first_and_last(span: _Span, year: int, *, of_new_year: bool) -> tuple[date, date]:
    dated = re.match(r"\d{4}", span.start)
    first = cell_date(span.start, year=year)
    if of_new_year and not dated and first.month == DECEMBER:
        first = first.replace(year=year - 1)  # the holiday of the new year begins in the old one
    if not span.end or first.year not in (year - 1, year):
        return first, first
    if re.fullmatch(r"\d{1,2}[日号]?", span.end):
        return first, cell_date(f"{first.year}-{first.month}-{span.end.rstrip('日号')}")
    last = cell_date(span.end, year=first.year)
    if first.month == DECEMBER and last.month == 1 and not re.match(r"\d{4}", span.end):
        last = last.replace(year=first.year + 1)
    return first, last


def _label(text: str) -> str:
    """The festival a sentence is about: what stands before its last colon, or a heading of its own."""
    head = _unquoted("".join(text.split())).rstrip(":").rpartition(":")[2]
    return ORDINAL.sub("", head, count=1) if HEADED.fullmatch(head) else ""


def _unquoted(text: str) -> str:
    """“元旦” and 「元旦」 are 元旦."""
    return QUOTED_FESTIVAL.sub(r"\1", QUOTES.sub("", text))


def _how_to_write(text: str, year: int) -> str:
    """What to write instead; a date is proposed only where the text has it."""
    typed = "".join(text.split())
    found = ANY_DATE.search(typed)
    unread = f"没有看懂“{_short(text)}”"
    leave = "不是放假安排的，删去这一句。"
    bare = DAY_ONLY.search(typed[: found.start()] if found else typed)
    if bare and not typed[: bare.start()].endswith("月"):
        return f"{unread}：“{bare[0]}”只写了日，没有写月，请补上月份；{leave}"
    if not found or bare or GOES_ON.match(typed, found.end()):
        return f"{unread}。请按“年-月-日 休 说明”或“年-月-日 班 说明”改写，年月日用数字，一天一行；{leave}"
    try:
        day = cell_date(found[0], year=year)
    except CellError as error:
        return f"{error.reason}。"
    return f"{unread}。请改写成“{day} 休 说明”或“{day} 班 说明”，一天一行；{leave}"


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def state(works: bool) -> str:
    """休 or 班, as a list would have it."""
    return "上班" if works else "休息"
