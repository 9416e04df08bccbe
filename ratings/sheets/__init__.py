"""One school's sheet, as the school, its county, the judges and the papers read it."""

from .lines import FigureLine, Group, Line
from .sheet import SchoolSheet, load_sheets, own_sheet

__all__ = ["FigureLine", "Group", "Line", "SchoolSheet", "load_sheets", "own_sheet"]
