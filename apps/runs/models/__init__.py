"""Runs, their replicas and steps; jobs and attempts; trials and their curves."""

from apps.runs.models.job import Attempt, Job
from apps.runs.models.replica import Advance, Intervention, Proposal, Replica, ReplicaView, Snapshot
from apps.runs.models.run import Run
from apps.runs.models.trial import CurvePoint, Trial

__all__ = [
    "Advance",
    "Attempt",
    "CurvePoint",
    "Intervention",
    "Job",
    "Proposal",
    "Replica",
    "ReplicaView",
    "Run",
    "Snapshot",
    "Trial",
]
