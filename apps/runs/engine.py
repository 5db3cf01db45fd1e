"""From a stored run to the search it describes."""

from __future__ import annotations

from apps.datasets.library import PlatformDataLibrary, PlatformTableLibrary
from apps.runs.models import Run
from apps.runs.specification import RunSpecification
from nas.core.setup import SearchSetup


def specification_of(run: Run) -> RunSpecification:
    return RunSpecification.parse(run.specification)


def setup_of(run: Run, *, replica: int = 0) -> SearchSetup:
    """Raises InvalidConfig when what the run needs is gone (its data set was deleted, say)."""
    return specification_of(run).setup(data=PlatformDataLibrary(), tables=PlatformTableLibrary(), replica=replica)
