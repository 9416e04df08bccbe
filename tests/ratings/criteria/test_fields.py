"""The fields of the criteria: every way out of a scheme leads back to the same scheme, and no digest of a
year moves.
"""

import hashlib
import io
import json
import random
from copy import copy
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import transaction
from django.db.models import CharField
from django.forms import BooleanField
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ratings.criteria import standards
from ratings.criteria.fields import ITEM, WORDING, Parameters, entry, fields_of, frozen, stored, thawed
from ratings.criteria.kinds import Amount, Choice, Count, Day, Kind, Linked, Share, YesNo
from ratings.criteria.spec import (
    BandSpec,
    CategorySpec,
    CustomMetricSpec,
    ItemSpec,
    RestrictionSpec,
    SchemeSpec,
    digest,
    from_json,
    to_json,
)
from ratings.criteria.storing import content_digest, create_scheme, read_scheme
from ratings.criteria.workbook import cells_of, columns_of, read_scheme_workbook, scheme_sheets
from ratings.drafting.forms import ROW_FORMS, ParametersForm
from ratings.drafting.views import MODELS
from ratings.enums import Trigger
from ratings.models import Scheme
from schools.workbooks import write_workbook
from tests.oracle.printing import scheme_sheets as typed_sheets
from tests.oracle.printing import write_workbook as write_typed
from tests.oracle.random_settings import random_scheme
from tests.ratings.large_criteria import large_workbook

pytestmark = pytest.mark.usefixtures("workbooks_opened_here")

FIXTURES = Path(django_settings.BASE_DIR) / "fixtures"
#: Frozen with every year that was ever opened: a digest that moves makes its results unverifiable.
DIGESTS = {
    "biaozhun-koufen": "5b3b4cb17e6a8704b77a4d96438bb96c218dbfd71d948942942935bab188a868",
    "biaozhun-wuxiang": "9949400d5c3e41f029f8347a37176c069db5792db398f63ca1b14dbe8ea3c048",
    "shili-shi": "5ab0ff8d7e1802da9fcf9754bc70e8f575c537cc3b7240c952459a86d6f1c754",
    "shili-xianjishi": "0b73c6775553e3172921a3edab7736866a1d8d9b36f3cbe43462fc40a76a45d1",
}
#: Over the digests of the forty schemes that `random_scheme` draws from the seeds 0 to 39.
DIGEST_OF_DRAWN = "1f5d795cd6b22f92e685c8b326d6d0b54f4f10c36eede68bd76f56e10478a5ab"


def digest_of(spec: SchemeSpec) -> str:
    return digest(to_json(spec))


def fixture(name: str) -> SchemeSpec:
    return read_scheme_workbook(FIXTURES / name / "scheme.xlsx").spec


def drawn(seed: int, folder: Path) -> SchemeSpec:
    path = folder / f"{seed}.xlsx"
    write_typed(path, typed_sheets(random_scheme(random.Random(seed))))
    return read_scheme_workbook(path).spec


def through_rows(spec: SchemeSpec, city) -> SchemeSpec:
    return read_scheme(create_scheme(replace(spec, city=city.name), city=city))


def through_workbook(spec: SchemeSpec) -> SchemeSpec:
    target = io.BytesIO()
    write_workbook(target, scheme_sheets(spec))
    return read_scheme_workbook(target.getvalue()).spec


@pytest.mark.parametrize("name", DIGESTS)
def test_no_digest_of_a_year_moves(name):
    assert digest_of(fixture(name)) == DIGESTS[name]


def test_no_digest_of_a_drawn_scheme_moves(tmp_path):
    digests = "".join(digest_of(drawn(seed, tmp_path)) for seed in range(40))

    assert hashlib.sha256(digests.encode()).hexdigest() == DIGEST_OF_DRAWN


@pytest.mark.parametrize("name", [*DIGESTS, "large"])
@pytest.mark.django_db
def test_a_year_comes_back_the_same_from_rows_json_and_workbook(name, city):
    spec = read_scheme_workbook(large_workbook(year=2026)).spec if name == "large" else fixture(name)

    assert from_json(to_json(spec)) == spec
    assert through_workbook(spec) == spec
    assert through_rows(spec, city) == replace(spec, city=city.name)


