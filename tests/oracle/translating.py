"""The naive structures as the engine takes them, so that both can be asked the same question."""

from datetime import date
from fractions import Fraction

from ratings.criteria.spec import (
    BandSpec,
    CategorySpec,
    CustomMetricSpec,
    ItemSpec,
    RestrictionSpec,
    SchemeSpec,
)
from ratings.enums import Aggregation, Stage, Trigger
from ratings.scoring import Entry, SchoolInput, Sheet
from tests.oracle.naive import answered_points, asked_names, computed_points, row_asked_points
from tests.oracle.naive_year import panel_labels, rows_of
from tests.oracle.printing import condition_text, effect_text, rule_text


def engine_scheme(scheme):
    """The scheme as the engine's plain values."""
    return SchemeSpec(
        name=scheme["name"],
        year=scheme["year"],
        organiser=scheme["organiser"],
        city=scheme["city"],
        categories=tuple(CategorySpec(code, name) for code, name in scheme["categories"].items()),
        items=tuple(_item(scheme, item) for item in scheme["items"]),
        bands=tuple(BandSpec(star, condition_text(scheme, condition)) for star, condition in scheme["bands"]),
        restrictions=tuple(_restriction(scheme, row) for row in scheme["restrictions"]),
        custom_metrics=tuple(CustomMetricSpec(row[0], row[1]) for row in scheme["custom_metrics"]),
        has_county_stage=scheme["county_stage"],
        county_weight=scheme["county_weight"],
        city_weight=1 - scheme["county_weight"],
        aggregation={label: value for value, label in Aggregation.choices}[scheme["method"]],
        bonus_cap=scheme["bonus_cap"],
        bonus_floor=scheme["bonus_from"],
        five_star_share=scheme["five_star_share"],
        period_start=date(scheme["year"], 1, 1),
        period_end=date(scheme["year"], 11, 30),
    )


def _item(scheme, item):
    return ItemSpec(
        code=item["code"],
        name=item["name"],
        points=item["points"],
        rule_text=rule_text(scheme, item),
        category=item["category"],
        bonus=item["bonus"],
        verified=("全部",) if item["reviewed"] == "全部" else tuple(item["reviewed"]),
        onsite=item["on_site"],
        may_be_na=item["optional"],
    )


def _restriction(scheme, row):
    if isinstance(row["trigger"], list):
        text = condition_text(scheme, row["trigger"])
        return RestrictionSpec(
            row["code"], row["name"], Trigger.CONDITION, text, effect_text=effect_text(row["cap"])
        )
    trigger = {label: value for value, label in Trigger.choices}[row["trigger"]]
    return RestrictionSpec(row["code"], row["name"], trigger, effect_text=effect_text(row["cap"]))


def engine_entry(scheme, item, metrics, row):
    """One row: points of the whole item with the system part they were typed against, or answers by name.

    Taking the end of the range for a figure typed a hair beyond it belongs to reading a workbook; here it is
    done already.
    """
    if row.get("absent"):
        return Entry(not_applicable=True)
    system = computed_points(scheme, item, metrics)
    if row.get("points") is not None:
        return Entry(total=system + row_asked_points(scheme, item, metrics, row, row["stage"]), system=system)
    if any(part["kind"] == "分" for part in item["parts"]):
        return Entry(total=system + answered_points(scheme, item, metrics, row["answers"]), system=system)
    return Entry(answers=_typed_answers(item, row["answers"]))


def _typed_answers(item, answers):
    ticks = {name for part in item["parts"] if part["kind"] == "清单" for name, _ in part["entries"]}
    return {
        name: bool(value) if name in ticks else value if isinstance(value, str) else Fraction(value)
        for name, value in answers.items()
    }


def engine_school(scheme, code, metrics, rows, listed):
    """One school's records as the engine takes them."""
    items = {item["code"]: item for item in scheme["items"]}
    judged = {code for code, item in items.items() if asked_names(scheme, item)}
    stages = {label: value for value, label in Stage.choices}

    def entries(stage, judge=""):
        mine = [row for row in rows_of(rows, stage) if row["judge"] == judge and row["item"] in judged]
        return {row["item"]: engine_entry(scheme, items[row["item"]], metrics, row) for row in mine}

    return SchoolInput(
        key=code,
        metrics=metrics,
        county=entries("初评"),
        city=tuple(Sheet(judge, entries("评审", judge)) for judge in panel_labels(scheme, rows)),
        adjustments={
            (stages[row["stage"]], row["item"]): row["points"]
            for row in rows
            if row["item"] not in judged and row["stage"] != "自评"
        },
        cases=frozenset(listed),
        submitted=bool(rows_of(rows, "自评")),
    )
