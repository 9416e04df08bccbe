"""Paper as PDF. The renderer with its fonts belongs to another app, which registers it; without one people print from the browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Protocol

from schools.saving import Refused


class Paper(Protocol):
    """A frozen context: the fragment that shows it on screen and in print, and a title that also names the file."""

    template: ClassVar[str]

    @property
    def title(self) -> str: ...


_renderers: list[Callable[[Paper], bytes]] = []


def register_renderer(renderer: Callable[[Paper], bytes]) -> None:
    """Takes the renderer into use; called from `AppConfig.ready`. It answers trouble with Refused."""
    _renderers[:] = [renderer]


def can_print() -> bool:
    """Whether there is a renderer, that is, whether a page may offer a PDF."""
    return bool(_renderers)


def pdf_of(paper: Paper) -> bytes:
    """The paper as PDF; raises Refused."""
    if not _renderers:
        raise Refused("本系统没有安装 PDF 生成部件，请用浏览器打印。")
    return _renderers[0](paper)
