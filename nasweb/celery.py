"""The Celery application: queues `control`, `cpu` and `gpu`; its settings are the `CELERY_*` names of the settings file."""

import os
from typing import Any

from celery import Celery, platforms, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nasweb.settings")

app = Celery("nasweb")
app.config_from_object("django.conf:settings", namespace="CELERY")


@signals.beat_embedded_init.connect
def die_with_worker(**_event: Any) -> None:
    """Ties the clock of `worker --beat`, a process of its own, to its worker: killed alone, the worker would leave it behind.

    Only Linux can; elsewhere the supervisor kills the whole process group.
    """
    platforms.set_pdeathsig("SIGKILL")  # type: ignore[attr-defined]  # missing in celery-types
