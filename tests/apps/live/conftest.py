"""Live tests drive the same toy runs."""

from __future__ import annotations

import pytest

from apps.runs.services import advance_store
from tests.apps.runs.conftest import _cold, _toys, make_run, worker

__all__ = ["_cold", "_toys", "make_run", "worker"]


@pytest.fixture(autouse=True)
def _views_in_every_advance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else how many events there are would depend on how quick the machine is."""
    monkeypatch.setattr(advance_store, "VIEWS_EVERY_SECONDS", 0.0)
