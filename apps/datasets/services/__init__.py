"""Writes: uploads, their check, sharing, deletion."""

from apps.datasets.services.dataset import dataset_check, dataset_create, dataset_delete
from apps.datasets.services.recheck import uploads_recheck
from apps.datasets.services.table import table_check, table_create, table_delete, table_describe

__all__ = [
    "dataset_check",
    "dataset_create",
    "dataset_delete",
    "table_check",
    "table_create",
    "table_delete",
    "table_describe",
    "uploads_recheck",
]
