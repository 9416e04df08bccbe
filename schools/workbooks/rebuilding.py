"""Whether a workbook opens, and what of it is safe to open; runs apart."""

from .archive import open_archive, rebuild
from .opening import guarded, opened, visible_sheets


def inspect(content: bytes) -> bytes:
    """The workbook of checked parts only, every visible sheet of which the fast reader has taken in once:
    within the limits of the child, so that it takes them in a second time.
    """
    rebuilt = rebuild(open_archive(content))
    workbook = opened(rebuilt)
    for name in visible_sheets(workbook):
        with guarded():
            workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    return rebuilt.getvalue()
