"""Workbooks of a scheme changed at random: read, or refused with sentences of ours."""

import re
from pathlib import Path

import pytest

from ratings.criteria.intake import examine
from schools.workbooks import WorkbookError
from tests.fuzzed_forms import foreign_sentences
from tests.mutated import mutated

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workbooks_opened_here")]
FIXTURES = Path(__file__).parents[3] / "fixtures"
FEW, MANY = 10, 2000


@pytest.mark.parametrize("times", [FEW, pytest.param(MANY, marks=pytest.mark.deep)])
@pytest.mark.parametrize("sample", ["biaozhun-koufen", "biaozhun-wuxiang"])
def test_no_change_of_a_scheme_ends_in_an_error(sample, times, city):
    content = (FIXTURES / sample / "scheme.xlsx").read_bytes()
    wrong, taken = {}, 0
    for seed in range(times):
        try:
            taken += bool(examine(mutated(content, f"{sample} {seed}"), name="甲.xlsx", city=city))
        except WorkbookError as error:
            said = str(error)
            if any(piece in said for piece in foreign_sentences()) or not re.search("[一-鿿]", said):
                wrong[seed] = said
        except Exception as error:
            wrong[seed] = f"{type(error).__name__}: {error}"

    assert wrong == {}
    assert 0 < taken < times
