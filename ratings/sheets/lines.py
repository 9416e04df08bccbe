"""One item of one school's sheet with its figures, and the items of a category together."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from ratings.criteria.spec import BoundItem, ItemSpec
from ratings.enums import Stage
from ratings.models import Adjustment, Evidence, Score
from ratings.rules import format_answers
from ratings.rules.rounding import plain
from ratings.scoring import Blocked, Owed, defined_system, known_system, most_of, owed_at

if TYPE_CHECKING:
    from .sheet import SchoolSheet

#: Status of an item and how it is tinted; 已完成 has no tint, so that what is left stands out.
UNTOUCHED, PARTLY, DONE, SYSTEM, RETURNED = "尚未开始", "填写中", "已完成", "由系统取数", "需补正"
TINTS = {UNTOUCHED: "warn", PARTLY: "warn", SYSTEM: "info", RETURNED: "bad", DONE: ""}
#: How many figures a hint names.
HINTED = 3


@dataclass(frozen=True)
class FigureLine:
    """One system figure as people read it. `url` leads to the records it was counted from, `registry` to
    where the school itself keeps them.
    """

    reference: str
    label: str
    text: str
    url: str = ""
    imported: bool = False
    note: str = ""
    registry: str = ""


@dataclass(frozen=True, eq=False)
class Line:
    """What a sheet knows of one item. Points are None while they are not known, and where the item does not
    apply.
    """

    sheet: SchoolSheet
    bound: BoundItem

    @property
    def item(self) -> ItemSpec:
        return self.bound.item

    @property
    def code(self) -> str:
        return self.bound.item.code

    @property
    def full(self) -> str:
        return plain(self.bound.item.points)

    @property
    def words(self) -> tuple[str, ...]:
        """The rule in sentences."""
        return self.sheet.spec.words[self.code]

    @cached_property
    def figures(self) -> tuple[FigureLine, ...]:
        """Every figure the item reads."""
        return tuple(self.sheet.figure_line(reference) for reference in sorted(self.bound.references))

    @cached_property
    def system_figures(self) -> tuple[FigureLine, ...]:
        """Those of the computed parts alone."""
        names = {
            reference for index in self.bound.system_parts for reference in self.bound.part_references[index]
        }
        return tuple(self.sheet.figure_line(reference) for reference in sorted(names))

    @property
    def computed(self) -> bool:
        """Nothing is asked of anybody: the system alone gives the points."""
        return not self.bound.asked

    @cached_property
    def system(self) -> Fraction | None:
        """The computed part before any 核定; None where the item has none, while a figure is missing, or
        before submission.
        """
        return (
            known_system(self.sheet.spec, self.bound, self.sheet.metrics) if self.sheet.is_readable else None
        )

    @property
    def system_full(self) -> Fraction:
        """The most the computed parts can give."""
        return most_of(self.bound, self.bound.system_parts)

    @property
    def base(self) -> Fraction | None:
        """The computed part as it was adjusted last."""
        return self.sheet.adjusted[Stage.CITY].get(self.code, self.system)

    @property
    def steps(self) -> tuple[str, ...]:
        """How the computed part came about."""
        return self._computed_words[0]

    @property
    def unknown(self) -> str:
        """Why the computed part is not known, or ""."""
        return self._computed_words[1]

    @property
    def undefined(self) -> str:
        """Why the figures, which are all known, give no points, and what becomes of the item then; or ""."""
        return self._computed_words[2]

    @cached_property
    def _computed_words(self) -> tuple[tuple[str, ...], str, str]:
        try:
            points, said = defined_system(self.sheet.spec, self.bound, self.sheet.metrics)
        except Blocked as blocked:
            problems = (problem.text.removeprefix(f"{self.code} ") for problem in blocked.problems)
            return (), "；".join(problems), ""
        if points is not None:
            return said, "", ""
        way = "不核定的按不适用" if self.computed and self.item.may_be_na else "由评审方核定"
        return (), "", f"{'；'.join(said)}，{way}"

    # The school's own answers.

    @property
    def own(self) -> Score | None:
        """The school's row; None where it is asked nothing."""
        return self.sheet.rows[Stage.SELF].get(self.code)

    @cached_property
    def own_points(self) -> Fraction | None:
        return self.sheet.points(self.code, Stage.SELF)

    @cached_property
    def own_said(self) -> str:
        """The school's answers in one sentence."""
        return self._said(Stage.SELF) if self.own else self.status

    @cached_property
    def owed(self) -> Owed | None:
        """What the school still owes here."""
        return (
            owed_at(self.bound, self.sheet.entries[Stage.SELF].get(self.code), Stage.SELF)
            if self.own
            else None
        )

    @property
    def is_open(self) -> bool:
        return self.owed is not None

    @property
    def not_applicable(self) -> bool:
        """Whether the school said that the item does not apply."""
        entry = self.sheet.entries[Stage.SELF].get(self.code)
        return entry is not None and entry.not_applicable

    @property
    def status(self) -> str:
        """One of few words: what this item still wants from the school."""
        if self.request:
            return RETURNED
        if self.own is None:
            return f"由{self.judged_at}核定" if self.bound.asked else SYSTEM
        if self.owed is None:
            return DONE
        return PARTLY if self.owed.names else UNTOUCHED

    @property
    def tint(self) -> str:
        return TINTS.get(self.status, "plain")

    @property
    def judged_at(self) -> str:
        """The first stage that judges what the school is not asked."""
        return (Stage.COUNTY if self.sheet.spec.has_county_stage else Stage.CITY).label

    @property
    def hint(self) -> str:
        """What is to be filled in, or which figures count."""
        asked = [one.name for one in self.bound.asked if one.name not in self.bound.not_for_school]
        figures = "；".join(f"{one.label} {one.text}" for one in self.figures[:HINTED])
        return "；".join(part for part in (f"需填写：{'、'.join(asked)}" if asked else "", figures) if part)

    @property
    def request(self) -> str:
        """What a return asks for."""
        return self.sheet.requests.get(self.code, "")

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        return self.sheet.evidence.get(self.code, ())

    # 初评 beside it.

    @property
    def county(self) -> Score | None:
        return self.sheet.rows[Stage.COUNTY].get(self.code)

    @cached_property
    def county_points(self) -> Fraction | None:
        return self.sheet.points(self.code, Stage.COUNTY)

    @property
    def adjustment(self) -> Adjustment | None:
        """The county's 核定."""
        return self.sheet.adjustments[Stage.COUNTY].get(self.code)

    @property
    def city_adjustment(self) -> Adjustment | None:
        return self.sheet.adjustments[Stage.CITY].get(self.code)

    @property
    def recheck(self) -> bool:
        """Whether the figures changed since the 核定."""
        return self.code in self.sheet.to_recheck

    @property
    def difference(self) -> Fraction | None:
        """初评 minus 自评, where they differ."""
        return self.sheet.differences.get(self.code) or None

    @property
    def difference_size(self) -> Fraction:
        """The same without its sign."""
        return abs(self.difference or Fraction(0))

    @property
    def owes_reason(self) -> bool:
        return self.code in self.sheet.reasons_owed

    @property
    def waiting(self) -> bool:
        """Whether this reviewer still owes an answer."""
        return self.code in self.sheet.waiting

    @property
    def elsewhere(self) -> bool:
        """Whether another reviewer scores the item."""
        return self.code in self.sheet.elsewhere

    # One judge's sheet, or the agreed one.

    @cached_property
    def city_points(self) -> Fraction | None:
        return self.sheet.points(self.code, Stage.CITY)

    @cached_property
    def city_said(self) -> str:
        """The judge's answers in one sentence; empty while there are none."""
        return self._said(Stage.CITY) if self.code in self.sheet.entries[Stage.CITY] else ""

    def _said(self, stage: str) -> str:
        entry = self.sheet.entries[stage].get(self.code)
        if entry is None:
            return "尚未填写"
        if entry.not_applicable:
            return "不适用"
        excluded = self.bound.excluded(stage)
        asked = [one for one in self.bound.asked if one.name not in excluded]
        return "按得分录入" if entry.answers is None else format_answers(entry.answers, asked)


