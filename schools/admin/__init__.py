"""The back office: registry, records and accounts, never scores."""

from . import accounts, calendar, guidance, registry, teaching

__all__ = ["accounts", "calendar", "guidance", "registry", "teaching"]
