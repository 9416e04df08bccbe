"""One school's sheet, as the school, its county, the judges and the papers read it."""

from .figures import FigureLine
from .lines import Group, Line
from .loading import load_sheets, own_sheet
from .sheet import WITH_SCHOOL, SchoolSheet

__all__ = [
    "WITH_SCHOOL",
    "FigureLine",
    "Group",
    "Line",
    "SchoolSheet",
    "load_sheets",
    "own_sheet",
]
