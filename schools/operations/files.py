"""The database where it is a file: nobody else on the machine reads it."""

import stat
from pathlib import Path
from typing import Any

from django.db.backends.signals import connection_created
from django.dispatch import receiver

#: As SQLite makes its files; any other rights somebody chose.
AS_MADE, OWNER_ONLY = 0o644, 0o600


@receiver(connection_created)
def keep_from_others(sender: Any, connection: Any, **kwargs: Any) -> None:
    """The files of SQLite, which hold the hashes of all passwords, as soon as they are there."""
    if connection.vendor != "sqlite" or connection.is_in_memory_db():
        return
    name = str(connection.settings_dict["NAME"])
    for path in (Path(name + ending) for ending in ("", "-wal", "-shm")):
        try:
            if stat.S_IMODE(path.stat().st_mode) == AS_MADE:
                path.chmod(OWNER_ONLY)
        except OSError:  # not there, or somebody else's
            continue
