"""Open an XLSX from a stranger: a clean grid or a WorkbookError, never anything else."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from python_calamine import CalamineWorkbook

from .apart import apart
from .archive import (
    LIMITS,
    ArchiveError,
    check_packed_size,
    open_archive,
    rebuild,
    refuse_if,
    refuse_old_format,
)
from .cells import Value, normalise
from .opening import guarded, opened, visible_sheets
from .tables import Column, Problems, Table, read_table
from .text import display_name, heading_key

ROW_CAP = 50_000
#: As many rows of twenty columns take five.
CPU_SECONDS = 12
SAVE_AS = "请用 WPS 另存为 .xlsx 后再上传。"
WORKBOOK_PART = "xl/workbook.xml"
FOREIGN_PARTS = {
    "xl/workbook.bin": f"这是二进制工作簿（.xlsb），{SAVE_AS}",
    "word/document.xml": "这是文字文档，不是表格，请上传 .xlsx 表格。",
    "ppt/presentation.xml": "这是演示文稿，不是表格，请上传 .xlsx 表格。",
    "content.xml": f"这是 .ods 表格，{SAVE_AS}",
}


@dataclass
class Sheet:
    """One sheet as a grid of clean values; row n of the sheet is grid[n - 1]. Merged cells hold their value
    once.
    """

    name: str
    grid: list[list[Value]]
    problems: Problems

    def table(self, columns: Sequence[Column | str]) -> Table:
        """The table whose headings are `columns`; a plain string is a required column.

        Unknown columns become warnings; missing or double headings raise WorkbookError.
        """
        return read_table(self.grid, columns, self.problems)

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
        for sheet in map(self._load, self.sheet_names):
            if not sheet.is_blank:
                return sheet
        raise self.problems.ended_by("表格是空的，没有任何内容。")

    def _load(self, name: str) -> Sheet:
        problems = self.problems.for_sheet(display_name(name))
        try:
            with guarded():
                raw = self._source.get_sheet_by_name(name).to_python(skip_empty_area=False)
        except ArchiveError as error:
            raise problems.ended_by(str(error)) from error
        grid = [list(map(normalise, row)) for row in raw]
        while grid and all(value is None for value in grid[-1]):
            grid.pop()
        if len(grid) > self._row_cap:
            raise problems.ended_by(f"共 {len(grid)} 行，超过 {self._row_cap} 行，请拆分后再上传。")
        return Sheet(display_name(name), grid, problems)


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
        workbook = _open(_content(source), name, is_own=isinstance(source, Path | str))
    except ArchiveError as error:
        raise problems.ended_by(str(error)) from error
    visible = visible_sheets(workbook)
    if not visible:
        raise problems.ended_by("文件里没有可见的工作表。")
    return Workbook(problems.workbook, visible, problems, workbook, row_cap)


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


def _open(content: bytes, name: str, *, is_own: bool) -> CalamineWorkbook:
    check_packed_size(len(content))
    _refuse_other_formats(content, name)
    archive = open_archive(content)
    parts = {member.lower() for member in archive.namelist()}
    for part, sentence in FOREIGN_PARTS.items():
        refuse_if(part in parts, sentence)
    refuse_if(WORKBOOK_PART not in parts, f"这不是 .xlsx 表格，{SAVE_AS}")
    if is_own:
        return opened(rebuild(archive))
    return opened(io.BytesIO(apart("schools.workbooks.rebuilding", content, cpu_seconds=CPU_SECONDS)))


def _refuse_other_formats(content: bytes, name: str) -> None:
    """Tell apart what offices upload by mistake; the content counts first, then the ending of the name."""
    refuse_old_format(content, f"这是旧格式表格（.xls 或 .et），{SAVE_AS}")
    refuse_if(content.startswith(b"%PDF"), "这是 PDF 文件，不是表格，请上传 .xlsx 表格。")
    is_zip = content.startswith(b"PK")
    refuse_if(not is_zip, f"这不是 .xlsx 表格（可能是 .csv、网页或改了名的其他文件），{SAVE_AS}")
    ending = Path(display_name(name)).suffix.lower()
    refuse_if(ending not in ("", ".xlsx"), f"文件名以 {ending} 结尾，只接收 .xlsx，{SAVE_AS}")
