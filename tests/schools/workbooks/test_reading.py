"""Honest workbooks with the habits of offices."""

import io
import zipfile
from decimal import Decimal

import openpyxl
import pytest

from schools.workbooks import Column, ColumnOut, SheetOut, WorkbookError, read_workbook
from tests.xlsx import MAIN, SHEET, book, with_parts, with_sheet, written


def _table(content, *columns, name="scores.xlsx", **options):
    return read_workbook(content, name=name, **options).first_sheet.table(columns)


def test_headings_are_found_below_a_title_and_notes():
    content = book(
        ["2026 年度评分表"],
        [],
        ["填表说明：得分保留两位小数"],
        ["序号", " 学校\n编码 ", "得分（分）"],
        [1, 1001.0, 8.5],
        [2, "0012", "９"],
    )

    table = _table(content, "学校编码", "得分(分)")

    assert [(row.number, row.text("学校编码"), row.decimal("得分(分)")) for row in table] == [
        (5, "1001", Decimal("8.5")),
        (6, "0012", Decimal(9)),
    ]
    assert [str(warning) for warning in table.warnings] == [
        "scores.xlsx「Sheet1」第 4 行「序号」：不认识的列，已忽略"
    ]


def test_blank_rows_are_skipped_and_keep_the_numbers_of_the_others():
    table = _table(book(["学校编码", "备注"], ["a", None], [None, " "], [], ["b", None]), "学校编码")

    assert [row.number for row in table] == [2, 5]


def test_a_fill_that_openpyxl_gives_up_on_is_no_matter():
    """Some office programs write an empty fill; the library of the tests reads none of their workbooks, the
    product's must.
    """
    styles = f"<styleSheet {MAIN}><fonts><font/></fonts><fills><fill/></fills><borders><border/></borders>"
    styles += "<cellStyleXfs><xf/></cellStyleXfs><cellXfs><xf/></cellXfs></styleSheet>"
    columns = [ColumnOut("学校编码"), ColumnOut("得分", "int")]
    content = with_parts(written(SheetOut("得分", columns, [["a", 5]])), **{"xl/styles.xml": styles})
    with pytest.raises(TypeError):
        openpyxl.load_workbook(io.BytesIO(content))

    table = _table(content, "学校编码", "得分")

    assert [row["学校编码"] for row in table] == ["a"]


def test_percent_cells_and_typed_percents_are_equal():
    table = _table(book(["率"], [0.85], ["85%"], ["８５％"], formats={"A2": "0%"}), "率")

    assert {row.decimal("率") for row in table} == {Decimal("0.85")}


def test_every_wrong_cell_is_reported_at_once():
    table = _table(
        book(["学校编码", "得分", "日期"], [None, "好", "2026.3.5"], ["1001", "12分", "三月"]),
        "学校编码",
        "得分",
        "日期",
    )
    for row in table:
        row.text("学校编码", required=True)
        row.decimal("得分", unit="分", highest=10)
        row.date("日期")

    with pytest.raises(WorkbookError) as refusal:
        table.raise_if_any()

    assert str(refusal.value).splitlines() == [
        "scores.xlsx「Sheet1」第 2 行「学校编码」：不能为空",
        "scores.xlsx「Sheet1」第 2 行「得分」：应填数字，现为“好”",
        "scores.xlsx「Sheet1」第 3 行「得分」：12 大于上限 10",
        "scores.xlsx「Sheet1」第 3 行「日期」：“三月”不是日期，请写成 2026-03-05",
    ]


def test_missing_headings_are_all_named():
    with pytest.raises(WorkbookError, match="第 1 行：表头缺少：得分、说明"):
        _table(
            book(["学校编码", "阶段"], ["1", "自评"]),
            "学校编码",
            "得分",
            "说明",
            Column("评委", required=False),
        )


def test_no_heading_row_at_all_names_what_is_expected():
    with pytest.raises(WorkbookError, match="没有找到表头，应有：学校编码、得分"):
        _table(book([1, 2], [3, 4]), "学校编码", "得分")


def test_double_headings_are_refused():
    with pytest.raises(WorkbookError, match="表头重复出现 2 次"):
        _table(book(["得分", "得 分"], [1, 2]), "得分")


def test_aliases_and_optional_columns():
    table = _table(
        book(["单位名称"], ["东溪"]),
        Column("学校名称", aliases=("单位名称",)),
        Column("备注", required=False),
    )

    assert table.rows[0].text("学校名称") == "东溪"
    assert table.rows[0].text("备注") == ""


