"""What the parser builds while it reads: the nodes of syntax.py, and the refusals that need no vocabulary."""

import re
from fractions import Fraction
from typing import Any

from lark import Token, Transformer, v_args

from ratings.rules.errors import RuleError
from ratings.rules.syntax import (
    JUDGED_NAME,
    POINT_UNIT,
    RANGE,
    Add,
    Band,
    Case,
    Cases,
    Checklist,
    Comparison,
    Condition,
    Deduct,
    Effect,
    Graded,
    Judged,
    Level,
    Levels,
    Limit,
    Number,
    Per,
    Question,
    Ratio,
    Reference,
    Rule,
    Term,
    Test,
    Tick,
)

MAX_PARTS = 12
MAX_ENTRIES = 40
MAX_NAME = 60
MAX_WHOLE_DIGITS = 9
MAX_DECIMALS = 4

_OPERATORS = {">=": "≥", "≧": "≥", "<=": "≤", "≦": "≤", "!=": "≠"}
_STARS = {"一": 1, "二": 2, "三": 3, "四": 4}
_PER = re.compile(r"每\s*([0-9]+(?:\.[0-9]+)?)?\s*(.+)", re.DOTALL)


class _Name(str):
    """A name with the place where it stands."""

    position: int = 0


def _named(value: str, position: int) -> _Name:
    name = _Name(value)
    name.position = position
    return name


def _only(children: list, kind: type) -> list:
    return [child for child in children if isinstance(child, kind)]


def _entries(children: list, kind: type | tuple, head: Token) -> tuple:
    found = tuple(child for child in children if isinstance(child, kind))
    if len(found) > MAX_ENTRIES:
        raise RuleError(f"一个“{head}”里最多写 {MAX_ENTRIES} 项", head.start_pos)
    return found


def _setting(key: str) -> Any:
    """A rule callback that marks a number as 满分, 下限, 上限, 步长 or 目标."""
    return lambda self, children: (key, children[-1])


