"""What must hold of every scheme and every school, whatever the points: better records never cost a star,
order means nothing.
"""

import random
from dataclasses import replace
from fractions import Fraction

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from ratings.enums import Star
from ratings.scoring import score_all
from tests.oracle.printing import input_workbooks, scheme_sheets, write_workbook
from tests.oracle.random_schemes import COUNTS, FAULTS, RATES
from tests.oracle.random_settings import random_scheme
from tests.oracle.random_years import random_year
from tests.oracle.translating import engine_scheme, engine_school

seeds = st.integers(min_value=0, max_value=10**9)


def engine_year(rng, schools=6):
    """A random scheme and its schools, in the engine's own values."""
    scheme = random_scheme(rng)
    names, metrics, rows, listed = random_year(rng, scheme, schools)
    inputs = [
        engine_school(
            scheme,
            code,
            metrics.get(code, {}),
            [row for row in rows if row["school"] == code],
            listed.get(code, []),
        )
        for code, *_ in names
    ]
    return engine_scheme(scheme), inputs


def stars(spec, inputs):
    return {key: outcome.verdict.star for key, outcome in score_all(spec, inputs).items()}


def improved(rng, metrics):
    """The same figures with some a little better: more where more is better, fewer faults."""
    better = dict(metrics)
    for label, value in metrics.items():
        if rng.random() < 0.5:
            continue
        if label in COUNTS:
            better[label] = value + rng.randint(1, 20)
        elif label in RATES:
            better[label] = min(Fraction(1), value + Fraction(rng.randint(1, 4000), 10000))
        elif label in FAULTS:
            better[label] = max(Fraction(0), value - rng.randint(1, 3))
    for over, under in (("参训党员", "党员总数"), ("参训干部", "应训干部")):
        if over in metrics:
            better[over] = min(metrics[under], metrics[over] + rng.randint(0, 50))
    return better


@given(seeds)
def test_better_figures_never_lower_points_or_star(seed):
    rng = random.Random(seed)
    spec, inputs = engine_year(rng)
    school = rng.choice([school for school in inputs if school.metrics])
    others = [one for one in inputs if one is not school]
    raised = replace(school, metrics=improved(rng, school.metrics))

    before = score_all(spec, inputs)[school.key]
    after = score_all(spec, [*others, raised])[school.key]

    assert after.verdict.star >= before.verdict.star
    assert after.totals.total >= before.totals.total
    assert all(
        after.items[code].points >= item.points
        for code, item in before.items.items()
        if item.points is not None
    )


@given(seeds)
def test_restriction_never_raises_a_star_and_never_passes_its_cap(seed):
    rng = random.Random(seed)
    spec, inputs = engine_year(rng)
    school, restriction = rng.choice(inputs), rng.choice(spec.restrictions)
    restricted = replace(school, cases=school.cases | {restriction.code})

    before = stars(spec, inputs)
    after = stars(spec, [restricted if one is school else one for one in inputs])

    assert after[school.key] <= before[school.key]
    assert after[school.key] in {0, *(band.star for band in spec.bands)}


@given(seeds)
def test_order_of_schools_judges_and_entries_changes_nothing(seed):
    rng = random.Random(seed)
    spec, inputs = engine_year(rng)

    def shuffled(things):
        things = list(things)
        return rng.sample(things, len(things))

    mixed = [
        replace(
            school,
            city=tuple(
                replace(sheet, entries=dict(shuffled(sheet.entries.items())))
                for sheet in shuffled(school.city)
            ),
            county=dict(shuffled(school.county.items())),
            metrics=dict(shuffled(school.metrics.items())),
        )
        for school in shuffled(inputs)
    ]

    before, after = score_all(spec, inputs), score_all(spec, mixed)
    assert {key: (one.verdict.star, one.totals) for key, one in before.items()} == {
        key: (one.verdict.star, one.totals) for key, one in after.items()
    }


@given(seeds)
def test_the_trace_ends_once_with_the_star_that_counts(seed):
    spec, inputs = engine_year(random.Random(seed))

    for outcome in score_all(spec, inputs).values():
        if outcome.verdict:
            ends = [step for step in outcome.verdict.steps if step.startswith("计算星级")]
            assert ends == [outcome.verdict.steps[-1]] == [f"计算星级：{Star(outcome.star).label}"]


@given(seeds)
def test_total_is_the_exact_sum_of_what_is_shown(seed):
    spec, inputs = engine_year(random.Random(seed))

    for outcome in score_all(spec, inputs).values():
        if outcome.totals is None:
            continue
        shown = [item.points for item in outcome.items.values() if item.points is not None]
        assert all(
            100 * points == int(100 * points) for points in [*shown, *outcome.totals.categories.values()]
        )
        assert outcome.totals.base == sum(outcome.totals.categories.values()) <= 100
        assert outcome.totals.total == outcome.totals.base + outcome.totals.bonus


@pytest.mark.django_db
def test_order_of_workbook_rows_changes_nothing(tmp_path):
    rng = random.Random(7)
    scheme = random_scheme(rng)
    names, metrics, rows, listed = random_year(rng, scheme, 6)
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        write_workbook(folder / "scheme.xlsx", scheme_sheets(scheme))
        for name, (headings, *table) in input_workbooks(scheme, names, metrics, rows, listed).items():
            lines = table if folder is first or name == "schools.xlsx" else rng.sample(table, len(table))
            write_workbook(folder / name, {"数据": [headings, *lines]})

    for folder in (first, second):
        call_command(
            "run_year",
            scheme=folder / "scheme.xlsx",
            input=folder,
            out=folder / "out",
            replace=True,
            verbosity=0,
        )

    before, after = (
        sorted(load_workbook(folder / "out" / "results.xlsx").worksheets[0].values, key=str)
        for folder in (first, second)
    )
    assert before == after
