"""From a stored run to the search it describes."""

from __future__ import annotations

from apps.datasets.library import PlatformDataLibrary, PlatformTableLibrary
from apps.runs.models import Replica, Run
from apps.runs.specification import RunSpecification
from apps.runs.steering import Steering
from nas.core.setup import SearchSetup


def specification_of(run: Run) -> RunSpecification:
    return RunSpecification.parse(run.specification)


def specification_now(run: Run, replica: Replica) -> RunSpecification:
    """What the replica carries out, with all that people changed up to its version."""
    return Steering.of(replica).applied_to(specification_of(run).of_replica(replica.number))


def setup_of(run: Run, *, replica: int = 0) -> SearchSetup:
    """Raises InvalidConfig when what the run needs is gone (its data set was deleted, say)."""
    tables = PlatformTableLibrary(supernet=run.supernet)
    return specification_of(run).setup(data=PlatformDataLibrary(), tables=tables, replica=replica)
