"""Text as typed in offices made comparable: invisible characters, widths, brackets."""

import re
import unicodedata

# Controls except tab and line feed, zero-width and direction marks, BOM, soft hyphen, surrogates,
# non-characters.
INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
SPACES = re.compile("[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
BRACKETS = str.maketrans(
    {**dict.fromkeys("[{【〔〖〈《「『<", "("), **dict.fromkeys("]}】〕〗〉》」』>", ")")}
)
#: Every dot between the parts of a name is the one that names are written with.
DOTS = str.maketrans(dict.fromkeys("•‧・･∙⋅●", "·"))
HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff〇"
#: Beyond that, a blank may stand between two people.
LONGEST_PADDED = 3
LONGEST_SHOWN = 80
MARKS = "*※:。.,;、 "


def clean_text(value: object) -> str:
    """The visible text of a value: no control, zero-width or direction marks, one kind of space, trimmed.

    Line breaks inside stay, because criteria are written with them.
    """
    text = (
        str(value).replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    )
    return SPACES.sub(" ", INVISIBLE.sub("", text)).strip()


def narrow(text: str) -> str:
    """Full-width letters, digits and signs as half-width ones (NFKC)."""
    return unicodedata.normalize("NFKC", text)


def without_blanks(text: str) -> str:
    """The signs alone: no blank and no line break among them."""
    return "".join(text.split())


def heading_key(text: object) -> str:
    """What two headings must share to be the same column: width, case, blanks, brackets and a 必填 star do
    not count.
    """
    key = narrow(clean_text(text)).translate(BRACKETS)
    return without_blanks(key).strip(MARKS).casefold()


def same(text: object) -> str:
    """What two names must share to be those of one thing, of a class as of a person or a place: width, case,
    blanks, brackets and kinds of dots do not count.
    """
    return without_blanks(narrow(clean_text(text).translate(DOTS)).translate(BRACKETS)).casefold()


def tidy_name(text: object) -> str:
    """A person's name as it is kept: 谢　敏 is 谢敏, every dot is ·, brackets are those of Chinese text."""
    name = " ".join(clean_text(text).translate(DOTS).split())
    name = re.sub(r"\s*([·（）])\s*", r"\1", name.replace("(", "（").replace(")", "）"))
    name = re.sub(rf"(?<=[{HAN}])[.．](?=[{HAN}])", "·", name)
    parts = name.split()
    is_padded = re.fullmatch(rf"[{HAN}]+", "".join(parts)) and (
        len("".join(parts)) <= LONGEST_PADDED or all(len(part) == 1 for part in parts)
    )
    return "".join(parts) if is_padded else name


def display_name(name: str) -> str:
    """A file name fit to be shown in a message: last path part only, nothing invisible, not too long."""
    shown = clean_text(re.split(r"[\\/]", name)[-1]).replace("\n", " ")
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[: LONGEST_SHOWN - 10]}…{shown[-8:]}"
