"""Writing many rows of one table with one statement."""

from collections.abc import Sequence

from django.db import connection, models, transaction


def insert_many(rows: Sequence[models.Model]) -> None:
    """Insert unsaved rows of one model by a single executemany, whatever their number.

    Unlike `bulk_create`, which cuts its work into batches of a thousand parameters on SQLite, the number of
    statements does not grow with the city. Rows get no primary key back and no signal is sent.
    """
    if not rows:
        return
    model = type(rows[0])
    fields = [field for field in model._meta.local_concrete_fields if not isinstance(field, models.AutoField)]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    marks = ", ".join("%s" for _ in fields)
    values = [[field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields] for row in rows]
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({marks})", values)  # noqa: S608 (names from the model, values as parameters)
