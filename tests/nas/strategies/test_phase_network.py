"""The Bayesian network over phases: how spaces are cut, what it counts, what it draws."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from numpy.random import PCG64, Generator

from nas import registry
from nas.core.space import Crossable, Sequential
from nas.strategies.phase_network import PhaseNetwork, phases_of
from tests.contracts.toys import BitsConfig, BitStrings

BITS = BitStrings(BitsConfig(num_bits=3))


def made(name: str, **settings: Any) -> Any:
    kind: Any = registry.spaces.get(name)
    return kind(kind.Config.parse(settings))


def network(*texts: str) -> PhaseNetwork:
    return PhaseNetwork([phases_of(BITS, [int(bit) for bit in text]) for text in texts])


# --- phases --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("space", "lengths"),
    [
        ("nasbench201", [1, 2, 3]),  # the incoming edges of each node
        ("anynet", [4, 4, 4]),  # the settings of each stage
        ("efficientnet", [1, 1, 1]),
        ("amoebanet", [4] * 10),  # the blocks of both cells
    ],
)
def test_a_phase_is_a_node_a_stage_or_a_block(space: str, lengths: list[int]) -> None:
    found = made(space)
    phases = phases_of(found, found.encode(found.sample(Generator(PCG64(0)))))
    assert [len(phase) for phase in phases] == lengths


WITH_PHASES = [
    name for name in registry.spaces if isinstance(made(name), Sequential) and isinstance(made(name), Crossable)
]


@pytest.mark.parametrize("name", WITH_PHASES)
def test_the_phases_together_are_the_architecture(name: str) -> None:
    space = made(name)
    actions = space.encode(space.sample(Generator(PCG64(1))))
    phases = phases_of(space, actions)
    assert [action for phase in phases for action in phase] == actions
    drawn = PhaseNetwork([phases]).draw(space, Generator(PCG64(2)), 0.0)
    assert drawn == actions  # nothing else was seen


# --- counting ------------------------------------------------------------------------------------------------------


def test_it_counts_with_a_tenth_added_to_everything_seen() -> None:
    found = network("000", "010", "011", "111")
    assert found.chances(0) == {(0,): pytest.approx(3.1 / 4.2), (1,): pytest.approx(1.1 / 4.2)}
    assert found.chances(1, (0,)) == {(0,): pytest.approx(1.1 / 3.2), (1,): pytest.approx(2.1 / 3.2)}
    assert found.chances(1, (1,)) == {(0,): pytest.approx(0.1 / 1.2), (1,): pytest.approx(1.1 / 1.2)}
    assert found.chances(2, (1,))[(1,)] == pytest.approx(2.1 / 3.2)


def test_where_nothing_is_known_of_the_phase_before_the_marginal_counts() -> None:
    found = network("000", "111")
    assert found.chances(1, (7,)) == found.chances(1)


@pytest.mark.parametrize("marginal", [0.0, 1.0])
def test_draws_follow_the_chain_or_the_marginals(marginal: float) -> None:
    """Two strings: by the chain the bits go together, by the marginals they do not."""
    found = network("000", "111")
    rng = Generator(PCG64(5))
    counts = Counter(str(found.draw(BITS, rng, marginal)) for _ in range(4_000))
    alike = (counts["[0, 0, 0]"] + counts["[1, 1, 1]"]) / 4_000
    expected = (1.1 / 1.2) ** 2 if marginal == 0 else 0.25
    assert alike == pytest.approx(expected, abs=0.03)


def test_it_draws_nothing_but_phases_that_were_seen_each_at_its_place() -> None:
    space = made("nasbench201")
    rng = Generator(PCG64(3))
    examples = [phases_of(space, space.encode(space.sample(rng))) for _ in range(6)]
    found = PhaseNetwork(examples)
    seen = [{example[place] for example in examples} for place in range(3)]
    drawn = set()
    for _ in range(300):
        actions = found.draw(space, rng, 0.0)
        assert actions is not None
        phases = phases_of(space, actions)
        assert all(phase in there for phase, there in zip(phases, seen, strict=True))
        drawn.add(tuple(phases))
    assert len(drawn) > 6  # new combinations of them


def test_what_does_not_fit_together_is_no_architecture() -> None:
    """A short architecture's first phase before a long one's second: nothing of the space."""
    shorter, longer = BitStrings(BitsConfig(num_bits=2)), BitStrings(BitsConfig(num_bits=3))
    found = PhaseNetwork([phases_of(shorter, [0, 1])])
    assert found.draw(longer, Generator(PCG64(0)), 0.0) is None
    assert np.array_equal(found.draw(shorter, Generator(PCG64(0)), 0.0) or [], [0, 1])
