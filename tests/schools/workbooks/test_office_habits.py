"""Tables as offices make them: merged cells, totals, signatures, notes, headings in two rows, hidden parts.
What is passed over or cannot be seen is named.
"""

from datetime import date

import pytest

from schools.workbooks import (
    CellError,
    Column,
    WorkbookError,
    cell_date,
    cell_month,
    read_workbook,
    same,
    tidy_name,
)
from tests.xlsx import SHEET, book, with_parts

HEAD = ["学校编码", "学校名称", "人次"]
TWO = (["A1", "甲镇党校", 5], ["A2", "乙镇党校", 6])


def _read(content, *columns, name="表.xlsx"):
    return read_workbook(content, name=name).first_sheet.table(columns or HEAD)


def _named(table):
    return [(warning.row, warning.reason) for warning in table.warnings]


@pytest.mark.parametrize(
    ("rows", "merge", "column", "values"),
    [
        ([["甲", 1], [None, 2], ["乙", 3]], "A2:A3", "县", ["甲", "甲", "乙"]),
        ([["甲", 1], [None, 2], [None, 3]], "A2:A4", "县", ["甲", "甲", "甲"]),
        ([["甲", 1], ["乙", None], ["丙", 3]], "B2:B3", "数", [1, 1, 3]),
        ([["甲", 1], [None, 2]], None, "县", ["甲", None]),  # a blank that is not merged stays one
    ],
)
def test_a_merged_cell_holds_for_every_row_of_it(rows, merge, column, values):
    table = _read(book(["县", "数"], *rows, merge=merge), "县", "数")

    assert [row[column] for row in table] == values


@pytest.mark.parametrize(
    "row",
    [
        ["合计", "2所", 11],
        [None, "小 计", 11],
        ["甲区", "甲区小计", 11],
        ["总计：", None, 11],
        ["合计2所"],
        ["本页合计（人次）", None, 11],
        ["平均", None, 5.5],
        ["制表人：张三"],
        ["填 表 人", "李四"],
        ["审核人（签字）：", None, "2026年12月1日"],
        ["填报单位（盖章）"],
        ["负责人：", "王五"],
        ["日期：2026年12月1日"],
        [None, None, "2026年12月1日"],
        ["注：人次按参训人员计。"],
        ["备注1.只填本年的"],
        ["※ 只填本年的"],
        ["以上各项均已核对，与登记一致。"],
        HEAD,
    ],
)
def test_what_is_no_row_of_the_table_is_passed_over_and_named(row):
    table = _read(book(HEAD, TWO[0], row, TWO[1]))

    assert [row.text("学校编码") for row in table] == ["A1", "A2"]
    ((number, reason),) = _named(table)
    assert number == 3
    assert reason.endswith("没有读入")


@pytest.mark.parametrize(
    "row",
    [
        ["合计镇", "合计镇党校", 3],
        ["A3", "会计培训", 3],
        ["A3", "经费合计", 3],
        ["A3", "平均", 3],
        ["A3", "日期", 3],
        ["A3", "审核人培训班", 3],
        ["A3", None, None],
        ["A3", "说明", 3],
    ],
)
def test_a_row_that_only_looks_like_one_is_read(row):
    table = _read(book(HEAD, row))

    assert [one.number for one in table] == [2]
    assert _named(table) == []


@pytest.mark.parametrize(
    ("rows", "merges", "values"),
    [
        (  # both rows merged where there is one heading, the upper one over two below
            [["学校编码", "办班情况", None], [None, "期数", "人次"], ["A1", 2, 5]],
            ["A1:A2", "B1:C1"],
            ("A1", 2, 5),
        ),
        ([["学校", "办班", None], ["编码", "期数", "人次"], ["A1", 2, 5]], [], ("A1", 2, 5)),
        ([["学校编码", "其中", None], [None, "期数", "人次"], ["A1", 2, 5]], [], ("A1", 2, 5)),
        (
            [["办班情况表"], ["学校编码", "情况", None], [None, "期数", "人次"], ["A1", 2, 5]],
            ["A1:C1", "A2:A3", "B2:C2"],
            ("A1", 2, 5),
        ),
    ],
)
def test_headings_in_two_rows_are_understood(rows, merges, values):
    content = book(*rows, merge=merges)

    table = _read(content, "学校编码", "期数", "人次")

    assert [tuple(row.values.values()) for row in table] == [values]


