"""Checks of 档: lines that can never apply, and points that move against the direction of a metric.

All figures a 档 compares are laid out as a grid: every bound, a value between any two neighbours and one
beyond the last. On such a grid everything that can happen does happen, so the checks are exact.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise, product
from math import prod

from .binding import Vocabulary
from .errors import Finding, Findings, error
from .ranges import probes
from .syntax import RANGE, Band, Case, Cases, Condition, Graded, Operand, Test, Values

MAX_GRID = 20_000
Point = tuple[Fraction, ...]
Line = Band | Case


def check_bands(part: Graded | Cases, vocabulary: Vocabulary) -> Findings:
    """Everything wrong with the lines of one 档."""
    if not any(_is_other(line) for line in part.lines):
        yield error("缺“其他→”一档", part.position)
    axes = {subject: _axis(subject, part, vocabulary) for subject in part.operands}
    if prod(map(len, axes.values())) > MAX_GRID:
        yield error("一个“档”里比较的指标或界限太多，请拆成几部分相加", part.position)
        return
    grid = _Grid(part, axes)
    yield from _unreached(grid)
    yield from _against_direction(grid, vocabulary)


def _is_other(line: Line) -> bool:
    return (line.test if isinstance(line, Band) else line.condition) is None


def _axis(subject: Operand, part: Graded | Cases, vocabulary: Vocabulary) -> list[Fraction]:
    bounds = [number.value for number in part.bounds(subject)]
    metric = vocabulary.metric(subject)
    if metric and metric.upper is not None:
        return [value for value in probes([*bounds, metric.upper]) if value <= metric.upper]
    return probes(bounds)


@dataclass(frozen=True)
class _Grid:
    """One 档 over all values of its figures that matter."""

    part: Graded | Cases
    axes: dict[Operand, list[Fraction]]

    def fits(self, line: Line, point: Point) -> bool:
        return self.part.fits(line, self._values(point))

    def covers(self, line: Line, points: list[Point]) -> bool:
        return all(self.fits(line, point) for point in points)

    @cached_property
    def first(self) -> dict[Point, Line | None]:
        """The line that gives the points, at every point of the grid."""
        return {point: self.part.first(self._values(point)) for point in product(*self.axes.values())}

    def _values(self, point: Point) -> Values:
        return dict(zip(self.axes, point, strict=True)).__getitem__


def _unreached(grid: _Grid) -> Findings:
    """Lines that never come first. 其他 may be out of reach: it is there for safety."""
    lines, reached = grid.part.lines, set(map(id, grid.first.values()))
    for index, line in enumerate(lines):
        if id(line) not in reached and not (_is_other(line) and line is lines[-1]):
            yield _idle(line, lines[:index], grid)


def _idle(line: Line, before: tuple[Line, ...], grid: _Grid) -> Finding:
    taken = [point for point in grid.first if grid.fits(line, point)]
    if not taken:
        return error(f"“{line}”不可能达到：自相矛盾，或超过了指标的上限", line.position)
    earlier = next((other for other in before if grid.covers(other, taken)), None)
    where = f"前面的“{earlier}”" if earlier else "前面各档"
    return error(f"“{line}”已包含在{where}之中，永远轮不到", line.position)


def _against_direction(grid: _Grid, vocabulary: Vocabulary) -> Findings:
    """Each pair of lines whose points do not follow the figure, told once."""
    found = {}
    for axis, subject in enumerate(grid.axes):
        metric = vocabulary.metric(subject)
        if metric and metric.direction in ("up", "down"):
            for low, high in _neighbours(grid, axis, subject):
                worse, better = (low, high) if metric.direction == "up" else (high, low)
                for finding in _compare(worse, better, metric.label, single=len(grid.axes) == 1):
                    found.setdefault(finding.message, finding)
    yield from found.values()


def _neighbours(grid: _Grid, axis: int, subject: Operand) -> Iterator[tuple[Line, Line]]:
    """Lines that apply at two neighbouring values of one figure, the lower value first. Lines that ask for
    one value or a range are stepped over: more is not meant to be better there.
    """
    axes = list(grid.axes.values())
    for rest in product(*axes[:axis], *axes[axis + 1 :]):
        along = [grid.first[*rest[:axis], value, *rest[axis:]] for value in axes[axis]]
        counted = [line for line in along if line and not _pins(line, subject)]
        yield from ((low, high) for low, high in pairwise(counted) if low is not high)


def _pins(line: Line, subject: Operand) -> bool:
    match line:
        case Band(test=Test(op=op)):
            return op in ("=", "≠", RANGE)
        case Case(condition=Condition(comparisons=comparisons)):
            return any(comparison.left == subject and comparison.op in "=≠" for comparison in comparisons)
    return False


def _compare(worse: Line, better: Line, label: str, *, single: bool) -> Findings:
    if worse.points.value > better.points.value:
        yield error(f"“{better}”的分数应高于“{worse}”：分数与指标“{label}”的方向相反", better.position)
    elif single and worse.points.value == better.points.value:
        yield error(f"“{better}”与“{worse}”分数相同，分数应逐档递减", better.position)
