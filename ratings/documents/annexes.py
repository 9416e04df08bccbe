"""附件: the list of results by star, and the table of counts."""

from __future__ import annotations

from dataclasses import dataclass

from .facts import BulletinFacts, by_place, level_name
from .titles import WIDEST_LANDSCAPE, break_title
from .wording import numeral, percentage, width

#: Characters of a line shared by so many names; longer names get fewer columns.
_COLUMN_WIDTHS = ((3, 8), (2, 12))
#: Rows that a landscape sheet takes at the full size of type.
_ROOMY_ROWS = 8


@dataclass(frozen=True)
class StarGroup:
    """One heading of the list and, under each county, its schools in administrative order."""

    heading: str
    counties: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Roster:
    """附件: schools by star. `columns` is how many names stand side by side."""

    title: str
    groups: tuple[StarGroup, ...]

    template = "documents/_roster.html"
    landscape = False

    @property
    def title_lines(self) -> tuple[str, ...]:
        return break_title(self.title)

    @property
    def columns(self) -> int:
        names = [name for group in self.groups for _, county in group.counties for name in county]
        longest = max(map(width, names), default=0)
        return next((columns for columns, widest in _COLUMN_WIDTHS if longest <= widest), 1)


@dataclass(frozen=True)
class CountTable:
    """附件, landscape: a row per county or kind of school and a total; every star has a count and a share."""

    title: str
    first_heading: str
    levels: tuple[str, ...]
    single_headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    template = "documents/_count_table.html"
    landscape = True

    @property
    def title_lines(self) -> tuple[str, ...]:
        return break_title(self.title, WIDEST_LANDSCAPE)

    @property
    def dense(self) -> bool:
        """Smaller type and closer rows, so that a city's counties stand on one sheet."""
        return len(self.rows) > _ROOMY_ROWS


Annex = Roster | CountTable


def draft_annexes(facts: BulletinFacts) -> tuple[Annex, ...]:
    """The annexes these figures call for: always the list, the table only where there is something to compare."""
    rows = _table_rows(facts)
    table = (_count_table(facts, rows),) if rows else ()
    return (_roster(facts), *table)


def _roster(facts: BulletinFacts) -> Roster:
    listed = [star for star in facts.levels if facts.with_star(star)]
    if facts.list_unrated and facts.with_star(0):
        listed.append(0)
    groups = []
    for number, star in enumerate(listed, 1):
        schools = facts.with_star(star)
        kind = level_name(star) + facts.school_word
        groups.append(StarGroup(f"{numeral(number)}、{kind}（{len(schools)}所）", by_place(schools, facts.places)))
    return Roster(f"{facts.year}年度{facts.school_word}星级评定结果名单", tuple(groups))


def _table_rows(facts: BulletinFacts) -> list[tuple[str, BulletinFacts]]:
    if facts.counties:
        return [(place, facts.of_place(place)) for place in facts.places]
    return [(kind, facts.of_kind(kind)) for kind in facts.kinds] if len(facts.kinds) > 1 else []


def _count_table(facts: BulletinFacts, rows: list[tuple[str, BulletinFacts]]) -> CountTable:
    unrated, lapsed = bool(facts.with_star(0)), bool(facts.lapsed)
    by = facts.county_word if facts.counties else "类型"
    return CountTable(
        title=f"{facts.year}年度各{by if facts.counties else f'类{facts.school_word}'}星级评定情况统计表",
        first_heading=by,
        levels=tuple(level_name(star) for star in facts.levels),
        single_headings=(*(["不授星"] if unrated else []), *(["未申报"] if lapsed else [])),
        rows=tuple(_row(name, part, unrated, lapsed) for name, part in [*rows, ("合　计", facts)]),
    )


def _row(name: str, facts: BulletinFacts, unrated: bool, lapsed: bool) -> tuple[str, ...]:
    rated = len(facts.rated)
    cells = [name, str(rated)]
    for star in facts.levels:
        count = len(facts.with_star(star))
        cells += [str(count), percentage(count, rated).rstrip("%") if rated else "—"]
    cells += [str(len(facts.with_star(0)))] if unrated else []
    cells += [str(facts.lapsed)] if lapsed else []
    return tuple(cells)
