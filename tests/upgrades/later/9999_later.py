from django.db import migrations, models

from tests.upgrades.frozen import migrations as released

LAST = max(name.split("/")[-1].removesuffix(".py") for name in released() if name.startswith("schools/"))


class Migration(migrations.Migration):
    dependencies = [("schools", LAST)]
    operations = [migrations.AddField("region", "later", models.IntegerField(null=True))]
