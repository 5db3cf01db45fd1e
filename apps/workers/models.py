"""Who carries out jobs, and on what."""

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
