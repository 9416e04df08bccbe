"""The child of `apart`: python -I apart_child.py MODULE SECONDS BYTES < file.

Limits are set here, before a foreign byte is read, and not between fork and exec, where threads of the
server could be caught holding a lock.
"""

import importlib
import os
import sys
from contextlib import suppress
from pathlib import Path
from types import ModuleType

try:
    import resource
except ImportError:  # Windows, for developers: there the clock of the parent alone ends a child
    resource = None

PACKAGES = ("schools", "schools.workbooks", "schools.uploads")


def main(module: str, cpu_seconds: int, memory: int) -> None:
    """Answer on standard output what the module says about standard input."""
    root = Path(__file__).parents[2]
    for name in PACKAGES:
        # The packages without what their __init__ imports: Django alone would take half a second each time.
        package = ModuleType(name)
        package.__path__ = [str(root.joinpath(*name.split(".")))]
        sys.modules[name] = package
    inspect = importlib.import_module(module).inspect
    refusal = importlib.import_module("schools.workbooks.archive").ArchiveError
    limit_resources(cpu_seconds, memory)
    sys.stdout.buffer.write(b"!")
    sys.stdout.buffer.flush()
    try:
        answer = b"+" + inspect(sys.stdin.buffer.read())
    except refusal as refused:
        answer = b"-" + str(refused).encode()
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
    os._exit(0)  # what was parsed is not taken down object by object


def limit_resources(cpu_seconds: int, memory: int) -> None:
    """Time, memory, no core file, no file written."""
    if resource is None:
        return
    limits = {"RLIMIT_CPU": cpu_seconds, "RLIMIT_AS": memory, "RLIMIT_CORE": 0, "RLIMIT_FSIZE": 0}
    for name, most in limits.items():
        with suppress(ValueError, OSError):  # not every system knows or lowers each of them
            resource.setrlimit(getattr(resource, name), (most, most))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
