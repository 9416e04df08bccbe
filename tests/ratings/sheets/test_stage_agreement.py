"""One school, many readers: whoever shows its points, sums and gaps shows the same, and the same as the naive
scorer.
"""

import random
import re
from dataclasses import replace
from fractions import Fraction

import pytest
from django.template.loader import render_to_string
from hypothesis import given, settings
from hypothesis import strategies as st

from ratings.committee.comparing import stages_of
from ratings.drafting.errata.foreseeing import points_so_far
from ratings.drafting.rehearsal.applying import Assumptions, apply, paired
from ratings.enums import Aggregation, Stage, Status
from ratings.judging.papers import CountyPaper, CountyRow
from ratings.judging.seats import Seat
from ratings.models import Adjustment, Assessment, Item, MetricSnapshot, Scheme, SchemeVersion, Score
from ratings.rules.rounding import show
from ratings.scoring import Entry, Sheet, entry_to_json, score_all, score_school
from ratings.selfassessment.submission import ConfirmationPaper, SelfPaper
from ratings.sheets import SchoolSheet
from ratings.sheets.evaluation import Evaluation
from ratings.sheets.forms import AnswersForm
from ratings.sheets.sheet import NO_STAGE
from schools.metrics import COMPUTED, Figure
from schools.models import School
from tests.oracle.naive import (
    answered_points,
    asked_names,
    cents,
    computed_points,
    names_owed,
    part_names,
    row_asked_points,
    within,
)
from tests.oracle.naive_year import bonus_points, category_points, rows_of, stage_points
from tests.oracle.random_settings import random_scheme
from tests.oracle.random_years import random_year
from tests.oracle.translating import engine_entry, engine_scheme, engine_school

KEY = "1"
seeds = st.integers(min_value=0, max_value=10**9)


