#!/usr/bin/env python3
"""Command line of the project: `python manage.py help`."""

import os
import sys


def main() -> None:
    """Run one management command with the project's settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    for name in ("LOCK_SECONDS", "STATEMENT_SECONDS", "IDLE_TRANSACTION_SECONDS"):
        os.environ.setdefault(name, "0")  # a command takes the time it takes; only pages must answer soon
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
