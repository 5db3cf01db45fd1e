"""Looking at a run and changing it, while nobody else changes it."""

from __future__ import annotations

from apps.runs.models import Run


def run_held(run: Run) -> Run:
    """The run as it is now; its row is held until the transaction ends, so that it neither moves on nor meets another change
    meanwhile. So what people ask for is seen in the order of its numbers. SQLite lets only one write at a time anyway.

    Raises Run.DoesNotExist.
    """
    return Run.objects.select_for_update(no_key=True).get(pk=run.pk)
