"""The words of a file: what a PDF was set from, the rows of a workbook, the parts of a package."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile

from python_calamine import CalamineWorkbook

from tests.golden.reading import lines_of

#: So much of each part of a package is read; of the rest a digest tells whether it changed.
LINES_OF_PART = 150
_DIGEST = re.compile(r"\b[0-9a-f]{64}\b")


def without_digests(text: str) -> str:
    """They hang on the markup of a document or on the line before: one changed word would change a
    hundred.
    """
    return _DIGEST.sub("（摘要）", text)


def text_of_file(body: bytes) -> str:
    """A text that two files with the same words share."""
    if body.startswith(b"%PDF-1.7\n<"):
        return "\n".join(lines_of(body.removeprefix(b"%PDF-1.7\n").decode(), frame=True))
    if not body.startswith(b"PK"):
        return _plain(body)
    with zipfile.ZipFile(io.BytesIO(body)) as parts:
        names = parts.namelist()
        if "[Content_Types].xml" in names:
            return _workbook(body)
        return "\n".join(f"--- {name}\n{_beginning(text_of_file(parts.read(name)))}" for name in names)


def _beginning(text: str) -> str:
    lines = without_digests(text).split("\n")
    rest = lines[LINES_OF_PART:]
    if not rest:
        return "\n".join(lines)
    told = hashlib.sha256("\n".join(rest).encode()).hexdigest()[:16]
    return "\n".join([*lines[:LINES_OF_PART], f"（另有 {len(rest)} 行，校验 {told}）"])


def _plain(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=1)
    except ValueError:
        return body.decode("utf-8-sig", "replace")


def _workbook(body: bytes) -> str:
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(body))
    lines = []
    for name in workbook.sheet_names:
        lines.append(f"--- {name}")
        for row in workbook.get_sheet_by_name(name).to_python():
            lines.append("| " + " | ".join(str(cell).replace("\n", " ⏎ ") for cell in row) + " |")
    return "\n".join(lines)