def test_an_optional_heading_in_the_lower_row_is_found_as_well():
    rows = ["学校编码", "期数", "其中"], [None, None, "人次"], ["A1", 2, 5]

    table = _read(book(*rows), "学校编码", "期数", Column("人次", required=False))

    assert [row.integer("人次") for row in table] == [5]


def test_columns_under_no_heading_are_named():
    table = _read(book(HEAD, [*TWO[0], None, "看这里"]))

    assert _named(table) == [(1, "E 列没有表头，已忽略")]


def _with(content, *changes):
    import io
    import zipfile

    text = zipfile.ZipFile(io.BytesIO(content)).read(SHEET).decode()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return with_parts(content, **{SHEET: text})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ([('<row r="3"', '<row hidden="1" r="3"')], "第 3 行是隐藏的，照样读入；不要的请删去"),
        (
            [('<row r="3"', '<row hidden="true" r="3"'), ('<row r="2"', '<row hidden="1" r="2"')],
            "第 2、3 行是隐藏的，照样读入；不要的请删去",
        ),
        (
            [
                (
                    "<sheetData>",
                    '<cols><col min="2" max="2" hidden="1"/>'
                    '<col min="9" max="16384" hidden="1"/></cols><sheetData>',
                )
            ],
            "第 B 列是隐藏的，照样读入；不要的请删去",
        ),
        ([('<row r="3"', '<row hidden="0" r="3"')], None),
    ],
)
def test_hidden_rows_and_columns_are_read_and_named(changes, told):
    table = _read(_with(book(HEAD, *TWO), *changes))

    assert [row.text("学校编码") for row in table] == ["A1", "A2"]
    assert _named(table) == ([(None, told)] if told else [])


def test_sheets_that_nobody_reads_are_named_unless_they_are_blank():
    import io

    import openpyxl

    workbook = openpyxl.load_workbook(io.BytesIO(book(HEAD, *TWO)))
    for name, state in (
        ("去年", "visible"),
        ("旧数", "hidden"),
        ("空表", "visible"),
        ("填写说明", "visible"),
    ):
        sheet = workbook.create_sheet(name)
        sheet.sheet_state = state
        if name != "空表":
            sheet.append(["x"])
    buffer = io.BytesIO()
    workbook.save(buffer)
    book_read = read_workbook(buffer.getvalue(), name="表.xlsx")
    book_read.first_sheet.table(HEAD)

    assert list(map(str, book_read.left_out())) == [
        "表.xlsx：工作表“去年”没有读入",
        "表.xlsx：隐藏的工作表“旧数”没有读入",
    ]


FORMULAS = [
    "<f>40*2</f>",
    "<f>40*2</f><v/>",
    "<f>40*2</f><v></v>",
    '<f t="shared" si="0"/>',
    "\n<f>A1&gt;3</f>\n",
]


@pytest.mark.parametrize("prefix", ["", "x:", "main:"])
@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_without_its_value_is_named_whatever_the_prefix(formula, prefix):
    head = '<row r="1"><c r="A1" t="inlineStr"><is><t>座位</t></is></c></row>'
    cells = f'{head}<row r="2"><c r="A2">{formula}</c></row>'
    body = f"<worksheet><sheetData>{cells}</sheetData></worksheet>".replace("</", "\0").replace(
        "<", f"<{prefix}"
    )
    space = f"xmlns{':' + prefix[:-1] if prefix else ''}"
    body = body.replace("\0", f"</{prefix}").replace(
        "worksheet>", f'worksheet {space}="http://schemas.openxmlformats.org/spreadsheetml/2006/main">', 1
    )
    (row,) = _read(with_parts(book(["x"]), **{SHEET: body}), "座位")

    assert row.integer("座位") is None
    assert "公式没有计算结果" in str(next(iter(row.table.problems)))


