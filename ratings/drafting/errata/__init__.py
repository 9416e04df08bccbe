"""更正: a correction of opened criteria, from the working copy to the chair's signature and what it does to
each school.
"""

from .foreseeing import Affected, Fit, fit, foresee
from .preparing import (
    change_row,
    corrected,
    prepare,
    problems_of,
    send_for_signature,
    take_back,
    withdraw,
    write_reason,
)
from .signing import sign

__all__ = [
    "Affected",
    "Fit",
    "change_row",
    "corrected",
    "fit",
    "foresee",
    "prepare",
    "problems_of",
    "send_for_signature",
    "sign",
    "take_back",
    "withdraw",
    "write_reason",
]
