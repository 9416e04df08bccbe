"""The test's database: migrated once a run, and copied for each worker, as migrating takes longer than most
rooms' tests.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import pytest
from django.conf import settings
from django.db import connection

ALONE = "master"


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment, django_db_blocker, worker_id, tmp_path_factory
) -> Iterator[None]:
    """In place of pytest-django's, which migrates in every worker."""
    creation, operated = connection.creation, connection.settings_dict["NAME"]
    shared = tmp_path_factory.getbasetemp() if worker_id == ALONE else tmp_path_factory.getbasetemp().parent
    if connection.vendor == "sqlite":
        # A file and not memory: the live server's threads then have connections of their own, as in
        # operation.
        connection.settings_dict["TEST"]["NAME"] = str(shared / "test.sqlite3")
    suffix = None if worker_id == ALONE else worker_id
    with django_db_blocker.unblock(), _held(shared / "migrated") as migrated:
        if migrated_name := migrated.read():
            connection.settings_dict["NAME"] = migrated_name
        else:
            migrated.write(creation.create_test_db(verbosity=0, autoclobber=True, serialize=False))
        if suffix:
            connection.close()
            creation.clone_test_db(suffix, verbosity=0, autoclobber=True)
            name = creation.get_test_db_clone_settings(suffix)["NAME"]
            settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
    yield
    with django_db_blocker.unblock():
        creation.destroy_test_db(operated, verbosity=0)


@contextmanager
def _held(path: Path) -> Iterator[TextIO]:
    """A file that one worker at a time has."""
    with path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        yield file
