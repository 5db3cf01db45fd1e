"""Matrices and the torch module: layers, refusals, and the same numbers as a computation node by node."""

import numpy as np
import pytest
import torch

from nas.core.errors import InvalidGenotype
from nas.wann.champion_file import edge_weights
from nas.wann.matrix import MatrixForWANN
from nas.wann.module import WANNFCN
from nas.wann.topology import Topology
from tests.nas.wann.plain import FUNCTIONS, answers, drawn, drawn_weights


def matrix(num_inputs: int, num_hidden: int, num_outputs: int, edges: str) -> np.ndarray:
    """ "i1>h2 h2>o1": connections by name, counted from 1."""
    mat = np.zeros((num_hidden + num_outputs, num_inputs + num_hidden))
    for edge in edges.split():
        source, destination = edge.split(">")
        column = int(source[1:]) - 1 + (num_inputs if source[0] == "h" else 0)
        row = int(destination[1:]) - 1 + (num_hidden if destination[0] == "o" else 0)
        mat[row, column] = 1
    return mat


A = "i1>h1 i2>h1 i3>h2 h1>h3 h1>h4 h2>h4 h3>o1 h4>o2"
D = "i1>h1 i2>h2 i1>o1 h1>o1 i2>o2 h2>o2"


@pytest.mark.parametrize(
    ("sizes", "edges", "hidden_dim"),
    [
        ((3, 4, 2), A, [2, 2]),
        ((3, 4, 2), A + " i2>h3", [2, 2]),  # a skip from an input does not pull a node into the first layer
        ((3, 2, 2), D, [2]),
        ((3, 0, 2), "i1>o1 i3>o2", []),
        ((1, 3, 1), "i1>h1 h1>h2 h2>h3 h1>h3 h3>o1", [1, 1, 1]),
    ],
)
def test_hidden_layers_are_longest_paths(sizes: tuple[int, int, int], edges: str, hidden_dim: list[int]) -> None:
    num_inputs, num_hidden, num_outputs = sizes
    mat = MatrixForWANN(matrix(num_inputs, num_hidden, num_outputs, edges), num_inputs, num_outputs)
    assert mat.num_hidden_nodes == num_hidden
    assert mat.hidden_dim == hidden_dim


def test_the_order_of_rows_means_nothing() -> None:
    """Nodes h1 … h4 of case A written down in every other order: the same layers, the same function."""
    rng = np.random.Generator(np.random.PCG64(0))
    plain = matrix(3, 4, 2, A + " i2>h3")
    kinds = np.array([4, 5, 6, 10])
    x = torch.from_numpy(rng.standard_normal((5, 3)))
    expected = WANNFCN(MatrixForWANN(plain, 3, 2), kinds.tolist(), shared_weight=0.7).double()
    for _ in range(10):
        order = rng.permutation(4)
        shuffled = plain[np.concatenate([order, [4, 5]])][:, np.concatenate([[0, 1, 2], 3 + order])]
        mat = MatrixForWANN(shuffled, 3, 2)
        assert mat.hidden_dim == [2, 2]
        sorted_reads = shuffled[:4, 3:][mat.order][:, mat.order]
        assert not np.triu(sorted_reads).any()
        network = WANNFCN(mat, kinds[order].tolist(), shared_weight=0.7).double()
        torch.testing.assert_close(network(x), expected(x))
        trace, other = network.trace(x), expected.trace(x)
        for place, number in enumerate(order):
            torch.testing.assert_close(trace[f"hidden_{place + 1}"], other[f"hidden_{number + 1}"])


