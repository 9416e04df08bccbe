"""The fields of the criteria: every way out of a scheme leads back to the same scheme, and no digest of a year moves."""

import hashlib
import io
import random
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

from ratings.criteria.frozen import from_json, to_json
from ratings.criteria.spec import SchemeSpec, digest
from ratings.criteria.storing import create_scheme, read_scheme
from ratings.criteria.workbook import read_scheme_workbook
from ratings.criteria.writing import scheme_sheets
from schools.workbooks import write_workbook
from tests.oracle.printing import scheme_sheets as typed_sheets
from tests.oracle.printing import write_workbook as write_typed
from tests.oracle.random_settings import random_scheme
from tests.ratings.large_criteria import large_workbook

FIXTURES = Path(settings.BASE_DIR) / "fixtures"
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
