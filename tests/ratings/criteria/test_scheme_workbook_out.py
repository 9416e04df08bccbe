"""scheme.xlsx out: what the application exports it imports unchanged."""

import io
import random
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from ratings.criteria.spec import BandSpec, CategorySpec, CustomMetricSpec, ItemSpec, SchemeSpec
from ratings.criteria.workbook import (
    EXAMPLES,
    PARAMETERS,
    read_scheme_workbook,
    scheme_sheets,
    template_sheets,
)
from ratings.rules import parse_rule
from schools.workbooks import WorkbookError, write_workbook
from tests.oracle.printing import scheme_sheets as typed_sheets
from tests.oracle.printing import write_workbook as write_typed
from tests.oracle.random_settings import random_scheme


def written(sheets) -> bytes:
    target = io.BytesIO()
    write_workbook(target, sheets)
    return target.getvalue()


def again(spec: SchemeSpec) -> SchemeSpec:
    return read_scheme_workbook(written(scheme_sheets(spec))).spec


@pytest.fixture
def spec(year) -> SchemeSpec:
    return year.spec()


@given(st.integers(0, 10_000))
def test_any_scheme_survives_export_and_import(tmp_path_factory, seed):
    path = tmp_path_factory.mktemp("scheme") / "scheme.xlsx"
    write_typed(path, typed_sheets(random_scheme(random.Random(seed))))
    spec = read_scheme_workbook(path).spec

    assert again(spec) == spec


@pytest.mark.parametrize("seed", range(6))
def test_order_groups_labels_and_empty_categories_survive(spec, seed):
    rng = random.Random(seed)
    items = [
        replace(item, group=rng.choice(["", "甲组", "乙组"]), label=rng.choice(["", "一（二）"]))
        for item in spec.items
    ]
    items += [
        ItemSpec(
            f"Q{at}",
            f"加{at}",
            Fraction(1),
            "加(成果 每项 1)",
            category=rng.choice([None, "M"]),
            group=rng.choice(["", "丙组"]),
            bonus=True,
        )
        for at in range(4)
    ]
    rng.shuffle(items)
    categories = [*spec.categories, CategorySpec("X", "还没有小项")]
    rng.shuffle(categories)
    changed = replace(
        spec,
        items=tuple(items),
        categories=tuple(categories),
        bonus_group_caps=(("丙组", Fraction(5, 2)),),
        five_star_share=Fraction(33, 100),
        custom_metrics=(CustomMetricSpec("满意率", "%", "none", Fraction(1), "city"),),
    )

    assert again(changed) == changed


def test_export_says_every_parameter_in_typed_cells(spec):
    book = load_workbook(io.BytesIO(written(scheme_sheets(spec))))

    cells = {row[0].value: row[1] for row in book["方案"].iter_rows(min_row=2)}
    assert set(PARAMETERS) <= set(cells)
    assert (cells["县初评权重"].value, cells["县初评权重"].number_format) == (0.3, "0.00%")
    assert cells["统计截止日"].is_date
    assert isinstance(cells["年度"].value, int)
    assert [type(row[6].value) for row in book["指标项"].iter_rows(min_row=2)] == [int] * 5


def test_text_that_looks_like_a_formula_stays_text(spec):
    item = replace(spec.items[0], standard="=1+1", evidence="+86")

    read = again(replace(spec, items=(item, *spec.items[1:])))

    assert (read.items[0].standard, read.items[0].evidence) == ("=1+1", "+86")


def test_template_lacks_only_what_must_be_filled_in():
    content = written(template_sheets(year=2026, city="示例市"))

    with pytest.raises(WorkbookError) as refused:
        read_scheme_workbook(content)

    owed = [(problem.sheet, problem.row, problem.reason) for problem in refused.value.problems]
    assert owed[:2] == [("方案", 2, "不能为空"), ("方案", 4, "不能为空")]
    assert owed[2:] == [("指标项", None, "没有任何小项"), ("星级标准", None, "没有任何星级标准")]
    assert "填写说明" in load_workbook(io.BytesIO(content)).sheetnames


@pytest.mark.parametrize(("kind", "line"), EXAMPLES)
def test_template_shows_rules_that_can_be_read(kind, line):
    assert type(parse_rule(line).parts[0]).__name__ in "Checklist Graded Ratio Deduct Add Levels Judged"
    assert line.startswith(kind)


def test_band_order_in_the_workbook_does_not_matter(spec):
    assert again(replace(spec, bands=(BandSpec(3, "总分≥60"), *spec.bands[:2]))).bands == spec.bands
