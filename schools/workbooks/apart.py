"""Files from strangers are parsed apart: in a child process with limits of time and memory.

A parser that hangs, eats all memory or falls over takes its child along and nothing else; whoever sent the
file gets a sentence. Why a child for each file: docs/adr/0023-files-parsed-apart.md.
"""

import logging
import os
import subprocess
import sys
from pathlib import Path

from .archive import MEGABYTE, ArchiveError

CHILD = Path(__file__).with_name("apart_child.py")
#: Less than what application servers wait before they kill a worker.
WALL_SECONDS = 25
#: Of processor time. Ten megabytes of PDF take one.
CPU_SECONDS = 5
MEMORY = 1024 * MEGABYTE
NOT_READ = "文件无法读取（已损坏或过于复杂），请重新保存，或用“打印为 PDF”重新生成后再上传。"
NOT_CHECKED = "服务器暂时不能检查文件，请稍后再上传；仍然不行，请告诉系统管理员。"
#: What a process needs to start at all. The keys of the site are not handed on.
ENVIRONMENT = ("LD_LIBRARY_PATH", "SYSTEMROOT")

logger = logging.getLogger(__name__)


def apart(module: str, content: bytes, *, cpu_seconds: int = CPU_SECONDS) -> bytes:
    """What `inspect(content)` of the module answers in the child; ArchiveError for whatever goes wrong there.

    The module may import neither Django nor anything that does.
    """
    command = [sys.executable, "-I", str(CHILD), module, str(cpu_seconds), str(MEMORY)]
    handed_on = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
    try:
        child = subprocess.run(
            command, input=content, capture_output=True, timeout=WALL_SECONDS, env=handed_on, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ArchiveError(NOT_READ) from error
    except OSError as error:
        logger.exception("no child process")
        raise ArchiveError(NOT_CHECKED) from error
    return _answer(child)


def _answer(child: subprocess.CompletedProcess) -> bytes:
    """A child says `!` once it is ready, and then `+` with its answer or `-` with its sentence."""
    ready, verdict, rest = child.stdout[:1], child.stdout[1:2], child.stdout[2:]
    if not ready:
        logger.error("child process: %s", child.stderr.decode(errors="replace")[-2000:])
        raise ArchiveError(NOT_CHECKED)
    if child.returncode or verdict not in (b"+", b"-"):
        raise ArchiveError(NOT_READ)
    if verdict == b"-":
        raise ArchiveError(rest.decode())
    return rest
