"""Reads the text of the State Council's notice as it was published, or a list of days as people type it.

    一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
    2026-01-04 班 元旦调休

Pure: what is read is only checked against itself here, against the calendar in `checking`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from schools.numbers import WEEKDAYS, chinese_date
from schools.workbooks import CellError, cell_date, clean_text
from schools.workbooks.text import BRACKETS, narrow, without_blanks

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
NUMERALS = "一二三四五六七八九十"

DATE = r"(?<!\d)(?:(?:\d{4}[年./-])?\d{1,2}[月./-]\d{1,2}(?!\d)[日号]?|(?:19|20)\d{6}(?!\d))"
BRACKET = r"(?:\([^()]*\))?"
ONE = f"{DATE}{BRACKET}"
BARE = rf"(?<!\d)\d{{1,2}}[日号]{BRACKET}"
TO = "(?:至|到|[~〜−–—―-]{1,2})"
SPAN = f"(?:{ONE}(?:{TO}(?:{ONE}|{BARE}))?|{BARE}(?:{TO}{BARE})?)"
COUNT = r"(?:,?(?:共计?|连续|连休|放假)*(?P<count>\d{1,2}|[一二三四五六七八九十])天)"
STATE_WORDS = (*WORK_WORDS, *REST_WORDS)
STATES = "|".join(STATE_WORDS)
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
#: What follows a date that is none, in 5/2/2027.
GOES_ON = re.compile(r"[./-]\d")
#: What no row of a list has behind its dates: a second day, a number of days.
MORE_THAN_A_ROW = re.compile(rf"\A{GOES_ON.pattern}|{DATE}|\d[日号]|(?<!第)\d天|[至到]")
WEEKDAY = re.compile("(?:周|星期|礼拜)([一二三四五六日天])")
#: In a column of its own 四 is enough.
WEEKDAY_CELL = re.compile("(?:周|星期|礼拜)?[一二三四五六日天]")
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
HOUR = re.compile(r"(?<![\sT])[\sT]++\d{1,2}:\d{2}(?::\d{2})?(?!\d)")
LINE = re.compile(rf"(?P<start>{DATE})\s*(?:{TO}\s*(?P<end>{DATE}|\d{{1,2}}[日号]))?(?P<rest>(?:[^\d].*)?)")
ANY_DATE = re.compile(DATE)
#: What is left of a date that a line break tore apart.
HALF_DATE = re.compile(r"(?<!\d)\d{1,2}[日月]")
DAY_ONLY = re.compile(r"(?<!\d)\d{1,2}[日号]")
#: With the year before the month.
DATED = re.compile(r"\d{4}")
DAY_ALONE = re.compile(r"\d{1,2}[日号]?")
OF_YEAR = re.compile(r"(?:现将|关于)\s*(\d{4})\s*年")
#: The day of issue under the text, on a line of its own.
SIGNED = re.compile(r"\d{4}年\d{1,2}月\d{1,2}日")
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


def official_number(text: str) -> str:
    """The document number in the text, "" where there is none."""
    number = NUMBER.search(without_blanks(clean_text(text)))
    return number[0] if number else ""


def read(text: str, year: int) -> Reading:
    """Every day the text names for the year, and everything in it that cannot be taken as it stands."""
    reading = Reading(year)
    named = OF_YEAR.search(narrow(clean_text(text)))
    if named and int(named[1]) != year:
        reading.refuse(
            None,
            f"贴入的是{named[1]}年的安排，选的年度是{year}年。请改选年度，或换成{year}年的通知。",
        )
        return reading
    _Reader(reading, list(_pieces(text))).read_all()
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
        for count, part in enumerate(parts, start=1):
            if part.strip():
                yield _Piece(number, part.strip(), open=count == len(parts))


class _Span(NamedTuple):
    """Dates as written, the first and the last if there is one, and what stands in brackets behind each."""

    start: str
    end: str | None
    bracket: str
    closing: str | None


@dataclass
class _Reader:
    """Goes through the pieces of a text and notes in `reading` what they say."""

    reading: Reading
    pieces: list[_Piece]
    #: Of the piece in hand; whatever is said of it, and of those joined to it, is said at its line.
    place: int = 0
    #: The festival spoken of.
    label: str = ""

    def read_all(self) -> None:
        while self.place < len(self.pieces):
            self.place += self._read_piece(self.pieces[self.place].text)

    def _refuse(self, text: str) -> None:
        self.reading.refuse(self.pieces[self.place].line, text)

    def _skip(self, text: str) -> None:
        self.reading.skipped.append(Remark(self.pieces[self.place].line, _short(text)))

    def _read_piece(self, text: str) -> int:
        """Takes one piece, or more where line breaks tore a sentence apart; returns how many."""
        if not _names_a_day(text):
            self.label = _label(text) or self.label
            return self._read_dateless(text)
        if _arranges_nothing(text, self.reading.year):
            self._skip(text)
        elif row := _list_row(text):
            span, works, note = row
            self._add(span, works, note or self._note(works))
        else:
            return self._read_sentence(text)
        return 1

    def _read_dateless(self, text: str) -> int:
        """Refuses what arranges a day without a date that can be read."""
        typed = without_blanks(text)
        if INTRODUCTION.search(typed) and not IN_WORDS.search(typed):
            return self._rest_of_introduction()
        is_stated = not set(STATE_WORDS).isdisjoint(CELLS.split(text))
        if not is_stated and not SPEAKS.search(text):
            return 1
        is_like_a_day = LIKE_A_DAY.search(typed) or (is_stated and re.search(r"\d", typed))
        if is_like_a_day and not ADVICE.match(text):
            self._refuse(_how_to_write(text, self.reading.year))
        else:
            self._skip(text)
        return 1

    def _rest_of_introduction(self) -> int:
        """How many pieces an introduction has that line breaks tore apart."""
        count = 0
        for piece in self.pieces[self.place :]:
            if _names_a_day(piece.text):
                break
            count += 1
            if not piece.open or "如下" in piece.text:
                break
        return count

    def _read_sentence(self, text: str) -> int:
        """Takes a sentence that line breaks tore into three pieces at the most: all of its days, or none."""
        first, joined = ANY_DATE.search(without_blanks(text)), ""
        for count, piece in enumerate(self.pieces[self.place : self.place + 3], start=1):
            joined += piece.text
            # The first date must not get lost among those of the pieces that are joined to it.
            if sentence := _clauses(joined, at=first and first.start()):
                head, clauses = sentence
                self.label = _label(head) or self.label
                for clause in clauses:
                    self._take_clause(clause)
                return count
            if not piece.open:
                break
        self._refuse(_how_to_write(text, self.reading.year))
        return 1

    def _take_clause(self, clause: re.Match[str]) -> None:
        works, counted, last = clause["state"] in WORK_WORDS, 0, None
        for part in PART.finditer(clause["dates"]):
            # 2月14日、28日: a bare day is of the month before it; if that date is refused, once is enough.
            if part["bare"] and last is None:
                if not part.start():
                    self._refuse(f"“{part[0]}”只写了日，没有写月，请补上月份。")
                continue
            start = part["start"] or f"{last.year}-{last.month}-{part['bare']}"
            span = _Span(start, part["end"] or part["until"], part["bracket"], part["closing"])
            if days := self._add(span, works, self._note(works)):
                last = days[-1]
                counted += len(days)
        if clause["count"] and counted not in (0, _number(clause["count"])):
            self._refuse(
                f"“{_short(clause[0])}”写的是{_number(clause['count'])}天，按日期是{counted}天，请核对。"
            )

    def _note(self, works: bool) -> str:
        return f"{self.label}调休上班" if works else self.label

    def _add(self, span: _Span, works: bool, note: str) -> list[date]:
        """The days of a span, noted unless they cannot be."""
        year, line = self.reading.year, self.pieces[self.place].line
        try:
            first = _first_day(span.start, year, of_new_year=NEW_YEAR in note)
            last = _last_day(span.end, first, year)
            self._compare_weekday(first, span.bracket)
            self._compare_weekday(last, span.closing or "")
            _check_span(first, last, year)
        except CellError as error:
            self._refuse(f"{error.reason}。")
            return []
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        for day in days:
            before = self.reading.days.setdefault(day, Named(day, works, note, line))
            if before.works != works:
                self._refuse(
                    f"{chinese_date(day)}在第 {before.line} 行写的是{state(before.works)}，"
                    f"这里写的是{state(works)}，请核对。"
                )
        return days

    def _compare_weekday(self, day: date, bracket: str) -> None:
        true = weekday_of(day)
        for written in WEEKDAY.finditer(bracket):
            if written[1].replace("天", "日") != true[-1]:
                self._refuse(f"{chinese_date(day)}是{true}，写的是“{written[0]}”，请核对日期。")
                return


def _names_a_day(text: str) -> bool:
    typed = without_blanks(text)
    return bool(ANY_DATE.search(typed) or ANY_DATE.search(text) or HALF_DATE.search(typed))


def _arranges_nothing(text: str, year: int) -> bool:
    """Advice, the day of issue under the text, or a day of another year."""
    typed = without_blanks(HOUR.sub("", text))
    if ADVICE.match(text) or SIGNED.fullmatch(typed):
        return True
    if re.search(STATES, typed):
        return False
    return bool(ISSUED.match(typed)) or _is_of_another_year(typed, year)


def _is_of_another_year(typed: str, year: int) -> bool:
    """Whether every date has its year, and none is of this one or of the December before it."""
    months = [re.match(r"(\d{4})\D(\d{1,2})", written) for written in ANY_DATE.findall(typed)]
    return bool(months) and all(
        month and int(month[1]) != year and (int(month[1]), int(month[2])) != (year - 1, DECEMBER)
        for month in months
    )


def _clauses(text: str, *, at: int | None) -> tuple[str, list[re.Match[str]]] | None:
    """What a sentence has before its first date, which stands `at`, and its clauses; None where it has
    anything else.
    """
    typed = without_blanks(text)
    found = ANY_DATE.search(typed)
    if found is None or at not in (None, found.start()):
        return None
    head, place = _unquoted(typed[: found.start()]), found.start()
    is_introduction = head.endswith(":") and not re.search(r"\d", HEAD.sub("", head))
    if head and not is_introduction and not HEADED.fullmatch(head):
        return None
    clauses = []
    while place < len(typed):
        clause = CLAUSE.match(typed, place)
        if clause is None:
            return None
        clauses.append(clause)
        place = clause.end()
    return head, clauses


def _number(typed: str) -> int:
    return NUMERALS.find(typed) + 1 or int(typed)


def _list_row(text: str) -> tuple[_Span, bool, str] | None:
    """A line of a list: its days, whether one works, the note."""
    match = LINE.fullmatch(text)
    if match is None or MORE_THAN_A_ROW.search(match["rest"]):
        return None
    cells = list(filter(None, CELLS.split(match["rest"])))
    states = [cell for cell in cells if cell in STATE_WORDS]
    if len(states) != 1:
        return None
    weekdays = list(filter(WEEKDAY_CELL.fullmatch, cells))
    note = " ".join(cell for cell in cells if cell not in (*states, *weekdays))
    bracket = "".join(cell if len(cell) > 1 else f"周{cell}" for cell in weekdays)
    return _Span(match["start"], match["end"], bracket, None), states[0] in WORK_WORDS, note


def _check_span(first: date, last: date, year: int) -> None:
    if not (date(year - 1, DECEMBER, 1) <= first and last.year <= year):
        stray = first if first.year != year else last
        raise CellError(f"{chinese_date(stray)}不在{year}年，请核对年度或日期")
    if not 0 <= (last - first).days < LONGEST:
        raise CellError(f"从{chinese_date(first)}到{chinese_date(last)}不像一个假期，请核对起止日期")


def _first_day(typed: str, year: int, *, of_new_year: bool) -> date:
    first = cell_date(typed, year=year)
    if of_new_year and first.month == DECEMBER and not DATED.match(typed):
        return first.replace(year=year - 1)  # the holiday of the new year begins in the old one
    return first


def _last_day(typed: str | None, first: date, year: int) -> date:
    if not typed or first.year not in (year - 1, year):
        return first
    if DAY_ALONE.fullmatch(typed):
        return cell_date(f"{first.year}-{first.month}-{typed.rstrip('日号')}")
    last = cell_date(typed, year=first.year)
    if first.month == DECEMBER and last.month == 1 and not DATED.match(typed):
        return last.replace(year=first.year + 1)
    return last


def _label(text: str) -> str:
    """The festival a sentence is about: what stands before its last colon, or a heading of its own."""
    head = _unquoted(without_blanks(text)).rstrip(":").rpartition(":")[2]
    return ORDINAL.sub("", head, count=1) if HEADED.fullmatch(head) else ""


def _unquoted(text: str) -> str:
    """“元旦” and 「元旦」 are 元旦."""
    return QUOTED_FESTIVAL.sub(r"\1", QUOTES.sub("", text))


def _how_to_write(text: str, year: int) -> str:
    """What to write instead; a date is proposed only where the text has it."""
    typed = without_blanks(text)
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


def weekday_of(day: date) -> str:
    """星期一."""
    return f"星期{WEEKDAYS[day.weekday()]}"
