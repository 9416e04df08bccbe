"""Cells as people type them."""

import datetime as dt
import time
from decimal import Decimal

import pytest

from schools.workbooks import (
    CellError,
    cell_bool,
    cell_choice,
    cell_date,
    cell_decimal,
    cell_int,
    cell_text,
    clean_text,
    heading_key,
)
from schools.workbooks.cells import normalise

DAY = dt.date(2026, 3, 5)


@pytest.mark.parametrize(
    "value",
    ["2026.3.5", "2026/3/5", "2026-03-05", "2026年3月5日", "２０２６年３月５日", "2026 年 3 月 5 日",
     "20260305", 20260305,
     "2026-3-5 00:00:00", "2026。3。5", "2026.03.05 14:30", DAY, dt.datetime(2026, 3, 5, 9, 30), "3月5日",
     "3.5", "3-5", "3/5", "3月5号"],
)  # fmt: skip
def test_date_in_any_spelling_is_read(value):
    assert cell_date(value, year=2026) == DAY


@pytest.mark.parametrize(
    "value",
    [
        "3月5日",
        "2026.13.1",
        "2026-02-30",
        "去年",
        Decimal("3.5"),
        True,
        "2026",
        5,
        "2026-03",
        dt.time(1, 2),
        "#N/A",
    ],
)
def test_date_that_is_none_is_refused(value):
    with pytest.raises(CellError):
        cell_date(value)


@pytest.mark.parametrize("run", ["T", " ", "\n", "1:"])
def test_long_run_that_might_begin_a_time_takes_no_time(run):
    """One cell, as long as a workbook holds, took seconds."""
    before = time.process_time()

    with pytest.raises(CellError):
        cell_date("甲" + run * 16_000 + "甲")

    assert time.process_time() - before < 0.2


@pytest.mark.parametrize(
    ("value", "number"),
    [("12", "12"), ("１２", "12"), ("1,234.5", "1234.5"), ("１，２３４", "1234"), (" 8.50 ", "8.50"), ("-3",
     "-3"), ("－３", "-3"),
     ("+4", "4"), (".5", "0.5"), ("85%", "0.85"), ("８５％", "0.85"), ("30 %", "0.3"), (7, "7"),
     (Decimal("8.25"), "8.25"),
     ("100人", "100"), ("100 人次", "100")],
)  # fmt: skip
def test_number_as_typed_is_read(value, number):
    assert cell_decimal(value, unit=["人", "人次"]) == Decimal(number)


@pytest.mark.parametrize(
    "value",
    [
        "100万元",
        "约100",
        "1.2.3",
        "1,23",
        "一百",
        "1e5",
        "--3",
        "%",
        "人",
        "12 3人人",
        "51①",
        "5²",
        "①",
        "½",
        True,
        DAY,
        "#DIV/0!",
        "#未计算",
        "9" * 50,
    ],
)
def test_number_that_is_none_is_refused(value):
    with pytest.raises(CellError):
        cell_decimal(value, unit="人")


@pytest.mark.parametrize("options", [{"lowest": 9}, {"highest": 8}, {"places": 1}])
def test_number_out_of_bounds_is_refused(options):
    with pytest.raises(CellError):
        cell_decimal("8.25", **options)


def test_whole_number_with_a_fraction_is_refused():
    assert cell_int("12人", unit="人") == 12
    with pytest.raises(CellError, match="应为整数"):
        cell_int("12.5")


@pytest.mark.parametrize("read", [cell_decimal, cell_int, cell_date, cell_bool])
def test_blank_is_none(read):
    assert read(None) is None


def test_choice_ignores_width_and_brackets():
    assert cell_choice("县 (市、区)", ["市", "县（市、区）"]) == "县（市、区）"
    assert cell_choice("自评", {"自评": "self"}) == "self"
    assert cell_choice(None, ["市"]) is None
    with pytest.raises(CellError, match="自评、初评"):
        cell_choice("终评", ["自评", "初评"])


def test_yes_and_no_in_many_words():
    assert [cell_bool(value) for value in ("是", "√", "有", True, 1)] == [True] * 5
    assert [cell_bool(value) for value in ("否", "×", "无", False, 0)] == [False] * 5
    with pytest.raises(CellError):
        cell_bool("也许")


def test_text_of_every_kind_of_cell():
    values = [None, True, 1001, Decimal("8.50"), DAY, dt.datetime(2026, 3, 5), dt.datetime(2026, 3, 5, 9, 30)]
    assert [cell_text(value) for value in values] == [
        "",
        "是",
        "1001",
        "8.50",
        "2026-03-05",
        "2026-03-05",
        "2026-03-05 09:30",
    ]
    with pytest.raises(CellError, match="最多 2 字"):
        cell_text("三个字", longest=2)


@pytest.mark.parametrize(
    ("raw", "value"),
    [(1001.0, 1001), (0.85, Decimal("0.85")), (19.949999999999996, Decimal("19.95")),
     (0.1 + 0.2, Decimal("0.3")),
     ("  ", None), ("001", "001"), ("a\u200bb\u202e\x07c", "abc"),
     ("\u00a0甲\u3000乙 ", "甲 乙"), ("一\r\n二", "一\n二"), (float("inf"), "#NUM!"), (-0.0, 0)],
)  # fmt: skip
def test_raw_cells_become_clean_values(raw, value):
    assert normalise(raw) == value
    assert type(normalise(raw)) is type(value)


def test_rare_characters_survive_cleaning():
    assert clean_text("𠮷㙍镇") == "𠮷㙍镇"


@pytest.mark.parametrize(
    "typed",
    [
        "县（市、区）",
        "县(市、区)",
        " 县 （市、\n区）",
        "县【市、区】",
        "*县（市、区）",
        "县（市、区）＊",
        "县（市、区）：",
    ],
)
def test_headings_are_the_same_in_any_width_and_bracket(typed):
    assert heading_key(typed) == heading_key("县（市、区）")