@pytest.mark.parametrize("mode", ["shared", "individual", "offset"])
def test_a_network_gives_what_its_nodes_give_one_by_one(mode: str) -> None:
    rng = np.random.Generator(np.random.PCG64(4))
    for size in range(0, 24, 3):
        genotype = drawn(rng, 4, 3, num_hidden=size)
        topology = Topology.of(genotype, 4, 3)
        free = drawn_weights(rng, genotype, 0.5)
        shared = dict.fromkeys(free, -0.8)
        start = edge_weights(topology, free)
        if mode == "shared":
            network = WANNFCN(topology, shared_weight=-0.8)
        else:
            network = WANNFCN(topology, mode=mode, shared_weight=-0.8, weights=start + 0.8 * (mode == "offset"))
        network = network.double()
        x = rng.standard_normal((6, 4))
        expected = [answers(genotype, 4, 3, shared if mode == "shared" else free, row.tolist()) for row in x]
        found = network(torch.from_numpy(x))
        assert found.detach().numpy() == pytest.approx(np.array(expected), rel=1e-6, abs=1e-6)
        assert sum(p.numel() for p in network.parameters()) == (1 if mode == "shared" else topology.num_connections)


def test_many_shared_weights_at_once_are_each_alone() -> None:
    rng = np.random.Generator(np.random.PCG64(6))
    topology = Topology.of(drawn(rng, 5, 2, num_hidden=15), 5, 2)
    network = WANNFCN(topology).double()
    x, values = torch.from_numpy(rng.standard_normal((7, 5))), torch.tensor([-2.0, 0.5, 1.0], dtype=torch.float64)
    together = network.shared_outputs(x, values)
    for value, outputs in zip(values, together, strict=True):
        torch.testing.assert_close(outputs, WANNFCN(topology, shared_weight=float(value)).double()(x))


