"""scheme.xlsx: what hand-made workbooks hold is understood, what is wrong is named with its place."""

from datetime import date
from fractions import Fraction

import pytest

from ratings.criteria.spec import from_json, to_json
from ratings.criteria.workbook import read_scheme_workbook
from schools.workbooks import WorkbookError


def read(year):
    return read_scheme_workbook(year.write().scheme)


def problems(year) -> list[str]:
    with pytest.raises(WorkbookError) as refused:
        read(year)
    return [str(problem) for problem in refused.value.problems]


def test_scheme_reads_with_merged_categories_and_canonical_rules(year):
    spec = read(year).spec

    assert [(item.code, item.category, item.points) for item in spec.items] == [
        ("K1", "K", 30),
        ("K2", "K", 30),
        ("L1", "L", 20),
        ("L2", "L", 20),
        ("M1", "M", 5),
    ]
    assert spec.county_weight == Fraction(3, 10)
    assert spec.bands[0].condition_text == "总分≥90 且 L≥30"
    assert spec.bound["L1"].not_for_school == {"听课"}


def test_missing_parameters_take_their_defaults(year):
    for name in ("县级初评", "县初评权重", "评审权重", "评委汇总", "加分上限"):
        del year.parameters[name]

    spec = read(year).spec

    assert (spec.county_weight, spec.city_weight, spec.aggregation, spec.bonus_cap) == (0, 1, "trimmed", None)
    assert (spec.period_start, spec.period_end) == (date(2025, 1, 1), date(2025, 11, 30))


def test_scheme_survives_freezing(year):
    year.parameters |= {"五星比例上限": "30%", "加分起算分": 80, "统计截止日": "2025.12.31"}
    year.custom_metrics = [("群众满意率", "%", "越高越好", 1, "市")]
    spec = read(year).spec

    assert from_json(to_json(spec)) == spec


def test_full_width_marks_blank_rows_and_spaces_are_understood(year):
    year.item("K1")[8] = " 档（主教室座位：>=100->30；≥60→20；其他→0） "
    year.item("K2")[6] = "30 分"
    year.items.insert(2, [""] * 13)

    assert read(year).spec.items[0].rule_text == "档(主教室座位: ≥100→30; ≥60→20; 其他→0)"


def test_code_that_cannot_stand_in_a_condition_is_kept_as_label(year):
    year.item("K2")[3] = "一（二）"

    item = read(year).spec.items[1]

    assert (item.label, item.code[0]) == ("一（二）", "N")


def test_all_wrong_rows_are_named_at_once(year):
    year.parameters["评审权重"] = "60%"
    year.item("K1")[8] = "档(主教室座位: ≥100＝30; 其他→0)"
    year.item("L1")[6] = "很多"
    year.bands[1] = ("六星", "总分≥75")
    year.restrictions[0] = ("Y1", "", "人工", "取消资格", "")

    found = problems(year)

    assert len(found) == 6
    for text in (
        "方案",
        "第 2 行「计分规则」",
        "第 4 行「分值」",
        "六星",
        "第 2 行「情形」",
        "第 2 行「后果」",
    ):
        assert any(text in problem for problem in found), text


def test_misspelt_parameter_is_refused_instead_of_taking_the_default(year):
    year.parameters["评委汇总方法"] = year.parameters.pop("评委汇总")

    assert any("是否为“评委汇总”" in problem for problem in problems(year))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda year: year.parameters.update({"年度": "二〇二五"}), "应填数字"),
        (lambda year: year.parameters.update({"县初评权重": 30}), "应为百分比"),
        (lambda year: year.parameters.update({"统计截止日": "2024-12-31"}), "统计截止日早于统计起始日"),
        (lambda year: year.parameters.pop("主办单位"), "缺少“主办单位”"),
        (lambda year: year.items.append(list(year.items[0])), "重复"),
        (lambda year: year.bands.append(("五星", "总分≥95")), "五星重复"),
        (lambda year: year.item("K1").__setitem__(0, "甲"), "不能作编码"),
    ],
)
def test_wrong_value_gets_a_sentence(year, change, sentence):
    change(year)

    assert any(sentence in problem for problem in problems(year))
