"""What this machine is called and where it is reached, found out without asking a name server."""

import contextlib
import socket
import subprocess
from pathlib import Path

#: Debian notes the full name of a machine beside this address.
OWN_NAME = "127.0.1.1"


def own_hosts(hosts_file: Path = Path("/etc/hosts")) -> list[str]:
    """Names and addresses under which a browser on another computer may ask for this machine, as ALLOWED_HOSTS writes them."""
    name = socket.gethostname().lower()
    addresses = _addresses()
    listed = [word.lower() for address, *words in _lines(hosts_file) if address in (OWN_NAME, *addresses) for word in words]
    bracketed = [f"[{address}]" if ":" in address else address for address in addresses]
    return list(dict.fromkeys([name, f"{name}.local", *listed, *bracketed]))


def _addresses() -> list[str]:
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        found = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=False, timeout=5)
        return found.stdout.split() if not found.returncode else []
    return []


def _lines(file: Path) -> list[list[str]]:
    try:
        content = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return [words for line in content.splitlines() if (words := line.partition("#")[0].split())]
