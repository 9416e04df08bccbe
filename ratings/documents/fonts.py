"""Which font file plays which role of a document, and what to say when one is missing.

A role is a chain of files: the office's own face when it dropped one in, the free substitute, then faces for
rare characters. WeasyPrint falls through the chain glyph by glyph, so 㙍 or 𠮷 inside a 仿宋 line comes from
the next file that has it.
"""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from schools.saving import Refused

#: Sub-folder of FONTS_DIR for faces an office owns; file names are compared without regard to case.
OWN_FOLDER = "office"
RARE_FANG = "LXGWWenKai-Light.ttf"
NOTO_SERIF = "NotoSerifCJKsc-Regular.otf"
NOTO_SERIF_BOLD = "NotoSerifCJKsc-Bold.otf"
NOTO_SANS = "NotoSansCJKsc-Regular.otf"


@dataclass(frozen=True)
class Role:
    """One kind of type of GB/T 9704: `own` are accepted names of an office's file, `free` the substitutes in
    order.
    """

    key: str
    label: str
    own: tuple[str, ...]
    free: tuple[str, ...]


ROLES = (
    Role(
        "title",
        "小标宋",
        ("小标宋.ttf", "小标宋.otf", "方正小标宋简体.ttf", "方正小标宋_gbk.ttf", "fzxbsjw.ttf", "fzxbsk.ttf"),
        (NOTO_SERIF_BOLD,),
    ),
    Role(
        "fang",
        "仿宋",
        (
            "仿宋.ttf",
            "仿宋.otf",
            "仿宋_gb2312.ttf",
            "方正仿宋简体.ttf",
            "方正仿宋_gbk.ttf",
            "simfang.ttf",
            "fzfsjw.ttf",
            "fzfsk.ttf",
        ),
        ("FandolFang-Regular.otf", RARE_FANG, NOTO_SERIF),
    ),
    Role(
        "kai",
        "楷体",
        (
            "楷体.ttf",
            "楷体.otf",
            "楷体_gb2312.ttf",
            "方正楷体简体.ttf",
            "方正楷体_gbk.ttf",
            "simkai.ttf",
            "fzktjw.ttf",
            "fzktk.ttf",
        ),
        ("FandolKai-Regular.otf", RARE_FANG, NOTO_SERIF),
    ),
    Role(
        "hei",
        "黑体",
        (
            "黑体.ttf",
            "黑体.otf",
            "方正黑体简体.ttf",
            "方正黑体_gbk.ttf",
            "simhei.ttf",
            "fzhtjw.ttf",
            "fzhtk.ttf",
        ),
        ("FandolHei-Regular.otf", NOTO_SANS),
    ),
    Role("song", "宋体", ("宋体.ttf", "宋体.otf", "simsun.ttf"), (NOTO_SERIF,)),
)

#: Better to have, but a document is complete without it: the last file of each chain holds every character.
OPTIONAL = frozenset({RARE_FANG})
#: Every other file must stand in FONTS_DIR.
REQUIRED = tuple(dict.fromkeys(name for role in ROLES for name in role.free if name not in OPTIONAL))


class DocumentError(Refused):
    """The document cannot be made on this machine or of this text; the sentence says what to do about it."""


class FontMissing(DocumentError):
    """A face or a character is not available."""


@dataclass(frozen=True)
class Face:
    """The files that will set one role, first choice first."""

    role: Role
    files: tuple[Path, ...]

    def describe(self) -> str:
        """仿宋：FandolFang-Regular（替代字体）."""
        first = self.files[0]
        whose = "本单位字体" if first.parent.name == OWN_FOLDER else "替代字体"
        return f"{self.role.label}：{first.stem}（{whose}）"

    def families(self) -> tuple[str, ...]:
        """CSS family names of the chain; one name per file, since two files under one name would hide each
        other.
        """
        return tuple(f"{self.role.key}-{number}" for number in range(1, len(self.files) + 1))


def find_faces(folder: Path | None = None) -> tuple[Face, ...]:
    """The faces in use; raises FontMissing with the command that cures it."""
    folder = Path(folder or settings.FONTS_DIR)
    if missing := [name for name in REQUIRED if not (folder / name).is_file()]:
        raise FontMissing(
            f"暂时不能生成 PDF：服务器的字体目录缺少公文字体 {'、'.join(missing)}。"
            "请系统管理员在服务器的程序目录执行 "
            ".venv/bin/python manage.py fetch_fonts（试用环境重新执行 make run）后重试；其他功能不受影响。"
        )
    own = {path.name.casefold(): path for path in sorted((folder / OWN_FOLDER).glob("*")) if path.is_file()}
    return tuple(Face(role, tuple(_chain(role, folder, own))) for role in ROLES)


def describe_faces(folder: Path | None = None) -> tuple[str, ...]:
    """One line per role, saying whether the official face or a substitute is used."""
    return tuple(face.describe() for face in find_faces(folder))


def faces_css(faces: tuple[Face, ...]) -> str:
    """@font-face rules and one custom property per role (`--fang` …) holding its whole chain."""
    rules = [
        f'@font-face{{font-family:"{family}";src:url("font:{path.name}")}}'
        for face in faces
        for family, path in zip(face.families(), face.files, strict=True)
    ]
    chains = [f"--{face.role.key}:" + ",".join(f'"{family}"' for family in face.families()) for face in faces]
    return "\n".join([*rules, f":root{{{';'.join(chains)}}}"])


def _chain(role: Role, folder: Path, own: dict[str, Path]) -> list[Path]:
    mine = [own[name] for name in role.own if name in own][:1]
    return mine + [folder / name for name in role.free if (folder / name).is_file()]
