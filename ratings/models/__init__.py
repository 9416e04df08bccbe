"""The rating as data: a city's criteria, each school's assessment, its scores and its result."""

from .assessments import Assessment, Extension, MetricSnapshot, Move, ReturnedItem
from .criteria import Category, CustomMetric, Item, Restriction, StarBand
from .evidence import Evidence, Goal, SignedPage
from .judging import (
    Division,
    Feedback,
    Judge,
    JudgeSheet,
    Panel,
    SeatChange,
    SheetConfirmation,
    SiteVisit,
    VoidedSheet,
    sits_at,
)
from .meetings import Meeting, Motion
from .official_documents import Bulletin, OpeningNotice
from .results import Decision, RestrictionCase, Result
from .schemes import AcknowledgedWarning, ChangeNote, Erratum, OpeningProposal, Scheme, SchemeVersion
from .scores import Adjustment, Score

__all__ = [
    "AcknowledgedWarning",
    "Adjustment",
    "Assessment",
    "Bulletin",
    "Category",
    "ChangeNote",
    "CustomMetric",
    "Decision",
    "Division",
    "Erratum",
    "Evidence",
    "Extension",
    "Feedback",
    "Goal",
    "Item",
    "Judge",
    "JudgeSheet",
    "Meeting",
    "MetricSnapshot",
    "Motion",
    "Move",
    "OpeningNotice",
    "OpeningProposal",
    "Panel",
    "Restriction",
    "RestrictionCase",
    "Result",
    "ReturnedItem",
    "Scheme",
    "SchemeVersion",
    "Score",
    "SeatChange",
    "SheetConfirmation",
    "SignedPage",
    "SiteVisit",
    "StarBand",
    "VoidedSheet",
    "sits_at",
]
