"""附件 of the opening notice: 评分细则, 申报表, 时间安排, 本年度调整说明.

Every annex is made of plain texts only, so that it can be kept as JSON with the notice that was issued.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from ratings.criteria.changes import Changes, RowChange
from ratings.criteria.spec import BoundItem, SchemeSpec
from ratings.criteria.standards import Group, Line, condition_text, groups
from ratings.documents.official import Annex
from ratings.enums import Stage, Star
from ratings.rules import Asked
from ratings.rules.rounding import plain

#: What stands in the form where somebody writes a figure by hand.
BLANK = "＿＿＿＿"
BOX = "□"


@dataclass(frozen=True)
class Grid(Annex):
    """A table of plain texts; `kind` names it in the JSON and its fragment."""

    kind: ClassVar[str]
    stylesheet: ClassVar[str] = "documents/notice.css"

    @property
    def template(self) -> str:
        return f"documents/notice/{self.kind}.html"


@dataclass(frozen=True)
class CriteriaAnnex(Grid):
    """附件, landscape: every item by category with its rule in words; then the stars and the restrictions.

    A group is (heading, rows); a row (item, points, standard, sentences of the rule, who supplies it).
    """

    groups: tuple = ()
    bands: tuple[str, ...] = ()
    restrictions: tuple[str, ...] = ()

    kind = "criteria"
    landscape = True


@dataclass(frozen=True)
class FormAnnex(Grid):
    """附件: the blank form for those who draft on paper. Groups are (heading, rows), a row (item, points,
    what is to be filled in).
    """

    in_counties: bool = False
    groups: tuple = ()

    kind = "form"


@dataclass(frozen=True)
class ScheduleAnnex(Grid):
    """附件: stages in their order as (stage, work, by whom, when)."""

    rows: tuple = ()

    kind = "schedule"


@dataclass(frozen=True)
class ChangesAnnex(Grid):
    """附件: a section is (name, rows); a row (what, kind of change, before, now, the year's priority behind
    it).
    """

    years: tuple[int, int] = (0, 0)
    sections: tuple = ()
    totals: tuple = ()

    kind = "changes"


KINDS: dict[str, type[Grid]] = {
    annex.kind: annex for annex in (CriteriaAnnex, FormAnnex, ScheduleAnnex, ChangesAnnex)
}


def to_json(annexes: Iterable[Grid]) -> list[dict[str, Any]]:
    """The annexes as they are kept with the issued notice."""
    return [{"kind": annex.kind, **asdict(annex)} for annex in annexes]


def from_json(content: Iterable[Mapping[str, Any]]) -> tuple[Grid, ...]:
    """Read back what `to_json` wrote."""
    return tuple(
        KINDS[kept["kind"]](**{name: value for name, value in kept.items() if name != "kind"})
        for kept in content
    )


def criteria_annex(spec: SchemeSpec) -> CriteriaAnnex:
    """评分细则 with every rule in words."""
    return CriteriaAnnex(
        title=f"{spec.year}年度镇街党校规范化建设星级评定细则",
        groups=tuple(
            (_heading(group), tuple(_criterion(spec, line) for line in group.lines)) for group in groups(spec)
        ),
        bands=tuple(
            f"{Star(band.star).label}级：{condition_text(spec, band.condition)}。" for band in spec.bands
        ),
        restrictions=tuple(f"{entry.name}的，{entry.effect_text}。" for entry in spec.restrictions),
    )


def _heading(group: Group) -> str:
    points = f"{group.points}分" if group.code else group.points.replace(" ", "")
    return f"{group.code} {group.name}".strip() + (f"（{points}）" if points else "")


def _criterion(spec: SchemeSpec, line: Line) -> tuple:
    return (
        f"{line.item.code} {line.item.name}",
        line.points,
        line.item.standard,
        line.words,
        _supply(spec, line),
    )


def _supply(spec: SchemeSpec, line: Line) -> str:
    """Where the points come from, in the words of those who must do something."""
    judged_at = (Stage.COUNTY if spec.has_county_stage else Stage.CITY).label
    parts = ["系统取数"] if line.computed else []
    parts += ["学校填报"] if line.asked else []
    parts += [f"{judged_at}核定"] if line.verified else []
    parts += ["现场查看"] if line.item.onsite else []
    return "、".join(parts)


def form_annex(spec: SchemeSpec) -> FormAnnex:
    """申报表: what a school is asked, nothing that the system knows already."""
    return FormAnnex(
        title=f"{spec.year}年度镇街党校规范化建设星级评定申报表",
        in_counties=spec.has_county_stage,
        groups=tuple(
            (_heading(group), tuple(_entry(spec, spec.bound[line.item.code]) for line in group.lines))
            for group in groups(spec)
        ),
    )


def _entry(spec: SchemeSpec, bound: BoundItem) -> tuple[str, str, tuple[str, ...]]:
    owed = [_blank(one) for one in bound.asked if one.name not in bound.not_for_school]
    if not owed:
        judged_at = (Stage.COUNTY if spec.has_county_stage else Stage.CITY).label
        owed = [f"由{judged_at}核定，不用填写"] if bound.asked else ["由系统取数，不用填写"]
    elif bound.system_parts:
        owed.append("其余由系统取数")
    if bound.item.may_be_na:
        owed.append(f"{BOX}不适用")
    return f"{bound.item.code} {bound.item.name}", plain(bound.item.points), tuple(owed)


def _blank(one: Asked) -> str:
    match one.kind:
        case "tick":
            return f"{BOX}{one.name}"
        case "level":
            return f"{one.name}：" + "　".join(f"{BOX}{word}" for word, _ in one.levels)
        case "count":
            return f"{one.name}{BLANK}（{one.per}）"
        case "points":
            return f"{one.name}{BLANK}分（{plain(one.low)}—{plain(one.high)}分）"
        case _:
            return f"{one.name}{BLANK}"


def schedule_annex(year: int, rows: Iterable[tuple[str, str, str, str]]) -> ScheduleAnnex:
    """时间安排."""
    return ScheduleAnnex(title=f"{year}年度镇街党校规范化建设星级评定时间安排", rows=tuple(rows))


def changes_annex(changes: Changes, notes: Mapping[str, str]) -> ChangesAnnex:
    """本年度调整说明, with the office's note on each change."""
    return ChangesAnnex(
        title=f"{changes.new_year}年度星级评定标准调整说明",
        years=(changes.old_year, changes.new_year),
        sections=tuple(
            (name, tuple(_change(row, notes.get(row.key, "")) for row in rows))
            for name, rows in changes.sections
        ),
        totals=changes.totals,
    )


def _change(row: RowChange, note: str) -> tuple[str, str, tuple[str, ...], tuple[str, ...], str]:
    detail = (row.detail,) if row.detail else ()
    if not row.fields:
        return (
            row.title,
            row.label,
            detail if row.kind == "removed" else (),
            detail if row.kind == "added" else (),
            note,
        )
    before = tuple(_said(one.label, one.old, row) for one in row.fields)
    now = tuple(_said(one.label, one.new, row) for one in row.fields)
    return row.title, row.label, before, now, note


def _said(label: str, text: str, row: RowChange) -> str:
    """A field named unless it is the only thing the row can change."""
    text = text or "（无）"
    return text if label == row.title else f"{label}：{text}"
