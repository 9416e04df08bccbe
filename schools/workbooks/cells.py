"""One cell as people type it: numbers with units, percent, dates in six spellings, yes and no."""

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from .archive import NOT_COMPUTED
from .printable import Unprintable, fitted
from .text import clean_text, heading_key, narrow, tidy_name, without_blanks

Value = str | int | Decimal | bool | dt.date | dt.datetime | dt.time | dt.timedelta | None

# What a spreadsheet shows of a number; the digits beyond are noise of binary arithmetic.
SHOWN_DIGITS = 15
LARGEST = Decimal(10) ** 15
ERROR_TEXT = re.compile(
    r"#(?:N/A|REF!|NAME\?|NULL!|NUM!|VALUE!|DIV/0!|SPILL!|CALC!|GETTING_DATA)", re.IGNORECASE
)
NUMBER = re.compile(r"([+-]?)(\d+(?:,\d{3})*|\d*)(\.\d+)?")
YES = frozenset({"是", "有", "对", "√", "✓", "✔", "☑", "y", "yes", "true", "1"})
NO = frozenset({"否", "无", "没有", "×", "✗", "✘", "x", "n", "no", "false", "0"})
FULL_DATE = re.compile(r"(\d{4})\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})\s*(?:日|号)?")
MONTH = re.compile(r"(\d{4})\s*[年./-]\s*(\d{1,2})\s*月?(?:份)?")
COMPACT_DATE = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
SHORT_DATE = re.compile(r"(\d{1,2})\s*[月./-]\s*(\d{1,2})\s*(?:日|号)?")
#: A day without its year is shown with one that has it.
EXAMPLE_YEAR, LEAP_YEAR, LEAP_DAY, MONTHS = 2026, 2028, (2, 29), 12
TIME_OF_DAY = re.compile(r"(?<![\sT])[\sT]++\d{1,2}[:时]\d{1,2}(?:[:分]\d{1,2}(?:\.\d+)?秒?)?分?\Z")


class CellError(ValueError):
    """One cell does not hold what its column asks for; the text says what was expected."""

    @property
    def reason(self) -> str:
        """The Chinese sentence, without the place: the caller knows row and column."""
        return str(self)


def normalise(raw: object) -> Value:
    """A raw cell as a clean value: blank is None, whole numbers are int, other numbers Decimal, text is
    cleaned.
    """
    if raw is None:
        return None
    if isinstance(raw, str):
        return clean_text(raw) or None
    if isinstance(raw, float):
        return _number(raw)
    return raw  # type: ignore[return-value]  # int, bool and the date types pass as they are


def _number(raw: float) -> int | Decimal | str:
    if not math.isfinite(raw):
        return "#NUM!"
    exact = Decimal(str(raw))
    if len(exact.as_tuple().digits) > SHOWN_DIGITS:
        exact = Decimal(f"{raw:.{SHOWN_DIGITS}g}")
    return int(exact) if exact == exact.to_integral_value() and abs(exact) < LARGEST else exact


def refuse_error(value: Value) -> None:
    """Raise CellError for a cell that shows #N/A and the like, or a formula never computed."""
    if isinstance(value, str) and value.startswith("#"):
        if value == NOT_COMPUTED:
            raise CellError("公式没有计算结果，请用 WPS 打开并保存一次，或改填数值")
        if ERROR_TEXT.fullmatch(value):
            raise CellError(f"单元格是错误值 {value}，请改正公式或改填数值")


def cell_text(value: Value, *, longest: int | None = None) -> str:
    """The value as text that can be printed, "" for a blank; codes typed as numbers come without a decimal
    point.
    """
    try:
        text = fitted(_text(value))
    except Unprintable as refused:
        raise CellError(str(refused)) from refused
    if longest is not None and len(text) > longest:
        raise CellError(f"文字过长（{len(text)} 字，最多 {longest} 字）")
    return text


def _text(value: Value) -> str:
    refuse_error(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "minutes")
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def cell_code(value: Value, **options: Any) -> str:
    """A code or name that identifies: width and blanks make no other."""
    return without_blanks(narrow(cell_text(value, **options)))


def cell_name(value: Value, **options: Any) -> str:
    """A person's name as it is kept."""
    return tidy_name(cell_text(value, **options))


def cell_decimal(
    value: Value,
    *,
    unit: str | Sequence[str] = (),
    lowest: Decimal | int | None = None,
    highest: Decimal | int | None = None,
    places: int | None = None,
) -> Decimal | None:
    """The number of a cell, None for a blank. "85%" is 0.85, like a percent cell; "100人" needs 人 among the
    units.

    An unlisted unit is refused rather than dropped: 千元 read as 元 would be wrong by three digits; 万 is
    understood.
    """
    refuse_error(value)
    if value is None:
        return None
    number = _number_in(value, [unit] if isinstance(unit, str) else unit)
    _check_bounds(number, lowest, highest)
    if places is not None and number != round(number, places):
        raise CellError(f"{number} 的小数超过 {places} 位" if places else f"{number} 应为整数")
    return number if places is None else round(number, places)  # 8.00 is 8.0 where one place is kept


