"""公文: a pure context, a template, bytes. Nothing here reads the database."""
