import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("runs", "0002_baseline")]

    operations = [
        migrations.AddField("replica", "steering", models.JSONField(default=dict)),
        migrations.AddField("intervention", "told_before", models.BigIntegerField(null=True)),
        migrations.AddField("proposal", "reuse_key", models.CharField(default="", max_length=64)),
        migrations.AddIndex(
            "proposal", models.Index(fields=["reuse_key"], name="results_to_reuse", condition=~Q(reuse_key=""))
        ),
        migrations.AddField(
            "trial",
            "reused_from",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="reused_by", to="runs.trial"
            ),
        ),
        migrations.AddField("trial", "reused_seconds", models.FloatField(null=True)),
    ]