def _number_in(value: Value, units: Iterable[str]) -> Decimal:
    if isinstance(value, str):
        return _typed_number(value, units)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise CellError(f"应填数字，现为“{_text(value)}”")
    return Decimal(value)


def _check_bounds(number: Decimal, lowest: Decimal | int | None, highest: Decimal | int | None) -> None:
    if abs(number) >= LARGEST:
        raise CellError("数字过大")
    if lowest is not None and number < lowest:
        raise CellError(f"{number} 小于下限 {lowest}")
    if highest is not None and number > highest:
        raise CellError(f"{number} 大于上限 {highest}")


def _typed_number(text: str, units: Iterable[str]) -> Decimal:
    typed = without_blanks(_narrow_digits(text)).replace("−", "-").replace("—", "-").replace("。", ".")
    match = NUMBER.match(typed)
    if not (match[2] or match[3]) or len(match[0]) > 40:
        raise CellError(f"应填数字，现为“{text[:40]}”")
    number = Decimal(match[0].replace(",", ""))
    rest = typed[match.end() :]
    if rest == "%":
        return number / 100
    if rest.startswith("万"):
        number, rest = number * 10_000, rest[1:]
    known = list(filter(None, units))
    if rest and narrow(rest) not in map(narrow, known):
        expected = f"单位只能写 {'、'.join(known)}" if known else "请只填数字"
        raise CellError(f"“{text[:40]}”不是数字，{expected}")
    return number


def _narrow_digits(text: str) -> str:
    """Half-width, but a note ① or a power ² behind a number is no digit of it."""
    return "".join(sign if unicodedata.category(sign) == "No" else narrow(sign) for sign in text)


def cell_int(
    value: Value, *, unit: str | Sequence[str] = (), lowest: int | None = None, highest: int | None = None
) -> int | None:
    """A whole number, None for a blank."""
    number = cell_decimal(value, unit=unit, lowest=lowest, highest=highest, places=0)
    return None if number is None else int(number)


#: The year for a date that is typed without, or who knows it.
Year = int | Callable[[], int | None] | None


def cell_date(value: Value, *, year: Year = None) -> dt.date | None:
    """The date of a cell, None for a blank; `year` completes 3月5日 and 3.5 typed as text.

    A decimal number such as 3.5 is refused: as a number 3.10 and 3.1 are the same cell.
    """
    refuse_error(value)
    if value is None:
        return None
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise CellError(f"“{_text(value)}”不是日期，请写成 2026-03-05")
    return _typed_date(str(value), year)


def cell_month(value: Value, *, year: Year = None) -> dt.date | None:
    """A month by its first day, or any day of it."""
    typed = narrow(value).strip() if isinstance(value, str) else ""
    match = MONTH.fullmatch(typed)
    return _day((*match.groups(), 1), typed) if match else cell_date(value, year=year)


def _typed_date(text: str, year: Year) -> dt.date:
    typed = TIME_OF_DAY.sub("", narrow(text).replace("。", ".").strip())
    if match := FULL_DATE.fullmatch(typed) or COMPACT_DATE.fullmatch(typed):
        parts = match.groups()
    elif match := SHORT_DATE.fullmatch(typed):
        known = year() if callable(year) else year
        if known is None:
            day = _day((LEAP_YEAR, *match.groups()), text)
            example = day if (day.month, day.day) == LEAP_DAY else day.replace(year=EXAMPLE_YEAR)
            raise CellError(f"“{text[:40]}”缺年份，请写成 {example}")
        parts = (known, *match.groups())
    elif match := MONTH.fullmatch(typed):
        example = f"{match[1]}-{int(match[2]):02d}-01"
        raise CellError(f"“{text[:40]}”只写到月，请写明是哪一天，如 {example}")
    else:
        raise CellError(f"“{text[:40]}”不是日期，请写成 2026-03-05")
    return _day(parts, text)


def _day(parts: Iterable[str | int], text: str) -> dt.date:
    year, month, day = map(int, parts)
    try:
        return dt.date(year, month, day)
    except ValueError as error:
        which = f"{year}年" if (month, day) == LEAP_DAY else ""
        why = f"{which}{month}月没有{day}日" if year and 1 <= month <= MONTHS else f"没有{month}月"
        raise CellError(f"“{text[:40]}”不是有效日期，{why}") from error


def cell_choice(value: Value, choices: Mapping[str, Any] | Sequence[str]) -> Any:
    """The choice whose Chinese label was typed, widths and brackets aside; a mapping gives its value, None
    for a blank.
    """
    text = _text(value)
    if not text:
        return None
    for label in choices:
        if heading_key(label) == heading_key(text):
            return choices[label] if isinstance(choices, Mapping) else label
    raise CellError(f"“{text[:40]}”不在可选范围：{'、'.join(choices)}")


def cell_bool(value: Value) -> bool | None:
    """是/否, 有/无, √/×; None for a blank."""
    if isinstance(value, bool):
        return value
    text = narrow(_text(value)).casefold()
    if not text:
        return None
    if text in YES | NO:
        return text in YES
    raise CellError(f"“{text[:40]}”应填 是 或 否")
