"""更正: a correction of opened criteria, from the working copy to the chair's signature and what it does to
each school.
"""

from .preparing import change_row, prepare, send_for_signature, take_back, withdraw, write_reason
from .signing import sign

__all__ = ["change_row", "prepare", "send_for_signature", "sign", "take_back", "withdraw", "write_reason"]
