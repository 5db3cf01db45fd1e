"""The swing-up, many episodes at once, against one episode at a time."""

import numpy as np
import pytest

from nas.core.errors import InvalidConfig
from nas.problems.cartpole_swingup import CartPoleSwingUp, CartPoleSwingUpConfig
from nas.wann.activations import ACTIVATIONS
from nas.wann.champion_file import edge_weights
from nas.wann.control import Control, control, rollout
from nas.wann.swingup import PACES, Pace, starts, swing_up_returns
from nas.wann.topology import Topology
from tests.nas.wann.plain import answers, drawn, drawn_weights, swing

SMALL = Pace(0.01, 150)


def rng_of(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


@pytest.mark.parametrize("pace", [SMALL, Pace(PACES["hard"].dt, 60)])
def test_returns_are_those_of_a_loop_over_single_steps(pace: Pace) -> None:
    rng = rng_of(3)
    ended_early = 0
    for number in range(12):
        genotype = drawn(rng, 5, 1, num_hidden=number)
        weights = [drawn_weights(rng, genotype, scale) for scale in (0.2, 0.7)]  # larger ones are chaotic
        topology = Topology.of(genotype, 5, 1)
        states = starts(number, 3)
        states[0, 1] = 4.0  # leaves the track before the end
        found, steps = swing_up_returns(
            topology, np.stack([edge_weights(topology, one) for one in weights]), states, pace
        )
        expected = [[swing(genotype, one, state, pace.dt, pace.steps) for state in states] for one in weights]
        assert found == pytest.approx(np.array(expected), rel=1e-9, abs=1e-9)
        ended_early += steps < found.size * pace.steps
    assert ended_early > 6


def test_a_lane_does_not_know_its_neighbours() -> None:
    rng = rng_of(5)
    topology = Topology.of(drawn(rng, 5, 1, num_hidden=12), 5, 1)
    weights = rng.standard_normal((40, topology.num_connections))
    states = starts(0, 5)
    together, _ = swing_up_returns(topology, weights, states, SMALL)
    alone = [swing_up_returns(topology, weights[[k]], states[[r]], SMALL)[0][0, 0] for k in range(40) for r in range(5)]
    assert together.ravel().tolist() == alone


def test_a_network_that_gives_no_number_returns_the_worst() -> None:
    """Two squares of squares overflow; their difference is no number."""
    first, chain = 7, 12
    connections = [[0, first, 1], [0, first + chain, 1]]
    connections += [[first + n, first + n + 1, 1] for n in range(chain - 1)]
    connections += [[first + chain + n, first + chain + n + 1, 1] for n in range(chain - 1)]
    connections += [[first + chain - 1, 6, 1], [first + 2 * chain - 1, 6, 1]]
    genotype = {"activations": [11] * (2 * chain - 1) + [7], "connections": connections}
    topology = Topology.of(genotype, 5, 1)
    problem = CartPoleSwingUp(CartPoleSwingUpConfig(steps=20), None)
    weights = np.full((1, topology.num_connections), 10.0)
    assert problem.returns(topology, weights, episodes=4, seed=0).tolist() == [[problem.worst_return] * 4]
    calm = problem.returns(topology, np.zeros_like(weights), episodes=4, seed=0)
    assert (calm > problem.worst_return).all()


def test_no_activation_makes_a_number_of_what_is_none() -> None:
    """A chain of squares overflows, times 0 it is no number; whatever reads that knows no more than it does."""
    chain, steps = 12, PACES["hard"]
    links = [[0, 7, 1], *([7 + n, 8 + n, 1] for n in range(chain)), [7 + chain, 6, 1]]
    weights = np.array([[1.0, *[10.0] * (chain - 1), 0.0, 1.0]])
    kinds = set(ACTIVATIONS) - {2}  # NaN > 0 is false
    for kind in kinds:
        topology = Topology.of({"activations": [11] * chain + [kind], "connections": links}, 5, 1)
        found, done = swing_up_returns(topology, weights, starts(0, 2), steps)
        assert (found.tolist(), done) == ([[0.0, 0.0]], 2)


def test_episodes_start_from_their_own_seeds() -> None:
    assert starts(7, 3)[1:].tolist() == starts(8, 2).tolist()
    many = starts(0, 2000)
    assert many.mean(axis=0) == pytest.approx([0, 0, np.pi, 0], abs=0.02)
    assert many.std(axis=0) == pytest.approx([0.2] * 4, rel=0.06)


def test_rollouts_share_one_weight_among_all_connections() -> None:
    rng = rng_of(11)
    genotypes = [drawn(rng, 5, 1, num_hidden=size) for size in (0, 4, 9)]
    topologies = [Topology.of(genotype, 5, 1) for genotype in genotypes]
    problem = CartPoleSwingUp(CartPoleSwingUpConfig(steps=40), None)
    found = rollout(problem, topologies, [-2.0, 0.5], episodes=2, seed=17)
    assert found.shape == (3, 2, 2)
    for place, genotype in enumerate(genotypes):
        for which, shared in enumerate((-2.0, 0.5)):
            weights = {(a, b): shared for a, b, enabled in genotype["connections"] if enabled}
            expected = [swing(genotype, weights, state, 0.01, 40) for state in starts(17, 2)]
            assert found[place, which] == pytest.approx(expected, rel=1e-9)


def test_problems_without_episodes_are_refused_in_words() -> None:
    problem = CartPoleSwingUp(CartPoleSwingUpConfig(), None)
    assert isinstance(problem, Control)
    assert control(problem) is problem
    with pytest.raises(InvalidConfig, match="no episodes to act in"):
        control(type("Images", (), {"title": "Images"})())


def test_another_length_or_variant_is_another_problem() -> None:
    kinds = [{}, {"variant": "hard"}, {"steps": 500}]
    assert len({CartPoleSwingUp(CartPoleSwingUpConfig(**kind), None).fingerprint() for kind in kinds}) == 3
    same = CartPoleSwingUp(CartPoleSwingUpConfig(steps=1000), None)
    assert same.fingerprint() == CartPoleSwingUp(CartPoleSwingUpConfig(), None).fingerprint()


def test_the_plain_network_is_what_people_compute_by_hand() -> None:
    genotype = {
        "activations": [9, 8],
        "connections": [[0, 3, 1], [1, 3, 1], [1, 4, 0], [3, 4, 1], [4, 2, 1], [3, 2, 1]],
    }
    weights = {(0, 3): -1.0, (1, 3): 2.0, (3, 4): -3.0, (4, 2): 0.5, (3, 2): 1.0}
    assert answers(genotype, 1, 1, weights, [2.0]) == [7.5]
