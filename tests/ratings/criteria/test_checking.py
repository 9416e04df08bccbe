"""The scheme check: what may not open, and what must be acknowledged."""

import pytest

from ratings.criteria.checking import check_scheme, errors


def findings(year) -> list[str]:
    return [str(finding) for finding in errors(check_scheme(year.spec()))]


def test_sound_scheme_has_no_errors(year):
    assert findings(year) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda year: year.item("K1").__setitem__(6, 25), "合计"),
        (lambda year: year.item("K2").__setitem__(8, "清单(音响=10; 桌椅=15)"), "K2"),
        (lambda year: year.item("K1").__setitem__(8, "档(教室座位数: ≥100→30; 其他→0)"), "主教室座位"),
        (lambda year: year.item("K1").__setitem__(8, "档(主教室座位: ≥100→30; ≥60→20)"), "其他"),
        (lambda year: year.item("K1").__setitem__(8, "档(主教室座位: ≥60→20; ≥100→30; 其他→0)"), "K1"),
        (lambda year: year.item("L1").__setitem__(10, "评课"), "核定要素“评课”"),
        (lambda year: year.bands.__setitem__(0, ("五星", "总分≥104")), "没有学校能达到"),
        (lambda year: year.bands.__setitem__(0, ("五星", "总分≥90 且 Z9≥5")), "Z9"),
        (lambda year: year.bands.__setitem__(1, ("四星", "总分≥95 且 L≥31")), "本级不会出现"),
        (lambda year: year.bands.__setitem__(2, ("三星", "总分<60")), "只能用 ≥"),
        (lambda year: year.restrictions.__setitem__(2, ("Y3", "情形", "座位<20", "不授星", "登记")), "Y3"),
        (
            lambda year: year.restrictions.__setitem__(0, ("Y1", "情形", "人工", "最高二星", "登记")),
            "没有对应的星级",
        ),
        (
            lambda year: (
                year.item("L1").__setitem__(12, "是"),
                year.bands.__setitem__(0, ("五星", "总分≥90 且 L1≥12")),
            ),
            "可不适用",
        ),
    ],
)
def test_unsound_scheme_is_refused_with_its_place(year, change, sentence):
    change(year)

    assert any(sentence in text for text in findings(year)), findings(year)
