"""Small forms that write the rule line for those who will not learn the language, and what helps while
writing it.
"""

from .acting import Draft, act, empty_draft, has_drafts, read_drafts
from .checking import Checked, Marked, check_line
from .composing import Composed, compose, drafts_of
from .kinds import KINDS

__all__ = [
    "KINDS",
    "Checked",
    "Composed",
    "Draft",
    "Marked",
    "act",
    "check_line",
    "compose",
    "drafts_of",
    "empty_draft",
    "has_drafts",
    "read_drafts",
]
