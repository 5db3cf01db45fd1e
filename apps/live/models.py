"""The event log of a run: unnumbered in the outbox, numbered by the control side alone."""

from __future__ import annotations

from django.db import models


class Outbox(models.Model):
    """An event that was written together with the change it tells of and has no number yet."""

    run = models.ForeignKey("runs.Run", on_delete=models.CASCADE, related_name="outbox")
    body = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)


class Event(models.Model):
    """An event with its place in the run's log. Append-only."""

    run = models.ForeignKey("runs.Run", on_delete=models.CASCADE, related_name="events")
    seq = models.BigIntegerField()
    body = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["run", "seq"], name="event_seq_is_unique_in_its_run"),)


class Stream(models.Model):
    """How far a run's events are numbered. Moved by conditional UPDATE, so that two publishers cannot number alike."""

    run = models.OneToOneField("runs.Run", on_delete=models.CASCADE, primary_key=True, related_name="stream")
    seq = models.BigIntegerField(default=0)