class Building(Transformer):
    # -- words and numbers

    def NUMBER(self, token: Token) -> Number:  # noqa: N802 (terminals of the grammar are upper case)
        digits = token.rstrip("% \t\r\n\f\v")
        whole, _, decimals = digits.partition(".")
        if len(whole.lstrip("0")) > MAX_WHOLE_DIGITS or len(decimals) > MAX_DECIMALS:
            limits = f"整数最多 {MAX_WHOLE_DIGITS} 位，小数最多 {MAX_DECIMALS} 位"
            raise RuleError(f"数字 {digits[:20]} 太大或小数太长，{limits}", token.start_pos)
        percent = token.endswith("%")
        return Number(Fraction(digits) / (100 if percent else 1), percent, token.start_pos)

    def points(self, children: list[Number]) -> Number:
        if children[0].percent:
            raise RuleError("这里是分数，不能写百分数", children[0].position)
        return children[0]

    def name(self, children: list[Token]) -> _Name:
        token = children[0]
        name = token[1:-1].strip() if token.type == "QUOTED" else re.sub(r"\s+", "", token)
        if not name:
            raise RuleError("引号里没有名称", token.start_pos)
        if len(name) > MAX_NAME:
            raise RuleError(f"名称太长，最多 {MAX_NAME} 个字", token.start_pos)
        if any(not character.isprintable() for character in name):
            raise RuleError("名称里有不可见的字符，请删去重新输入", token.start_pos)
        return _named(name, token.start_pos)

    def operator(self, children: list[Token]) -> str:
        sign = re.sub(r"\s+", "", children[0])
        return _OPERATORS.get(sign, sign)

    def PER(self, token: Token) -> Per:  # noqa: N802
        digits, unit = _PER.fullmatch(token).groups()
        if unit == "%":
            unit = POINT_UNIT
        amount = self.NUMBER(Token("NUMBER", digits or "1", start_pos=token.start_pos))
        if not amount.value:
            raise RuleError("“每”后面的数量不能是 0", token.start_pos)
        return Per(amount, unit)

    def per(self, children: list[Per]) -> Per:
        return children[0]

    # -- names with arguments, conditions

    def limit(self, children: list) -> Limit:
        return Limit(str(children[0]), children[1], children[2])

    def reference(self, children: list) -> Reference:
        name, *arguments = children
        if len(arguments) > MAX_ENTRIES:
            raise RuleError(f"方括号里最多写 {MAX_ENTRIES} 项", name.position)
        words = tuple(str(word) for word in _only(arguments, _Name))
        return Reference(str(name), tuple(_only(arguments, Limit)), words, name.position)

    def question(self, children: list) -> Question:
        return Question(str(children[1]), children[1].position)

    def comparison(self, children: list) -> Comparison:
        return Comparison(*children)

    def condition(self, children: list) -> Condition:
        comparisons = tuple(_only(children, Comparison))
        if len(comparisons) > MAX_ENTRIES:
            raise RuleError(f"一个条件里最多写 {MAX_ENTRIES} 个“且”", comparisons[0].left.position)
        return Condition(comparisons)

    # -- 清单 档 比

    @v_args(inline=True)
    def tick(self, subject: Reference, _equal: Token, points: Number) -> Tick:
        return Tick(subject, points)

    def checklist(self, children: list) -> Checklist:
        return Checklist(_entries(children, Tick, children[0]), children[0].start_pos)

    @v_args(inline=True)
    def band(self, op: str, bound: Number, arrow: Token, points: Number) -> Band:
        return Band(Test(op, bound), points, arrow.start_pos)

    @v_args(inline=True)
    def equal_band(self, bound: Number, arrow: Token, points: Number) -> Band:
        return Band(Test("=", bound), points, arrow.start_pos)

    @v_args(inline=True)
    def range_band(self, low: Number, dash: Token, high: Number, _arrow: Token, points: Number) -> Band:
        if high.percent and not low.percent:  # 80—100% is how people write 80%—100%
            low = Number(low.value / 100, True, low.position)
        if low.value > high.value:
            raise RuleError("范围应从小到大写", dash.start_pos)
        return Band(Test(RANGE, low, high), points, dash.start_pos)

    @v_args(inline=True)
    def other_band(self, word: Token, _arrow: Token, points: Number) -> Band:
        return Band(None, points, word.start_pos)

    def graded(self, children: list) -> Graded:
        return Graded(children[1], _entries(children, Band, children[0]), children[0].start_pos)

    @v_args(inline=True)
    def case(self, condition: Condition, _arrow: Token, points: Number) -> Case:
        return Case(condition, points, condition.comparisons[0].left.position)

    @v_args(inline=True)
    def other_case(self, word: Token, _arrow: Token, points: Number) -> Case:
        return Case(None, points, word.start_pos)

    def cases(self, children: list) -> Cases:
        return Cases(_entries(children, Case, children[0]), children[0].start_pos)

    over = _setting("over")
    target = _setting("target")

    def ratio(self, children: list) -> Ratio:
        head, numerator, *rest = children
        settings = dict(_only(rest, tuple))
        target = settings.get("target")
        if not settings:
            raise RuleError("“比”里应写“分子/分母”或“÷目标”", head.start_pos)
        if target and not target.value:
            raise RuleError("“比”的目标不能是 0", head.start_pos)
        return Ratio(numerator, settings.get("over"), target, children[-1], head.start_pos)

    # -- 扣 加

    def term(self, children: list) -> Term:
        subject, points = children[0], children[-1]
        per = children[1] if len(children) == 3 else None
        if per and isinstance(subject, Condition):
            first = subject.comparisons[0]
            if len(subject.comparisons) > 1 or first.op in "=≠":
                raise RuleError("“每”前面只能是一个名称，或者一个大于、小于的比较", first.left.position)
        return Term(subject, per, points)

    full = _setting("full")
    floor = _setting("floor")
    cap = _setting("cap")

    def deduct(self, children: list) -> Deduct:
        settings = dict(_only(children, tuple))
        terms = _entries(children, Term, children[0])
        return Deduct(
            settings.get("full"), terms, settings.get("floor", Number(Fraction(0))), children[0].start_pos
        )

    def add(self, children: list) -> Add:
        return Add(
            _entries(children, Term, children[0]),
            dict(_only(children, tuple)).get("cap"),
            children[0].start_pos,
        )

    # -- 评 分

    @v_args(inline=True)
    def level(self, word: _Name, _equal: Token, points: Number) -> Level:
        return Level(str(word), points)

    def levels(self, children: list) -> Levels:
        return Levels(str(children[1]), _entries(children, Level, children[0]), children[0].start_pos)

    step = _setting("step")

    def judged(self, children: list) -> Judged:
        head = children[0]
        name = next(iter(_only(children, _Name)), JUDGED_NAME)
        low, high = _only(children, Number)
        step = dict(_only(children, tuple)).get("step")
        if low.value >= high.value:
            raise RuleError("“分”的范围应从小到大写", head.start_pos)
        if step and not step.value:
            raise RuleError("步长不能是 0", head.start_pos)
        return Judged(str(name), low, high, step, head.start_pos)

    # -- the whole

    def rule(self, parts: list) -> Rule:
        if len(parts) > MAX_PARTS:
            raise RuleError(f"一条规则最多由 {MAX_PARTS} 部分相加", parts[MAX_PARTS].position)
        return Rule(tuple(parts))

    def no_star(self, _children: list) -> Effect:
        return Effect(0)

    def at_most(self, children: list[Token]) -> Effect:
        star = re.sub(r"\s+", "", children[0])[2]
        return Effect(_STARS.get(star) or int(star))
