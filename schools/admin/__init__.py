"""The back office: registry, records and accounts, never scores."""

from . import accounts, tables

__all__ = ["accounts", "tables"]
