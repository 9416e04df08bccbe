"""Where the free faces come from: Debian packages, unpacked without installing them and without root."""

import io
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from fontTools.ttLib import TTFont
from fontTools.ttLib.sfnt import SFNTReader, SFNTWriter

from .fonts import NOTO_SANS, NOTO_SERIF, NOTO_SERIF_BOLD, RARE_FANG, FontMissing

SYSTEM_FONTS = Path("/usr/share/fonts")


@dataclass(frozen=True)
class Source:
    """One file of FONTS_DIR: the package and member it is taken from; `face` names the face inside a
    collection.
    """

    name: str
    package: str
    member: str
    face: str = ""


SOURCES = (
    Source("FandolFang-Regular.otf", "texlive-lang-chinese", "FandolFang-Regular.otf"),
    Source("FandolKai-Regular.otf", "texlive-lang-chinese", "FandolKai-Regular.otf"),
    Source("FandolHei-Regular.otf", "texlive-lang-chinese", "FandolHei-Regular.otf"),
    Source(NOTO_SERIF, "fonts-noto-cjk", "NotoSerifCJK-Regular.ttc", "Noto Serif CJK SC"),
    Source(NOTO_SERIF_BOLD, "fonts-noto-cjk", "NotoSerifCJK-Bold.ttc", "Noto Serif CJK SC Bold"),
    Source(NOTO_SANS, "fonts-noto-cjk", "NotoSansCJK-Regular.ttc", "Noto Sans CJK SC"),
    Source(RARE_FANG, "fonts-lxgw-wenkai", "LXGWWenKai-Light.ttf"),
)


def missing_sources(folder: Path) -> list[Source]:
    """What FONTS_DIR does not hold yet; empty means there is nothing to fetch."""
    return [source for source in SOURCES if not (folder / source.name).is_file()]


def fetch(package: str, sources: list[Source], folder: Path) -> None:
    """Puts the files of one package into the folder, from the machine's own fonts where they are installed.

    Raises FontMissing. Files appear whole or not at all, so an interrupted run is simply repeated.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {source.member: source for source in sources}
    members = _installed(set(wanted)) or _from_package(package, set(wanted))
    for member, content in members:
        _store(wanted[member], content, folder)
    left = [source.name for source in sources if not (folder / source.name).is_file()]
    if left:
        raise FontMissing(f"软件包 {package} 中没有找到 {'、'.join(left)}。")


def extract_face(collection: bytes, face: str) -> bytes:
    """One face of a .ttc as a font file of its own, tables copied as they are.

    WeasyPrint cannot pick a face inside a collection, and recompiling the tables would take a minute.
    """
    for number in range(SFNTReader(io.BytesIO(collection), fontNumber=0).numFonts):
        reader = SFNTReader(io.BytesIO(collection), fontNumber=number)
        if TTFont(io.BytesIO(collection), fontNumber=number, lazy=True)["name"].getDebugName(4) == face:
            target = io.BytesIO()
            writer = SFNTWriter(target, len(reader.tables), reader.sfntVersion)
            for tag in reader.keys():  # noqa: SIM118 (the reader itself cannot be iterated)
                writer[tag] = reader[tag]
            writer.close()
            return target.getvalue()
    raise FontMissing(f"字体集合中没有 {face}。")


def _installed(members: set[str]) -> list[tuple[str, bytes]]:
    installed = {path.name: path for path in SYSTEM_FONTS.rglob("*") if path.name in members}
    if set(installed) != members:
        return []
    return [(name, path.read_bytes()) for name, path in sorted(installed.items())]


def _from_package(package: str, members: set[str]) -> Iterator[tuple[str, bytes]]:
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise FontMissing(
                f"没有 {tool} 命令，无法取得字体；请在 Debian 上运行，或把字体文件复制到字体目录。"
            )
    with tempfile.TemporaryDirectory() as work:
        _run(["apt-get", "-qq", "download", package], work, package)
        archive = next(Path(work).glob("*.deb"))
        content = Path(work, "data.tar")
        with content.open("wb") as target:
            _run(["dpkg-deb", "--fsys-tarfile", str(archive)], work, package, target)
        with tarfile.open(content) as tar:
            for entry in tar:
                name = PurePosixPath(entry.name).name
                if name in members and entry.isfile():
                    yield name, tar.extractfile(entry).read()


def _run(command: list[str], work: str, package: str, stdout=subprocess.DEVNULL) -> None:
    done = subprocess.run(command, cwd=work, stdout=stdout, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        detail = done.stderr.decode(errors="replace").strip().splitlines()
        raise FontMissing(
            f"下载字体包 {package} 失败（{detail[-1] if detail else command[0]}），请检查网络和 apt 软件源，"
            "软件源的目录过期的请管理员执行 apt-get update。"
        )


def _store(source: Source, content: bytes, folder: Path) -> None:
    whole = extract_face(content, source.face) if source.face else content
    handle, name = tempfile.mkstemp(dir=folder, prefix=".")
    with os.fdopen(handle, "wb") as target:
        target.write(whole)
    Path(name).chmod(0o644)
    Path(name).replace(folder / source.name)
