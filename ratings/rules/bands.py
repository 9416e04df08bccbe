"""Checks of 档: lines that can never apply, and points that move against the direction of a metric.

All figures a 档 compares are laid out as a grid: every bound, a value between any two neighbours and one
beyond the last. On such a grid everything that can happen does happen, so the checks are exact.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise, product
from math import prod

from .binding import Vocabulary
from .errors import Finding, Findings, error
from .ranges import probes
from .syntax import RANGE, Band, Case, Cases, Condition, Graded, Operand, Test, Values

MAX_GRID = 20_000
Line = Band | Case
Point = tuple[Fraction, ...]


def check_bands(part: Graded | Cases, vocabulary: Vocabulary) -> Findings:
    """Everything wrong with the lines of one 档."""
    if not any(map(_is_other, part.lines)):
        yield error("缺“其他→”一档", part)
    axes = {subject: _axis(subject, part, vocabulary) for subject in part.operands}
    if prod(map(len, axes.values())) > MAX_GRID:
        yield error("一个“档”里比较的指标或界限太多，请拆成几部分相加", part)
        return
    grid = {point: dict(zip(axes, point, strict=True)).__getitem__ for point in product(*axes.values())}
    first = {point: part.first(values) for point, values in grid.items()}
    reached = set(map(id, first.values()))
    for place, line in enumerate(part.lines):
        # 其他 may be out of reach as the last line: it is there for safety
        if id(line) not in reached and not (_is_other(line) and line is part.lines[-1]):
            yield _idle(part, place, list(grid.values()))
    yield from _against_direction(first, axes, vocabulary)


def _is_other(line: Line) -> bool:
    return (line.test if isinstance(line, Band) else line.condition) is None


def _axis(subject: Operand, part: Graded | Cases, vocabulary: Vocabulary) -> list[Fraction]:
    bounds = [number.value for number in part.bounds(subject)]
    metric = vocabulary.metric(subject)
    if metric and metric.upper is not None:
        return [value for value in probes([*bounds, metric.upper]) if value <= metric.upper]
    return probes(bounds)


def _idle(part: Graded | Cases, place: int, grid: list[Values]) -> Finding:
    """Why a line never comes first."""
    line = part.lines[place]
    taken = [values for values in grid if part.fits(line, values)]
    if not taken:
        return error(f"“{line}”不可能达到：自相矛盾，或超过了指标的上限", line)
    earlier = (other for other in part.lines[:place] if all(part.fits(other, values) for values in taken))
    covering = next(earlier, None)
    where = f"前面的“{covering}”" if covering else "前面各档"
    return error(f"“{line}”已包含在{where}之中，永远轮不到", line)


def _against_direction(
    first: dict[Point, Line | None], axes: dict[Operand, list[Fraction]], vocabulary: Vocabulary
) -> Findings:
    """Each pair of lines whose points do not follow the figure, told once."""
    findings = {}
    for axis, subject in enumerate(axes):
        metric = vocabulary.metric(subject)
        if metric and metric.direction in ("up", "down"):
            for low, high in _neighbours(first, axes, axis, subject):
                worse, better = (low, high) if metric.direction == "up" else (high, low)
                for finding in _compare(worse, better, metric.label, single=len(axes) == 1):
                    findings.setdefault(finding.message, finding)
    yield from findings.values()


def _neighbours(
    first: dict[Point, Line | None], axes: dict[Operand, list[Fraction]], axis: int, subject: Operand
) -> Iterator[tuple[Line, Line]]:
    """Lines that apply at two neighbouring values of one figure, the lower value first. Lines that ask for
    one value or a range are stepped over: more is not meant to be better there.
    """
    others = [values for other, values in axes.items() if other != subject]
    for rest in product(*others):
        along = (first[*rest[:axis], value, *rest[axis:]] for value in axes[subject])
        counted = [line for line in along if line and not _pins(line, subject)]
        yield from ((low, high) for low, high in pairwise(counted) if low is not high)


def _pins(line: Line, subject: Operand) -> bool:
    """Whether the line asks for one value of the figure, for any other, or for a range."""
    match line:
        case Band(test=Test(op=op)):
            return op in ("=", "≠", RANGE)
        case Case(condition=Condition(comparisons=comparisons)):
            return any(comparison.left == subject and comparison.op in "=≠" for comparison in comparisons)
    return False


def _compare(worse: Line, better: Line, label: str, *, single: bool) -> Findings:
    if worse.points.value > better.points.value:
        yield error(f"“{better}”的分数应高于“{worse}”：分数与指标“{label}”的方向相反", better)
    elif single and worse.points.value == better.points.value:
        yield error(f"“{better}”与“{worse}”分数相同，分数应逐档递减", better)