@dataclass(frozen=True, eq=False)
class Group:
    """A category, or the bonus items under an empty code."""

    sheet: SchoolSheet
    code: str
    name: str
    full: Fraction | None
    lines: tuple[Line, ...]

    @property
    def title(self) -> str:
        return f"{self.code} {self.name}".strip()

    @property
    def full_text(self) -> str:
        """分值; empty for a bonus without a cap."""
        return "" if self.full is None else plain(self.full)

    @property
    def points(self) -> Fraction | None:
        """自评 so far, by the rules of the final sum: 不适用 items scaled, the bonus only where it counts."""
        sheet = self.sheet.own_sheet
        if self.code:
            return sheet.categories[self.code]
        return sheet.so_far.bonus if sheet.so_far else None

    @property
    def own(self) -> Fraction | None:
        """自评 once all is answered."""
        return self._whole(Stage.SELF)

    @property
    def county(self) -> Fraction | None:
        """初评 once all is scored."""
        return self._whole(Stage.COUNTY)

    def _whole(self, stage: str) -> Fraction | None:
        sheet = self.sheet.own_sheet if stage == Stage.SELF else self.sheet.county_sheet
        totals = sheet.totals if sheet else None
        if totals is None:
            return None
        return totals.categories[self.code] if self.code else totals.bonus
