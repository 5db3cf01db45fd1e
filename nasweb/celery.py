"""The Celery application: queues `control`, `cpu` and `gpu`; its settings are the `CELERY_*` names of the settings file."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nasweb.settings")

app = Celery("nasweb")
app.config_from_object("django.conf:settings", namespace="CELERY")
# The package itself names its modules. It is imported by workers only: the web process sends tasks by name.
app.autodiscover_tasks(["tasks"], related_name=None)
