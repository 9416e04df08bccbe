"""The fast reader with its faults made sentences."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from .archive import ArchiveError


@contextmanager
def guarded() -> Iterator[None]:
    """Whatever goes wrong inside the reader, Rust panics included, is a damaged file.

    A panic arrives as a BaseException that is neither an exit nor an interrupt.
    """
    try:
        yield
    except (ArchiveError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        raise ArchiveError("表格内容已损坏，无法读取，请在 WPS 中打开确认后重新保存。") from error


def opened(rebuilt: IO[bytes]) -> CalamineWorkbook:
    """What `rebuild` made."""
    with guarded():
        return CalamineWorkbook.from_filelike(rebuilt)


def visible_sheets(workbook: CalamineWorkbook) -> list[str]:
    """The names of the sheets that a person sees."""
    return [name for name, visible in _sheets(workbook) if visible]


def hidden_sheets(workbook: CalamineWorkbook) -> list[str]:
    """The names of the others."""
    return [name for name, visible in _sheets(workbook) if not visible]


def _sheets(workbook: CalamineWorkbook) -> list[tuple[str, bool]]:
    return [
        (sheet.name, sheet.visible == SheetVisibleEnum.Visible)
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet
    ]
