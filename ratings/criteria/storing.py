"""A scheme between its immutable form and its rows."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from ratings.enums import ItemKind
from ratings.models import Category, CustomMetric, Item, Restriction, Scheme, StarBand

from .spec import BandSpec, CategorySpec, CustomMetricSpec, ItemSpec, RestrictionSpec, SchemeSpec


def create_scheme(spec: SchemeSpec, *, city, imported: bool = False) -> Scheme:
    """Write a checked scheme as rows of `city`; the caller holds the transaction."""
    scheme = Scheme.objects.create(city=city, year=spec.year, imported=imported, **scheme_columns(spec))
    categories = {
        category.code: Category.objects.create(scheme=scheme, code=category.code, name=category.name, order=order)
        for order, category in enumerate(spec.categories)
    }
    Item.objects.bulk_create(item_row(scheme, categories, item, order) for order, item in enumerate(spec.items))
    CustomMetric.objects.bulk_create(metric_rows(scheme, spec))
    StarBand.objects.bulk_create(band_rows(scheme, spec))
    Restriction.objects.bulk_create(restriction_rows(scheme, spec))
    return scheme


def scheme_columns(spec: SchemeSpec) -> dict[str, Any]:
    """What the 方案 sheet says, as columns of the scheme; year and city are not among them."""
    same = ("name", "organiser", "has_county_stage", "aggregation", "return_limit", "confirmation", "period_start", "period_end")
    amounts = ("county_weight", "city_weight", "bonus_cap", "bonus_floor", "five_star_share")
    return {
        **{name: getattr(spec, name) for name in (*same, "notice_days")},
        **{name: to_decimal(getattr(spec, name)) for name in amounts},
        "bonus_group_caps": {group: str(cap) for group, cap in spec.bonus_group_caps},
    }


def item_row(scheme: Scheme | None, categories: dict[str, Category], item: ItemSpec, order: int) -> Item:
    return Item(
        scheme=scheme,
        category=categories.get(item.category),
        group=item.group,
        code=item.code,
        label=item.label,
        name=item.name,
        kind=ItemKind.BONUS if item.bonus else ItemKind.BASE,
        points=to_decimal(item.points),
        standard=item.standard,
        rule=item.rule_text,
        evidence=item.evidence,
        verified="、".join(item.verified),
        onsite=item.onsite,
        may_be_na=item.may_be_na,
        order=order,
    )


def metric_rows(scheme: Scheme | None, spec: SchemeSpec) -> list[CustomMetric]:
    return [
        CustomMetric(
            scheme=scheme,
            name=one.label,
            unit=one.unit,
            direction=one.direction,
            upper=to_decimal(one.upper),
            filled_by=one.filled_by,
            order=order,
        )
        for order, one in enumerate(spec.custom_metrics)
    ]


def band_rows(scheme: Scheme | None, spec: SchemeSpec) -> list[StarBand]:
    return [StarBand(scheme=scheme, star=band.star, condition=band.condition_text) for band in spec.bands]


def restriction_rows(scheme: Scheme | None, spec: SchemeSpec) -> list[Restriction]:
    return [
        Restriction(
            scheme=scheme,
            code=one.code,
            name=one.name,
            trigger=one.trigger,
            condition=one.condition_text,
            effect=one.effect_text,
            basis=one.basis,
            order=order,
        )
        for order, one in enumerate(spec.restrictions)
    ]


def read_scheme(scheme: Scheme) -> SchemeSpec:
    """The scheme as it stands in its rows: 7 queries, whatever its size."""
    return SchemeSpec(
        name=scheme.name,
        year=scheme.year,
        organiser=scheme.organiser,
        city=scheme.city.name,
        categories=tuple(CategorySpec(row.code, row.name) for row in scheme.categories.all()),
        items=tuple(_item_spec(row) for row in scheme.items.select_related("category")),
        bands=tuple(BandSpec(row.star, row.condition) for row in scheme.bands.all()),
        restrictions=tuple(
            RestrictionSpec(row.code, row.name, row.trigger, row.effect, row.condition, row.basis) for row in scheme.restrictions.all()
        ),
        custom_metrics=tuple(
            CustomMetricSpec(row.name, row.unit, row.direction, to_fraction(row.upper), row.filled_by)
            for row in scheme.custom_metrics.all()
        ),
        has_county_stage=scheme.has_county_stage,
        county_weight=Fraction(scheme.county_weight),
        city_weight=Fraction(scheme.city_weight),
        aggregation=str(scheme.aggregation),
        bonus_cap=to_fraction(scheme.bonus_cap),
        bonus_floor=Fraction(scheme.bonus_floor),
        bonus_group_caps=tuple((group, Fraction(cap)) for group, cap in scheme.bonus_group_caps.items()),
        five_star_share=to_fraction(scheme.five_star_share),
        return_limit=scheme.return_limit,
        confirmation=str(scheme.confirmation),
        period_start=scheme.period_start,
        period_end=scheme.period_end,
        notice_days=scheme.notice_days,
    )


def _item_spec(row: Item) -> ItemSpec:
    return ItemSpec(
        code=row.code,
        name=row.name,
        points=Fraction(row.points),
        rule_text=row.rule,
        category=row.category.code if row.category else None,
        group=row.group,
        bonus=row.kind == ItemKind.BONUS,
        label=row.label,
        standard=row.standard,
        evidence=row.evidence,
        verified=tuple(name for name in row.verified.split("、") if name),
        onsite=row.onsite,
        may_be_na=row.may_be_na,
    )


def to_decimal(value: Fraction | None) -> Decimal | None:
    """A fraction with a finite decimal form, exactly; weights and shares from workbooks always have one."""
    return None if value is None else Decimal(value.numerator) / Decimal(value.denominator)


def to_fraction(value: Decimal | None) -> Fraction | None:
    return None if value is None else Fraction(value)