def test_error_cells_and_formulas_never_computed_are_named_not_blank():
    content = with_sheet(
        '<row r="1"><c r="A1" t="inlineStr"><is><t>得分</t></is></c></row><row r="2"><c r="A2" '
        't="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
        '<row r="3"><c r="A3"><f>B1</f></c></row><row r="4"><c r="A4" s="0"><f>B1</f><v/></c></row>'
        '<row r="5"><c r="A5"><f>2+3</f><v>5</v></c></row>'
    )

    table = _table(content, "得分")
    values = [row.decimal("得分") for row in table]

    assert values == [None, None, None, Decimal(5)]
    assert [problem.row for problem in table.problems] == [2, 3, 4]
    assert "#DIV/0!" in table.problems.found[0].reason
    assert "公式没有计算结果" in table.problems.found[1].reason


def test_hidden_sheets_are_not_read():
    workbook = openpyxl.Workbook()
    workbook.active.sheet_state = "hidden"
    workbook.active.append(["旧"])
    workbook.create_sheet("空")
    workbook.create_sheet("数据").append(["新"])
    buffer = io.BytesIO()
    workbook.save(buffer)

    opened = read_workbook(buffer.getvalue(), name="a.xlsx")

    assert opened.sheet_names == ["空", "数据"]
    assert opened.first_sheet.grid == [["新"]]


def test_sheets_are_found_by_name_and_missing_ones_named():
    opened = read_workbook(book(["a"], sheet="星级 标准"), name="scheme.xlsx")

    assert opened.sheet("星级标准").name == "星级 标准"
    assert opened.sheet("方案", optional=True) is None
    with pytest.raises(WorkbookError, match=r"scheme.xlsx：缺少工作表“方案”，现有：星级 标准"):
        opened.sheet("方案")


def test_problems_of_all_sheets_come_together():
    opened = read_workbook(book(["a"], ["x"], sheet="甲"), name="s.xlsx")
    opened.sheet("甲").table(["a"]).rows[0].decimal("a")
    opened.problems.add(None, None, "总体问题")

    with pytest.raises(WorkbookError, match=r"s.xlsx「甲」第 2 行「a」：[^\n]*\ns.xlsx：总体问题"):
        opened.problems.raise_if_any()


def test_paths_and_open_files_are_read(tmp_path):
    path = tmp_path / "学校.xlsx"
    path.write_bytes(book(["a"]))

    assert read_workbook(path).name == "学校.xlsx"
    with path.open("rb") as stream:
        assert read_workbook(stream).name == "学校.xlsx"
    with pytest.raises(WorkbookError, match=r"没有.xlsx：文件不存在"):
        read_workbook(tmp_path / "没有.xlsx")


def test_rows_above_the_cap_are_refused():
    with pytest.raises(WorkbookError, match="共 4 行，超过 3 行"):
        _table(book(["a"], [1], [2], [3]), "a", row_cap=3)


def test_styled_blank_rows_down_to_the_end_of_the_sheet_do_no_harm():
    blanks = "".join(
        f'<row r="{n}" spans="1:9"><c r="A{n}" s="0"/><c r="I{n}" s="0"/></row>'
        for n in range(1_048_000, 1_048_577)
    )
    content = with_sheet(
        '<row r="1"><c r="A1" t="inlineStr"><is><t>得分</t></is></c></row><row r="2"><c '
        f'r="A2"><v>5</v></c></row>{blanks}'
    )

    table = _table(content, "得分")

    assert [row["得分"] for row in table] == [5]


def test_cells_without_positions_are_counted_on():
    content = with_sheet(
        "<row><c t='inlineStr'><is><t>得分</t></is></c></row>"
        + "<row><c><v>1</v></c><c><v>2</v></c></row>" * 5000
    )

    assert len(_table(content, "得分")) == 5000


def test_the_dimension_of_a_sheet_is_not_believed():
    content = book(["得分"], [5])
    honest = read_workbook(content, name="a.xlsx").first_sheet.grid
    for lie in ("A1:A1", "A1:XFD1048576", "B7", "", "x"):
        lying = with_parts(
            content,
            **{SHEET: _sheet_xml(content).replace('<dimension ref="A1:A2" />', f'<dimension ref="{lie}"/>')},
        )
        assert read_workbook(lying, name="a.xlsx").first_sheet.grid == honest


def _sheet_xml(content):
    return zipfile.ZipFile(io.BytesIO(content)).read(SHEET).decode()
