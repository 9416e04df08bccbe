"""Small forms that write the rule line for those who will not learn the language, and what helps while writing it."""

from .acting import act
from .checking import Checked, Marked, check_line
from .composing import Composed, compose
from .drafts import KINDS, Draft, empty_draft
from .taking_apart import drafts_of

__all__ = ["KINDS", "Checked", "Composed", "Draft", "Marked", "act", "check_line", "compose", "drafts_of", "empty_draft"]
