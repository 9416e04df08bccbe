"""The back office: registry, records and accounts, never scores."""

from . import accounts, guidance, registry, teaching

__all__ = ["accounts", "guidance", "registry", "teaching"]