def test_images_are_read_as_rows_of_numbers() -> None:
    rng = np.random.Generator(np.random.PCG64(6))
    network = WANNFCN(Topology.of(drawn(rng, 12, 2, num_hidden=3), 12, 2))
    x = torch.randn(4, 3, 2, 2, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(network(x), network(x.reshape(4, 12)))


def test_a_bias_is_the_first_input_of_a_matrix() -> None:
    edges = "i1>h1 i2>h1 h1>o1 i1>o1"
    with_bias = WANNFCN(MatrixForWANN(matrix(2, 1, 1, edges), 2, 1), ["absolute"], has_bias=True, shared_weight=-2.0)
    assert with_bias(torch.tensor([[3.0], [-5.0]])).tolist() == [[-2 - 2 * 8.0], [-2 - 2 * 8.0]]
    without = WANNFCN(MatrixForWANN(matrix(2, 1, 1, edges), 2, 1), [8], shared_weight=-2.0)
    torch.testing.assert_close(
        without(torch.tensor([[1.0, 3.0], [1.0, -5.0]])), with_bias(torch.tensor([[3.0], [-5.0]]))
    )


def test_a_matrix_of_a_topology_is_that_topology() -> None:
    rng = np.random.Generator(np.random.PCG64(9))
    for size in (0, 1, 12):
        topology = Topology.of(drawn(rng, 3, 2, num_hidden=size), 3, 2)
        mat = MatrixForWANN.of_topology(topology)
        again = mat.topology(topology.activations.tolist(), has_bias=True)
        assert mat.hidden_dim == [last - first for first, last in topology.level_bounds()]
        for part in ("activations", "levels", "starts"):
            assert getattr(again, part).tolist() == getattr(topology, part).tolist()
        pairs = [sorted(zip(one.rows().tolist(), one.columns.tolist(), strict=True)) for one in (again, topology)]
        assert pairs[0] == pairs[1]


@pytest.mark.parametrize("kind", sorted(FUNCTIONS))
def test_a_node_that_reads_nothing_is_the_constant_of_its_activation(kind: int) -> None:
    mat = MatrixForWANN(matrix(2, 1, 1, "h1>o1"), 2, 1)
    network = WANNFCN(mat, [kind], shared_weight=3.0)
    assert (
        network(torch.randn(2, 2, generator=torch.Generator().manual_seed(0))).tolist()
        == [[3 * FUNCTIONS[kind](0.0)]] * 2
    )


def test_what_no_output_reads_is_not_computed() -> None:
    network = WANNFCN(MatrixForWANN(matrix(1, 3, 1, "i1>h1 h1>h2 i1>h3 h3>o1"), 1, 1), [1, 1, 9])
    assert list(network.trace(torch.ones(1, 1))) == ["hidden_3", "output_1"]
    assert network.topology.num_connections == 2


def test_every_connection_has_its_own_gradient() -> None:
    rng = np.random.Generator(np.random.PCG64(8))
    genotype = drawn(rng, 3, 2, num_hidden=10)
    genotype["activations"] = rng.choice([1, 3, 4, 5, 6, 7, 10, 11], 10).tolist()  # those with a slope everywhere
    topology = Topology.of(genotype, 3, 2)
    start = 0.3 * rng.standard_normal(topology.num_connections)
    network = WANNFCN(topology, mode="offset", shared_weight=0.4, weights=start).double()
    x = torch.from_numpy(rng.standard_normal((5, 3)))
    network(x).square().sum().backward()
    found = network.offsets.grad
    assert found is not None
    with torch.no_grad():
        for edge in range(topology.num_connections):
            both = []
            for nudge in (1e-6, -1e-6):
                network.offsets[edge] += nudge
                both.append(float(network(x).square().sum()))
                network.offsets[edge] -= nudge
            assert (both[0] - both[1]) / 2e-6 == pytest.approx(float(found[edge]), rel=1e-4, abs=1e-6)


def test_a_step_passes_a_gradient_only_when_asked() -> None:
    mat = MatrixForWANN(matrix(1, 1, 1, "i1>h1 h1>o1"), 1, 1)
    x = torch.tensor([[0.5], [-0.5], [0.0]])
    gradients = []
    for straight_through in (False, True):
        network = WANNFCN(mat, ["step"], mode="individual", straight_through=straight_through)
        outputs = network(x)
        assert outputs.tolist() == [[1.0], [0.0], [0.0]]
        outputs[0].sum().backward()
        gradients.append(network.weights.grad.tolist())
    assert gradients[0] == [0.0, 1.0]
    soft = 1 / (1 + np.exp(-2.0))
    assert gradients[1] == pytest.approx([4 * soft * (1 - soft) * 0.5, 1.0], rel=1e-6)


@pytest.mark.parametrize(
    ("mat", "sizes", "words"),
    [
        (np.zeros((3, 3)), (2, 1), "a row per hidden node and output"),
        (np.zeros(4), (2, 1), "a row per hidden node"),
        (np.zeros((1, 2)), (2, 2), "a row per hidden node"),
        ([[1, 2], [3]], (1, 1), "all rows of one length"),
        ([["a"]], (1, 1), "matrix of numbers"),
        ([[float("nan")]], (1, 1), "finite"),
        ([[float("inf")]], (1, 1), "finite"),
        (np.zeros((1, 1)), (0, 1), "inputs and outputs"),
        (np.zeros((1, 5000)), (5000, 1), "at most 4000"),
        (matrix(1, 2, 1, "i1>h1 h1>h2 h2>h1 h2>o1"), (1, 1), "circle: 1, 2"),
        (matrix(1, 1, 1, "h1>h1 h1>o1"), (1, 1), "circle: 1"),
    ],
)
def test_other_matrices_are_refused_in_words(mat: object, sizes: tuple[int, int], words: str) -> None:
    with pytest.raises(InvalidGenotype, match=words):
        MatrixForWANN(mat, *sizes)


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        (["selu"], "no activation 'selu'"),
        ([0], "no activation 0"),
        ([True], "no activation True"),
        ([1, 1], "one per hidden node"),
    ],
)
def test_other_activations_are_refused_in_words(kinds: list[object], words: str) -> None:
    with pytest.raises(InvalidGenotype, match=words):
        WANNFCN(MatrixForWANN(matrix(1, 1, 1, "i1>h1 h1>o1"), 1, 1), kinds)


@pytest.mark.parametrize(("weights", "words"), [([1.0], "2 connections"), ([1.0, float("nan")], "finite")])
def test_other_weights_are_refused_in_words(weights: list[float], words: str) -> None:
    mat = MatrixForWANN(matrix(1, 1, 1, "i1>h1 h1>o1"), 1, 1)
    with pytest.raises(InvalidGenotype, match=words):
        WANNFCN(mat, [1], mode="individual", weights=weights)
    with pytest.raises(InvalidGenotype, match="no weights of its own"):
        WANNFCN(mat, [1], weights=weights)
