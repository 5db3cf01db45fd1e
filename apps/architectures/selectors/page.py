"""One architecture as its reader may see it: form, costs, paths, trials."""

from __future__ import annotations

from dataclasses import dataclass

from apps.accounts.access import AnyUser
from apps.architectures.models import Architecture
from apps.architectures.selectors.drawing import Drawing, architecture_drawing, space_of, view_named
from apps.architectures.selectors.partners import PartnerGroup, partners_of
from apps.architectures.selectors.paths import PathTable, architecture_paths
from apps.architectures.selectors.trials import input_shapes, trials_of
from apps.runs.models import Trial
from apps.spaces.selectors.facts import config_facts
from nas.core.cost import Cost
from nas.core.genotype_text import genotype_to_text
from nas.core.graph import Shape
from nas.core.space import Notated

MOST_TRIALS = 200


@dataclass(frozen=True, slots=True)
class CostAt:
    """Costs for inputs of one shape."""

    input_shape: Shape
    num_classes: int
    cost: Cost


@dataclass(frozen=True, slots=True)
class ArchitectureFacts:
    """`notation` is "" where the space has none; `num_trials` counts all that the reader may see."""

    architecture: Architecture
    notation: str
    costs: tuple[CostAt, ...]
    num_trials: int


@dataclass(frozen=True, slots=True)
class ArchitecturePage:
    """`settings` are those of the space; `trials` the newest that the reader may see."""

    facts: ArchitectureFacts
    space_title: str
    genotype: str
    settings: tuple[tuple[str, str], ...]
    drawing: Drawing
    paths: tuple[PathTable, ...]
    partners: tuple[PartnerGroup, ...]
    trials: tuple[Trial, ...]


def architecture_facts(architecture: Architecture, user: AnyUser) -> ArchitectureFacts:
    space = space_of(architecture)
    trials = trials_of(architecture, user)
    costs = (
        CostAt(shape, classes, space.cost(architecture.genotype, shape, classes))
        for shape, classes in input_shapes(trials)
    )
    return ArchitectureFacts(
        architecture=architecture,
        notation=space.notation(architecture.genotype) if isinstance(space, Notated) else "",
        costs=tuple(costs),
        num_trials=trials.count(),
    )


def architecture_page(
    architecture: Architecture, user: AnyUser, *, view: str = "", opened: str | None = None
) -> ArchitecturePage:
    """Drawn for the data of the newest run, and with the groups open that the address names."""
    space = space_of(architecture)
    facts = architecture_facts(architecture, user)
    shape, classes = facts.costs[0].input_shape, facts.costs[0].num_classes
    return ArchitecturePage(
        facts=facts,
        space_title=space.title,
        genotype=genotype_to_text(architecture.genotype),
        settings=tuple(config_facts(space.config)),
        drawing=architecture_drawing(architecture, shape, classes, view=view_named(view, space), opened=opened),
        paths=architecture_paths(architecture, shape, classes),
        partners=partners_of(architecture, user),
        trials=tuple(trials_of(architecture, user)[:MOST_TRIALS]),
    )
