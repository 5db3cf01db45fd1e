"""One architecture as its reader may see it: form, costs, trials."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import QuerySet

from apps.accounts.access import AnyUser, trial_visible
from apps.architectures.models import Architecture
from apps.datasets.library import PlatformDataLibrary
from apps.runs.engine import specification_of
from apps.runs.models import Run, Trial
from apps.spaces.selectors.facts import config_facts
from nas import registry
from nas.core.cost import Cost
from nas.core.errors import NasError
from nas.core.graph import Shape
from nas.core.space import Notated, Space
from nas.drawing.motif import motif
from nas.drawing.svg import draw

MOST_TRIALS = 200
MOST_RUNS = 50
SHAPE_OF_THE_FIELD = ((3, 32, 32), 10)
"""CIFAR-10, when the data of every run is gone: most papers state costs at this shape."""


@dataclass(frozen=True, slots=True)
class CostAt:
    """Costs for inputs of one shape."""

    input_shape: Shape
    num_classes: int
    cost: Cost


@dataclass(frozen=True, slots=True)
class ArchitecturePage:
    """`notation` is "" where the space has none; `facts` are the space's settings; `num_trials` counts all that the reader may see."""

    architecture: Architecture
    space_title: str
    genotype: str
    notation: str
    facts: tuple[tuple[str, str], ...]
    svg: str
    costs: tuple[CostAt, ...]
    trials: tuple[Trial, ...]
    num_trials: int


def architecture_page(architecture: Architecture, user: AnyUser) -> ArchitecturePage:
    space = space_of(architecture)
    trials = trials_of(architecture, user)
    shapes = input_shapes(trials)
    return ArchitecturePage(
        architecture=architecture,
        space_title=space.title,
        genotype=json.dumps(architecture.genotype, indent=2, ensure_ascii=False),
        notation=space.notation(architecture.genotype) if isinstance(space, Notated) else "",
        facts=tuple(config_facts(space.config)),
        svg=architecture_svg(architecture, *shapes[0]),
        costs=tuple(
            CostAt(shape, classes, space.cost(architecture.genotype, shape, classes)) for shape, classes in shapes
        ),
        trials=tuple(trials[:MOST_TRIALS]),
        num_trials=trials.count(),
    )


def space_of(architecture: Architecture) -> Space:
    kind = registry.spaces.get(architecture.space_name)
    return kind(kind.Config.parse(architecture.space_config))


def trials_of(architecture: Architecture, user: AnyUser) -> QuerySet[Trial]:
    """The trials that `user` may see, the newest first."""
    trials = trial_visible(Trial.objects.filter(architecture=architecture), user)
    return trials.select_related("run", "run__team", "replica").defer("detail", "run__record").order_by("-pk")


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


def architecture_svg(
    architecture: Architecture, input_shape: Shape, num_classes: int, *, motif_only: bool = False
) -> str:
    """The drawing as text, of the part that repeats when `motif_only`. Kept in memory: an architecture never changes."""
    return _svg(
        architecture.space_name,
        json.dumps(architecture.space_config, sort_keys=True),
        json.dumps(architecture.genotype, sort_keys=True),
        input_shape,
        num_classes,
        motif_only=motif_only,
    )


@lru_cache(maxsize=256)
def _svg(space_name: str, config: str, genotype: str, input_shape: Shape, num_classes: int, *, motif_only: bool) -> str:
    kind = registry.spaces.get(space_name)
    space = kind(kind.Config.parse(json.loads(config)))
    graph = space.graph(json.loads(genotype), input_shape, num_classes)
    return draw(motif(graph) if motif_only else graph)
