"""A year whose cells were changed at random: a clean year or clear sentences, never a crash, never a silent
zero.
"""

import random
from copy import deepcopy

import pytest

from ratings.offline.folder import read_folder
from ratings.offline.running import judge_year
from ratings.scoring import score_all
from schools.workbooks import WorkbookError
from tests.ratings.year_folder import YearFolder

pytestmark = pytest.mark.django_db

#: What lands in a cell when somebody pastes, drags or sleeps.
JUNK = ["", " ", "无", "不适用", 0, -1, 101, 0.5, "30分", "１２", "#N/A", "=1+1", "是", "A", "B、C"]
JUNK += ["音响；音响", "月报逾期×3", "≥", "〇", "K1", "𠮷", "\u200b"]
MUTATIONS, MANY = 80, 2000


def judge(year: YearFolder):
    """Outcomes of the year, or the WorkbookError that refuses it."""
    year.write()
    try:
        folder = read_folder(year.scheme, year.folder)
        return score_all(folder.spec, [school.input for school in judge_year(folder)])
    except WorkbookError as error:
        assert error.problems
        assert all(
            any("\u4e00" <= letter <= "\u9fff" for letter in problem.reason) for problem in error.problems
        )
        return error


def mutate(year: YearFolder, chance: random.Random) -> None:
    """Change one to three cells somewhere in the five workbooks."""
    for _ in range(chance.randint(1, 3)):
        rows = chance.choice(
            [year.items, year.bands, year.restrictions, year.schools, year.metrics, year.scores, year.scores]
        )
        place = chance.randrange(len(rows))
        row = list(rows[place])
        row[chance.randrange(len(row))] = chance.choice(JUNK)
        rows[place] = row if rows is year.items else tuple(row)


@pytest.mark.parametrize("mutations", [MUTATIONS, pytest.param(MANY, marks=pytest.mark.deep)])
def test_random_cells_give_a_year_or_sentences(tmp_path, mutations):
    accepted = 0
    for seed in range(mutations):
        year = YearFolder(tmp_path / "year")
        mutate(year, random.Random(seed))
        found = judge(year)
        if isinstance(found, dict):
            accepted += 1
            assert not any(outcome.problems for outcome in found.values())
    assert 0 < accepted < mutations


@pytest.mark.parametrize("sheet", ["scores", "metrics"])
def test_no_row_can_go_missing_or_blank_without_a_sentence(tmp_path, sheet):
    whole = YearFolder(tmp_path / "year")
    rows = deepcopy(getattr(whole, sheet))
    for place in range(len(rows)):
        without = YearFolder(tmp_path / "year")
        setattr(without, sheet, rows[:place] + rows[place + 1 :])
        assert isinstance(judge(without), WorkbookError), rows[place]

        blank = YearFolder(tmp_path / "year")
        emptied = (*rows[place][:2], "") if sheet == "metrics" else (*rows[place][:4], None, "", "")
        setattr(blank, sheet, [*rows[:place], emptied, *rows[place + 1 :]])
        assert isinstance(judge(blank), WorkbookError), rows[place]