@pytest.mark.parametrize(
    ("content", "name", "day"),
    [
        (book(["2026年办班情况"], ["日期"], ["3月5日"]), "表.xlsx", date(2026, 3, 5)),
        (book(["填表日期：2027年1月5日"], ["2026年度"], ["日期"], ["3月5日"]), "表.xlsx", date(2026, 3, 5)),
        (book(["日期"], ["3月5号"], sheet="2025年"), "表.xlsx", date(2025, 3, 5)),
        (book(["日期"], ["3.5"]), "开班登记2024.xlsx", date(2024, 3, 5)),
        (book(["日期", "年度"], ["3月5日", "2023年度"]), "2026.xlsx", date(2023, 3, 5)),
        (book(["日期"], ["3月5日"]), "表.xlsx", None),
        (book(["2025年和2026年"], ["日期"], ["3月5日"]), "表.xlsx", None),
    ],
)
def test_a_day_without_its_year_takes_that_of_the_sheet(content, name, day):
    table = _read(content, "日期", Column("年度", required=False), name=name)
    (row,) = table
    told = f"没有写年份的日期，按 {day.year} 年读入" if day and not row.get("年度") else None

    assert row.date("日期") == day
    assert [str(problem.reason) for problem in table.problems] == (
        [] if day else ["“3月5日”缺年份，请写成 2026-03-05"]
    )
    assert [reason for _, reason in _named(table)] == ([told] if told else [])


@pytest.mark.parametrize("typed", ["2019年5月", "2019.5", "2019-05", "2019 年 5 月份"])
def test_a_month_is_enough_where_a_month_is_asked_for(typed):
    assert cell_month(typed) == date(2019, 5, 1)
    with pytest.raises(CellError, match="只写到月，请写明是哪一天，如 2019-05-01"):
        cell_date(typed)


def test_a_month_may_be_told_by_any_of_its_days_and_no_year_has_a_thirteenth():
    assert cell_month("2019年5月7日") == date(2019, 5, 7)
    for typed in ("2019年13月", "5月"):
        with pytest.raises(CellError):
            cell_month(typed)


SAME = [
    ("谢　敏", "谢敏"),
    ("甲班（第1期）", "甲班 (第１期)"),
    ("阿依古丽·买买提", "阿依古丽•买买提"),
    ("阿依古丽‧买买提", "阿依古丽・买买提"),
    ("［一］班", "【一】班"),
    ("ABC班", "ａｂｃ班"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_names_of_one_thing_are_the_same(one, other):
    assert same(one) == same(other)


@pytest.mark.parametrize(
    ("one", "other"), [("李伟", "李伟（教务）"), ("甲班一期", "甲班二期"), ("谢敏", "谢明")]
)
def test_names_of_two_things_are_not(one, other):
    assert same(one) != same(other)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("谢　敏", "谢敏"),
        (" 欧阳 锋 ", "欧阳锋"),
        ("阿依古丽 • 买买提", "阿依古丽·买买提"),
        ("阿依古丽.买买提", "阿依古丽·买买提"),
        ("李伟 (教务)", "李伟（教务）"),
        ("张三 李四", "张三 李四"),
        ("John  Smith", "John Smith"),
    ],
)
def test_a_name_is_kept_in_one_spelling(typed, kept):
    assert tidy_name(typed) == kept


def test_merged_cells_that_overlap_are_refused():
    content = _with(
        book(HEAD, *TWO, merge="A2:A3"),
        ('<mergeCell ref="A2:A3"', '<mergeCell ref="A1:A9"/>' * 40 + '<mergeCell ref="A2:A3"'),
    )

    with pytest.raises(WorkbookError, match="损坏"):
        _read(content)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("3月6日", "“3月6日”缺年份，请写成 2026-03-06"),
        ("12.31", "“12.31”缺年份，请写成 2026-12-31"),
        ("2月29日", "“2月29日”缺年份，请写成 2028-02-29"),
        ("6月31日", "“6月31日”不是有效日期，6月没有31日"),
        ("2026年2月29日", "“2026年2月29日”不是有效日期，2026年2月没有29日"),
        ("2026-13-05", "“2026-13-05”不是有效日期，没有13月"),
        ("13月5日", "“13月5日”不是有效日期，没有13月"),
    ],
)
def test_what_is_wrong_with_a_day_is_said_of_that_day(typed, told):
    with pytest.raises(CellError) as refused:
        cell_date(typed)

    assert refused.value.reason == told
