"""The back office: registry, records and accounts, never scores."""

from . import accounts, building, calendar, guidance, registry, teaching

__all__ = ["accounts", "building", "calendar", "guidance", "registry", "teaching"]
