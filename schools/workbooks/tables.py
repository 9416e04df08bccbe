"""A table inside a sheet: headings found wherever they stand, rows read by heading."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partialmethod
from itertools import zip_longest
from typing import Any

from . import cells
from .cells import CellError, Value
from .text import heading_key, narrow, without_blanks

HEADING_SEARCH_ROWS = 30
SHOWN_PROBLEMS = 200


@dataclass(frozen=True)
class Problem:
    """One remark with its place; row is the number seen in the margin of the sheet."""

    workbook: str
    sheet: str
    row: int | None
    column: str | None
    reason: str

    def __str__(self) -> str:
        place = self.workbook
        if self.sheet:
            place += f"「{self.sheet}」"
        if self.row is not None:
            place += f"第 {self.row} 行"
        if self.column:
            place += f"「{self.column}」"
        return f"{place}：{self.reason}"


class WorkbookError(ValueError):
    """A workbook cannot be used. str() is the whole report, one problem a line; `hints` are what was passed
    over in it, as far as it was read.
    """

    hints: Sequence[Problem] = ()

    def __init__(self, problems: list[Problem]):
        self.problems = problems
        super().__init__(problems)

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems[:SHOWN_PROBLEMS]]
        hidden = len(self.problems) - len(lines)
        if hidden:
            lines.append(f"另有 {hidden} 处问题未列出，请先改正以上各处。")
        return "\n".join(lines)


@dataclass
class Problems:
    """Collects remarks while rows are read, so that a person gets all of them at once."""

    workbook: str
    sheet: str = ""
    found: list[Problem] = field(default_factory=list)

    def add(self, row: int | None, column: str | None, reason: str) -> None:
        """Note one remark; reading goes on."""
        self.found.append(Problem(self.workbook, self.sheet, row, column, reason))

    def for_sheet(self, sheet: str) -> Problems:
        """The same collection, placing what is added next in another sheet."""
        return Problems(self.workbook, sheet, self.found)

    def raise_if_any(self) -> None:
        """Refuse the workbook when anything was noted, in whichever sheet."""
        if self.found:
            raise WorkbookError(list(self.found))

    def ended_by(self, reason: str) -> WorkbookError:
        """For a fault behind which nothing more can be read: everything noted, this last."""
        self.add(None, None, reason)
        return WorkbookError(list(self.found))

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.found)


@dataclass(frozen=True)
class Column:
    """A column the caller knows; `aliases` are other spellings of its heading."""

    heading: str
    required: bool = True
    aliases: tuple[str, ...] = ()

    @property
    def keys(self) -> set[str]:
        """Comparable forms of all spellings."""
        return {heading_key(text) for text in (self.heading, *self.aliases)}


class Row:
    """One row, read by heading. The readers note what is wrong in the table's problems and answer None."""

    def __init__(self, table: Table, number: int, values: dict[str, Value]):
        self.table = table
        self.number = number
        self.values = values

    def __getitem__(self, heading: str) -> Value:
        return self.values[heading]

    def get(self, heading: str) -> Value:
        """The clean value, None for a blank or for an optional column that the sheet does not have."""
        return self.values.get(heading)

    def problem(self, heading: str | None, reason: str) -> None:
        """Note that something about this row is wrong."""
        self.table.problems.add(self.number, heading, reason)

    def read(self, heading: str, parse: Callable[..., Any], *, required: bool = False, **options: Any) -> Any:
        """Parse one cell with a reader of `cells`; a CellError or a blank that is owed becomes a problem and
        None. A date without its year takes that of the row or of the table.
        """
        try:
            parsed = parse(self.get(heading), **self.dated(parse) | options)
        except CellError as error:
            self.problem(heading, error.reason)
            return None
        if required and parsed in (None, ""):
            self.problem(heading, "不能为空")
            return None
        return parsed

    def text(self, heading: str, *, required: bool = False, longest: int | None = None) -> str:
        """Text, "" for a blank or a faulty cell."""
        return self.read(heading, cells.cell_text, required=required, longest=longest) or ""

    def code(self, heading: str, *, required: bool = False, longest: int | None = None) -> str:
        """A code, width and blanks aside; "" for a blank or a faulty cell."""
        return self.read(heading, cells.cell_code, required=required, longest=longest) or ""

    def choice(
        self, heading: str, choices: Mapping[str, Any] | Sequence[str], *, required: bool = False
    ) -> Any:
        """One of the labels, or the value a mapping holds for it."""
        return self.read(heading, cells.cell_choice, required=required, choices=choices)

    def dated(self, parse: Callable[..., Any]) -> dict[str, Any]:
        """What a reader of dates is to know: the year, which is named once where it was needed."""
        return {"year": self.year_taken} if parse in (cells.cell_date, cells.cell_month) else {}

    @property
    def year(self) -> int | None:
        """What the row says in its own column, or the table."""
        own = str(self.get("年度") or "").removesuffix("年度").removesuffix("年")
        return int(own) if re.fullmatch(r"20\d{2}", own) else self.table.year

    def year_taken(self) -> int | None:
        """The year for a date that is without; where it is not the row's own word, the report says so."""
        year = self.year
        if year and not self.get("年度") and not self.table.is_year_told:
            self.table.is_year_told = True
            problems, reason = self.table.problems, f"没有写年份的日期，按 {year} 年读入"
            self.table.warnings.append(Problem(problems.workbook, problems.sheet, None, None, reason))
        return year

    #: A number, a whole one, a date in any usual spelling, 是 or 否; options as in `cells`.
    decimal = partialmethod(read, parse=cells.cell_decimal)
    integer = partialmethod(read, parse=cells.cell_int)
    date = partialmethod(read, parse=cells.cell_date)
    boolean = partialmethod(read, parse=cells.cell_bool)


