"""A space whose own rule ties decisions together, AnyNet E: lists of options that break it are no architectures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nas.core.errors import InvalidGenotype
from nas.core.strategy import AskTell
from nas.spaces.anynet import AnyNet
from nas.spaces.anynet_config import AnyNetConfig
from nas.strategies.genetic import Genetic, GeneticConfig
from nas.strategies.grid import Grid, GridConfig
from nas.strategies.nsga2 import Nsga2, Nsga2Config
from tests.contracts.toys import toy_setup
from tests.nas.strategies.populations import tell


def anynet_e() -> AnyNet:
    return AnyNet(AnyNetConfig.parse({"depths_never_fall": True, "widths_never_fall": True, "num_stages": 4}))


def falling(space: AnyNet) -> list[int]:
    """Actions of the largest first depth and the smallest second one."""
    actions = space.encode(space.sample(np.random.default_rng(0)))
    for place, decision in enumerate(space.decisions):
        if decision.name in ("stages.0.depth", "stages.1.depth"):
            actions[place] = decision.size - 1 if decision.name == "stages.0.depth" else 0
    return actions


def test_what_breaks_the_rule_is_not_decoded() -> None:
    space = anynet_e()
    with pytest.raises(InvalidGenotype, match="may not be less than in the stage before"):
        space.decode(falling(space))


def test_a_grid_has_no_points_that_break_the_rule() -> None:
    space = anynet_e()
    axes = [{"parameter": name} for name in ("stages.2.depth", "stages.3.depth")]
    strategy = Grid(GridConfig.parse({"axes": axes}), toy_setup(space=space))
    found = []
    while asked := strategy.ask(1):
        found.append(asked[0].genotype)
        tell(strategy, asked[0], 0.5)
    options = {axis.name: axis.values for axis in space.parameters()}["stages.2.depth"]
    depths = [[stage["depth"] for stage in genotype["stages"][2:]] for genotype in found if genotype is not None]
    assert len(options) > 2
    assert sorted(depths) == [[a, b] for a in options for b in options if a <= b]
    assert all(space.validate(genotype) == genotype for genotype in found)


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        (Genetic, GeneticConfig(crossover="uniform", crossover_probability=1.0, population_size=6)),
        (Nsga2, Nsga2Config(explore_generations=1, exploit_generations=5, population_size=6)),
    ],
)
def test_children_keep_the_rule(kind: Any, config: Any) -> None:
    space = anynet_e()
    strategy: AskTell = kind(config, toy_setup(space=space, seed=1))
    for number in range(36):
        (proposal,) = strategy.ask(1)
        assert space.validate(proposal.genotype) == proposal.genotype
        tell(strategy, proposal, 0.1 + 0.01 * number)
