import hashlib
import json

from django.db import migrations, models

TYPED = (
    "organ", "co_organs", "number", "title", "addressee", "body",
    "issued_on", "sealed", "cc", "printer", "printed_on",
)  # fmt: skip


def keep_texts(apps, schema_editor):
    """What was issued before says from here on what it says now."""
    issued = (
        apps.get_model("ratings", "Bulletin").objects.filter(scheme__phase__in=["published", "archived"]),
        apps.get_model("ratings", "OpeningNotice").objects.filter(issued_at__isnull=False),
    )
    for rows in issued:
        for row in rows:
            typed = [str(getattr(row, name)) for name in TYPED]
            row.text_digest = hashlib.sha256(json.dumps(typed, ensure_ascii=False).encode()).hexdigest()
            row.save(update_fields=["text_digest"])


class Migration(migrations.Migration):
    dependencies = [("ratings", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="bulletin",
            name="text_digest",
            field=models.CharField(blank=True, max_length=64, verbose_name="文稿摘要"),
        ),
        migrations.AddField(
            model_name="openingnotice",
            name="text_digest",
            field=models.CharField(blank=True, max_length=64, verbose_name="文稿摘要"),
        ),
        migrations.RunPython(keep_texts, migrations.RunPython.noop),
    ]
