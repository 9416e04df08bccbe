"""Keeps a site from working on a database of another version."""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.template.loader import render_to_string

from schools import schema

logger = logging.getLogger(__name__)


class DatabaseGuard:
    """Answers every address with one page and 503 until the database is of this version; looks once, at the start of the process.

    Where the database cannot be reached the site answers for itself, and the next request looks again.
    """

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self.application = application
        self.is_open = False
        self.refusal = ""
        self._look()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not self.is_open and not self.refusal:
            self._look()
        if not self.refusal:
            return self.application(environ, start_response)
        page = render_to_string("errors/503.html").encode()
        headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(page))), ("Cache-Control", "no-store")]
        start_response("503 Service Unavailable", headers)
        return [page]

    def _look(self) -> None:
        try:
            self.refusal = schema.refusal()
            if not self.refusal and schema.is_behind():
                self.refusal = f"数据库还没有升级到 {settings.VERSION}：请先备份，再执行 manage.py migrate。"
            self.is_open = not self.refusal
        except Error:
            logger.warning("the database cannot be reached; its version is looked at with the next request")
        finally:
            connection.close()
        if self.refusal:
            logger.error("%s 办好后重新启动网站服务。", self.refusal)
