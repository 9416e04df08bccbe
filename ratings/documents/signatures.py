"""署名 and 成文日期: where they stand, by GB/T 9704-2012 7.3.5."""

from __future__ import annotations

from dataclasses import dataclass

from .wording import width

#: Characters of a body line.
LINE = 28


@dataclass(frozen=True)
class Signature:
    """`style` names the arrangement of the stylesheet; the offsets follow there from the widths actually set.

    sealed        date 4 characters from the right, the 署名 centred on it
    sealed-row    several organs side by side, the last one centred on the date, room for a seal over each
    sealed-stack  several organs too long for one line, one below the other
    … wide        an organ too long to be centred on that date: both are centred at the right margin
    by-organ      no seal: 署名 2 characters from the right, the date begins 2 characters right of it
    by-date       no seal and the date is the longer line: the date stands 2 characters from the right
    """

    signers: tuple[str, ...]
    date: str
    style: str

    @property
    def last(self) -> str:
        """The organ whose seal also covers the date."""
        return self.signers[-1]

    @property
    def beside(self) -> tuple[str, ...]:
        """Organs on the same line, left of the last one."""
        return self.signers[:-1] if self.style == "sealed-row" else ()

    @property
    def above(self) -> tuple[str, ...]:
        """Organs on lines of their own, above the last one."""
        return () if self.style == "sealed-row" else self.signers[:-1]


def arrange(signers: tuple[str, ...], date: str, *, sealed: bool) -> Signature:
    """Chooses the arrangement for these organs."""
    if not sealed:
        by_organ = max(map(width, signers)) >= width(date)
        return Signature(signers, date, "by-organ" if by_organ else "by-date")
    gap = 4 - (max(map(width, signers)) - width(date)) / 2
    wide = " wide" if gap < 0 else ""
    if len(signers) == 1:
        return Signature(signers, date, f"sealed{wide}")
    right = 4 - (width(signers[-1]) - width(date)) / 2
    room = LINE - right - sum(map(width, signers)) - 2 * (len(signers) - 1)
    return Signature(signers, date, "sealed-row" if room >= 0 and right >= 0 else f"sealed-stack{wide}")