@dataclass
class Table:
    """The rows under one heading row. `problems` is shared by all sheets of the workbook. `year` is the one
    that the titles or names around it speak of.
    """

    headings: tuple[str, ...]
    warnings: list[Problem]
    problems: Problems
    rows: list[Row]
    year: int | None = None
    is_year_told: bool = False

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def raise_if_any(self) -> None:
        """Refuse the workbook when any row of any of its sheets was found wrong."""
        self.problems.raise_if_any()


def read_table(
    grid: list[list[Value]],
    columns: Sequence[Column | str],
    problems: Problems,
    banners: Collection[int] = frozenset(),
) -> Table:
    """Find the heading row and read everything below it; raises WorkbookError when headings are missing or
    double. Totals, signatures and notes are passed over and named.
    """
    known = [column if isinstance(column, Column) else Column(column) for column in columns]
    found = _headings(grid, known)
    if found is None:
        expected = "、".join(column.heading for column in known if column.required)
        raise problems.ended_by(f"没有找到表头，应有：{expected}")
    number, headings = found
    places = _places(headings, known, number, problems)
    warnings = [
        *_unknown_columns(headings, known, number, problems),
        *_without_heading(grid, headings, number, problems),
    ]
    table = Table(tuple(places), warnings, problems, [], year_above(grid[: number - 1]))
    for offset, values in enumerate(grid[number:], start=number + 1):
        named = {heading: values[place] for heading, place in places.items() if place < len(values)}
        is_blank = all(value is None for value in named.values())
        if is_blank and all(value is None for value in values):
            continue
        is_whole = all(named.get(column.heading) is not None for column in known if column.required)
        if reason := _passed_over(values, named, is_banner=offset in banners, is_whole=is_whole):
            warnings.append(Problem(problems.workbook, problems.sheet, offset, None, reason))
        elif not is_blank:  # else it stands in columns that are said to be ignored
            table.rows.append(Row(table, offset, named))
    return table


def _key(value: Value) -> str:
    return heading_key(value) if isinstance(value, str) else ""


