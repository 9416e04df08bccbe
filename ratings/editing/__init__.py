"""编制: every way in which a person changes the rows of a draft. Nothing here touches a scheme that has been opened."""

from .arranging import move_row
from .drafting import draft_of, locked_sentence
from .figures import FigureLine, TypedFigure, figure_lines, figure_metrics, figures_left, type_figures
from .groups import Section, group_names, move_group, rename_group
from .rows import add_row, change_row, next_code, remove_row
from .starting import default_name, defaults_for, start_scheme

__all__ = [
    "FigureLine",
    "Section",
    "TypedFigure",
    "add_row",
    "change_row",
    "default_name",
    "defaults_for",
    "draft_of",
    "figure_lines",
    "figure_metrics",
    "figures_left",
    "group_names",
    "locked_sentence",
    "move_group",
    "move_row",
    "next_code",
    "remove_row",
    "rename_group",
    "start_scheme",
    "type_figures",
]
