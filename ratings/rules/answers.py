"""Answers as people write them in a score sheet (作答): 名称=值；名称×次数；勾选名."""

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction

from .binding import Asked
from .characters import folded
from .errors import AnswerError
from .figures import Answer
from .rounding import decimal_text

NOTHING = "无"
MOST_TIMES = 9999

_QUOTED = r"[“\"][^“”\"]*[”\"]|「[^「」]*」"
_PIECE = re.compile(rf"(?:{_QUOTED}|[^;\n])+")
_SOFT_PIECE = re.compile(rf"(?:{_QUOTED}|[^;\n,、])+")
_SHAPE = re.compile(
    rf"(?P<name>{_QUOTED}|.+?)(?<!\s)\s*+(?:=\s*(?P<value>.*)|[×*xX✕]\s*(?P<times>[0-9]+)\s*[次项处个]?)?"
)
_DECIMAL = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,4})?\s*%?")
_COUNT = re.compile(r"[0-9]{1,9}")
_SPECIAL = re.compile(r"[;=,、；＝，×*xX✕]")
_QUOTES = '“”"「」'
_YES, _NO = {"是", "有", "1", "√", "✓"}, {"否", "0", "×"}
_SINGLE = {"level": "等次", "number": "数值", "points": "得分"}


def parse_answers(text: str, asked: Iterable[Asked]) -> dict[str, Answer]:
    """Read one cell of 作答. Raises AnswerError with a sentence.

    Names that are not mentioned stay out of the result; whether one of them was owed is for missing_answers
    to say.
    """
    by_name = {folded(question.name): question for question in asked}
    source = folded(text)
    if not source.strip("; \n"):
        raise AnswerError("作答是空的；什么都没有时请写“无”")
    answers: dict[str, Answer] = {}
    if source == NOTHING and not _takes_bare(source, by_name):
        return answers
    for piece in _pieces(source, by_name):
        question, value = _read(piece, by_name)
        if question.name in answers:
            raise AnswerError(f"“{question.name}”写了两次")
        answers[question.name] = value
    return answers


def format_answers(answers: Mapping[str, Answer], asked: Iterable[Asked]) -> str:
    """The text that parse_answers reads back. What is not ticked or not counted is left out."""
    written = [
        _write(question, answers[question.name])
        for question in asked
        if answers.get(question.name) not in (None, False)
    ]
    return "；".join(written) or NOTHING


def clean_answer(question: Asked, raw: str) -> Answer:
    """One typed value as an answer of the right kind, within its bounds; AnswerError otherwise."""
    text = folded(raw).strip(_QUOTES)
    match question.kind:
        case "tick":
            if text in _YES or text in _NO:
                return text in _YES
            raise AnswerError(f"“{question.name}”应写 是 或 否，不能写“{raw}”")
        case "count":
            if _COUNT.fullmatch(text) and int(text) <= MOST_TIMES:
                return int(text)
            raise AnswerError(f"“{question.name}”应写次数（0—{MOST_TIMES} 的整数），不能写“{raw}”")
        case "level":
            return _level(question, text)
        case "points":
            return _points(question, text)
    return _number(question, text)


def _pieces(source: str, by_name: Mapping[str, Asked]) -> list[str]:
    """Split at ；; a piece that is not itself a name or an assignment may also list several with ， or 、."""
    pieces = []
    for piece in filter(None, map(str.strip, _PIECE.findall(source))):
        name, value, _ = _shape(piece)
        whole = name in by_name and not re.search("[,、]", value or "")
        pieces.extend([piece] if whole else filter(None, map(str.strip, _SOFT_PIECE.findall(piece))))
    return pieces


def _shape(piece: str) -> tuple[str, str | None, str | None]:
    match = _SHAPE.fullmatch(piece)
    return match["name"].strip(_QUOTES).strip(), match["value"], match["times"]


def _read(piece: str, by_name: Mapping[str, Asked]) -> tuple[Asked, Answer]:
    name, value, times = _shape(piece)
    if question := by_name.get(piece.strip(_QUOTES)):
        return question, _alone(question)
    question = by_name.get(name)
    if question and value is not None:
        return question, clean_answer(question, value)
    if question and times:
        if question.kind in _SINGLE:
            raise AnswerError(f"“{question.name}”应写成“{question.name}=…”，不能写次数")
        return question, clean_answer(question, times)
    if question := _takes_bare(piece, by_name):
        return question, clean_answer(question, piece)
    listed = "、".join(question.name for question in by_name.values()) or "（无）"
    raise AnswerError(f"本项没有“{name}”；本项要填：{listed}")


def _alone(question: Asked) -> Answer:
    """What the bare name means: a tick, or once."""
    if question.kind in _SINGLE:
        raise AnswerError(f"“{question.name}”还没有写{_SINGLE[question.kind]}，应写成“{question.name}=…”")
    return True if question.kind == "tick" else 1


def _takes_bare(piece: str, by_name: Mapping[str, Asked]) -> Asked | None:
    """The one level, number or points that a bare value can belong to."""
    single = [question for question in by_name.values() if question.kind in _SINGLE]
    if len(single) == 1 and _can_be(piece, single[0], alone=len(by_name) == 1):
        return single[0]
    return None


def _can_be(piece: str, question: Asked, *, alone: bool) -> bool:
    if question.kind != "level":
        return bool(_DECIMAL.fullmatch(piece))
    words = {folded(word) for word, _ in question.levels}
    return piece.strip(_QUOTES) in words or (alone and piece != NOTHING)


def _level(question: Asked, text: str) -> str:
    for word, _ in question.levels:
        if folded(word) in (text, text.upper()):
            return word
    words = "、".join(word for word, _ in question.levels)
    raise AnswerError(f"“{question.name}”应是 {words} 之一，不能写“{text}”")


def _number(question: Asked, text: str) -> Fraction:
    if not _DECIMAL.fullmatch(text):
        raise AnswerError(f"“{question.name}”应写数字，不能写“{text}”")
    return Fraction(text.rstrip("% ")) / (100 if text.endswith("%") else 1)


def _points(question: Asked, text: str) -> Fraction:
    """Judged points, within their bounds and on their step."""
    if text.endswith("%"):
        raise AnswerError(f"“{question.name}”应写数字，不能写“{text}”")
    value = _number(question, text)
    shown, low, high = map(decimal_text, (value, question.low, question.high))
    if not question.low <= value <= question.high:
        raise AnswerError(f"“{question.name}”应在 {low}—{high} 分之间，不能写 {shown}")
    if question.step and (value - question.low) % question.step:
        step = decimal_text(question.step)
        raise AnswerError(f"“{question.name}”应按 {step} 分一步给分，不能写 {shown}")
    return value


def _write(question: Asked, answer: Answer) -> str:
    name = question.name
    if _SPECIAL.search(name) and not set(_QUOTES) & set(name):
        name = f"“{name}”"
    if question.kind == "tick":
        return name
    if question.kind == "count":
        return f"{name}×{answer}"
    return f"{name}={answer if question.kind == 'level' else decimal_text(Fraction(answer))}"