def _headings(grid: list[list[Value]], known: list[Column]) -> tuple[int, list[str]] | None:
    """The number of the row with every required heading, else of the row that comes nearest, so that the rest
    can be named; and what stands above each column, in one row or in two.
    """
    best: tuple[int, list[str]] | None = None
    most = 0
    keys = set().union(*(column.keys for column in known))
    for index, values in enumerate(grid[:HEADING_SEARCH_ROWS]):
        headings = _under(grid[index - 1] if index else [], values, keys)
        present = set(map(heading_key, headings))
        hits = [column for column in known if column.keys & present]
        if hits and all(column in hits for column in known if column.required):
            return _with_lower(grid, index, headings, keys)
        if len(hits) > most:
            best, most = (index + 1, headings), len(hits)
    return best


def _with_lower(
    grid: list[list[Value]], index: int, headings: list[str], keys: set[str]
) -> tuple[int, list[str]]:
    """The headings of a row, and those of the next row where it goes on with them."""
    lower = grid[index + 1] if index + 1 < len(grid) else []
    if not _goes_on(grid[index], lower, keys):
        return index + 1, headings
    pairs = zip_longest(_under(grid[index], lower, keys), headings, fillvalue="")
    return index + 2, [own or above for own, above in pairs]


def _under(upper: list[Value], lower: list[Value], keys: set[str]) -> list[str]:
    """The heading of each column: its own, the one above where it has none, or both together where only that
    is known. An upper heading stands above the columns to its right as well.
    """
    headings, above = [], ""
    for place, value in enumerate(_padded(lower, len(upper))):
        over = upper[place] if place < len(upper) else None
        above = over if isinstance(over, str) else above
        own = value if isinstance(value, str) else ""
        if not own and isinstance(over, str) and _key(over) in keys:
            own = over
        elif own and _key(own) not in keys and _key(above + own) in keys:
            own = above + own
        headings.append(own)
    return headings


def _padded(values: list[Value], width: int) -> list[Value]:
    return [*values, *[None] * (width - len(values))]


def _goes_on(upper: list[Value], lower: list[Value], keys: set[str]) -> bool:
    """Whether the lower row is still a heading: it repeats what is merged, and says more below the rest."""
    news = False
    for place, value in enumerate(lower):
        over = upper[place] if place < len(upper) else None
        if value is None or (_key(value) and _key(value) == _key(over)):
            continue
        if not isinstance(value, str) or (_key(over) in keys and _key(value) not in keys):
            return False
        news = news or heading_key(_under(upper, lower, keys)[place]) in keys
    return news


def _places(headings: list[str], known: list[Column], number: int, problems: Problems) -> dict[str, int]:
    """Where each heading stands; raises WorkbookError where one stands twice or is missing."""
    places: dict[str, int] = {}
    keys, before, missing = list(map(heading_key, headings)), len(problems), []
    for column in known:
        found = [place for place, key in enumerate(keys) if key in column.keys]
        if len(found) > 1:
            problems.add(number, column.heading, f"表头重复出现 {len(found)} 次，请只保留一列")
        elif found:
            places[column.heading] = found[0]
        elif column.required:
            missing.append(column.heading)
    if missing:
        problems.add(number, None, f"表头缺少：{'、'.join(missing)}")
    if len(problems) > before:
        problems.raise_if_any()
    return places


def _unknown_columns(
    headings: list[str], known: list[Column], number: int, problems: Problems
) -> list[Problem]:
    keys = set().union(*(column.keys for column in known))
    return [
        Problem(problems.workbook, problems.sheet, number, heading[:40], "不认识的列，已忽略")
        for heading in headings
        if heading and heading_key(heading) not in keys
    ]


def _without_heading(
    grid: list[list[Value]], headings: list[str], number: int, problems: Problems
) -> Iterator[Problem]:
    """Columns with something in them under no heading."""
    below = grid[number:]
    for place in range(max(map(len, below), default=0)):
        if not any(headings[place : place + 1]) and any(
            row[place] is not None for row in below if place < len(row)
        ):
            reason = f"{letters(place)} 列没有表头，已忽略"
            yield Problem(problems.workbook, problems.sheet, number, None, reason)


def letters(place: int) -> str:
    """The name of a column, the first of which is at 0."""
    name, place = "", place + 1
    while place:
        place, last = divmod(place - 1, 26)
        name = chr(ord("A") + last) + name
    return name


