"""Runs keep the shared weights that their estimator scores with."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("artifacts", "0001_initial"),
        ("runs", "0005_work_beside_trials"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="supernet",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="artifacts.artifact",
            ),
        ),
    ]
