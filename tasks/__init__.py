"""Celery tasks. Thin: claim a job, run the engine, store the outcome, wake the run. No algorithm lives here."""

from tasks.control import run_advance, sweep
from tasks.exports import architecture_export
from tasks.latency import latency_measure
from tasks.studies import study_carry_out
from tasks.uploads import dataset_check, table_check
from tasks.work import job_execute

__all__ = [
    "architecture_export",
    "dataset_check",
    "job_execute",
    "latency_measure",
    "run_advance",
    "study_carry_out",
    "sweep",
    "table_check",
]
