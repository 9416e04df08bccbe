"""What the commands that work on the database have in common."""

from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from schools.saving import Refused

from . import schema


class RefusedCommand(BaseCommand):
    """Says why not where what it calls refuses, as a page would: in sentences and without a trace."""

    def execute(self, *args, **options):
        """Raises CommandError with every reason."""
        try:
            return super().execute(*args, **options)
        except Refused as refused:
            raise CommandError(str(refused)) from refused


class DatabaseCommand(RefusedCommand):
    """Says in a sentence that the database is not that of this version, before the first table is asked for
    in vain.
    """

    def execute(self, *args, **options):
        """Raises CommandError where the database lacks migrations, belongs to another version or cannot be
        read.
        """
        try:
            obstacle = schema.obstacle()
        except Error as error:
            raise CommandError(f"数据库连接不上或读不出来，没有作任何改动：{str(error).strip()}") from error
        if obstacle:
            raise CommandError(obstacle)
        return super().execute(*args, **options)
