"""集体确认: what the county lead sees before the county's opinion leaves for the city."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ratings.enums import Stage
from ratings.models import Adjustment
from ratings.rounding import plain
from ratings.workflow import is_overdue

from .dossiers import Dossier


@dataclass(frozen=True)
class Obstacle:
    """One thing that stands against confirming, with the item it stands on."""

    text: str
    code: str = ""


@dataclass(frozen=True)
class CategoryLine:
    name: str
    full: str
    own: Fraction | None
    county: Fraction | None


@dataclass(frozen=True)
class Departure:
    """An item on which 初评 and 自评 differ, and why."""

    code: str
    name: str
    gap: Fraction
    remark: str


@dataclass(frozen=True)
class Confirmation:
    """`obstacles` stop the confirmation, `hints` are for the meeting to know. `star` follows from the points alone."""

    categories: tuple[CategoryLine, ...]
    star: int | None
    departures: tuple[Departure, ...]
    adjustments: tuple[Adjustment, ...]
    obstacles: tuple[Obstacle, ...]
    hints: tuple[Obstacle, ...]


def confirmation_of(dossier: Dossier) -> Confirmation:
    """Read from the dossier alone; the step itself asks everything again, under lock."""
    spec = dossier.spec
    return Confirmation(
        categories=_categories(dossier),
        star=dossier.county_sheet.star if dossier.county_sheet else None,
        departures=tuple(
            Departure(code, spec.bound[code].item.name, gap, dossier.county[code].remark) for code, gap in dossier.gaps.items()
        ),
        adjustments=tuple(dossier.adjustments.values()),
        obstacles=_obstacles(dossier),
        hints=_hints(dossier),
    )


def _obstacles(dossier: Dossier) -> tuple[Obstacle, ...]:
    name = {code: f"{code} {bound.item.name}" for code, bound in dossier.spec.bound.items()}
    found = [Obstacle(f"{name[code]}尚未评分", code) for code in dossier.waiting]
    found += [Obstacle(f"{name[code]}与自评相差较大，请写明理由", code) for code in dossier.reasons_owed]
    if is_overdue(dossier.assessment, Stage.COUNTY):
        found.append(Obstacle("初评已经截止，如需延期请联系市评委会办公室"))
    return tuple(found)


def _hints(dossier: Dossier) -> tuple[Obstacle, ...]:
    found = [Obstacle(f"{code} 核定后系统数据又有变化，请复核", code) for code in dossier.to_recheck]
    if not dossier.figures_accepted:
        found.append(Obstacle("系统取数还没有初评人认可"))
    return tuple(found)


def _categories(dossier: Dossier) -> tuple[CategoryLine, ...]:
    spec, own, county = dossier.spec, dossier.own_sheet, dossier.county_sheet
    found = [
        CategoryLine(
            f"{one.code} {one.name}",
            plain(spec.category_points[one.code]),
            own.totals.categories[one.code] if own and own.totals else None,
            county.totals.categories[one.code] if county and county.totals else None,
        )
        for one in spec.scored_categories
    ]
    if spec.bonus_items:
        full = plain(spec.bonus_cap) if spec.bonus_cap is not None else ""
        bonus = (sheet.totals.bonus if sheet and sheet.totals else None for sheet in (own, county))
        found.append(CategoryLine("加分", full, *bonus))
    return tuple(found)
