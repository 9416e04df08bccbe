"""Answers as people write them in a score sheet (作答): 名称=值；名称×次数；勾选名."""

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction

from ratings.rules.binding import Asked
from ratings.rules.characters import folded
from ratings.rules.errors import AnswerError
from ratings.rules.figures import Answer
from ratings.rules.rounding import decimal_text

NOTHING = "无"
MOST_TIMES = 9999

_QUOTED = r"[“\"][^“”\"]*[”\"]|「[^「」]*」"
_PIECE = re.compile(rf"(?:{_QUOTED}|[^;\n])+")
_SOFT_PIECE = re.compile(rf"(?:{_QUOTED}|[^;\n,、])+")
_SHAPE = re.compile(
    rf"(?P<name>{_QUOTED}|.+?)\s*(?:=\s*(?P<value>.*)|[×*xX✕]\s*(?P<times>[0-9]+)\s*[次项处个]?)?"
)
_DECIMAL = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,4})?\s*%?")
_QUOTES = '“”"「」'
_YES, _NO = {"是", "有", "1", "√", "✓"}, {"否", "0", "×"}
_SINGLE = {"level": "等次", "number": "数值", "points": "得分"}


def parse_answers(text: str, asked: Iterable[Asked]) -> dict[str, Answer]:
    """Read one cell of 作答. Raises AnswerError with a sentence.

    Names that are not mentioned stay out of the result; whether one of them was owed is for missing_answers
    to say.
    """
    by_name = {folded(one.name): one for one in asked}
    source = folded(text)
    if not source.strip("; \n"):
        raise AnswerError("作答是空的；什么都没有时请写“无”")
    answers: dict[str, Answer] = {}
    if source == NOTHING and not _takes_bare(source, by_name):
        return answers
    for piece in _pieces(source, by_name):
        one, value = _read(piece, by_name)
        if one.name in answers:
            raise AnswerError(f"“{one.name}”写了两次")
        answers[one.name] = value
    return answers


def format_answers(answers: Mapping[str, Answer], asked: Iterable[Asked]) -> str:
    """The text that parse_answers reads back. What is not ticked or not counted is left out."""
    written = [_write(one, answers[one.name]) for one in asked if answers.get(one.name) not in (None, False)]
    return "；".join(written) or NOTHING


def clean_answer(one: Asked, raw: str) -> Answer:
    """One typed value as an answer of the right kind, within its bounds; AnswerError otherwise."""
    text = folded(raw).strip(_QUOTES)
    match one.kind:
        case "tick":
            if text in _YES or text in _NO:
                return text in _YES
            raise AnswerError(f"“{one.name}”应写 是 或 否，不能写“{raw}”")
        case "count":
            if text.isascii() and text.isdigit() and len(text) <= 9 and int(text) <= MOST_TIMES:
                return int(text)
            raise AnswerError(f"“{one.name}”应写次数（0—{MOST_TIMES} 的整数），不能写“{raw}”")
        case "level":
            return _level(one, text)
        case _:
            return _amount(one, text)


def _pieces(source: str, by_name: Mapping[str, Asked]) -> list[str]:
    """Split at ；; a piece that is not itself a name or an assignment may also list several with ， or 、."""
    pieces = []
    for piece in filter(None, map(str.strip, _PIECE.findall(source))):
        name, value, _ = _shape(piece)
        whole = name in by_name and not re.search("[,、]", value or "")
        pieces.extend([piece] if whole else filter(None, map(str.strip, _SOFT_PIECE.findall(piece))))
    return pieces


def _shape(piece: str) -> tuple[str, str | None, str | None]:
    found = _SHAPE.fullmatch(piece)
    return found["name"].strip(_QUOTES).strip(), found["value"], found["times"]


def _read(piece: str, by_name: Mapping[str, Asked]) -> tuple[Asked, Answer]:
    name, value, times = _shape(piece)
    if one := by_name.get(piece.strip(_QUOTES)):
        return one, _plain(one)
    one = by_name.get(name)
    if one and value is not None:
        return one, clean_answer(one, value)
    if one and times:
        if one.kind in _SINGLE:
            raise AnswerError(f"“{one.name}”应写成“{one.name}=…”，不能写次数")
        return one, clean_answer(one, times)
    if one := _takes_bare(piece, by_name):
        return one, clean_answer(one, piece)
    raise AnswerError(f"本项没有“{name}”；本项要填：{_listed(by_name)}")


def _plain(one: Asked) -> Answer:
    """What the bare name means: a tick, or once."""
    if one.kind in _SINGLE:
        raise AnswerError(f"“{one.name}”还没有写{_SINGLE[one.kind]}，应写成“{one.name}=…”")
    return True if one.kind == "tick" else 1


def _takes_bare(piece: str, by_name: Mapping[str, Asked]) -> Asked | None:
    """The one level, number or points that a bare value can belong to."""
    single = [one for one in by_name.values() if one.kind in _SINGLE]
    if len(single) != 1:
        return None
    one = single[0]
    if one.kind == "level":
        return (
            one
            if piece.strip(_QUOTES) in {folded(word) for word, _ in one.levels}
            or (len(by_name) == 1 and piece != NOTHING)
            else None
        )
    return one if _DECIMAL.fullmatch(piece) else None


def _level(one: Asked, text: str) -> str:
    for word, _ in one.levels:
        if folded(word) == text or folded(word) == text.upper():
            return word
    raise AnswerError(f"“{one.name}”应是 {'、'.join(word for word, _ in one.levels)} 之一，不能写“{text}”")


def _amount(one: Asked, text: str) -> Fraction:
    if not _DECIMAL.fullmatch(text) or (one.kind == "points" and text.endswith("%")):
        raise AnswerError(f"“{one.name}”应写数字，不能写“{text}”")
    value = Fraction(text.rstrip("% ")) / (100 if text.endswith("%") else 1)
    if one.kind == "points":
        _check_points(one, value)
    return value


def _check_points(one: Asked, value: Fraction) -> None:
    """Refuse judged points outside their bounds or off their step."""
    if not one.low <= value <= one.high:
        raise AnswerError(
            f"“{one.name}”应在 {decimal_text(one.low)}—{decimal_text(one.high)} 分之间，不能写 "
            f"{decimal_text(value)}"
        )
    if one.step and (value - one.low) % one.step:
        raise AnswerError(
            f"“{one.name}”应按 {decimal_text(one.step)} 分一步给分，不能写 {decimal_text(value)}"
        )


def _write(one: Asked, answer: Answer) -> str:
    name = (
        f"“{one.name}”"
        if re.search(r"[;=,、；＝，×*xX✕]", one.name) and not set(_QUOTES) & set(one.name)
        else one.name
    )
    match one.kind:
        case "tick":
            return name
        case "count":
            return f"{name}×{answer}"
        case "level":
            return f"{name}={answer}"
        case _:
            return f"{name}={decimal_text(Fraction(answer))}"


def _listed(by_name: Mapping[str, Asked]) -> str:
    return "、".join(one.name for one in by_name.values()) or "（无）"
