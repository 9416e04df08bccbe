"""One common baseline for all faces, so that a rare character from another file does not make its line taller."""

from __future__ import annotations

import struct

#: Parts of an em above and below the baseline, as Chinese faces are drawn.
ASCENT, DESCENT = 0.88, 0.12


def level(font: bytes) -> bytes:
    """The same font with the vertical measures of its hhea and OS/2 tables set to ASCENT and DESCENT, and no BASE table.

    CSS would have ascent-override for this; WeasyPrint does not know it, and Pango moves glyphs by the BASE table on top.
    The check sums are left as they were: no reader compares them, and WeasyPrint embeds a subset of its own making.
    """
    content = bytearray(font)
    tables = _tables(content)
    em = struct.unpack_from(">H", content, tables["head"][1] + 18)[0]
    above, below = round(em * ASCENT), round(em * DESCENT)
    struct.pack_into(">hhh", content, tables["hhea"][1] + 4, above, -below, 0)
    struct.pack_into(">hhhHH", content, tables["OS/2"][1] + 68, above, -below, 0, above, below)
    if "BASE" in tables:  # an unknown name in the same place of the sorted directory hides the table
        struct.pack_into(">4s", content, tables["BASE"][0], b"BASX")
    return bytes(content)


def _tables(content: bytearray) -> dict[str, tuple[int, int]]:
    """Where the directory entry and the data of each table of an OpenType or TrueType file begin."""
    count = struct.unpack_from(">H", content, 4)[0]
    entries = range(12, 12 + 16 * count, 16)
    return {content[at : at + 4].decode("latin-1"): (at, struct.unpack_from(">L", content, at + 8)[0]) for at in entries}
