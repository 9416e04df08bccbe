"""Checks of 档: lines that can never apply, and points that move against the direction of a metric.

All figures a 档 compares are laid out as a grid: every bound, a value between any two neighbours and one
beyond the last. On such a grid everything that can happen does happen, so the checks are exact.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product
from math import prod

from ratings.rules.binding import Vocabulary
from ratings.rules.figures import fits, holds_for
from ratings.rules.naming import Finding, error
from ratings.rules.printing import to_text
from ratings.rules.ranges import between
from ratings.rules.syntax import Band, Case, Cases, Graded, Number, Operand
from ratings.rules.walking import operands

MAX_GRID = 20_000
Point = tuple[Fraction, ...]


@dataclass(frozen=True)
class _Line:
    """One line of 档: whether a point of the grid fits it, and the axes on which it is exempt from the check
    of direction.
    """

    text: str
    points: Fraction
    position: int
    fits: Callable[[Point], bool]
    exempt: frozenset[int]


def check_bands(part: Graded | Cases, vocabulary: Vocabulary) -> list[Finding]:
    """Everything wrong with the lines of one 档."""
    subjects = list(dict.fromkeys(operands(part)))
    axes = [_axis(subject, part, vocabulary) for subject in subjects]
    lines = _lines(part, subjects)
    found = (
        [] if any(line.text.startswith("其他") for line in lines) else [error("缺“其他→”一档", part.position)]
    )
    if prod(len(axis) for axis in axes) > MAX_GRID:
        return [*found, error("一个“档”里比较的指标或界限太多，请拆成几部分相加", part.position)]
    first = {point: next((line for line in lines if line.fits(point)), None) for point in product(*axes)}
    return found + _unreached(lines, first) + _against_direction(first, axes, subjects, vocabulary)


def _axis(subject: Operand, part: Graded | Cases, vocabulary: Vocabulary) -> list[Fraction]:
    bounds = {Fraction(0)} | {number.value for number in _bounds(subject, part)}
    metric = vocabulary.metric(subject)
    if metric and metric.upper is not None:
        return [value for value in between(bounds | {metric.upper}) if value <= metric.upper]
    return between(bounds)


def _bounds(subject: Operand, part: Graded | Cases) -> Iterator[Number]:
    if isinstance(part, Graded):
        for band in part.bands:
            if band.test:
                yield from filter(None, (band.test.low, band.test.high))
        return
    for case in part.cases:
        for comparison in case.condition.comparisons if case.condition else ():
            if comparison.left == subject:
                yield comparison.value


def _lines(part: Graded | Cases, subjects: list[Operand]) -> list[_Line]:
    if isinstance(part, Graded):
        return [_band_line(band) for band in part.bands]
    return [_case_line(case, subjects) for case in part.cases]


def _band_line(band: Band) -> _Line:
    exempt = band.test is not None and (band.test.high is not None or band.test.op in "=≠")
    return _Line(
        to_text(band),
        band.points.value,
        band.position,
        lambda point: fits(band.test, point[0]),
        frozenset({0} if exempt else ()),
    )


def _case_line(case: Case, subjects: list[Operand]) -> _Line:
    compared = (
        [(subjects.index(one.left), one) for one in case.condition.comparisons] if case.condition else []
    )
    exempt = frozenset(axis for axis, one in compared if one.op in "=≠")
    return _Line(
        to_text(case),
        case.points.value,
        case.position,
        lambda point: all(holds_for(one, point[axis]) for axis, one in compared),
        exempt,
    )


def _unreached(lines: list[_Line], first: dict[Point, _Line | None]) -> list[Finding]:
    """Lines that never come first. 其他 may be out of reach: it is there for safety."""
    reached = {id(line) for line in first.values()}
    found = []
    for index, line in enumerate(lines):
        if id(line) in reached or (line.text.startswith("其他") and index == len(lines) - 1):
            continue
        taken = [point for point in first if line.fits(point)]
        if not taken:
            found.append(error(f"“{line.text}”不可能达到：自相矛盾，或超过了指标的上限", line.position))
            continue
        earlier = next((other for other in lines[:index] if all(other.fits(point) for point in taken)), None)
        where = f"前面的“{earlier.text}”" if earlier else "前面各档"
        found.append(error(f"“{line.text}”已包含在{where}之中，永远轮不到", line.position))
    return found


def _against_direction(
    first: dict[Point, _Line | None],
    axes: list[list[Fraction]],
    subjects: list[Operand],
    vocabulary: Vocabulary,
) -> list[Finding]:
    found = {}
    for axis, subject in enumerate(subjects):
        metric = vocabulary.metric(subject)
        if not metric or metric.direction not in ("up", "down"):
            continue
        for worse, better in _neighbours(first, axes, axis, up=metric.direction == "up"):
            finding = _compare(worse, better, metric.label, single=len(axes) == 1)
            if finding:
                found.setdefault(finding.message, finding)
    return list(found.values())


def _neighbours(
    first: dict[Point, _Line | None], axes: list[list[Fraction]], axis: int, *, up: bool
) -> Iterator[tuple[_Line, _Line]]:
    """Lines that apply at two neighbouring values of one figure, the worse value first. Exempt lines are
    stepped over.
    """
    others = product(*(values if index != axis else [None] for index, values in enumerate(axes)))
    for other in others:
        along = [first[(*other[:axis], value, *other[axis + 1 :])] for value in axes[axis]]
        counted = [line for line in along if line and axis not in line.exempt]
        for low, high in pairwise(counted):
            if low is not high:
                yield (low, high) if up else (high, low)


def _compare(worse: _Line, better: _Line, label: str, *, single: bool) -> Finding | None:
    if worse.points > better.points:
        return error(
            f"“{better.text}”的分数应高于“{worse.text}”：分数与指标“{label}”的方向相反", better.position
        )
    if single and worse.points == better.points:
        return error(f"“{better.text}”与“{worse.text}”分数相同，分数应逐档递减", better.position)
    return None