# Rows that are no rows

TOTAL = re.compile(
    r"\(?(?P<whose>.{0,10}?)(?:[合小总共]计|总和)(?:数|人数|金额)?(?:\(.*\))?:?(?:[:(]?\d.*)?\)?"
)
#: 甲区小计 is a total whatever else its row holds.
PARTS = "县区市镇乡街校年月日页级组类"
#: What every total has in it.
SUMMED = re.compile("计|总")
#: Only in front: it is also what judges' scores are put together by.
AVERAGE = re.compile("平均[数值]?")
SIGNED = r"(?:\((?:签字|签名|签章|盖章|公章)\))?"
SIGNATURE = re.compile(
    rf"(?:制表|填表|填报|编制|审核|审批|复核|校对|经办|报送|录入)(?:人|单位|部门|时间|日期)?{SIGNED}(?::.*)?"
    rf"|(?:[单位部门党校学主要分管]*(?:负责人|领导)|联系人|联系电话|电话|日期|时间){SIGNED}:.*"
    r"|[单位部门]*\(?(?:签字|签名|签章|盖章|公章)\)?(?::.*)?"
)
NOTE = re.compile(r"(?:备?注|附注|说明|填[表报写]说明|注意(?:事项)?|示?例|样例)(?:[:\d].*)?|[※★*].+")
DAY = re.compile(r"\d{4}年\d{1,2}月(?:\d{1,2}日)?")
#: Alone in its row, so long a text is a note.
LONG_NOTE = 30


def _passed_over(values: list[Value], named: dict[str, Value], *, is_banner: bool, is_whole: bool) -> str:
    """Why a row is none of the table, "" where it is one. In a row that lacks nothing, 经费合计 is a name."""
    filled = [value for value in values if value is not None]
    first = without_blanks(narrow(filled[0])) if isinstance(filled[0], str) else ""
    shown = str(filled[0])[:40]
    if AVERAGE.fullmatch(first) or _is_total(filled, is_whole=is_whole):
        return "合计、小计等汇总行，没有读入"
    if SIGNATURE.fullmatch(first) or (len(filled) == 1 and DAY.fullmatch(first)):
        return f"“{shown}”是落款，没有读入"
    is_alone = len(filled) == 1 and len(named) > 1
    if (is_alone and _is_said(first, is_banner)) or (NOTE.fullmatch(first) and len(filled) <= 2):
        return f"“{shown}”是标题或说明，没有读入"
    return "重复的表头，没有读入" if _repeats(filled, named) else ""


def _is_total(filled: list[Value], *, is_whole: bool) -> bool:
    summed = (value for value in filled if isinstance(value, str) and SUMMED.search(value))
    totals = filter(None, (TOTAL.fullmatch(without_blanks(narrow(value))) for value in summed))
    return any(total["whose"][-1:] in PARTS or not is_whole for total in totals)


def _is_said(text: str, is_banner: bool) -> bool:
    """Whether what stands alone in its row is a sentence or a title; a code above the rows that it holds for
    is neither.
    """
    return (is_banner and not text.isascii()) or len(text) >= LONG_NOTE or "。" in text


def _repeats(filled: list[Value], named: dict[str, Value]) -> bool:
    written = [(heading, value) for heading, value in named.items() if value is not None]
    return len(filled) == len(written) > 1 and all(
        _key(value) == heading_key(heading) for heading, value in written
    )


YEAR = re.compile(r"(?<!\d)(20\d{2})(?!\d)(?!\s*年\s*\d{1,2}\s*月)")


def year_said(text: str) -> int | None:
    """The year that a title or a name speaks of, where it speaks of one; the day on which it was filled in
    says nothing.
    """
    years = set(YEAR.findall(narrow(text)))
    return int(years.pop()) if len(years) == 1 else None


def year_above(rows: list[list[Value]]) -> int | None:
    """The year of which the titles above a table speak."""
    titles = [value for row in rows for value in row if isinstance(value, str) and "年" in value]
    return year_said(" ".join(titles))
