"""What a replica spends and notices beside its trials."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce


def spent_so_far(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Up to now only trials cost anything: the last one that was told holds the sum."""
    trials = apps.get_model("runs", "Trial").objects.filter(replica=OuterRef("pk"), told_order__isnull=False)
    last = Subquery(trials.order_by("-told_order").values("spent_seconds")[:1])
    apps.get_model("runs", "Replica").objects.update(spent_seconds=Coalesce(last, 0.0))


class Migration(migrations.Migration):
    dependencies = [("runs", "0004_found_trials")]

    operations = [
        migrations.AddField("replica", "spent_seconds", models.FloatField(default=0.0)),
        migrations.AddField("replica", "findings", models.JSONField(default=list)),
        migrations.AddField("proposal", "progress", models.JSONField(null=True)),
        migrations.RunPython(spent_so_far, migrations.RunPython.noop),
    ]
