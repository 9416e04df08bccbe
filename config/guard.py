"""Keeps a site from working on a database of another version."""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.db import Error, OperationalError, connection
from django.template.loader import render_to_string

from schools.operations import schema

logger = logging.getLogger(__name__)

#: Seconds from a look that failed to the next: a request would else wait for a database that is down twice
#: over.
PAUSE = 10


class DatabaseGuard:
    """Answers every address with one page and 503 where the database is not of this version, until the
    process is started anew.

    It looks at the start of the process, and never again once it got an answer. Where the database gives none
    (it is down, or its user may not read the tables) the site answers for itself, and a request some seconds
    later looks again.
    """

    is_open = False
    refusal = ""
    _looked = 0.0
    _said = ""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self.application = application
        self._look()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not self.is_open and not self.refusal and not 0 <= time.time() - self._looked < PAUSE:
            self._look()
        if not self.refusal:
            return self.application(environ, start_response)
        page = render_to_string("errors/503.html").encode()
        headers = [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(page))),
            ("Cache-Control", "no-store"),
        ]
        start_response("503 Service Unavailable", headers)
        return [page]

    def _look(self) -> None:
        self._looked = time.time()  # before the look, which may take long: other threads go past it
        try:
            self.refusal = schema.obstacle()
            self.is_open = not self.refusal
        except Error as error:
            self._looked = time.time()
            self._tell(error)
        finally:
            connection.close()
        if self.refusal:
            logger.error("%s 办好后重新启动网站服务。", self.refusal)

    def _tell(self, error: Error) -> None:
        """Once for each kind of failure, in the words of the database."""
        kind = "数据库不让查看它的版本（多半是数据库用户没有权限）"
        if isinstance(error, OperationalError):
            kind = "连接不上数据库"
        if kind != self._said:
            self._said = kind
            logger.error("%s：%s %s秒后有人访问时再查看。", kind, str(error).strip(), PAUSE)
