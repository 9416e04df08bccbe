"""Paper as PDF. The renderer with its fonts belongs to another app; without one people print from the browser."""

from __future__ import annotations

from typing import ClassVar, Protocol

from schools.contributions import contributed
from schools.saving import Refused


class Paper(Protocol):
    """A frozen context: the fragment that shows it on screen and in print, and a title that also names the file."""

    template: ClassVar[str]

    @property
    def title(self) -> str: ...


def can_print() -> bool:
    """Whether there is a renderer, that is, whether a page may offer a PDF."""
    return bool(contributed("RENDERERS"))


def pdf_of(paper: Paper) -> bytes:
    """The paper as PDF; raises Refused."""
    for render in contributed("RENDERERS"):
        return render(paper)
    raise Refused("本系统没有安装 PDF 生成部件，请用浏览器打印。")