def through_forms(scheme) -> str:
    """The digest after every form of the editor was opened and saved as it stood."""
    rows = [(ParametersForm, scheme)]
    rows += [
        (form, row) for kind, form in ROW_FORMS.items() for row in MODELS[kind].objects.filter(scheme=scheme)
    ]
    for form, row in rows:
        shown = form(scheme=scheme, instance=copy(row))
        unticked = {
            name
            for name, field in shown.fields.items()
            if isinstance(field, BooleanField) and not shown[name].value()
        }
        posted = {
            name: shown[name].value()
            for name in shown.fields
            if name not in unticked and shown[name].value() is not None
        }
        bound = form(posted, scheme=scheme, instance=copy(row))
        assert bound.is_valid(), bound.errors
        for name, value in bound.values.items():
            setattr(row, name, value)
        row.save()
    return content_digest(Scheme.objects.get(pk=scheme.pk))


@pytest.mark.parametrize("name", DIGESTS)
@pytest.mark.django_db
def test_forms_opened_and_saved_leave_the_digest(name, city):
    scheme = create_scheme(replace(fixture(name), city=city.name), city=city)
    before = content_digest(scheme)

    assert through_forms(scheme) == before


# Any scheme: of every field a value of its kind, drawn from the table itself

TEXTS = st.text("甲乙丙ABC12（）-·", min_size=1, max_size=12)
CENTS = st.integers(1, 99_999).map(lambda cents: Fraction(cents, 100))
VALUES = {
    "rule_text": st.sampled_from(
        [
            "清单(书记任校长=2; 副职齐备=1)",
            "分(0—5)",
            "评(听课: A=5; B=3; C=0)",
            "扣(满分 5; 无专人 1; 下限 0)",
        ]
    ),
    "condition_text": st.sampled_from(["总分≥90", "总分≥60 且 最低大项得分率≥70%"]),
    "effect_text": st.sampled_from(["不授星", "最高三星"]),
    "year": st.integers(2000, 2100),
    "verified": st.lists(st.sampled_from(["甲", "乙", "丙"]), unique=True).map(tuple),
    "bonus_group_caps": st.dictionaries(TEXTS, CENTS, max_size=2).map(lambda caps: tuple(caps.items())),
}
KINDS = {
    Amount: CENTS,
    Share: st.integers(0, 1_000_000).map(lambda millionths: Fraction(millionths, 1_000_000)),
    Day: st.dates(date(2000, 1, 1), date(2100, 12, 31)),
    YesNo: st.booleans(),
}


def value_of(field) -> st.SearchStrategy:
    """Any value the field may have; None too where it may be missing."""
    kind = field.kind
    if field.name in VALUES:
        drawn = VALUES[field.name]
    elif isinstance(kind, Choice):
        drawn = st.sampled_from(list(kind.labels))
    elif isinstance(kind, Count):
        drawn = st.integers(kind.lowest, kind.highest)
    else:
        drawn = KINDS.get(type(kind), TEXTS)
    return st.none() | drawn if field.default is None and not isinstance(kind, Day | Linked) else drawn


def any_row(table, **fixed) -> st.SearchStrategy:
    return st.builds(table, **{field.name: value_of(field) for field in fields_of(table)} | fixed)


# Made once: hypothesis checks every strategy anew that is made while it draws.
ROW_OF = {
    table: any_row(table, **{name: st.just(value) for name, value in fixed.items()})
    for table, fixed in {
        Parameters: {},
        ItemSpec: {"code": "", "category": None},
        BandSpec: {"star": 5},
        RestrictionSpec: {"code": ""},
    }.items()
}
METRICS = st.lists(
    any_row(CustomMetricSpec, unit=st.sampled_from(["", "人", "%"])),
    max_size=2,
    unique_by=lambda row: row.label,
)
ONE_TO_THREE, UP_TO_THREE, UP_TO_TWO = st.integers(1, 3), st.integers(0, 3), st.integers(0, 2)


@st.composite
def any_scheme(draw) -> SchemeSpec:
    """Rows with codes of their own in an order a workbook can say, weights and days that fit together."""
    letters = "KLM"[: draw(ONE_TO_THREE)]
    categories = tuple(CategorySpec(letter, draw(TEXTS)) for letter in letters)
    items = [
        replace(draw(ROW_OF[ItemSpec]), code=f"{letter}{at}", category=letter, label="", bonus=False)
        for letter in letters
        for at in range(draw(ONE_TO_THREE))
    ]
    items += [replace(draw(ROW_OF[ItemSpec]), code=f"W{at}", bonus=True) for at in range(draw(UP_TO_TWO))]
    bands = [replace(draw(ROW_OF[BandSpec]), star=star) for star in (5, 4, 3)[: draw(ONE_TO_THREE)]]
    restrictions = []
    for at in range(draw(UP_TO_THREE)):
        row = replace(draw(ROW_OF[RestrictionSpec]), code=f"Y{at}")
        restrictions.append(row if row.trigger == Trigger.CONDITION else replace(row, condition_text=""))
    spec = SchemeSpec(
        **vars(draw(ROW_OF[Parameters])),
        categories=categories,
        items=tuple(items),
        bands=tuple(bands),
        restrictions=tuple(restrictions),
        custom_metrics=tuple(draw(METRICS)),
    )
    county = spec.county_weight if spec.has_county_stage else Fraction(0)
    start, end = sorted((spec.period_start, spec.period_end))
    return replace(spec, county_weight=county, city_weight=1 - county, period_start=start, period_end=end)


