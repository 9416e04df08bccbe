"""挂点联系: who guides whom, what a visit found, and what became of it."""

from .coverage import Coverage, coverage_of
from .problems import give_opinion, opinions_of, recheck_problem, report_problem
from .recording import POINTS, REMARKS, assign, dissolve, end_liaison, record_visit, save_team, void_visit

__all__ = [
    "POINTS",
    "REMARKS",
    "Coverage",
    "assign",
    "coverage_of",
    "dissolve",
    "end_liaison",
    "give_opinion",
    "opinions_of",
    "recheck_problem",
    "record_visit",
    "report_problem",
    "save_team",
    "void_visit",
]
