"""Django's migrate, which first looks whether the database is one it can bring up."""

from django.core.management.base import CommandError
from django.core.management.commands import migrate

from schools.operations.schema import refusal


class Command(migrate.Command):
    """Says in a sentence what Django would answer with a traceback half-way through, or not notice at all."""

    def handle(self, *args, **options):
        """Refuses before anything is changed."""
        refused = refusal(options["database"])
        if refused:
            raise CommandError(refused)
        return super().handle(*args, **options)
