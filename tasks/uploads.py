"""Uploads are checked on the worker side: reading them may need time and memory that the web server has not."""

from __future__ import annotations

from celery import shared_task

from apps.datasets import services


@shared_task(name="tasks.dataset_check", max_retries=2, default_retry_delay=5)
def dataset_check(dataset_id: int) -> None:
    services.dataset_check(dataset_id=dataset_id)


@shared_task(name="tasks.table_check", max_retries=2, default_retry_delay=5)
def table_check(table_id: int) -> None:
    services.table_check(table_id=table_id)
