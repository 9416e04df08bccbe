"""The engine against the naive scorer of tests/oracle, on random years, as pure functions and through
run_year.
"""

import random
from collections import Counter
from fractions import Fraction

import pytest
from django.core.management import call_command
from openpyxl import load_workbook

from ratings.scoring import score_all
from tests.oracle.naive_year import panel_labels, score_year, visited
from tests.oracle.printing import STARS, input_workbooks, scheme_sheets, write_workbook
from tests.oracle.random_settings import random_scheme
from tests.oracle.random_years import random_year
from tests.oracle.translating import engine_scheme, engine_school

SCHOOLS = 12
BLOCK = 20
#: 44 × 20 random schemes × 12 schools: more than ten thousand schools, a thousand of them in every run.
BLOCKS, EVERY_RUN = 44, 4


def drawn(seed, schools=SCHOOLS):
    """A random year and what the naive scorer makes of it."""
    rng = random.Random(seed)
    scheme = random_scheme(rng, name=f"随机方案{seed}", city=f"随机市{seed}")
    names, metrics, rows, listed = random_year(rng, scheme, schools)
    return (
        scheme,
        names,
        metrics,
        rows,
        listed,
        score_year(scheme, [row[0] for row in names], metrics, rows, listed),
    )


def by_school(rows):
    grouped = {}
    for row in rows:
        grouped.setdefault(row["school"], []).append(row)
    return grouped


def figures_of(outcome):
    """An engine outcome in the shape of the naive result."""
    if outcome.totals is None:
        return {
            "items": None,
            "categories": None,
            "base": None,
            "bonus": None,
            "total": None,
            "star": outcome.verdict.star,
        }
    totals = outcome.totals
    return {
        "items": {code: item.points for code, item in outcome.items.items()},
        "categories": dict(totals.categories),
        "base": totals.base,
        "bonus": totals.bonus,
        "total": totals.total,
        "star": outcome.verdict.star,
    }


def disagreements(seed):
    """Schools of one random year on which engine and naive scorer differ, with both views."""
    scheme, names, metrics, rows, listed, expected = drawn(seed)
    own = by_school(rows)
    inputs = [
        engine_school(scheme, code, metrics.get(code, {}), own.get(code, []), listed.get(code, []))
        for code, *_ in names
    ]
    found = score_all(engine_scheme(scheme), inputs)
    differing = []
    for code, outcome in found.items():
        wanted = {
            key: value for key, value in expected[code].items() if key not in ("values", "restrictions")
        }
        if outcome.problems or figures_of(outcome) != wanted:
            differing.append((seed, code, outcome.problems or figures_of(outcome), wanted))
    return differing


@pytest.mark.parametrize(
    "block",
    [*range(EVERY_RUN), *(pytest.param(rest, marks=pytest.mark.deep) for rest in range(EVERY_RUN, BLOCKS))],
)
def test_engine_agrees_with_the_naive_scorer_on_random_years(block):
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        assert disagreements(seed) == []


def test_random_years_reach_every_corner_of_the_language():
    parts, hows, methods, triggers, sizes, corners = (
        Counter(),
        Counter(),
        Counter(),
        Counter(),
        Counter(),
        Counter(),
    )
    for seed in range(60):
        scheme, _, _, rows, _, results = drawn(seed)
        methods[scheme["method"]] += 1
        triggers.update(
            "条件" if isinstance(row["trigger"], list) else row["trigger"] for row in scheme["restrictions"]
        )
        for item in scheme["items"]:
            parts.update(part["kind"] for part in item["parts"])
            hows.update(
                entry["how"] for part in item["parts"] if part["kind"] == "扣" for entry in part["entries"]
            )
        for own in by_school(rows).values():
            sizes[len(panel_labels(scheme, own))] += 1
            corners["未到现场"] += not visited(scheme, own)
            corners["不适用"] += any(row.get("absent") for row in own)
            corners["核定"] += any(row.get("note") for row in own)
        corners["未申报"] += sum(result["total"] is None for result in results.values())
        corners.update(restriction for result in results.values() for restriction in result["restrictions"])

    assert set(parts) == {"清单", "档", "比", "扣", "加", "评", "分"}
    assert set(hows) == {"每", "一次", "差", "条件"}
    assert set(methods) == {"去一高一低平均", "平均", "中位数", "合议"}
    assert set(triggers) == {"人工", "未提交自评", "条件"}
    assert {1, 3, 4, 5, 6, 7} <= set(sizes)
    assert all(
        corners[corner] > 5 for corner in ("未到现场", "不适用", "核定", "未申报", "Q1", "Q2", "Q3", "Q4")
    )


def test_random_years_stand_a_cent_below_on_and_a_cent_above_every_level():
    beside = Counter()
    for seed in range(60):
        scheme, *_, results = drawn(seed)
        totals = [result["total"] for result in results.values() if result["total"] is not None]
        for star, condition in scheme["bands"]:
            bound = next(bound for name, _, bound in condition if name == "总分")
            beside.update((star, total - bound) for total in totals if abs(total - bound) <= Fraction(1, 100))

    assert all(beside[star, cents * Fraction(1, 100)] > 0 for star in range(1, 6) for cents in (-1, 0, 1)), (
        beside
    )


def results_of_run(folder, scheme, *workbooks):
    """Run the year from workbooks and read back the first sheet of results.xlsx by school."""
    write_workbook(folder / "scheme.xlsx", scheme_sheets(scheme))
    for name, table in input_workbooks(scheme, *workbooks).items():
        write_workbook(folder / name, {"数据": table})
    call_command("run_year", scheme=folder / "scheme.xlsx", input=folder, out=folder / "out", verbosity=0)
    return read_results(folder / "out" / "results.xlsx")


def read_results(path):
    """Rows of results.xlsx by school code, cells by heading."""
    headings, *rows = load_workbook(path).worksheets[0].values
    return {row[0]: dict(zip(headings, row, strict=True)) for row in rows}


def expected_cells(result):
    """What a row of results.xlsx must show for a naive result; None is a blank cell."""
    cells = {"基础分": result["base"], "加分": result["bonus"], "总分": result["total"]}
    return {**(result["items"] or {}), **(result["categories"] or {}), **cells}


def exact(cell):
    return Fraction(str(cell)) if isinstance(cell, int | float) else None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "seed", [*range(5000, 5010), *(pytest.param(seed, marks=pytest.mark.deep) for seed in range(5010, 5100))]
)
def test_run_year_agrees_with_the_naive_scorer(seed, tmp_path):
    scheme, names, metrics, rows, listed, expected = drawn(seed, schools=6)

    shown = results_of_run(tmp_path, scheme, names, metrics, rows, listed)

    assert set(shown) == set(expected)
    for code, result in expected.items():
        wanted = expected_cells(result)
        assert {heading: exact(shown[code][heading]) for heading in wanted} == wanted
        assert shown[code]["星级"] == STARS[result["star"]]
        assert (shown[code]["限制性情形"] or "") == "、".join(result["restrictions"])