class Case:
    """A random scheme with one school, in the shape every reader takes it."""

    def __init__(self, seed: int):
        rng = random.Random(seed)
        self.scheme = random_scheme(rng) | {"county_stage": True}
        _, metrics, rows, _ = random_year(rng, self.scheme, 1)
        self.metrics = metrics["S001"]
        incomplete = rng.random() < 0.3
        self.rows = [one for one in map(self._thinned(rng), rows) if one] if incomplete else rows
        self.spec = engine_scheme(self.scheme)
        school = engine_school(self.scheme, "S001", self.metrics, self.rows, [])
        adjustments = {key: points for key, points in school.adjustments.items() if key[0] == Stage.COUNTY}
        judges = 1 if self.spec.aggregation == Aggregation.JOINT else 3
        county = {code: self._stored(code, entry) for code, entry in school.county.items()}
        city = tuple(Sheet(f"评委{number}", county) for number in range(judges))
        self.school = replace(
            school, key=KEY, county=county, city=city, adjustments=adjustments, submitted=True
        )
        items = {item["code"]: item for item in self.scheme["items"]}
        self.own = {
            row["item"]: self._stored(
                row["item"], engine_entry(self.scheme, items[row["item"]], self.metrics, row)
            )
            for row in rows_of(self.rows, "自评")
            if names_owed(self.scheme, items[row["item"]], "自评")
        }
        self.outcome = score_all(self.spec, [self.school])[KEY]

    @staticmethod
    def _thinned(rng):
        """Now and then a row is missing, or one of its answers."""

        def thin(row):
            chance = rng.random()
            if chance < 0.1:
                return None
            if chance < 0.3 and row.get("answers"):
                gone = rng.choice(list(row["answers"]))
                return {
                    **row,
                    "answers": {name: answer for name, answer in row["answers"].items() if name != gone},
                }
            return row

        return thin

    def _stored(self, code: str, entry: Entry) -> Entry:
        """Ticks as booleans and counts as integers, as rows keep them."""
        if entry.answers is None:
            return entry
        kinds = {one.name: {"tick": bool, "count": int}.get(one.kind) for one in self.spec.bound[code].asked}
        return Entry(
            answers={
                name: kinds[name](answer) if kinds[name] else answer for name, answer in entry.answers.items()
            }
        )

    def sheet(self, reader: str) -> SchoolSheet:
        """What a reader's page is made of, without the database."""
        status = Status.DRAFT if reader == Stage.SELF else Status.COUNTY
        assessment = Assessment(pk=1, school=School(pk=1, name="某校"), scheme=Scheme(pk=1), status=status)
        rows = {
            Stage.SELF: self._scores(self.own, Stage.SELF, "owed_by_school"),
            Stage.COUNTY: {},
            Stage.CITY: {},
        }
        adjustments = dict(NO_STAGE)
        if reader != Stage.SELF:
            rows[Stage.COUNTY] = self._scores(self.school.county, Stage.COUNTY, "owed_by_reviewers")
            rows[Stage.CITY] = self._scores(self.school.county, Stage.CITY, "owed_by_reviewers")
            adjustments[Stage.COUNTY] = {
                code: Adjustment(item=Item(code=code), points=points)
                for (_, code), points in self.school.adjustments.items()
            }
        figures = {name: Figure(value, COMPUTED) for name, value in self.metrics.items()}
        return SchoolSheet(
            self.spec, assessment, reader, figures, rows, adjustments, snapshot=MetricSnapshot(values={})
        )

    def _scores(self, entries, stage, owed) -> dict[str, Score]:
        return {
            code: Score(
                item=Item(code=code),
                stage=stage,
                answers=entry_to_json(entries[code]) if code in entries else None,
                remark="",
            )
            for code, bound in self.spec.bound.items()
            if getattr(bound, owed)
        }

    # What the naive scorer says.

    def naive_own(self, item) -> Fraction | None:
        """自评 of one item: "unasked" where it says nothing at all, None for 不适用."""
        names = asked_names(self.scheme, item)
        if not names:
            return cents(within(computed_points(self.scheme, item, self.metrics), item))
        mine = [
            row for row in rows_of(self.rows, "自评", item["code"]) if names_owed(self.scheme, item, "自评")
        ]
        if not names_owed(self.scheme, item, "自评"):
            if not any(name in self.scheme["metrics"] for part in item["parts"] for name in part_names(part)):
                return "unasked"
            asked = answered_points(self.scheme, item, self.metrics, {})
        elif mine[0].get("absent"):
            return None
        else:
            asked = row_asked_points(self.scheme, item, self.metrics, mine[0], "自评")
        return cents(within(computed_points(self.scheme, item, self.metrics) + asked, item))

    def naive_county(self, item) -> Fraction | None:
        points = stage_points(self.scheme, item, self.metrics, self.rows, "初评")
        return None if points is None else cents(points)

    def naive_sums(self, points) -> tuple:
        """Categories, base, bonus and total."""
        finals = {code: Fraction(0) if got == "unasked" else got for code, got in points.items()}
        rated = dict.fromkeys(item["category"] for item in self.scheme["items"] if not item["bonus"])
        categories = {code: category_points(self.scheme, code, finals)[0] for code in rated}
        base = sum(categories.values())
        bonus = bonus_points(self.scheme, base, finals)
        return categories, base, bonus, base + bonus


def sums(totals) -> tuple | None:
    return totals and (dict(totals.categories), totals.base, totals.bonus, totals.total)


def cells(paper) -> list[list[str]]:
    """The rows of a paper's tables as they are printed."""
    page = render_to_string(paper.template, {"paper": paper})
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", page, re.S)
    return [
        [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)]
        for row in rows
    ]


def shown(points) -> str:
    return "—" if points is None else show(points)


def check_self(case: Case) -> None:
    """The school's page, 自评表, 申报确认页, what the county sees of it, the board, and an
    erratum's preview.
    """
    page, county = case.sheet(Stage.SELF), case.sheet(Stage.COUNTY)
    points = {line.code: line.own_points for line in page.lines}
    board = {item.code: item for item in stages_of(evaluation(case), KEY)}
    alone = replace(case.school, county={}, city=(), adjustments={})
    preview = {
        code: points_so_far(case.spec, alone, score_school(case.spec, alone), case.own, code)
        for code in points
    }

    assert {code: county.own_sheet.points.get(code) for code in points} == points
    assert {line.code: line.own_points for line in county.lines} == points
    assert {code: item.own for code, item in board.items()} == points
    assert preview == points
    assert sums(county.own_sheet.so_far) == sums(page.own_sheet.so_far)
    open_items = {line.code for line in page.lines if line.is_open}
    assert set(page.own_sheet.missing) <= open_items
    statuses = {
        code: AnswersForm(row, case.spec.bound[code]).status for code, row in page.rows[Stage.SELF].items()
    }
    assert {code for code, status in statuses.items() if status != "已完成"} == open_items
    assert {line.code for line in page.lines if line.status in ("尚未开始", "填写中")} == open_items
    check_papers(page, points)
    if not open_items:
        naive = {item["code"]: case.naive_own(item) for item in case.scheme["items"]}
        assert page.own_sheet.unasked == {code for code, got in naive.items() if got == "unasked"}
        assert points == {code: None if got == "unasked" else got for code, got in naive.items()}
        assert sums(page.own_sheet.totals) == case.naive_sums(naive)
        assert page.total == page.own_sheet.total


