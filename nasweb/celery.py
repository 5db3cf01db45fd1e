"""The Celery application: queues `control`, `cpu` and `gpu`; its settings are the `CELERY_*` names of the settings file."""

import os
from typing import Any

from billiard.process import current_process
from celery import Celery, platforms, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nasweb.settings")

app = Celery("nasweb")
app.config_from_object("django.conf:settings", namespace="CELERY")


@signals.worker_process_init.connect
def die_with_worker(**_event: Any) -> None:
    """Ties a process that a worker has started for its tasks to the life of that worker.

    Celery asks the kernel for it too, but does not look whether the worker died while the new process was still starting: then
    nobody would ever end it. Only Linux has the request; elsewhere the supervisor kills the group.
    """
    platforms.set_pdeathsig("SIGKILL")  # type: ignore[attr-defined]  # missing in celery-types
    if os.getppid() != current_process()._parent_pid:  # type: ignore[attr-defined]  # missing in celery-types
        os._exit(1)
