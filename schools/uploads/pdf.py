"""Whether a PDF can be read and does nothing but show pages; runs apart.

Readers differ in what they take for an object of a damaged file, so three looks are taken: at the bytes as
they stand, at all objects as the parser finds them, and at what object streams unpack to.
"""

import io
import re
from collections.abc import Iterator

import pikepdf

from schools.workbooks.archive import ArchiveError, refuse_if

from .contents import MARKUP, is_harmless_link

#: Actions, attachments and forms that run or fetch something, wherever a PDF names them.
ACTIVE = (
    "JavaScript",
    "Launch",
    "EmbeddedFile",
    "EmbeddedFiles",
    "FileAttachment",
    "RichMedia",
    "RichMediaExecute",
    "GoToE",
    "GoToR",
    "ImportData",
    "SubmitForm",
    "Rendition",
    "Movie",
    "XFA",
    "JS",
)
ACTIVE_NAMES = frozenset(f"/{name}" for name in ACTIVE)
#: Streams kept in another file.
OUTER_STREAM = frozenset({"/F", "/FFilter", "/FDecodeParms"})

IS_ACTIVE = "PDF 里含有脚本、附件或自动动作，已拒绝，请用“打印为 PDF”重新生成。"
IS_DAMAGED = "PDF 文件不完整或已损坏，请重新导出、扫描，或用“打印为 PDF”重新生成。"
IS_LOCKED = "PDF 设有密码或权限限制，请解除后再上传。"
REACHES_OUT = "PDF 引用了其他文件里的内容，请用“打印为 PDF”重新生成。"


def _spelled(name: str) -> str:
    """An expression for a name any letter of which may be written as #xx."""
    return "".join(
        f"(?:{letter}|#{''.join(f'[{digit}{digit.upper()}]' for digit in f'{ord(letter):02x}')})"
        for letter in name
    )


def _named(names: tuple[str, ...]) -> re.Pattern[bytes]:
    return re.compile(f"/(?:{'|'.join(map(_spelled, names))})(?![A-Za-z0-9#])".encode())


#: Four letters and less stand in every compressed picture by chance.
ANYWHERE = _named(tuple(name for name in ACTIVE if len(name) > 4))
UNPACKED = _named(ACTIVE)
OBJECT_STREAM = _named(("ObjStm",))
#: An object without any of these is harmless; most are, and the parser writes them out faster than one walks
#: through them.
SUSPICIOUS = _named((*ACTIVE, "URI", "Base", "EF", "3D", "Ref", "F", "FFilter", "FDecodeParms", "ObjStm"))


def inspect(content: bytes) -> bytes:
    """Nothing, or ArchiveError with a sentence."""
    refuse_if(b"%%EOF" not in content[-4096:], IS_DAMAGED)
    refuse_if(MARKUP.search(_outside_streams(content)), "PDF 里夹带了网页脚本，已拒绝，请重新导出。")
    try:
        document = pikepdf.open(io.BytesIO(content), suppress_warnings=True)
    except pikepdf.PasswordError as error:
        raise ArchiveError(IS_LOCKED) from error
    except pikepdf.PdfError as error:
        raise ArchiveError(IS_DAMAGED) from error
    refuse_if(document.is_encrypted, IS_LOCKED)
    refuse_if(ANYWHERE.search(content), IS_ACTIVE)
    # Where the table of objects has to be guessed, two readers may unpack different ones.
    is_guessed = any("reconstruct" in warning for warning in document.get_warnings())
    refuse_if(is_guessed and OBJECT_STREAM.search(content), IS_DAMAGED)
    for found in [document.trailer, *document.objects]:
        if SUSPICIOUS.search(_written(found)):
            for container in _containers(found):
                _check(container)
    return b""


def _outside_streams(content: bytes) -> bytes:
    """What stands between streams: compressed pictures hold every short word by chance."""
    kept, place = [], 0
    while (start := content.find(b"stream", place)) >= 0:
        end = content.find(b"endstream", start)
        if end < 0:
            break
        kept.append(content[place:start])
        place = end + len(b"endstream")
    return b"".join([*kept, content[place:]])


def _written(found: pikepdf.Object) -> bytes:
    """An object as the parser spells it, a stream by its dictionary."""
    return (found.stream_dict if isinstance(found, pikepdf.Stream) else found).unparse(resolved=True)


def _containers(found: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """The dictionary, stream or array and those within it; what has a number of its own comes by that."""
    waiting = [found]
    while waiting:
        current = waiting.pop()
        if isinstance(current, pikepdf.Dictionary | pikepdf.Stream | pikepdf.Array):
            yield current
            inner = current if isinstance(current, pikepdf.Array) else dict(current.items()).values()
            waiting += [one for one in inner if isinstance(one, pikepdf.Object) and not one.is_indirect]


def _names(values) -> set[str]:
    return {str(value) for value in values if isinstance(value, pikepdf.Name)}


def _check(found: pikepdf.Object) -> None:
    """A dictionary, an array, or a stream by its dictionary."""
    if isinstance(found, pikepdf.Array):
        refuse_if(_names(found) & ACTIVE_NAMES, IS_ACTIVE)
        return
    entries = dict(found.items())
    refuse_if((entries.keys() | _names(entries.values())) & ACTIVE_NAMES, IS_ACTIVE)
    refuse_if(isinstance(entries.get("/EF"), pikepdf.Dictionary), IS_ACTIVE)
    refuse_if(entries.get("/Subtype") == pikepdf.Name("/3D"), IS_ACTIVE)
    refuse_if(isinstance(entries.get("/Ref"), pikepdf.Dictionary), REACHES_OUT)
    for key in ("/URI", "/Base"):
        target = entries.get(key)
        leads = str(target) if isinstance(target, pikepdf.String) else ""
        refuse_if(
            not is_harmless_link(leads),
            f"PDF 里有不指向网页或邮箱的链接（{leads[:60]}），请删去链接，或用“打印为 PDF”重新生成后再上传。",
        )
    if isinstance(found, pikepdf.Stream):
        refuse_if(entries.keys() & OUTER_STREAM, REACHES_OUT)
        if entries.get("/Type") == pikepdf.Name("/ObjStm"):
            refuse_if(UNPACKED.search(found.read_bytes()), IS_ACTIVE)
