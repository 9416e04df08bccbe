"""The committed sample years, run as an office would run them, against what the naive scorer worked out for
them.
"""

import json
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from openpyxl import load_workbook

FIXTURES = Path(settings.BASE_DIR) / "fixtures"
WORKED_OUT = Path(settings.BASE_DIR) / "tests" / "oracle" / "sample_results"
STARS = {
    "shili-shi": {"五星": 33, "四星": 14, "三星": 2},
    "shili-xianjishi": {"五星": 4, "四星": 5, "三星": 3, "二星": 2, "一星": 1},
}


def shown(cell):
    return f"{cell:.2f}" if isinstance(cell, int | float) else cell or ""


@pytest.mark.engine
@pytest.mark.django_db
@pytest.mark.parametrize("name", STARS)
def test_sample_year_gives_the_points_and_stars_worked_out_by_hand(name, tmp_path):
    folder = FIXTURES / name

    call_command("run_year", scheme=folder / "scheme.xlsx", input=folder, out=tmp_path, verbosity=0)

    headings, *rows = load_workbook(tmp_path / "results.xlsx").worksheets[0].values
    found = {row[0]: dict(zip(headings, map(shown, row), strict=True)) for row in rows}
    expected = json.loads((WORKED_OUT / f"{name}.json").read_text(encoding="utf-8"))
    assert {
        code: {key: found[code].get(key) for key in figures} for code, figures in expected.items()
    } == expected
    assert set(found) == set(expected)
    assert Counter(row["星级"] for row in found.values()) == STARS[name]


@pytest.mark.parametrize(("name", "count"), [("chaozhou", 46), ("wuchuan", 15)])
def test_real_registries_hold_names_and_nothing_else(name, count):
    folder = FIXTURES / name

    headings, *rows = load_workbook(folder / "schools.xlsx").worksheets[0].values

    assert [path.name for path in folder.iterdir()] == ["schools.xlsx"]
    assert len({row[0] for row in rows}) == len(rows) == count
    assert list(headings) == [
        "学校编码",
        "学校名称",
        "县（市、区）",
        "简称",
        "类型",
        "举办党组织",
        "承办机构",
    ]


def test_sample_cities_use_no_name_of_a_real_registry():
    def short_names(folder):
        headings, *rows = load_workbook(FIXTURES / folder / "schools.xlsx").worksheets[0].values
        return {row[headings.index("简称")] for row in rows}

    assert not (short_names("shili-shi") | short_names("shili-xianjishi")) & (
        short_names("chaozhou") | short_names("wuchuan")
    )
