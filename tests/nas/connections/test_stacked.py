"""A population trained at once: each candidate is the network it is alone, and disturbs no other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from nas.connections.form import Form, inherited
from nas.connections.stacked import StackedNetworks
from nas.connections.training import PopulationRecipe, scores, train
from nas.connections.variation import Wires, edited, possible_edges
from nas.core.problem import Split
from nas.spaces.connections import Connections, ConnectionsConfig
from nas.training.data import Examples, place
from nas.training.optimizer import Optimizer
from nas.training.schedule import rate_factor
from tests.nas.connections.alone import network_of

CPU = torch.device("cpu")
SETTINGS = [
    {"substrate": "vector", "nodes": 6, "width": 5},
    {"substrate": "vector", "nodes": 6, "width": 6, "searches_operations": True},
    {"substrate": "image", "nodes": 5, "width": 4},
    {"substrate": "image", "nodes": 5, "width": 4, "searches_operations": True},
]


def population(space: Connections, num: int, seed: int = 0) -> list[Wires]:
    """Dense, sparse, with lone nodes, with many beginnings and ends."""
    rng = np.random.default_rng(seed)
    config: Any = space.config
    pairs, options = possible_edges(config.nodes), config.operations
    found = []
    for _ in range(num):
        chosen = rng.random(len(pairs)) < rng.uniform(0.1, 0.9)
        chosen[rng.integers(len(pairs))] = True
        operations = tuple(options[i] for i in rng.integers(len(options), size=config.nodes))
        edges = frozenset(pair for pair, one in zip(pairs, chosen, strict=True) if one)
        found.append(Wires(edges, operations if len(options) > 1 else None))
    return found


def form_of(space: Connections, num_outputs: int = 4) -> Form:
    config: Any = space.config
    shape = (1, 5, 4)
    return Form(config.substrate, config.nodes, config.widths, config.operations, shape, num_outputs)


def examples(num: int = 24, num_classes: int = 4, seed: int = 0) -> Examples:
    rng = np.random.default_rng(seed)
    targets = np.arange(num) % num_classes
    inputs = rng.standard_normal((num, 1, 5, 4)).astype(np.float32)
    inputs[:, 0, 0, :] += targets[:, None]
    return place(Split(inputs, targets), CPU)


@pytest.mark.parametrize("config", SETTINGS, ids=str)
def test_a_candidate_of_a_stack_is_the_network_trained_alone(config: dict[str, Any]) -> None:
    space = Connections(ConnectionsConfig.parse(config))
    form, data, recipe = form_of(space), examples(), PopulationRecipe(batch_size=8, gradient_clip=0.5)
    candidates = population(space, 5)
    weights = form.fresh(5, torch.Generator().manual_seed(1))
    stack = StackedNetworks(form, candidates, weights, CPU)
    alone = [network_of(space, form, wires, weights, row) for row, wires in enumerate(candidates)]
    train(stack, data, recipe, 2, torch.Generator().manual_seed(2))
    after = stack(data.inputs)
    num_clipped = 0
    for row, network in enumerate(alone):
        num_clipped += _train_alone(network, data, recipe, 2, torch.Generator().manual_seed(2))
        with torch.no_grad():
            torch.testing.assert_close(after[row], network.eval()(data.inputs), rtol=1e-5, atol=1e-5)
        again = network_of(space, form, candidates[row], stack.export(), row)
        for name, tensor in again.state_dict().items():
            if "tracked" not in name:
                torch.testing.assert_close(tensor, network.state_dict()[name], rtol=1e-5, atol=1e-5)
    assert num_clipped  # else the norm of each candidate by itself would not be tested


def _train_alone(network: torch.nn.Module, data: Examples, recipe: PopulationRecipe, epochs: int, order: Any) -> int:
    """The plain loop: returns how often the gradient was clipped."""
    optimizer = Optimizer(network.parameters(), recipe)
    network.train()
    num_batches, clipped = len(data) // recipe.batch_size, 0
    for epoch in range(epochs):
        shuffled = torch.randperm(len(data), generator=order)
        for batch in range(num_batches):
            rows = shuffled[batch * recipe.batch_size : (batch + 1) * recipe.batch_size]
            optimizer.zero_grad()
            functional.cross_entropy(network(data.inputs[rows]), data.targets[rows]).backward()
            norm = torch.nn.utils.clip_grad_norm_(network.parameters(), recipe.gradient_clip)
            clipped += bool(norm > recipe.gradient_clip)
            factor = rate_factor("cosine", epoch * num_batches + batch, epochs * num_batches, 0)
            optimizer.rate = recipe.base_rate * factor
            optimizer.step()
    return clipped


@pytest.mark.parametrize("config", SETTINGS[::2], ids=str)
def test_a_candidate_that_diverges_disturbs_no_other(config: dict[str, Any]) -> None:
    space = Connections(ConnectionsConfig.parse(config))
    form, data, recipe = form_of(space), examples(), PopulationRecipe(batch_size=8)
    candidates = population(space, 4)
    weights = form.fresh(4, torch.Generator().manual_seed(1))
    broken = {name: tensor.clone() for name, tensor in weights.items()}
    broken["head.weight"][2] = float("inf")
    found = []
    for begin in (weights, broken):
        stack = StackedNetworks(form, candidates, begin, CPU)
        train(stack, data, recipe, 1, torch.Generator().manual_seed(2))
        found.append((stack(data.inputs), scores(stack, data)))
    others = [0, 1, 3]
    torch.testing.assert_close(found[1][0][others], found[0][0][others])
    assert [found[1][1][row] for row in others] == [found[0][1][row] for row in others]
    assert all(np.isnan(value) for value in found[1][1][2].values())


def test_scores_are_accuracy_and_cross_entropy() -> None:
    space = Connections(ConnectionsConfig.parse(SETTINGS[0]))
    form, data = form_of(space), examples(num=50)
    stack = StackedNetworks(form, population(space, 3), form.fresh(3, torch.Generator().manual_seed(0)), CPU)
    outputs = stack(data.inputs)
    for row, found in enumerate(scores(stack, data)):
        accuracy = float((outputs[row].argmax(dim=1) == data.targets).double().mean())
        assert found["accuracy"] == pytest.approx(accuracy)
        assert found["error_percent"] == pytest.approx(100 - 100 * accuracy)
        assert found["loss"] == pytest.approx(float(functional.cross_entropy(outputs[row], data.targets)), rel=1e-5)


@pytest.mark.parametrize("substrate", ["vector", "image"])
def test_a_child_inherits_what_means_the_same(substrate: str) -> None:
    space = Connections(ConnectionsConfig.parse({"substrate": substrate, "nodes": 5, "width": 4}))
    form = form_of(space)
    parents = form.fresh(3, torch.Generator().manual_seed(0))
    for name in parents:
        if name.endswith(("logits", "bias")):
            parents[name] = torch.randn(parents[name].shape, generator=torch.Generator().manual_seed(1))
    fresh = form.fresh(1, torch.Generator().manual_seed(2))
    parent = Wires(frozenset({(0, 2), (1, 2), (2, 3)}), None)
    child = Wires(frozenset({(0, 2), (0, 1), (1, 2), (2, 4)}), None)  # 1 now reads, 3 is gone, 4 is new
    found = inherited(form, fresh, parents, [1], [(parent, child)])
    for name, tensor in found.items():
        if not name.startswith("stage"):
            assert torch.equal(tensor[0], parents[name][1])
        elif name.endswith("logits"):
            kept = torch.zeros(5, 5)
            kept[2, 0] = kept[2, 1] = 1
            assert torch.equal(tensor[0], parents[name][1] * kept)
        else:
            anew = {1, 3, 4} if substrate == "image" else {3, 4}
            for node in range(5):
                source = fresh[name][0] if node in anew else parents[name][1]
                assert torch.equal(tensor[0, node], source[node]), (name, node)


def test_an_unchanged_child_is_its_parent() -> None:
    space = Connections(ConnectionsConfig.parse(SETTINGS[1]))
    form, (wires, *_), rng = form_of(space), population(space, 1), np.random.default_rng(0)
    parents = form.fresh(1, torch.Generator().manual_seed(0))
    fresh = form.fresh(1, torch.Generator().manual_seed(2))
    data = examples()
    same = inherited(form, fresh, parents, [0], [(wires, wires)])
    answers = [StackedNetworks(form, [wires], weights, CPU)(data.inputs) for weights in (parents, same)]
    assert torch.equal(*answers)
    other, _ = edited(wires, 6, space.config.operations, rng)  # type: ignore[attr-defined]
    changed = inherited(form, fresh, parents, [0], [(wires, other)])
    assert not torch.equal(StackedNetworks(form, [other], changed, CPU)(data.inputs), answers[0])
