"""A year that schools are filling in: the small scheme with a question of every kind, opened by the real
step.
"""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from ratings.criteria.storing import create_scheme
from ratings.enums import Stage
from ratings.models import Assessment, Scheme, Score
from ratings.workflow import open_scheme
from schools.models import MonthlyReport

#: Asked of the school: ticks (K2, may not apply), tick and count beside figures (L2), level and typed number
#: (L3), counts (M1).
DEDUCTIONS = "扣(月报逾期 每月 2; 无专人 5; 数据不符 每处 1; 下限 0)"
ITEMS = [
    (
        "K",
        "场地",
        "",
        "K1",
        "主教室",
        "小项",
        30,
        "有固定的教室",
        "档(主教室座位: ≥100→30; ≥60→20; 其他→0)",
        "",
        "",
        "",
        "",
    ),
    (
        "",
        "",
        "",
        "K2",
        "设施",
        "小项",
        30,
        "音响桌椅齐全",
        "清单(音响=10; 桌椅=20)",
        "照片不收，实地查看",
        "",
        "是",
        "是",
    ),
    ("L", "教学", "", "L1", "听课", "小项", 10, "抽听一课", "评(听课: A=10; B=6; C=0)", "", "听课", "", ""),
    (
        "",
        "",
        "",
        "L2",
        "台账",
        "小项",
        20,
        "台账真实",
        "扣(月报逾期 每月 2; 无专人 5; 数据不符 每处 1; 下限 0)",
        "台账1份",
        "数据不符",
        "",
        "",
    ),
    (
        "",
        "",
        "",
        "L3",
        "调研",
        "小项",
        10,
        "开展调研",
        "评(质量: A=5; B=3; C=0) + 档(问 调研次数: ≥2→5; ≥1→3; 其他→0)",
        "",
        "",
        "",
        "",
    ),
    ("M", "加分", "", "M1", "创新", "加分项", 5, "成果被采纳", "加(成果 每项 2)", "采纳证明", "", "", ""),
]
DUE_IN_DAYS = 30


def open_year(year, city, office, **parameters) -> Scheme:
    """Opens the scheme in `city` this year with every figure of it over, due in a month."""
    today = timezone.localdate()
    year.items = [list(item) for item in ITEMS]
    year.parameters |= {
        "年度": today.year,
        "所属市": city.name,
        "统计截止日": f"{today.year}-01-31",
        **parameters,
    }
    year.bands = [("五星", "总分≥90"), ("四星", "总分≥75"), ("三星", "总分≥60")]
    scheme = create_scheme(year.spec(), city=city)
    scheme.self_due = today + dt.timedelta(days=DUE_IN_DAYS)
    scheme.save(update_fields=["self_due"])
    open_scheme(scheme, by=office)
    return scheme


def know_figures(school, by) -> None:
    """Seats and the one monthly report of the period: nothing is missing and nothing is late."""
    school.seats = 120
    school.save(update_fields=["seats"])
    long_ago = timezone.now() - dt.timedelta(days=365)
    MonthlyReport.objects.create(
        school=school, year=timezone.localdate().year, month=1, confirmed_at=long_ago, confirmed_by=by
    )


@pytest.fixture
def office(appoint):
    return appoint("office")


@pytest.fixture
def filler(appoint):
    return appoint("filler")


@pytest.fixture
def head(appoint):
    return appoint("head")


@pytest.fixture
def scheme(year, city, school, office) -> Scheme:
    know_figures(school, office)
    return open_year(year, city, office)


@pytest.fixture
def assessment(scheme, school) -> Assessment:
    return scheme.assessments.get(school=school)


@pytest.fixture
def row(assessment):
    """The school's own row of an item: `row("K2")`."""

    def find(code: str) -> Score:
        return Score.objects.select_related("item").get(
            assessment=assessment, stage=Stage.SELF, item__code=code
        )

    return find


def fields(
    score: Score, *, version: int | None = None, remark: str = "", na: bool = False, **answers: str
) -> dict[str, str]:
    """What a browser posts for a row."""
    prefix = f"s{score.pk}-"
    data = {f"{prefix}version": str(score.version if version is None else version), f"{prefix}remark": remark}
    if na:
        data[f"{prefix}na"] = "1"
    return data | {f"{prefix}answer-{name}": value for name, value in answers.items()}


def answer_everything(assessment: Assessment) -> None:
    """Every row the school owes, with the best answers."""
    best = {
        "K2": {"音响": True, "桌椅": True},
        "L2": {"无专人": False},
        "L3": {"质量": "A", "调研次数": "2"},
        "M1": {"成果": 1},
    }
    for score in assessment.scores.filter(stage=Stage.SELF).select_related("item"):
        score.answers = {"答": best[score.item.code]}
        score.save(update_fields=["answers"])
