"""What is written is typed, harmless and can be read back."""

import datetime as dt
import io
import zipfile
from decimal import Decimal
from fractions import Fraction

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schools.workbooks import ColumnOut, SheetOut, clean_text, read_workbook
from schools.workbooks.printable import is_printable
from tests.xlsx import written

pytestmark = pytest.mark.usefixtures("workbooks_opened_here")
PAYLOADS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    '=HYPERLINK("http://x")',
    "http://x.cn",
    "{=1}",
    "00123",
]


def _sheet(content, index=0):
    return openpyxl.load_workbook(io.BytesIO(content)).worksheets[index]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_text_never_becomes_a_formula_a_link_or_a_number(payload):
    content = written(SheetOut("表", [ColumnOut(payload)], [(payload,)]))

    for row in _sheet(content).iter_rows():
        assert row[0].data_type == "s"
        assert row[0].hyperlink is None
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")


def test_cells_are_typed_and_formatted():
    columns = [
        ColumnOut("数", "int"),
        ColumnOut("分", "decimal"),
        ColumnOut("率", "percent"),
        ColumnOut("日", "date"),
        ColumnOut("时", "datetime"),
        "文",
    ]
    moment = dt.datetime(2026, 3, 5, 1, 30, tzinfo=dt.UTC)
    cells = _sheet(
        written(
            SheetOut(
                "表", columns, [(-3, Decimal("8.5"), Fraction(17, 20), dt.date(2026, 3, 5), moment, "x")]
            )
        )
    )[2]

    assert [cell.value for cell in cells] == [
        -3,
        8.5,
        0.85,
        dt.datetime(2026, 3, 5),
        dt.datetime(2026, 3, 5, 9, 30),
        "x",
    ]
    assert [cell.number_format for cell in cells] == [
        "0",
        "0.00",
        "0.00%",
        "yyyy-mm-dd",
        "yyyy-mm-dd hh:mm",
        "@",
    ]


def test_values_that_do_not_fit_their_column_are_kept_as_text():
    columns = [ColumnOut("分", "decimal"), ColumnOut("日", "date"), ColumnOut("是", "int")]

    table = read_workbook(
        written(SheetOut("表", columns, [("缺", "未定", True)])), name="a.xlsx"
    ).first_sheet.table(["分", "日", "是"])

    assert table.rows[0].values == {"分": "缺", "日": "未定", "是": "是"}


def test_header_is_frozen_and_columns_are_wide_enough():
    sheet = _sheet(written(SheetOut("表", [ColumnOut("县（市、区）名称"), ColumnOut("注", width=40)], [])))

    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["A"].width >= 16
    assert sheet.column_dimensions["B"].width >= 40
    assert sheet["A1"].font.bold


def test_sheet_names_are_made_valid_and_distinct():
    names = ["评分[2026]/一:二*三?", "评分·2026··一·二·三·", "a" * 40, "A" * 40, "'", "\x07", "History"]

    opened = read_workbook(written(*[SheetOut(name, ["x"], [("1",)]) for name in names]), name="a.xlsx")

    assert len({name.casefold() for name in opened.sheet_names}) == len(names)
    assert all(0 < len(name) <= 31 for name in opened.sheet_names)


def test_rows_may_come_from_a_generator_and_must_fit_the_columns():
    assert (
        len(
            read_workbook(
                written(SheetOut("表", ["a"], ((str(n),) for n in range(10)))), name="a.xlsx"
            ).first_sheet.table(["a"])
        )
        == 10
    )
    with pytest.raises(ValueError, match="zip"):
        written(SheetOut("表", ["a"], [("1", "2")]))


@pytest.mark.parametrize(
    "text",
    [
        "_x0041_",
        "_x000D_",
        "a_x0007_b",
        "<a>&amp;</a>",
        "两  格",
        "一\n二",
        "𠮷㙍",
        "#N/A？",
        "'引号",
        "x" * 32_767,
    ],
)
def test_awkward_text_is_read_back_as_it_was(text):
    assert read_workbook(written(SheetOut("表", ["文"], [(text,)])), name="a.xlsx").first_sheet.grid[1] == [
        text
    ]


@given(
    st.lists(
        st.tuples(
            # What no font has is refused when it is read (test_printable.py).
            st.text(st.characters(max_codepoint=0x9FA5).filter(is_printable), max_size=40).filter(
                lambda text: "#" not in text
            ),
            st.decimals(-(10**9), 10**9, places=2),
            st.dates(dt.date(1900, 3, 1)),
        ),
        max_size=8,
    )
)
def test_what_is_written_is_read_back(rows):
    content = written(SheetOut("表", ["文", ColumnOut("分", "decimal"), ColumnOut("日", "date")], rows))

    table = read_workbook(content, name="a.xlsx").first_sheet.table(["文", "分", "日"])

    assert [(row.text("文"), row.decimal("分"), row.date("日")) for row in table] == [
        (clean_text(text), number, day) for text, number, day in rows
    ]
