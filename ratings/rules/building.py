"""What the parser builds while it reads: the nodes of syntax.py, and the refusals that need no vocabulary."""

import re
from fractions import Fraction

from lark import Token, Transformer, v_args

from .errors import RuleError
from .syntax import (
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
    Node,
    Number,
    Operand,
    Part,
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
_NOTHING = Number(Fraction(0))


def _entries(head: Token, entries: tuple[Node, ...]) -> tuple[Node, ...]:
    _refuse(f"一个“{head}”里最多写 {MAX_ENTRIES} 项", head.start_pos, when=len(entries) > MAX_ENTRIES)
    return entries


def _refuse(message: str, position: int, *, when: object) -> None:
    if when:
        raise RuleError(message, position)


def _without_space(token: Token) -> str:
    return re.sub(r"\s+", "", token)


@v_args(inline=True)
class Building(Transformer):
    """One callback for every rule of the grammar; what the grammar marks as optional arrives as None."""

    # -- words and numbers

    def NUMBER(self, token: Token) -> Number:  # noqa: N802 (terminals of the grammar are upper case)
        digits = token.rstrip("% \t\r\n\f\v")
        whole, _, decimals = digits.partition(".")
        limits = f"整数最多 {MAX_WHOLE_DIGITS} 位，小数最多 {MAX_DECIMALS} 位"
        _refuse(
            f"数字 {digits[:20]} 太大或小数太长，{limits}",
            token.start_pos,
            when=len(whole.lstrip("0")) > MAX_WHOLE_DIGITS or len(decimals) > MAX_DECIMALS,
        )
        percent = token.endswith("%")
        return Number(Fraction(digits) / (100 if percent else 1), percent, position=token.start_pos)

    def points(self, number: Number) -> Number:
        _refuse("这里是分数，不能写百分数", number.position, when=number.percent)
        return number

    def name(self, token: Token) -> Token:
        """The name alone, which keeps the place where it stands."""
        name = token[1:-1].strip() if token.type == "QUOTED" else _without_space(token)
        _refuse("引号里没有名称", token.start_pos, when=not name)
        _refuse(f"名称太长，最多 {MAX_NAME} 个字", token.start_pos, when=len(name) > MAX_NAME)
        _refuse("名称里有不可见的字符，请删去重新输入", token.start_pos, when=not name.isprintable())
        return token.update(value=name)

    def operator(self, token: Token) -> str:
        sign = _without_space(token)
        return _OPERATORS.get(sign, sign)

    def PER(self, token: Token) -> Per:  # noqa: N802
        digits, unit = _PER.fullmatch(token).groups()
        amount = self.NUMBER(token.update(value=digits or "1"))
        _refuse("“每”后面的数量不能是 0", token.start_pos, when=not amount.value)
        return Per(amount, POINT_UNIT if unit == "%" else unit)

    # -- names with arguments, conditions

    def limit(self, name: Token, op: str, value: Number) -> Limit:
        return Limit(str(name), op, value)

    def reference(self, name: Token, *arguments: Limit | Token) -> Reference:
        _refuse(f"方括号里最多写 {MAX_ENTRIES} 项", name.start_pos, when=len(arguments) > MAX_ENTRIES)
        limits = tuple(limit for limit in arguments if isinstance(limit, Limit))
        words = tuple(str(word) for word in arguments if isinstance(word, Token))
        return Reference(str(name), limits, words, position=name.start_pos)

    def question(self, name: Token) -> Question:
        return Question(str(name), position=name.start_pos)

    comparison = Comparison

    def condition(self, *comparisons: Comparison) -> Condition:
        position = comparisons[0].left.position
        _refuse(f"一个条件里最多写 {MAX_ENTRIES} 个“且”", position, when=len(comparisons) > MAX_ENTRIES)
        return Condition(comparisons)

    # -- 清单 档 比

    tick = Tick

    def checklist(self, head: Token, *ticks: Tick) -> Checklist:
        return Checklist(_entries(head, ticks), position=head.start_pos)

    def band(self, op: str, bound: Number, arrow: Token, points: Number) -> Band:
        return Band(Test(op, bound), points, position=arrow.start_pos)

    def equal_band(self, bound: Number, arrow: Token, points: Number) -> Band:
        return self.band("=", bound, arrow, points)

    def range_band(self, low: Number, dash: Token, high: Number, _arrow: Token, points: Number) -> Band:
        if high.percent and not low.percent:  # 80—100% is how people write 80%—100%
            low = Number(low.value / 100, True, position=low.position)
        _refuse("范围应从小到大写", dash.start_pos, when=low.value > high.value)
        return Band(Test(RANGE, low, high), points, position=dash.start_pos)

    def other_band(self, word: Token, _arrow: Token, points: Number) -> Band:
        return Band(None, points, position=word.start_pos)

    def graded(self, head: Token, subject: Operand, *bands: Band) -> Graded:
        return Graded(subject, _entries(head, bands), position=head.start_pos)

    def case(self, condition: Condition, _arrow: Token, points: Number) -> Case:
        return Case(condition, points, position=condition.comparisons[0].left.position)

    def other_case(self, word: Token, _arrow: Token, points: Number) -> Case:
        return Case(None, points, position=word.start_pos)

    def cases(self, head: Token, *cases: Case) -> Cases:
        return Cases(_entries(head, cases), position=head.start_pos)

    def ratio(
        self, head: Token, above: Operand, below: Operand | None, target: Number | None, points: Number
    ) -> Ratio:
        _refuse("“比”里应写“分子/分母”或“÷目标”", head.start_pos, when=not below and not target)
        _refuse("“比”的目标不能是 0", head.start_pos, when=target and not target.value)
        return Ratio(above, below, target, points, position=head.start_pos)

    # -- 扣 加

    def term(self, subject: Reference | Condition, per: Per | None, points: Number) -> Term:
        if per and isinstance(subject, Condition):
            first = subject.comparisons[0]
            _refuse(
                "“每”前面只能是一个名称，或者一个大于、小于的比较",
                first.left.position,
                when=len(subject.comparisons) > 1 or first.op in "=≠",
            )
        return Term(subject, per, points)

    def deduct(self, head: Token, full: Number | None, *rest: Term | Number | None) -> Deduct:
        *terms, floor = rest
        return Deduct(full, _entries(head, tuple(terms)), floor or _NOTHING, position=head.start_pos)

    def add(self, head: Token, *rest: Term | Number | None) -> Add:
        *terms, cap = rest
        return Add(_entries(head, tuple(terms)), cap, position=head.start_pos)

    # -- 评 分

    def level(self, word: Token, points: Number) -> Level:
        return Level(str(word), points)

    def levels(self, head: Token, name: Token, *levels: Level) -> Levels:
        return Levels(str(name), _entries(head, levels), position=head.start_pos)

    def judged(
        self, head: Token, name: Token | None, low: Number, _dash: Token, high: Number, step: Number | None
    ) -> Judged:
        _refuse("“分”的范围应从小到大写", head.start_pos, when=low.value >= high.value)
        _refuse("步长不能是 0", head.start_pos, when=step and not step.value)
        return Judged(str(name or JUDGED_NAME), low, high, step, position=head.start_pos)

    # -- the whole

    def rule(self, *parts: Part) -> Rule:
        if len(parts) > MAX_PARTS:
            raise RuleError(f"一条规则最多由 {MAX_PARTS} 部分相加", parts[MAX_PARTS].position)
        return Rule(parts)

    def no_star(self, _token: Token) -> Effect:
        return Effect(0)

    def at_most(self, token: Token) -> Effect:
        star = _without_space(token)[2]
        return Effect(_STARS.get(star) or int(star))
