from itertools import accumulate

from django.db import migrations, models

BATCH = 2000


def spent_fill(apps, schema_editor):
    """What earlier runs had spent after each trial, from the costs of the trials."""
    replicas = apps.get_model("runs", "Replica").objects
    all_trials = apps.get_model("runs", "Trial").objects
    for replica in replicas.order_by("pk").iterator():
        told = all_trials.filter(replica=replica, told_order__isnull=False).order_by("told_order")
        trials = list(told.only("pk", "cost_seconds"))
        for trial, spent in zip(trials, accumulate(trial.cost_seconds for trial in trials), strict=True):
            trial.spent_seconds = spent
        all_trials.bulk_update(trials, ["spent_seconds"], batch_size=BATCH)


class Migration(migrations.Migration):
    dependencies = [("runs", "0001_initial")]

    operations = [
        migrations.AddField("replica", "is_baseline", models.BooleanField(default=False)),
        migrations.AddField("trial", "spent_seconds", models.FloatField(null=True)),
        migrations.RunPython(spent_fill, migrations.RunPython.noop),
    ]