def comes_back_from_json_and_workbook(spec: SchemeSpec) -> None:
    assert from_json(json.loads(json.dumps(to_json(spec)))) == spec
    assert digest_of(through_workbook(spec)) == digest_of(spec)


def comes_back_from_rows_and_forms(spec: SchemeSpec, city) -> None:
    with transaction.atomic():
        scheme = create_scheme(spec, city=city)
        named = replace(spec, city=city.name)
        assert read_scheme(scheme) == named
        assert through_forms(scheme) == digest_of(named)
        transaction.set_rollback(True)


@settings(max_examples=20)
@given(any_scheme())
def test_any_scheme_comes_back_the_same_from_json_and_workbook(spec):
    comes_back_from_json_and_workbook(spec)


@pytest.mark.deep
@settings(max_examples=500)
@given(any_scheme())
def test_any_of_five_hundred_schemes_comes_back_the_same_from_json_and_workbook(spec):
    comes_back_from_json_and_workbook(spec)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(any_scheme())
@pytest.mark.django_db
def test_any_scheme_comes_back_the_same_from_rows_and_forms(city, spec):
    comes_back_from_rows_and_forms(spec, city)


@pytest.mark.deep
@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(any_scheme())
@pytest.mark.django_db
def test_any_of_many_schemes_comes_back_the_same_from_rows_and_forms(city, spec):
    comes_back_from_rows_and_forms(spec, city)


# One more field: a line in the table, a column and a migration, and everything else follows


@dataclass(frozen=True)
class ItemWithSource(ItemSpec):
    """An item as it would be with one more line in its table."""

    source: str = entry(
        "数据来源",
        Kind(longest=60),
        default="",
        change=WORDING,
        place=15,
        late=True,
        help="这一项的数从哪里来。",
    )


def test_a_field_that_is_added_to_a_table_is_read_written_frozen_compared_and_typed():
    section = replace(ITEM, table=ItemWithSource)
    item = ItemWithSource("K1", "办班", Fraction(5), "分(0—5)", source="办班登记")
    plain = ItemSpec("K1", "办班", Fraction(5), "分(0—5)")

    assert columns_of(section)[-1].heading == "数据来源"
    assert cells_of(section, item)["数据来源"] == "办班登记"
    assert thawed(section.fields, frozen(section.fields, item)) == vars(item)
    assert stored(section.fields, item)["source"] == "办班登记"
    assert [field.text(item) for field in section.fields if field.change][-1] == "办班登记"
    typed = section.field("source").kind.form_field(
        CharField(max_length=60, blank=True), label="数据来源", help_text=""
    )
    assert (typed.clean(" 办班登记 "), typed.required, typed.max_length) == ("办班登记", False, 60)
    assert frozen(section.fields, replace(item, source="")) == frozen(ITEM.fields, plain), (
        "no digest of a frozen year moves"
    )


def test_every_parameter_is_told_with_the_standards(year, monkeypatch):
    spec = year.spec()
    told = [sentence for sentence in standards.SENTENCES if sentence[0] != "退回补正"]

    before = standards.parameters(spec)
    monkeypatch.setattr(standards, "SENTENCES", tuple(told))

    assert set(standards.parameters(spec)) == {pair for pair in before if pair[0] != "退回补正"} | {
        ("退回次数", "1 次")
    }


@pytest.mark.engine
@pytest.mark.django_db
def test_caps_of_groups_keep_the_order_in_which_they_were_written(city):
    caps = (("成果奖励", Fraction(3)), ("课题", Fraction(2)), ("示范", Fraction(1)))
    spec = replace(fixture("shili-shi"), city=city.name, bonus_group_caps=caps)
    scheme = create_scheme(spec, city=city)
    scheme.refresh_from_db()

    assert read_scheme(scheme).bonus_group_caps == caps
    Scheme.objects.filter(pk=scheme.pk).update(bonus_group_caps={"课题": "2"})  # as 0.2.0 kept them
    assert read_scheme(Scheme.objects.get(pk=scheme.pk)).bonus_group_caps == (("课题", Fraction(2)),)
