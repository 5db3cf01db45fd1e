"""The trials of an architecture, and the shapes of data they ran on."""

from __future__ import annotations

import json
from collections.abc import Iterable

from django.db.models import QuerySet

from apps.accounts.access import AnyUser, trial_visible
from apps.architectures.models import Architecture
from apps.datasets.library import PlatformDataLibrary
from apps.runs.engine import specification_of
from apps.runs.models import Run, Trial
from nas import registry
from nas.core.errors import NasError
from nas.core.graph import Shape

MOST_RUNS = 50
SHAPE_OF_THE_FIELD = ((3, 32, 32), 10)
"""CIFAR-10, when the data of every run is gone: most papers state costs at this shape."""


def trials_of(architecture: Architecture, user: AnyUser) -> QuerySet[Trial]:
    """The trials that `user` may see, the newest first."""
    trials = trial_visible(Trial.objects.filter(architecture=architecture), user)
    return (
        trials.select_related("run", "run__team", "replica", "architecture", "proposal")
        .defer("detail", "run__record")
        .order_by("-pk")
    )


def input_shapes(trials: QuerySet[Trial]) -> list[tuple[Shape, int]]:
    """The different (shape, classes) that the newest runs of these trials train on; never empty."""
    runs = Run.objects.filter(pk__in=trials.order_by().values("run")).order_by("-pk").defer("record")[:MOST_RUNS]
    return list(dict.fromkeys(_shapes(runs))) or [SHAPE_OF_THE_FIELD]


def _shapes(runs: Iterable[Run]) -> Iterable[tuple[Shape, int]]:
    library = PlatformDataLibrary()
    seen: set[str] = set()
    for run in runs:
        try:
            chosen = specification_of(run).problem
            text = json.dumps(chosen.as_json(), sort_keys=True)
            if text in seen:
                continue
            seen.add(text)
            kind = registry.problems.get(chosen.name)
            problem = kind(kind.Config.parse(chosen.config), library)
        except NasError:
            continue  # its data set was deleted; other runs may still tell
        yield tuple(problem.input_shape), problem.num_classes
