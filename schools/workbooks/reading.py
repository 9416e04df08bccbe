"""Open an XLSX from a stranger: a clean grid or a WorkbookError, never anything else."""

import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from python_calamine import CalamineWorkbook

from .apart import apart
from .archive import (
    DAMAGED,
    HIDDEN_PART,
    LIMITS,
    WORKBOOK_PART,
    ArchiveError,
    check_packed_size,
    open_archive,
    rebuild,
    refuse_if,
    refuse_old_format,
)
from .cells import Value, normalise
from .opening import guarded, hidden_sheets, opened, visible_sheets
from .tables import Column, Problem, Problems, Table, WorkbookError, letters, read_table, year_said
from .text import display_name, heading_key

ROW_CAP = 50_000
#: As many rows of twenty columns take five.
CPU_SECONDS = 12
#: Sheets of the templates that explain and hold nothing.
EXPLAINING = ("填写说明", "计分规则示例", "系统取数指标一览")
SAVE_AS = "请用 WPS 另存为 .xlsx 后再上传。"
FOREIGN_PARTS = {
    "xl/workbook.bin": f"这是二进制工作簿（.xlsb），{SAVE_AS}",
    "word/document.xml": "这是文字文档，不是表格，请上传 .xlsx 表格。",
    "ppt/presentation.xml": "这是演示文稿，不是表格，请上传 .xlsx 表格。",
    "content.xml": f"这是 .ods 表格，{SAVE_AS}",
}


@dataclass
class Sheet:
    """One sheet as a grid of clean values; row n of the sheet is grid[n - 1]. What is merged over several
    rows stands in each of them.

    `banners` are the rows of which a cell reaches over several columns, `remarks` what the eye does not see,
    `years` the names that may tell of which year it is.
    """

    name: str
    grid: list[list[Value]]
    problems: Problems
    banners: frozenset[int] = frozenset()
    remarks: tuple[Problem, ...] = ()
    years: tuple[str, ...] = ()

    def table(self, columns: Sequence[Column | str]) -> Table:
        """The table whose headings are `columns`; a plain string is a required column.

        What is passed over and what is hidden become warnings; missing or double headings raise
        WorkbookError.
        """
        table = read_table(self.grid, columns, self.problems, self.banners)
        table.warnings[:0] = self.remarks
        table.year = table.year or next(filter(None, map(year_said, self.years)), None)
        return table

    @property
    def is_blank(self) -> bool:
        """Whether no cell holds anything."""
        return all(value is None for row in self.grid for value in row)


@dataclass
class Workbook:
    """An opened workbook. All its sheets note what is wrong in one collection: `problems`."""

    name: str
    sheet_names: list[str]
    problems: Problems
    _source: CalamineWorkbook = field(repr=False)
    _row_cap: int = ROW_CAP
    _hidden: dict[str, dict[str, list]] = field(default_factory=dict, repr=False)
    _read: set[str] = field(default_factory=set, repr=False)

    def sheet(self, name: str, *, optional: bool = False) -> Sheet | None:
        """A sheet by name, widths and brackets aside; None only when it may be absent and is."""
        for actual in self.sheet_names:
            if heading_key(actual) == heading_key(name):
                return self._load(actual)
        if optional:
            return None
        raise self.problems.ended_by(f"缺少工作表“{name}”，现有：{'、'.join(self.sheet_names)}")

    @property
    def first_sheet(self) -> Sheet:
        """The first visible sheet that holds anything."""
        for name in self.sheet_names:
            sheet = self._load(name)
            if not sheet.is_blank:
                return sheet
        raise self.problems.ended_by("表格是空的，没有任何内容。")

    def left_out(self) -> list[Problem]:
        """The sheets with something in them that nobody asked for, hidden ones among them."""
        found = []
        for name in self.sheet_names:
            if name in self._read or name in EXPLAINING:
                continue
            with suppress(WorkbookError):  # one that cannot be read is no matter where nobody reads it
                if self._load(name).is_blank:
                    continue
            found.append(f"工作表“{display_name(name)}”没有读入")
        found += [f"隐藏的工作表“{display_name(name)}”没有读入" for name in hidden_sheets(self._source)]
        return [Problem(self.name, "", None, None, reason) for reason in found]

    def _load(self, name: str) -> Sheet:
        problems = self.problems.for_sheet(display_name(name))
        self._read.add(name)
        try:
            with guarded():
                source = self._source.get_sheet_by_name(name)
                raw, merged = source.to_python(skip_empty_area=False), source.merged_cell_ranges or ()
        except ArchiveError as error:
            raise problems.ended_by(str(error)) from error
        grid = [list(map(normalise, row)) for row in raw]
        while grid and all(value is None for value in grid[-1]):
            grid.pop()
        if len(grid) > self._row_cap:
            raise problems.ended_by(f"共 {len(grid)} 行，超过 {self._row_cap} 行，请拆分后再上传。")
        try:
            banners = _fill(grid, merged)
        except ArchiveError as error:
            raise problems.ended_by(str(error)) from error
        remarks = tuple(_unseen(grid, self._hidden.get(name, {}), problems))
        return Sheet(display_name(name), grid, problems, banners, remarks, (name, self.name))


