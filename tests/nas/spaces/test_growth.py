"""Spaces that are grown by steps: counts of the papers, every way there and back, smaller architectures as good as others."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.random import PCG64, Generator

from nas.core.intervention import AddArchitecture
from nas.core.result import Result, ResultStatus
from nas.registry import spaces
from nas.spaces.pnas import Pnas, PnasConfig
from nas.strategies.hpo import Hpo
from nas.strategies.hpo_config import HpoConfig
from tests.contracts.toys import toy_setup

IMAGE = (3, 8, 8)


def space(name: str, **settings: Any) -> Any:
    kind = spaces.get(name)
    return kind(kind.Config.parse(settings))


def test_blocks_of_pnas_are_counted_as_in_the_paper() -> None:
    """n(n + 1) / 2 unordered pairs of n = 8 (b + 1) ends."""
    pnas = space("pnas")
    assert pnas.num_ways() == (136, 300, 528, 820, 1_176)
    assert len({pnas.canonical(pnas.grown((way,))) for way in range(136)}) == 136


def test_every_cell_of_nasbench201_is_grown_in_one_way() -> None:
    table = space("nasbench201")
    assert table.num_ways() == (5, 25, 125)
    cells = set()
    for ways in product(*map(range, table.num_ways())):
        genotype = table.grown(ways)
        cells.add(tuple(genotype["edges"]))
        assert table.grown(table.ways_of(genotype)) == genotype
    assert len(cells) == 5**6


@pytest.mark.parametrize(("name", "settings"), [("pnas", {"blocks": 3, "filters": 4}), ("nasbench201", {"width": 4})])
def test_what_is_on_the_way_is_an_architecture_of_the_space(name: str, settings: dict[str, Any]) -> None:
    import torch

    grown_space, rng = space(name, **settings), Generator(PCG64(3))
    num_ways = grown_space.num_ways()
    length = len(grown_space.encoding(grown_space.sample(rng)))
    for size in range(1, len(num_ways) + 1):
        ways = tuple(int(rng.integers(number)) for number in num_ways[:size])
        genotype = grown_space.grown(ways)
        assert grown_space.validate(genotype) == genotype
        assert grown_space.grown(grown_space.ways_of(genotype)) == genotype
        assert len(grown_space.encoding(genotype)) == length
        assert len(list(grown_space.neighbours(genotype))) > 0
        for changed in (grown_space.mutate(genotype, rng).genotype, *grown_space.neighbours(genotype)):
            assert grown_space.validate(changed) == changed
        network = grown_space.build(genotype, IMAGE, 10)
        assert network(torch.zeros(2, *IMAGE)).shape == (2, 10)
        cost = grown_space.cost(genotype, IMAGE, 10)
        assert cost.params == sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)


def test_cells_of_different_sizes_can_be_crossed() -> None:
    pnas, rng = space("pnas"), Generator(PCG64(1))
    small, large = pnas.grown((3,)), pnas.grown((1, 2, 3, 4, 5))
    for first, second in ((small, large), (large, small), (small, small)):
        child = pnas.crossover(first, second, rng)
        assert pnas.validate(child) == child
        assert len(child["cell"]["blocks"]) == max(len(parent["cell"]["blocks"]) for parent in (first, second))


@pytest.mark.parametrize("name", ["pnas", "nasbench201"])
def test_features_of_all_ways_differ_and_have_the_same_axes(name: str) -> None:
    grown_space = space(name)
    found = [grown_space.way_features(step) for step in range(len(grown_space.num_ways()))]
    assert len({features.shape[1] for features in found}) == 1
    for features, number in zip(found, grown_space.num_ways(), strict=True):
        assert len(np.unique(features, axis=0)) == number


@pytest.mark.parametrize("ways", [(136,), (-1,), (0, 0, 0, 0, 0, 0)])
def test_steps_that_are_not_there_are_refused(ways: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="there are"):
        space("pnas").grown(ways)


def test_a_smaller_cell_has_the_values_of_its_blocks() -> None:
    """What a person adds may have fewer blocks than what is drawn: samplers learn from the choices that there are."""
    space = Pnas(PnasConfig.parse({"blocks": 3}))
    small = space.grown([5])
    values = space.values_of(small)
    names = [parameter.name for parameter in space.parameters()]
    assert list(values) == names[: len(names) // 3]
    strategy = Hpo(HpoConfig(), toy_setup(space=space))
    strategy.intervene(AddArchitecture(small))
    for _ in range(12):
        (proposal,) = strategy.ask(1)
        strategy.tell(proposal.id, Result(proposal.id, ResultStatus.COMPLETED, metrics={"accuracy": 0.5}))
    (shown,) = strategy.views()
    assert shown.data["id"] == list(range(12))
