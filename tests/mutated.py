"""A valid workbook changed at random as people and broken programs change it; the same for the same seed."""

from __future__ import annotations

import io
import random
from collections.abc import Callable

from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill

from tests.schools.workbooks.test_fuzz import CELL_VALUES, _cut, _flip, _mutate_xml, _swap_entries

#: What people write into a cell that asks for something else.
TYPED = (
    *CELL_VALUES, None, 0, -1, 1.5, "甲", "甲\n乙", "甲\u2028乙👍", "无", "不适用", "合计", "小计",
    "九" * 300, "九" * 20_000, "1。5", "50,000", "1.2万", "51人", "51①", "½", "2026-02-30", "3月5日",
    "2019年5月", "0001-01-01", "9999-12-31", 99999999, 9223372036854775808, "张　某", "欧阳·某",
    "13812345678", "A01 ", "ａ０１", "是", "√", "x" * 60, "<b>", "{{ 7 }}", "'",
)  # fmt: skip


def _cells(dice: random.Random, book: Workbook) -> None:
    sheet = dice.choice(book.worksheets)
    for _ in range(dice.randint(1, 4)):
        row, column = dice.randint(2, max(2, sheet.max_row)), dice.randint(1, max(1, sheet.max_column))
        _put(sheet, row, column, dice.choice(TYPED))


def _put(sheet, row: int, column: int, value) -> None:
    try:
        sheet.cell(row, column).value = value
    except (AttributeError, ValueError):  # the rest of a merged range, or a sign no workbook holds
        return


def _swap_types(dice: random.Random, book: Workbook) -> None:
    """Numbers as texts, texts as numbers, days as serial numbers."""
    sheet = dice.choice(book.worksheets)
    for row in sheet.iter_rows(min_row=2):
        cell = dice.choice(row)
        if isinstance(cell.value, int | float):
            cell.value = dice.choice(
                [str(cell.value), f"{cell.value} 人", f"约{cell.value}", float(cell.value) + 0.5]
            )
        elif cell.value is not None:
            _put(sheet, cell.row, cell.column, dice.choice([46000, 3.14, True, str(cell.value) * 2]))


def _headings(dice: random.Random, book: Workbook) -> None:
    sheet = dice.choice(book.worksheets)
    column = dice.randint(1, max(1, sheet.max_column))
    other = sheet.cell(1, dice.randint(1, max(1, sheet.max_column))).value
    _put(
        sheet, 1, column, dice.choice(["", None, "甲", other, 7, f" {other}＊", f"{other}\n（必填）", "学校"])
    )


def _titles(dice: random.Random, book: Workbook) -> None:
    sheet = dice.choice(book.worksheets)
    sheet.title = dice.choice(["Sheet1", "甲", f"{sheet.title} "[:31], "说明", "九" * 31])
    if dice.random() < 0.3:
        book.create_sheet("空表", dice.randint(0, 1))
    if dice.random() < 0.3:
        sheet.sheet_state = "hidden" if len(book.worksheets) > 1 else "visible"


def _shape(dice: random.Random, book: Workbook) -> None:
    """Rows and columns in, out, twice, in another order."""
    sheet = dice.choice(book.worksheets)
    row, column = dice.randint(1, max(1, sheet.max_row)), dice.randint(1, max(1, sheet.max_column))
    act = dice.randrange(7)
    if act == 0:
        sheet.insert_rows(row, dice.randint(1, 3))
    elif act == 1:
        sheet.delete_rows(row, dice.randint(1, 3))
    elif act == 2:
        sheet.insert_cols(column)
    elif act == 3:
        sheet.delete_cols(column)
    elif act == 4:
        sheet.append([cell.value for cell in sheet[row]])
    elif act == 5:
        sheet.append(["合计", None, 100])
    else:
        rows = [[cell.value for cell in one] for one in sheet.iter_rows(min_row=2)]
        dice.shuffle(rows)
        for number, values in enumerate(rows, 2):
            for place, value in enumerate(values, 1):
                _put(sheet, number, place, value)


def _looks(dice: random.Random, book: Workbook) -> None:
    """Merged, hidden, coloured, commented, formatted: the values stay, or belong to several rows."""
    sheet = dice.choice(book.worksheets)
    row, column = dice.randint(1, max(1, sheet.max_row)), dice.randint(1, max(1, sheet.max_column))
    cell = sheet.cell(row, column)
    act = dice.randrange(6)
    if act == 0:
        sheet.merge_cells(
            start_row=row,
            start_column=column,
            end_row=row + dice.randint(0, 2),
            end_column=column + dice.randint(0, 1),
        )
    elif act == 1:
        sheet.row_dimensions[row].hidden = True
    elif act == 2:
        sheet.column_dimensions[cell.column_letter].hidden = True
    elif act == 3:
        cell.number_format = dice.choice(["0%", "yyyy-mm-dd", "@", "#,##0.00", "[h]:mm", "m月d日"])
    elif act == 4:
        cell.fill, cell.font = PatternFill("solid", "FFFF00"), Font(strike=True)
    else:
        cell.comment = Comment("甲", "乙")


BY_PEOPLE: tuple[Callable, ...] = (_cells, _cells, _cells, _swap_types, _headings, _titles, _shape, _looks)
BY_PROGRAMS: tuple[Callable, ...] = (_flip, _cut, _swap_entries, _mutate_xml)


def mutated(content: bytes, seed: object) -> bytes:
    """One to three changes by people, or now and then damage to the file itself."""
    dice = random.Random(f"{seed}")
    if dice.random() < 0.2:
        return dice.choice(BY_PROGRAMS)(dice, content)
    book = load_workbook(io.BytesIO(content))
    for _ in range(dice.randint(1, 3)):
        dice.choice(BY_PEOPLE)(dice, book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
