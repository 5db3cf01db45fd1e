"""The space of weight agnostic networks: what is one network, what it costs, how it is drawn, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nas.core.errors import InvalidConfig, InvalidGenotype
from nas.drawing.palette import family_of
from nas.spaces.wann import Wann
from nas.spaces.wann_config import WannSpaceConfig
from nas.wann.activations import ACTIVATIONS
from nas.wann.topology import Topology
from nas.wann.variation import Variation
from tests.support.wann import grown, node_by_node, wann_space

SMALL = {"num_inputs": 6, "num_outputs": 3, "activations": [activation.name for activation in ACTIVATIONS.values()]}
SHAPE = (6, 1, 1)


@pytest.fixture
def space() -> Wann:
    return wann_space(**SMALL)


def with_nodes_renamed(genotype: dict[str, Any], order: list[int], first: int) -> dict[str, Any]:
    """The same network, its hidden nodes created in another order."""
    place = {first + old: first + new for new, old in enumerate(order)}
    links = [[place.get(a, a), place.get(b, b), on] for a, b, on in genotype["connections"]]
    return {"activations": [genotype["activations"][old] for old in order], "connections": sorted(links)}


@pytest.mark.parametrize("seed", range(10))
def test_the_order_of_creation_makes_no_other_network(space: Wann, seed: int) -> None:
    rng = np.random.default_rng(seed)
    genotype = grown(rng, 50).as_genotype()
    order = rng.permutation(len(genotype["activations"])).tolist()
    assert space.canonical(with_nodes_renamed(genotype, order, 10)) == space.canonical(genotype)


def test_disabled_connections_and_idle_nodes_make_no_other_network(space: Wann) -> None:
    plain = {"activations": [3], "connections": [[1, 7, 1], [1, 10, 1], [10, 7, 1]]}
    same = {
        "activations": [3, 5],
        "connections": [[1, 7, 1], [1, 8, 0], [1, 10, 1], [2, 11, 1], [10, 7, 1], [10, 11, 1]],
    }
    assert space.canonical(same) == space.canonical(plain)
    assert space.cost(same, SHAPE, 3) == space.cost(plain, SHAPE, 3)


@pytest.mark.parametrize(
    "other",
    [
        {"activations": [5], "connections": [[1, 7, 1], [1, 10, 1], [10, 7, 1]]},
        {"activations": [3], "connections": [[1, 7, 1], [1, 10, 1], [10, 8, 1]]},
        {"activations": [3], "connections": [[1, 7, 1], [2, 10, 1], [10, 7, 1]]},
        {"activations": [3, 3], "connections": [[1, 7, 1], [1, 10, 1], [1, 11, 1], [10, 7, 1], [11, 7, 1]]},
        {"activations": [3], "connections": [[1, 10, 1], [10, 7, 1]]},
    ],
)
def test_what_computes_otherwise_is_another_network(space: Wann, other: dict[str, Any]) -> None:
    plain = {"activations": [3], "connections": [[1, 7, 1], [1, 10, 1], [10, 7, 1]]}
    assert space.canonical(other) != space.canonical(plain)


def test_costs_are_the_connections_that_count(space: Wann) -> None:
    """Seven enabled connections, one from the bias; one leads nowhere, one is disabled."""
    links = [[0, 7, 1], [1, 7, 1], [1, 10, 1], [2, 10, 1], [3, 8, 0], [4, 11, 1], [10, 7, 1], [10, 9, 1]]
    cost = space.cost({"activations": [3, 9], "connections": links}, SHAPE, 3)
    assert (cost.params, cost.macs, cost.bias_adds) == (6, 6, 1)
    assert cost.activations == 1 + 3
    assert cost.peak_memory_bytes == 4 * (1 + 6 + 1 + 3)
    assert cost.weight_bytes == 24


@pytest.mark.parametrize(("shape", "classes"), [((5, 1, 1), 3), ((1, 2, 3), 4), ((3, 32, 32), 10)])
def test_inputs_of_another_size_are_refused_with_the_right_one(
    space: Wann, shape: tuple[int, ...], classes: int
) -> None:
    genotype = space.sample(np.random.default_rng(0))
    for ask in (space.cost, space.graph, space.build):
        with pytest.raises(InvalidGenotype, match="these networks have 6 inputs and 3 outputs"):
            ask(genotype, shape, classes)


def test_an_image_of_as_many_pixels_fits(space: Wann) -> None:
    genotype = grown(np.random.default_rng(2), 20).as_genotype()
    assert space.cost(genotype, (1, 2, 3), 3) == space.cost(genotype, SHAPE, 3)


def test_what_the_settings_forbid_is_refused() -> None:
    space = wann_space(num_inputs=6, num_outputs=3, activations=["relu"], max_hidden=1)
    with pytest.raises(InvalidGenotype, match="3 is not among 9"):
        space.validate({"activations": [3], "connections": [[1, 7, 1]]})
    with pytest.raises(InvalidGenotype, match="at most 1 hidden nodes"):
        space.validate({"activations": [9, 9], "connections": [[1, 7, 1]]})
    with pytest.raises(InvalidGenotype, match="no enabled connection leads to an output"):
        space.validate({"activations": [9], "connections": [[1, 7, 0], [1, 10, 1]]})


def test_every_kind_of_change_comes_and_says_what_it_did(space: Wann) -> None:
    rng = np.random.default_rng(1)
    genotype = space.validate(grown(rng, 40).as_genotype())
    seen = {}
    for _ in range(200):
        mutation = space.mutate(genotype, rng)
        seen[mutation.kind] = mutation
        assert mutation.genotype != genotype
    assert set(seen) == {"activation", "insert", "add", "enable"}
    assert seen["activation"].changed[0].startswith("activations.")
    assert set(seen["insert"].changed) == {"activations", "connections"}
    assert seen["add"].changed == ("connections",)
    (path,) = seen["enable"].changed
    assert path.endswith(".2")


def test_presets_of_settings_choose_activations() -> None:
    chosen = {name: WannSpaceConfig.parse(dict(preset)).activations for name, preset in WannSpaceConfig.presets.items()}
    assert "step" not in chosen["digits"]
    assert len(chosen["digits"]) == 9
    assert len(chosen["swingup"]) == 10
    assert chosen["relu_only"] == ("relu",)
    assert not {"step", "gaussian", "tanh", "sigmoid"} & set(chosen["no_vanishing"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"activations": []},
        {"activations": ["softmax"]},
        {"num_inputs": 0},
        {"initial_enabled": 0},
        {"num_inputs": 4_096, "num_outputs": 10},
    ],
)
def test_settings_are_checked(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfig):
        WannSpaceConfig.parse(wrong)


def test_the_size_bounds_small_spaces_by_counting() -> None:
    """One input, one output, up to one hidden node, one activation: two connections to the output in three states each, two more
    into the hidden node, one out of it."""
    space = wann_space(num_inputs=1, num_outputs=1, activations=["relu"], max_hidden=1)
    assert space.size().lower == 3
    assert 3**2 + 3**5 <= space.size().upper <= 4 * 3**5


def test_a_level_is_a_frame_and_activations_differ_in_colour(space: Wann) -> None:
    genotype = grown(np.random.default_rng(3), 60).as_genotype()
    graph = space.graph(genotype, SHAPE, 3)
    hidden = [node for node in graph.nodes if node.id.startswith("hidden_")]
    level = {node.id: int(node.group.removeprefix("level_")) for node in hidden if node.group}
    assert len(level) == len(hidden) > 5
    assert all(level[e.source] < level[e.target] for e in graph.edges if {e.source, e.target} <= set(level))
    assert sum(node.params for node in graph.nodes) == space.cost(genotype, SHAPE, 3).params
    assert len({family_of(f"{activation.name}_unit") for activation in ACTIVATIONS.values()}) == len(ACTIVATIONS)


def test_many_inputs_are_one_box_that_says_how_many_are_read() -> None:
    space = wann_space()
    genotype = {"activations": [9], "connections": [[1, 65, 1], [2, 65, 1], [2, 75, 1], [75, 66, 1]]}
    graph = space.graph(genotype, (1, 8, 8), 10)
    assert [node.label for node in graph.nodes if node.operation == "input"] == ["2 of 64 inputs"]
    links = [("hidden_1", "output_2"), ("inputs", "hidden_1"), ("inputs", "output_1")]
    assert [(edge.source, edge.target) for edge in graph.edges] == links
    assert {node.id: node.params for node in graph.nodes}["output_1"] == 2


def test_networks_are_built_with_a_weight_per_connection(space: Wann) -> None:
    import torch

    without_step = Variation((1, 3, 4, 5, 6, 7, 8, 9, 10), 200)  # single precision may fall on the other side of a step
    genotype = grown(np.random.default_rng(4), 30, by=without_step).as_genotype()
    inputs = np.random.default_rng(0).normal(size=(7, 6))
    with torch.no_grad():
        found = space.build(genotype, (1, 2, 3), 3)(
            torch.tensor(inputs, dtype=torch.float32).reshape(7, 1, 2, 3)
        ).numpy()
    assert found == pytest.approx(node_by_node(Topology.of(genotype, 6, 3), inputs, 1.0), rel=1e-4, abs=1e-4)