def _fill(grid: list[list[Value]], merged: Iterable[tuple]) -> frozenset[int]:
    """Gives every row its share of what is merged over several; the rows with a cell that is wider than one
    column.
    """
    banners, left = set(), len(grid) * max(map(len, grid), default=0)
    for (top, first), (bottom, last) in merged:
        if last > first:
            banners.add(top + 1)
        bottom = min(bottom, len(grid) - 1)
        left -= max(bottom - top, 0)
        refuse_if(left < 0, DAMAGED)  # they overlap, which no office program allows
        for row in grid[top + 1 : bottom + 1]:
            if first < len(row) and row[first] is None:
                row[first] = grid[top][first]
    return frozenset(banners)


def _row(grid: list[list[Value]], number: int) -> list[Value]:
    return grid[number - 1] if 0 < number <= len(grid) else []


def _unseen(grid: list[list[Value]], hidden: dict[str, list], problems: Problems) -> Iterator[Problem]:
    """Of what is hidden, the rows and columns that hold something: they are read like the others."""
    rows = [
        number for number in hidden.get("rows", ()) if any(cell is not None for cell in _row(grid, number))
    ]
    width = max(map(len, grid), default=0)
    columns = [
        place
        for first, last in hidden.get("columns", ())
        for place in range(first - 1, min(last, width))
        if any(row[place] is not None for row in grid if place < len(row))
    ]
    for named, what in ((rows, "行"), (map(letters, columns), "列")):
        if told := "、".join(map(str, named)):
            reason = f"第 {told} {what}是隐藏的，照样读入；不要的请删去"
            yield Problem(problems.workbook, problems.sheet, None, None, reason)


def read_workbook(
    source: Path | str | bytes | IO[bytes], *, name: str | None = None, row_cap: int = ROW_CAP
) -> Workbook:
    """Open a workbook after checking its container; any fault is a WorkbookError with a Chinese sentence.

    `name` is what messages call the file; a path brings its own. Whoever has a path is on this machine and
    waits as long as he likes; what comes as content comes from strangers and is taken apart in a child.
    """
    if name is None:
        name = "工作簿.xlsx" if isinstance(source, bytes) else str(getattr(source, "name", source))
    problems = Problems(display_name(name))
    try:
        rebuilt = _rebuilt(_content(source), name, is_own=isinstance(source, Path | str))
        workbook = opened(rebuilt)
    except ArchiveError as error:
        raise problems.ended_by(str(error)) from error
    visible = visible_sheets(workbook)
    if not visible:
        raise problems.ended_by("文件里没有可见的工作表。")
    with zipfile.ZipFile(rebuilt) as parts:
        hidden = json.loads(parts.read(HIDDEN_PART))
    return Workbook(problems.workbook, visible, problems, workbook, row_cap, hidden)


def _content(source: Path | str | bytes | IO[bytes]) -> bytes:
    if isinstance(source, bytes):
        return source
    if isinstance(source, Path | str):
        try:
            with Path(source).open("rb") as stream:
                return stream.read(LIMITS.packed + 1)
        except OSError as error:
            raise ArchiveError("文件不存在或无法读取。") from error
    return source.read(LIMITS.packed + 1)


def _rebuilt(content: bytes, name: str, *, is_own: bool) -> io.BytesIO:
    check_packed_size(len(content))
    _refuse_other_formats(content, name)
    archive = open_archive(content)
    parts = {member.lower() for member in archive.namelist()}
    for part, sentence in FOREIGN_PARTS.items():
        refuse_if(part in parts, sentence)
    refuse_if(WORKBOOK_PART not in parts, f"这不是 .xlsx 表格，{SAVE_AS}")
    if is_own:
        return rebuild(archive)
    return io.BytesIO(apart("schools.workbooks.rebuilding", content, cpu_seconds=CPU_SECONDS))


def _refuse_other_formats(content: bytes, name: str) -> None:
    """Tell apart what offices upload by mistake; the content counts first, then the ending of the name."""
    refuse_old_format(content, f"这是旧格式表格（.xls 或 .et），{SAVE_AS}")
    refuse_if(content.startswith(b"%PDF"), "这是 PDF 文件，不是表格，请上传 .xlsx 表格。")
    is_zip = content.startswith(b"PK")
    refuse_if(not is_zip, f"这不是 .xlsx 表格（可能是 .csv、网页或改了名的其他文件），{SAVE_AS}")
    ending = Path(display_name(name)).suffix.lower()
    refuse_if(ending not in ("", ".xlsx"), f"文件名以 {ending} 结尾，只接收 .xlsx，{SAVE_AS}")
