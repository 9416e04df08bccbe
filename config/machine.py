"""What this machine is called and where it is reached, found out without asking a name server.

Needs nothing but the standard library: `.ci/address.py` uses it before there is an environment.
"""

import contextlib
import socket
import subprocess
from pathlib import Path

#: Debian notes the full name of a machine beside this address.
OWN_NAME = "127.0.1.1"


def own_hosts(hosts_file: Path = Path("/etc/hosts")) -> list[str]:
    """Names and addresses under which a browser on another computer may ask for this machine, as
    ALLOWED_HOSTS writes them.
    """
    name = socket.gethostname().lower()
    found = addresses()
    listed: list[str] = []
    for line in _text(hosts_file).splitlines():
        address, *words = line.partition("#")[0].split() or [""]
        if address in (OWN_NAME, *found):
            listed += map(str.lower, words)
    bracketed = [f"[{address}]" if ":" in address else address for address in found]
    return list(dict.fromkeys([name, f"{name}.local", *listed, *bracketed]))


def addresses() -> list[str]:
    """Of every network the machine is in; empty where the system does not tell."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        found = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=False, timeout=5)
        return found.stdout.split() if not found.returncode else []
    return []


def _text(file: Path) -> str:
    with contextlib.suppress(OSError):
        return file.read_text(encoding="utf-8", errors="replace")
    return ""
