"""Who carries out jobs, and on what; what one of them at a time works on."""

from __future__ import annotations

from django.db import models


class Worker(models.Model):
    """One worker process, from its start to its end. `last_seen_at` is renewed by its heartbeat."""

    name = models.CharField(max_length=200)  # "cpu0@host"
    host = models.CharField(max_length=200)
    pid = models.IntegerField()
    process_started = models.CharField(max_length=40, blank=True)  # tells a process from a later one with its pid
    queue = models.CharField(max_length=20)
    device = models.CharField(max_length=40)  # "cpu", "cuda:0"
    device_name = models.CharField(max_length=200, blank=True)
    fingerprint = models.JSONField(default=dict)  # versions, threads, memory
    started_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(db_index=True)
    stopped_at = models.DateTimeField(null=True)
    is_draining = models.BooleanField(default=False)  # asked to end: no new jobs, the present one stops at a safe point

    def __str__(self) -> str:
        return self.name


class LeasedState(models.TextChoices):
    """The states that every leased row has; its own table of states has these and more, and says them in its words."""

    QUEUED = "queued"
    WORKING = "working"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Leased(models.Model):
    """A row that one worker at a time works on; apps.workers.leased moves it. A worker's writes carry `fence`."""

    state = models.CharField(max_length=10, default=LeasedState.QUEUED)
    fence = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    num_lost = models.IntegerField(default=0)
    worker = models.ForeignKey(Worker, on_delete=models.SET_NULL, null=True, related_name="+")
    reason = models.TextField(blank=True)  # why it failed, in words for people
    detail = models.TextField(blank=True)  # traceback of a crash, for who runs the platform
    finished_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @property
    def is_open(self) -> bool:
        """Waits, or is worked on."""
        return self.state in LEASED_OPEN

    @property
    def is_stopped(self) -> bool:
        """Ended before its end: it can go on."""
        return self.state in LEASED_STOPPED


LEASED_OPEN = (LeasedState.QUEUED, LeasedState.WORKING)
LEASED_STOPPED = (LeasedState.FAILED, LeasedState.CANCELLED)
