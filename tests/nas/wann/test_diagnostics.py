"""Slopes, paths and their gradients, each against a second way to the same number."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from nas.wann.activations import LARGEST_SLOPE
from nas.wann.champion_file import edge_weights
from nas.wann.diagnostics.gains import gains, saturating_share, slope
from nas.wann.diagnostics.hypotheses import TopologyFacts, correlation, hypotheses
from nas.wann.diagnostics.length_gradients import gradient_by_length, jacobian_by_length
from nas.wann.diagnostics.path_lengths import path_lengths
from nas.wann.forward import Forward
from nas.wann.topology import Topology
from tests.nas.wann.plain import drawn, drawn_weights


def rng_of(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def lengths_by_walking(genotype: dict[str, object], num_inputs: int, num_outputs: int) -> dict[int, int]:
    """Every path, one after the other."""
    found: dict[int, int] = {}
    readers: dict[int, list[int]] = {}
    for source, destination, enabled in genotype["connections"]:
        if enabled:
            readers.setdefault(source, []).append(destination)
    waiting = [(node, 0) for node in range(1 + num_inputs)]
    while waiting:
        node, length = waiting.pop()
        if num_inputs < node <= num_inputs + num_outputs:
            found[length] = found.get(length, 0) + 1
        waiting += [(reader, length + 1) for reader in readers.get(node, ())]
    return found


def test_path_counts_are_those_of_walking_every_path() -> None:
    rng = rng_of(0)
    with_paths = 0
    for _ in range(200):
        sizes = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
        genotype = drawn(rng, *sizes, num_hidden=int(rng.integers(0, 9)), density=float(rng.uniform(0.1, 0.7)))
        walked = lengths_by_walking(genotype, *sizes)
        found = path_lengths(Topology.of(genotype, *sizes))
        assert {length: count for length, count in enumerate(found.counts) if count} == walked
        assert found.total == sum(walked.values())
        if not walked:
            assert (found.mean, found.deviation, found.entropy, found.shortest, found.longest) == (None,) * 5
            continue
        with_paths += 1
        each = [length for length, count in walked.items() for _ in range(count)]
        assert (found.shortest, found.longest) == (min(each), max(each))
        assert found.mean == pytest.approx(np.mean(each))
        assert found.deviation == pytest.approx(np.std(each), abs=1e-9)
        shares = np.array(list(walked.values())) / len(each)
        assert found.entropy == pytest.approx(-(shares * np.log2(shares)).sum(), abs=1e-12)
    assert with_paths > 150


def test_path_counts_are_exact_where_they_are_astronomic() -> None:
    """A chain in which each node reads all before it: of n − 2 nodes in between, any set makes a way."""
    num = 200
    first = 3
    connections = [[1, first, 1]]
    connections += [[first + a, first + b, 1] for b in range(num) for a in range(b)]
    connections += [[first + num - 1, 2, 1]]
    found = path_lengths(Topology.of({"activations": [1] * num, "connections": sorted(connections)}, 1, 1))
    assert found.total == 2 ** (num - 2)
    assert found.counts[100] == math.comb(num - 2, 97)
    assert found.mean == pytest.approx((num - 2) / 2 + 3)
    assert found.deviation == pytest.approx(math.sqrt(num - 2) / 2)


def test_gradients_by_length_add_up_to_the_jacobian() -> None:
    rng = rng_of(1)
    for size in (0, 3, 9, 14):
        genotype = drawn(rng, 3, 2, num_hidden=size)
        topology = Topology.of(genotype, 3, 2)
        wiring = Forward(topology)
        weights = torch.from_numpy(edge_weights(topology, drawn_weights(rng, genotype, 0.6)))
        inputs = torch.from_numpy(rng.standard_normal((5, 3)))
        parts = jacobian_by_length(wiring, weights, inputs)
        assert parts.shape == (topology.num_levels + 2, 5, 2, 3)
        for number, example in enumerate(inputs):
            expected = torch.autograd.functional.jacobian(
                lambda x, w=weights, f=wiring: f(x[None], w[None])[0, 0], example
            )
            torch.testing.assert_close(parts[:, number].sum(dim=0), expected)
        norms = gradient_by_length(wiring, weights, inputs)
        assert norms == pytest.approx([float(np.mean([one.norm() for one in part])) for part in parts])
        counts = path_lengths(topology).counts
        assert all(norms[length] == 0 for length, count in enumerate(counts) if not count)


def test_a_gradient_has_only_the_lengths_there_are() -> None:
    """i → h1 → h2 → o with weights 2, 3, 5, and i → o with weight 7."""
    genotype = {"activations": [7, 1], "connections": [[1, 2, 1], [1, 3, 1], [3, 4, 1], [4, 2, 1]]}
    topology = Topology.of(genotype, 1, 1)
    weights = torch.tensor(edge_weights(topology, {(1, 3): 2.0, (3, 4): 3.0, (4, 2): 5.0, (1, 2): 7.0}))
    parts = jacobian_by_length(Forward(topology), weights, torch.ones(1, 1, dtype=torch.float64))
    assert parts.flatten().tolist() == [0.0, 7.0, 0.0, -30.0]


def test_slopes_stay_below_their_bounds_and_reach_them() -> None:
    z = torch.linspace(-6, 6, 4001, dtype=torch.float64)
    for kind, bound in LARGEST_SLOPE.items():
        assert float(slope(kind, z).abs().max()) == pytest.approx(bound, abs=2e-3)
        assert float(slope(kind, z).abs().max()) <= bound + 1e-12


def test_gains_of_a_small_network_by_hand() -> None:
    """i → tanh → o1, i → step → o2, and tanh → ReLU → o1; all weights 1, two examples."""
    genotype = {
        "activations": [5, 2, 9],
        "connections": [[1, 4, 1], [1, 5, 1], [4, 2, 1], [4, 6, 1], [5, 3, 1], [6, 2, 1]],
    }
    topology = Topology.of(genotype, 1, 2)
    inputs = torch.tensor([[0.5], [8.0]], dtype=torch.float64)
    found = gains(Forward(topology), torch.ones(6, dtype=torch.float64), inputs, torch.tensor([0, 1]))
    by_number = {node.number: node for node in found.nodes}
    assert {number: (node.activation, node.level) for number, node in by_number.items()} == {
        0: (5, 1),
        1: (2, 1),
        2: (9, 2),
    }
    tanh = np.tanh([0.5, 8.0])
    assert by_number[0].gain == pytest.approx((1 - tanh**2).mean())
    assert by_number[0].saturated == 0.5
    assert (by_number[1].gain, by_number[1].saturated, by_number[1].signal) == (0.0, 1.0, 0.0)
    assert (by_number[2].gain, by_number[2].saturated) == (1.0, 0.0)
    outputs = np.stack([2 * tanh, [1.0, 1.0]], axis=1)
    shares = np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True)
    to_first = shares[:, 0] - [1, 0]  # of the cross-entropy, by the first output
    assert by_number[2].signal == pytest.approx(np.abs(to_first).mean())
    assert by_number[0].signal == pytest.approx(np.abs(2 * to_first * (1 - tanh**2)).mean())
    assert found.signal_ratio == pytest.approx(by_number[0].signal / 2 / by_number[2].signal)
    assert [(one.name, one.count) for one in found.activations] == [("step", 1), ("tanh", 1), ("relu", 1)]
    assert found.vanishing() == (2,)
    assert saturating_share(topology) == pytest.approx(2 / 3)


def test_what_is_flat_has_a_slope_below_a_hundredth_and_what_vanishes_one_below_a_quarter() -> None:
    """One tanh at places whose slopes are 0.012, 0.008 and 1; and sigmoids, whose slope is a quarter at most."""
    genotype = {"activations": [5, 6], "connections": [[1, 3, 1], [1, 4, 1], [3, 2, 1], [4, 2, 1]]}
    topology = Topology.of(genotype, 1, 1)
    places = [math.atanh(math.sqrt(1 - slope_)) for slope_ in (0.012, 0.008, 1.0)]
    inputs = torch.tensor([[place] for place in places], dtype=torch.float64)
    found = gains(Forward(topology), torch.ones(4, dtype=torch.float64), inputs, torch.zeros(3, dtype=torch.int64))
    tanh, sigmoid = found.nodes
    assert (tanh.gain, tanh.saturated) == (pytest.approx((0.012 + 0.008 + 1) / 3), pytest.approx(1 / 3))
    assert sigmoid.gain < 0.25 < tanh.gain
    assert sigmoid.saturated == 0
    assert found.vanishing() == (6,)


def test_tables_take_medians_of_all_nodes_of_an_activation() -> None:
    rng = rng_of(5)
    genotype = drawn(rng, 6, 3, num_hidden=25)
    topology = Topology.of(genotype, 6, 3)
    weights = torch.from_numpy(edge_weights(topology, drawn_weights(rng, genotype, 0.4)))
    targets = torch.from_numpy(rng.integers(0, 3, 20))
    found = gains(Forward(topology), weights, torch.from_numpy(rng.standard_normal((20, 6))), targets)
    assert len(found.nodes) == topology.num_hidden == sum(one.count for one in found.activations)
    for one in found.activations:
        same = [node for node in found.nodes if node.activation == one.activation]
        assert one.gain == pytest.approx(np.median([node.gain for node in same]))
        assert one.gain <= LARGEST_SLOPE.get(one.activation, math.inf)
        assert one.saturated == pytest.approx(np.mean([node.saturated for node in same]))


def test_networks_without_hidden_nodes_have_empty_tables() -> None:
    topology = Topology.of({"activations": [], "connections": [[1, 2, 1]]}, 1, 1)
    found = gains(Forward(topology), torch.ones(1), torch.ones(3, 1), torch.zeros(3, dtype=torch.int64))
    assert (found.nodes, found.activations, found.signal_ratio) == ((), (), None)
    assert saturating_share(topology) == 0.0


def test_correlations_are_those_of_scipy() -> None:
    rng = rng_of(3)
    for number in (3, 8, 40):
        a, b = rng.standard_normal((2, number)).round(1)
        found = correlation(a.tolist(), (a + b).round(1).tolist())
        expected = stats.spearmanr(a, (a + b).round(1))
        assert found.rho == pytest.approx(expected.statistic)
        assert found.p == pytest.approx(expected.pvalue, abs=1e-12)
        assert found.number == number
    assert correlation([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]).p is None


def test_thirty_topologies_are_enough() -> None:
    rng = rng_of(4)
    facts = []
    for _ in range(30):
        saturating = float(rng.random())
        facts.append(
            TopologyFacts(0.2 * saturating + 0.01 * float(rng.standard_normal()), saturating, float(rng.random()))
        )
    found = hypotheses(facts)
    assert found.is_enough
    assert found.saturation.rho > 0.9
    assert found.saturation.p < 1e-6
    assert found.lengths.p > 0.01
    assert not hypotheses(facts[:29]).is_enough