def check_papers(page: SchoolSheet, points) -> None:
    """自评表 and 申报确认页 print the page's own points, sums and total."""
    head = {"year": 2026, "scheme": "方案", "school": "某校", "county": "", "sheet": page}
    printed = cells(SelfPaper(**head, handed_in=""))
    assert {row[0].split()[0]: row[4] for row in printed if len(row) == 6} == {
        code: shown(got) for code, got in points.items()
    }
    groups = [(group.title, shown(group.points)) for group in page.groups]
    assert [(row[0], row[3]) for row in printed if len(row) == 5] == groups
    confirmed = [row for row in cells(ConfirmationPaper(**head, code="0" * 64)) if len(row) == 3]
    assert [(row[0], row[2]) for row in confirmed] == [*groups, ("合计", shown(page.total))]
    assert printed[-1][-2] == shown(page.total)


def check_county(case: Case) -> None:
    """The county's page and grid, 汇总表, a judge who says the same, board, result and rehearsal."""
    sheet = case.sheet(Stage.COUNTY)
    points = {line.code: line.county_points for line in sheet.lines}
    board = {item.code: item for item in stages_of(evaluation(case), KEY)}

    assert {code: item.county for code, item in board.items()} == points
    assert {code: sheet.points(code, Stage.CITY) for code in points} == points
    assert {
        code: item.county_gap for code, item in board.items() if item.county_gap is not None
    } == sheet.differences
    seat = Seat(
        case.spec,
        Assessment(visited=True, scheme=Scheme(aggregation="")),
        sheet.rows[Stage.CITY],
        None,
        1,
        sheet,
    )
    assert {owed.code for owed in seat.missing} == set(sheet.waiting) >= set(sheet.county_sheet.missing)
    (line,) = [
        row
        for row in cells(
            CountyPaper(
                year=2026,
                scheme="方案",
                county="甲县",
                columns=(),
                rows=(CountyRow(sheet, sheet.county_sheet.totals),),
            )
        )
        if row
    ]
    totals = sheet.county_sheet.totals
    printed = (
        [*totals.categories.values(), totals.bonus, totals.total, sheet.difference]
        if totals
        else [None] * (len(line) - 3)
    )
    assert line[1:-2] == [shown(got) for got in printed]
    assert bool(case.outcome.problems) == (totals is None)
    if totals is None:
        return
    assert case.outcome.points == points
    assert sums(case.outcome.totals) == sums(totals)
    naive = {item["code"]: case.naive_county(item) for item in case.scheme["items"]}
    assert points == naive
    assert sums(totals) == case.naive_sums(naive)
    year = evaluation(case)
    again = apply(case.spec, year, paired(case.spec, case.spec, {}), {KEY: case.metrics}, Assumptions())[KEY]
    assert (again.points, sums(again.totals), again.star) == (points, sums(totals), case.outcome.star)


def evaluation(case: Case) -> Evaluation:
    return Evaluation(
        None, SchemeVersion(digest=""), case.spec, {KEY: case.school}, {KEY: case.outcome}, {KEY: case.own}
    )


@settings(max_examples=150)
@given(seeds)
def test_whoever_reads_a_school_reads_the_same_points(seed):
    case = Case(seed)
    check_self(case)
    check_county(case)


@pytest.mark.deep
@settings(max_examples=2000)
@given(seeds)
def test_whoever_reads_any_of_two_thousand_schools_reads_the_same_points(seed):
    case = Case(seed)
    check_self(case)
    check_county(case)
